//! Operators help refunds along that WeChat could not pay, refused for good or closed.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use gateways::pay::wechat_pay::PayerCard;
use kernel::id::{OperatorId, RefundId, RemedyId};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::payments::entity::remedy;
use crate::areas::payments::remedies::{self, NewRemedy, RemedyState, RemedyWay};
use crate::flows::refund::remedy as flow;

pub(super) fn routes(config: &mut Routes) {
    config.service(to_card).service(paid_by_hand).service(list);
}

/// What was done about a refund.
#[derive(Serialize, utoipa::ToSchema)]
struct RemedyView {
    id: RemedyId,
    refund_id: RefundId,
    way: RemedyWay,
    state: RemedyState,
    /// To which card, masked; or how it was paid.
    note: String,
    /// The address of a picture or a PDF that proves it.
    proof: Option<String>,
    /// Why WeChat did not take it.
    error: Option<String>,
    operator_id: OperatorId,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

impl From<&remedy::Model> for RemedyView {
    fn from(row: &remedy::Model) -> Self {
        Self {
            id: row.id,
            refund_id: row.refund_id,
            way: row.way,
            state: row.state,
            note: row.note.clone(),
            proof: row.proof.clone(),
            error: row.error.clone(),
            operator_id: row.operator_id,
            created_at: row.created_at,
            ended_at: row.ended_at,
        }
    }
}

fn view_of(row: &remedy::Model) -> RemedyView {
    RemedyView::from(row)
}

/// A card of the payer's.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RefundToCard {
    /// WeChat's short name of the bank, such as `ICBC_DEBIT`.
    #[schema(min_length = 2, max_length = 32)]
    bank_type: String,
    /// The card's number; nobody but WeChat reads it.
    #[schema(min_length = 8, max_length = 30)]
    account: String,
    /// Its owner.
    #[schema(min_length = 1, max_length = 40)]
    name: String,
}

/// Has an abnormal refund sent to a card of the payer's. The refund says what became of it.
#[utoipa::path(
    tag = "orders", operation_id = "refund_to_card", security(("session" = [])), request_body = RefundToCard,
    params(("id" = RefundId, Path), ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 200, body = RemedyView), Failures)
)]
#[post("/console/api/v1/refunds/{id}/to-card")]
async fn to_card(
    app: web::Data<App>,
    who: Operator,
    id: PathId<RefundId>,
    key: IdempotencyKey,
    body: JsonBody<RefundToCard>,
) -> Reply {
    who.may(Permission::Refunds)?;
    let RefundToCard { bank_type, account, name } = body.value;
    let mut fields = Fields::default();
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    fields.need(plain(&bank_type) && (2..=32).contains(&bank_type.len()), "bank_type", "such as ICBC_DEBIT");
    let digits = account.bytes().all(|byte| byte.is_ascii_digit());
    fields.need(digits && (8..=30).contains(&account.len()), "account", "8 to 30 digits");
    let real_name = fields.line("name", &name, 1, 40);
    fields.done()?;
    let card = PayerCard { bank_type, number: account, real_name };
    let work = async |once: &_| flow::to_card(&app, &who.shop, who.operator, *id, &card, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::OK, view_of, work).await
}

/// How a refund was paid outside WeChat.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RefundPaidByHand {
    /// Such as the bank's reference.
    #[schema(min_length = 1, max_length = 200)]
    note: String,
    /// The address of a picture or a PDF that proves it.
    #[schema(min_length = 1, max_length = 512)]
    proof: String,
}

/// Notes that the shop has paid an abnormal, failed or closed refund outside WeChat. It counts as refunded;
/// what WeChat keeps of it stays with WeChat. Of a failed or closed one WeChat is asked first: where it pays
/// or has paid after all, this is refused with `order.wrong_state` and the refund goes on as WeChat says.
#[utoipa::path(
    tag = "orders", operation_id = "refund_paid_by_hand", security(("session" = [])), request_body = RefundPaidByHand,
    params(("id" = RefundId, Path), ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 200, body = RemedyView), Failures)
)]
#[post("/console/api/v1/refunds/{id}/paid-by-hand")]
async fn paid_by_hand(
    app: web::Data<App>,
    who: Operator,
    id: PathId<RefundId>,
    key: IdempotencyKey,
    body: JsonBody<RefundPaidByHand>,
) -> Reply {
    who.may(Permission::Refunds)?;
    let mut fields = Fields::default();
    let note = fields.line("note", &body.value.note, 1, 200);
    let proof = fields.picture_if("proof", Some(&body.value.proof));
    fields.need(proof.is_some(), "proof", "the address of a picture or a PDF");
    fields.done()?;
    let new = NewRemedy { request: None, note, proof };
    let work = async |once: &_| flow::by_hand(&app, &who.shop, who.operator, *id, &new, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::OK, view_of, work).await
}

/// What was done about a refund, oldest first.
#[utoipa::path(
    tag = "orders", operation_id = "refund_remedies", security(("session" = [])), params(("id" = RefundId, Path)),
    responses((status = 200, body = ListView<RemedyView>), Failures)
)]
#[get("/console/api/v1/refunds/{id}/remedies")]
async fn list(app: web::Data<App>, who: Operator, id: PathId<RefundId>) -> Reply {
    let rows = remedies::of_refund(app.db.reader(), who.shop.id, *id).await?;
    json(&ListView::from(rows.iter().map(RemedyView::from).collect::<Vec<_>>()))
}
