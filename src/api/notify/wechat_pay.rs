//! WeChat Pay's notifications: signature, then decryption, then an effect that may come twice.

use actix_web::{HttpRequest, HttpResponse, ResponseError, post, web};
use gateways::pay::wechat_pay::{Notice, NoticeError, NoticeResource, Parties, SignatureHeaders, WechatPay};
use kernel::{Code, Coded, Failure};
use serde_json::json;

use crate::api::body::read_all;
use crate::api::problem::{ApiError, status_of};
use crate::app::{App, ShopClients};
use crate::areas::orders;
use crate::areas::shops::query::Shop;
use crate::flows::{complaints, payment_received, payout, profit_sharing, refund, suspicious};

/// A notification is a few kilobytes.
const BODY_MAX: usize = 64 * 1024;

/// Why a notification is turned away; WeChat repeats it.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("the notification was refused")]
    Notice(#[from] NoticeError),
    #[error("{0} does not belong to this address")]
    Misplaced(String),
}

impl Coded for Refused {
    fn code(&self) -> Code {
        Code::NoticeRefused
    }
}

/// The kinds there are, so that nobody fills the metrics with others.
fn kind_label(kind: &str) -> &'static str {
    let known = ["payment", "refund", "sharing", "transfer", "complaint"];
    known.into_iter().find(|known| *known == kind).unwrap_or("other")
}

/// `POST /notify/wechat-pay/{shop}/{kind}`: 204 when the effect is committed, else WeChat repeats.
#[post("/notify/wechat-pay/{shop}/{kind}")]
pub(super) async fn notified(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    body: web::Payload,
) -> HttpResponse {
    let (shop, kind) = path.into_inner();
    match handle(&app, &request, &shop, &kind, body).await {
        Ok(()) => {
            metrics::counter!("notices_total", "kind" => kind_label(&kind), "outcome" => "done").increment(1);
            HttpResponse::NoContent().finish()
        }
        Err(failure) => {
            let status = status_of(failure.code());
            if status.is_server_error() {
                metrics::counter!("payment_alarms_total", "kind" => "notice").increment(1);
                tracing::error!(shop, kind, %failure, "ALARM: a notification could not be served; WeChat repeats it");
            } else {
                tracing::warn!(shop, kind, %failure, "a notification was refused");
            }
            metrics::counter!("notices_total", "kind" => kind_label(&kind), "outcome" => "refused").increment(1);
            // Which check failed is for our log alone.
            let mut answer = HttpResponse::build(ApiError::from(failure).status_code());
            answer.json(json!({ "code": "FAIL", "message": "refused" }))
        }
    }
}

async fn handle(app: &App, request: &HttpRequest, shop: &str, kind: &str, body: web::Payload) -> Result<(), Failure> {
    // Read here and not by an extractor, so that its refusals look like all others.
    let body = read_all(body.into_inner(), BODY_MAX).await?;
    let shop = app.shops.by_code(shop)?;
    let clients = app.clients.of(&shop);
    let headers = SignatureHeaders::read(|name| request.headers().get(name)?.to_str().ok());
    let wall = app.clock.wall().timestamp();
    let (pay, notice) = opened(&clients, kind, &headers, &body, wall).await?;
    // A complaint names no merchant: which shop's it is of those that sign with one number is read at WeChat.
    let complaint = complaint_of(&notice).filter(|_| kind == "complaint");
    let names_nobody = complaint.is_some() && notice.parties == Parties::default();
    if let Err(error) = pay.check_merchant(&notice)
        && !names_nobody
        && !is_of_a_supplier(app, &shop, pay, &notice).await?
    {
        let key = format!("{}:{error}", notice.id);
        let detail = format!("notice {} of {:?}: {error}", notice.id, notice.parties);
        return Err(suspicious::refuse(app, &shop, kind_label(kind), key, &detail).await);
    }
    if let Some(content) = complaint {
        return complaints::heard(app, &shop, &notice.id, content).await;
    }
    match (kind, &notice.resource) {
        ("payment", NoticeResource::Transaction(transaction)) if transaction.trade_state.is_paid() => {
            payment_received::received(app, &shop, transaction).await
        }
        ("payment", NoticeResource::Combined(whole)) => {
            payment_received::all_received(app, &shop, &whole.orders()).await
        }
        // A payment that failed changes nothing here: the order can still be paid.
        ("payment", NoticeResource::Transaction(_)) => Ok(()),
        ("refund", NoticeResource::Refund(answer)) => refund::told(app, &shop, answer).await,
        ("transfer", NoticeResource::Transfer(bill)) => payout::told(app, &shop, pay.mchid(), bill).await,
        ("sharing", NoticeResource::Sharing(share)) => profit_sharing::heard(app, &shop, &notice.id, share).await,
        _ => Err(Refused::Misplaced(notice.original_type.clone()).into()),
    }
}

/// Whether a notice is for us in all but the sub-merchant, and that is one whose money we handle: a
/// supplier's that was to collect an order of the shop.
async fn is_of_a_supplier(app: &App, shop: &Shop, pay: &WechatPay, notice: &Notice) -> Result<bool, Failure> {
    let Some(named) = notice.parties.sub_mchid.as_deref() else { return Ok(false) };
    let is_ours = pay.for_sub_merchant(named).check_merchant(notice).is_ok();
    Ok(is_ours && orders::checkouts::collects(app.db.reader(), shop.id, named).await?)
}

/// The notice, and the account whose keys opened it. Transfers of before a merchant was configured
/// apart for them are still told under the keys of the one that takes the money.
async fn opened<'a>(
    clients: &'a ShopClients,
    kind: &str,
    headers: &SignatureHeaders<'_>,
    body: &[u8],
    wall: i64,
) -> Result<(&'a WechatPay, Notice), Failure> {
    if kind != "transfer" {
        let pay = clients.pay()?;
        return Ok((pay, pay.open_notice(headers, body, wall).await.map_err(Refused::from)?));
    }
    let payer = clients.transfers()?;
    match (payer.open_notice(headers, body, wall).await, clients.pay()) {
        (Ok(notice), _) => Ok((payer, notice)),
        (Err(NoticeError::Unverified(_) | NoticeError::DecryptFailed), Ok(pay)) if clients.pays_apart() => {
            Ok((pay, pay.open_notice(headers, body, wall).await.map_err(Refused::from)?))
        }
        (Err(error), _) => Err(Refused::from(error).into()),
    }
}

/// What a complaint says, if it is one.
fn complaint_of(notice: &Notice) -> Option<&serde_json::Value> {
    match &notice.resource {
        NoticeResource::Other(content) if notice.original_type.starts_with("complaint") => Some(content),
        _ => None,
    }
}
