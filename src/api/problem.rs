//! Failures as `application/problem+json` (RFC 9457): the one place that knows HTTP status.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, ResponseError};
use kernel::{Code, Coded, Failure, FieldFault};
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
    /// What happened in this case.
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
        | C::AfterSaleNotFound
        | C::LeaderNotFound
        | C::ApplicationNotFound
        | C::PickupCodeUnknown
        | C::VerifierNotFound
        | C::DeliveryNotFound
        | C::WithdrawalNotFound
        | C::UploadNotFound
        | C::ImportNotFound
        | C::AffiliateOrderNotFound
        | C::SupplierNotFound
        | C::EffectNotFound
        | C::LedgerRefUnknown => StatusCode::NOT_FOUND,
        C::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
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
        | C::PurchaseMinimum
        | C::MinimumSpend
        | C::FulfilmentNotOffered
        | C::GoodsAffiliateOnly
        | C::GoodsNotAffiliate
        | C::GoodsExpressOnly
        | C::PickupPointRequired
        | C::WithdrawalTooSmall
        | C::WithdrawalTooLarge
        | C::WithdrawalChannel
        | C::ReceiverInvalid
        | C::UploadInvalid
        | C::MarketplaceUnknown
        | C::MarketplaceNotConfigured
        | C::MarketplaceListing
        | C::SettingsInvalid
        | C::StockUnlimited
        | C::PaymentNotConfigured => StatusCode::UNPROCESSABLE_ENTITY,
        C::IdempotencyInProgress
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
        | C::OrderWrongState
        | C::OrderExpired
        | C::PaymentNotNeeded
        | C::PaymentRefused
        | C::PaymentClosing
        | C::RefundTooMuch
        | C::AfterSaleWrongState
        | C::AfterSaleWindowOver
        | C::AfterSaleOpen
        | C::ApplicationPending
        | C::ApplicationDecided
        | C::PickupAlreadyRedeemed
        | C::PickupNotArrived
        | C::VerifierExists
        | C::DeliveryWrongState
        | C::DeliveryEmpty
        | C::WithdrawalWrongState
        | C::WithdrawalDailyLimit
        | C::FundsNotEnough
        | C::SharingNotDue
        | C::SharingNotOffered
        | C::EffectNotDead
        | C::ImportWrongState
        | C::NameTaken
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

/// What a refused answer carries to [`render_problems`], which knows the request.
#[derive(Clone)]
struct Refusal {
    code: Code,
    detail: Option<String>,
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
            detail: (!internal).then(|| self.0.to_string()),
            fields: self.0.coded().fields(),
            extra: self.0.coded().extra(),
        });
        response
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

/// Middleware: gives every refusal its body, also those of the framework itself.
pub async fn render_problems(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let english = prefers_english(request.headers().get(ACCEPT_LANGUAGE));
    let request_id = id_of(&request).unwrap_or_default();
    let response = next.call(request).await?.map_into_boxed_body();
    let status = response.status();
    let refusal = response.response().extensions().get::<Refusal>().cloned();
    let is_framework_error = refusal.is_none()
        && (status.is_client_error() || status.is_server_error())
        && !response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/"));
    let Some(refusal) = refusal.or_else(|| is_framework_error.then(|| framework_refusal(status))) else {
        return Ok(response);
    };
    let title = if english { refusal.code.title_en() } else { refusal.code.title_zh() };
    let problem = Problem {
        kind: format!("https://tuanqiao.dev/errors/{}", refusal.code),
        title: title.to_owned(),
        status: status.as_u16(),
        detail: refusal.detail.unwrap_or_else(|| title.to_owned()),
        code: refusal.code.text().to_owned(),
        request_id,
        errors: refusal.fields,
        extra: refusal.extra,
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let (request, parts) = response.into_parts();
    let mut parts = parts.set_body(BoxBody::new(body));
    parts.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    parts.extensions_mut().insert(RefusedWith(refusal.code));
    Ok(ServiceResponse::new(request, parts))
}

fn framework_refusal(status: StatusCode) -> Refusal {
    let code = match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        status if status.is_server_error() => Code::Internal,
        _ => Code::ValidationFailed,
    };
    Refusal { code, detail: None, fields: Vec::new(), extra: None }
}

fn prefers_english(accept_language: Option<&HeaderValue>) -> bool {
    let first = accept_language.and_then(|value| value.to_str().ok()).and_then(|text| text.split(',').next());
    first.is_some_and(|language| language.trim().to_ascii_lowercase().starts_with("en"))
}
