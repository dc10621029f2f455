//! Failures as `application/problem+json` (RFC 9457): the one place that knows HTTP status.
//!
//! One refusal has no body: the HTTP parser answers a request line or headers beyond its bounds (64 KiB
//! of address) with a bare 400 before anything here sees the request.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use kernel::{Code, Coded, Failure, FieldFault, words};
use serde::Serialize;

use super::request_log::{RefusedWith, id_of};

/// What a refused request is answered with.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// A page about the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code's text for people, in Chinese or English by `Accept-Language`.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened in this case, in the language of the title; a state as this API spells it.
    pub detail: String,
    /// The stable code.
    pub code: String,
    /// What to name when asking for help.
    pub request_id: String,
    /// The faulty fields of a request that is not valid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldFault>,
    /// More of the case: states, limits, a new quote.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub extra: Option<serde_json::Value>,
}

/// The answers every call may give beside its own.
#[derive(utoipa::IntoResponses)]
pub enum Failures {
    /// The request is not valid.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(Problem),
    /// Sign in first.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Problem),
    /// Not allowed.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
    /// Not found.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
    /// Another method is offered here: `Allow` names it.
    #[response(status = 405, content_type = "application/problem+json")]
    MethodNotAllowed(Problem),
    /// Nothing this API sends is acceptable to the caller.
    #[response(status = 406, content_type = "application/problem+json")]
    NotAcceptable(Problem),
    /// The state does not allow it, or a race was lost.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// Send JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    Unsupported(Problem),
    /// Understood, but a rule refuses it.
    #[response(status = 422, content_type = "application/problem+json")]
    Unprocessable(Problem),
    /// Too many requests.
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(Problem),
    /// Our fault.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(Problem),
    /// Another system is away; try again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem),
}

/// The HTTP status of each code.
pub fn status_of(code: Code) -> StatusCode {
    use Code as C;
    match code {
        C::ValidationFailed | C::IdempotencyKeyRequired | C::ShopRequired | C::AmountOutOfRange => {
            StatusCode::BAD_REQUEST
        }
        C::AuthRequired | C::AuthExpired | C::AuthInvalid | C::AuthBadCredentials | C::LoginCodeInvalid => {
            StatusCode::UNAUTHORIZED
        }
        C::AuthForbidden
        | C::AuthCsrf
        | C::MemberBanned
        | C::LoginRefused
        | C::LeaderRequired
        | C::LeaderFrozen
        | C::NoticeRefused => StatusCode::FORBIDDEN,
        C::NotFound
        | C::ShopUnknown
        | C::AddressNotFound
        | C::PickupPointNotFound
        | C::CategoryNotFound
        | C::GoodsNotFound
        | C::SkuNotFound
        | C::OrderNotFound
        | C::RefundNotFound
        | C::RechargeNotFound
        | C::RechargePlanNotFound
        | C::AfterSaleNotFound
        | C::ShippingUploadNotFound
        | C::ComplaintNotFound
        | C::LeaderNotFound
        | C::ApplicationNotFound
        | C::PickupCodeUnknown
        | C::VerifierNotFound
        | C::DeliveryNotFound
        | C::WithdrawalNotFound
        | C::PayoutAccountNotFound
        | C::TransferNotFound
        | C::PayoutBatchNotFound
        | C::UploadNotFound
        | C::ImportNotFound
        | C::AffiliateOrderNotFound
        | C::SupplierNotFound
        | C::StoreNotFound
        | C::ChannelLineNotFound
        | C::MarketOrderNotFound
        | C::StoreNoticeNotFound
        | C::CheckoutNotFound
        | C::SupplierStatementNotFound
        | C::EffectNotFound
        | C::BillNotFound
        | C::BillCaseNotFound
        | C::LedgerRefUnknown => StatusCode::NOT_FOUND,
        C::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        C::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        C::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        C::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        C::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        C::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        C::Busy
        | C::LoginUnavailable
        | C::PhoneUnavailable
        | C::PaymentUnavailable
        | C::MarketplaceUnavailable
        | C::CodeImageUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        C::IdempotencyKeyReused
        | C::PhoneCodeInvalid
        | C::AddressTooMany
        | C::CartFull
        | C::CheckoutEmpty
        | C::SeveralMerchants
        | C::WechatPayAlone
        | C::PurchaseMinimum
        | C::MinimumSpend
        | C::GoodsAffiliateOnly
        | C::GoodsNotAffiliate
        | C::GoodsExpressOnly
        | C::PickupPointRequired
        | C::WithdrawalTooSmall
        | C::WithdrawalTooLarge
        | C::WithdrawalChannel
        | C::SupplierStatementNotTransferable
        | C::IdentityRequired
        | C::PayoutResultsRefused
        | C::ReceiverInvalid
        | C::UploadInvalid
        | C::MarketplaceUnknown
        | C::MarketplaceNotConfigured
        | C::MarketplaceListing
        | C::StoreRefused
        | C::StockUnlimited
        | C::MarketCarrierUnknown
        | C::MarketOneParcel
        | C::PaymentNotConfigured => StatusCode::UNPROCESSABLE_ENTITY,
        C::IdempotencyInProgress
        | C::SupplierFrozen
        | C::StoreBound
        | C::StoreWrongState
        | C::ChannelNoStock
        | C::StoreReauthorize
        | C::StoreOtherAccount
        | C::MarketOrderWrongState
        | C::MarketOrderUnmatched
        | C::MarketOrderShort
        | C::SupplierStatementWrongState
        | C::SupplierStatementEmpty
        | C::MarketChannelTaken
        | C::ShopClosed
        | C::PickupPointClosed
        | C::CategoryInUse
        | C::GoodsChanged
        | C::GoodsNotOnSale
        | C::GoodsNotInRegion
        | C::StockShort
        | C::StockNegative
        | C::PurchaseLimit
        | C::NewBuyerOnly
        | C::PriceChanged
        | C::CouponNotUsable
        | C::PointsNotEnough
        | C::BalanceNotEnough
        | C::BalanceAboveCeiling
        | C::RechargeNotOffered
        | C::RechargeWrongState
        | C::OrderWrongState
        | C::OrderExpired
        | C::PaidTogether
        | C::PaymentNotNeeded
        | C::PaymentRefused
        | C::TransferUndecided
        | C::PaymentClosing
        | C::RefundTooMuch
        | C::AfterSaleWrongState
        | C::ReceiptNotConfirmed
        | C::ShippingUploadWrongState
        | C::ComplaintWrongState
        | C::AfterSaleWindowOver
        | C::AfterSaleOpen
        | C::AfterSaleNotEscalable
        | C::ApplicationPending
        | C::ApplicationDecided
        | C::PickupAlreadyRedeemed
        | C::PickupNotArrived
        | C::VerifierExists
        | C::DeliveryWrongState
        | C::DeliveryEmpty
        | C::WithdrawalWrongState
        | C::WithdrawalDailyLimit
        | C::IdentityTaken
        | C::IdentityFixed
        | C::PayoutBatchEmpty
        | C::FundsNotEnough
        | C::SharingNotDue
        | C::SharingNotOffered
        | C::EffectNotDead
        | C::ImportWrongState
        | C::NameTaken
        | C::BillCaseResolved
        | C::LeaderCycle
        | C::OperatorLastOwner => StatusCode::CONFLICT,
    }
}

/// A failure on its way to the caller. `?` makes one of any coded error.
#[derive(Debug)]
pub struct ApiError(Failure);

impl<E: Into<Failure>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0, f)
    }
}

/// What a refused answer carries to [`rendered`], which knows the request.
#[derive(Clone)]
struct Refusal {
    code: Code,
    /// In English and in Chinese; none where the title says it all.
    detail: Option<(String, String)>,
    fields: Vec<FieldFault>,
    extra: Option<serde_json::Value>,
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        status_of(self.0.code())
    }

    fn error_response(&self) -> HttpResponse {
        let code = self.0.code();
        let internal = status_of(code).is_server_error();
        if internal {
            tracing::error!(code = code.text(), error = %chain(self.0.coded()), "a request failed on our side");
        }
        let mut response = HttpResponse::new(self.status_code());
        response.extensions_mut().insert(Refusal {
            code,
            // The cause of our own faults is for the log alone.
            detail: (!internal).then(|| (self.0.to_string(), self.0.coded().detail_zh())),
            fields: self.0.coded().fields(),
            extra: self.0.coded().extra(),
        });
        if code == Code::RateLimited {
            tell_the_wait(response.headers_mut(), self.0.coded().extra().as_ref());
        }
        response
    }
}

/// `Retry-After` and the `RateLimit-*` headers, from what the failure tells.
fn tell_the_wait(headers: &mut HeaderMap, extra: Option<&serde_json::Value>) {
    let fact = |name: &str| extra.and_then(|extra| extra.get(name)?.as_u64());
    let wait_s = fact("retry_after_s").unwrap_or(1);
    headers.insert(RETRY_AFTER, HeaderValue::from(wait_s));
    let told = [("limit", fact("limit").unwrap_or(0)), ("remaining", 0), ("reset", wait_s)];
    for (name, value) in told {
        if let Ok(name) = HeaderName::try_from(format!("ratelimit-{name}")) {
            headers.insert(name, HeaderValue::from(value));
        }
    }
}

fn chain(error: &dyn Coded) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Gives every refusal its body, also those of the framework itself.
pub(super) fn rendered(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let refusal = response.response().extensions().get::<Refusal>().cloned();
    let is_framework_error = refusal.is_none()
        && (status.is_client_error() || status.is_server_error())
        && !response.headers().get(CONTENT_TYPE).is_some_and(is_ours);
    let Some(refusal) = refusal.or_else(|| is_framework_error.then(|| framework_refusal(status))) else {
        return response;
    };
    let english = prefers_english(response.request().headers().get(ACCEPT_LANGUAGE));
    let title = if english { refusal.code.title_en() } else { refusal.code.title_zh() };
    let detail = refusal.detail.map(|(in_english, in_chinese)| if english { in_english } else { in_chinese });
    let mut errors = refusal.fields;
    if !english {
        errors.iter_mut().for_each(|fault| fault.detail = words::fault_zh(fault));
    }
    let problem = Problem {
        kind: format!("https://tuanqiao.dev/errors/{}", refusal.code),
        title: title.to_owned(),
        status: status.as_u16(),
        detail: detail.unwrap_or_else(|| title.to_owned()),
        code: refusal.code.text().to_owned(),
        request_id: id_of(response.request()).unwrap_or_default(),
        errors,
        extra: refusal.extra,
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let (request, parts) = response.into_parts();
    let mut parts = parts.set_body(BoxBody::new(body));
    parts.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    parts.extensions_mut().insert(RefusedWith(refusal.code));
    ServiceResponse::new(request, parts)
}

/// Whether a refusal has a body of ours: JSON, or a page for people.
fn is_ours(kind: &HeaderValue) -> bool {
    [b"application/".as_slice(), b"text/html"].iter().any(|ours| kind.as_bytes().starts_with(ours))
}

fn framework_refusal(status: StatusCode) -> Refusal {
    let code = match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::NOT_ACCEPTABLE => Code::NotAcceptable,
        StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        status if status.is_server_error() => Code::Internal,
        _ => Code::ValidationFailed,
    };
    Refusal { code, detail: None, fields: Vec::new(), extra: None }
}

/// Whether English weighs more than Chinese; of two that weigh the same the first counts.
fn prefers_english(accept_language: Option<&HeaderValue>) -> bool {
    let text = accept_language.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best = ("zh", 0.0);
    for part in text.split(',') {
        let mut words = part.split(';').map(str::trim);
        let language = words.next().unwrap_or_default().to_ascii_lowercase();
        let Some(language) = ["zh", "en"].into_iter().find(|known| language.split('-').next() == Some(known)) else {
            continue;
        };
        let weight = words.find_map(|word| word.strip_prefix("q=")).map_or(Some(1.0), |weight| weight.parse().ok());
        if let Some(weight) = weight.filter(|weight: &f32| *weight > best.1) {
            best = (language, weight);
        }
    }
    best.0 == "en"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_weighs_most_is_spoken() {
        let english = |text: &'static str| prefers_english(Some(&HeaderValue::from_static(text)));
        for text in ["en", "en-GB,en;q=0.9", "zh;q=0.1, en", "fr, en;q=0.2", "en, zh", "EN-us"] {
            assert!(english(text), "{text}");
        }
        for text in ["", "zh-CN,zh;q=0.9,en;q=0.8", "zh, en", "en;q=0.1, zh", "en;q=0", "fr", ";;,en;q=x", "english"] {
            assert!(!english(text), "{text}");
        }
        assert!(!prefers_english(None));
    }
}
