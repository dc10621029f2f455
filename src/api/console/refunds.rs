//! Operators give money back, look first what that does, and send again what went wrong.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::id::{
    LeaderId, OrderId, OrderLineId, PaymentId, RechargeId, RefundId, SharingReturnId, ShopId, SupplierId, TicketId,
};
use kernel::{Failure, Fen};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use super::sharing::party_id;
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PathId, QueryOf, page_request};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::payments::entity::{refund, refund_line};
use crate::areas::payments::refunds;
use crate::areas::payments::state::RefundState;
use crate::areas::payouts::returns::{self, OfParty};
use crate::areas::payouts::state::ReturnState;
use crate::flows::refund::{self as flow, Measure, Preview, Request, Shown, Wish};

/// The most money one line can name: far above any order.
const AMOUNT_MAX_FEN: i64 = 1_000_000_000_000;

pub(super) fn routes(config: &mut Routes) {
    config.service(make).service(preview).service(list).service(retry);
}

/// A part of a line: units, or money alone.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RefundLineWish {
    line_id: OrderLineId,
    /// So many units, with their share of the line's money; not beside `amount_fen`.
    #[schema(minimum = 1, maximum = 9999)]
    quantity: Option<i64>,
    /// So much money, the units stay with the member; not beside `quantity`.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 1_000_000_000_000i64)]
    amount_fen: Option<Fen>,
}

/// What is to go back: `lines`, or `all` that is left.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RefundRequest {
    #[serde(default)]
    #[schema(max_items = 50)]
    lines: Vec<RefundLineWish>,
    /// Everything that is left; not beside `lines`.
    #[serde(default)]
    all: bool,
    /// Whether a line's last unit takes its shipping along; the shop's setting when left out.
    refund_shipping: Option<bool>,
    /// Whether units that were not sent go back on sale; they do when left out.
    restock: Option<bool>,
    /// The member reads it too.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

impl RefundRequest {
    fn checked(self) -> Result<Request, Failure> {
        let mut fields = Fields::default();
        let reason = fields.line("reason", &self.reason, 1, 200);
        if self.all != self.lines.is_empty() {
            fields.fault("lines", "invalid", "either lines or all");
        }
        fields.need(self.lines.len() <= 50, "lines", "at most 50 lines");
        let mut wished: Vec<(OrderLineId, Measure)> = Vec::new();
        for (index, line) in self.lines.iter().enumerate().take(50) {
            let field = |name: &str| format!("lines[{index}].{name}");
            if wished.iter().any(|(id, _)| *id == line.line_id) {
                fields.fault(&field("line_id"), "duplicate", "each line once");
            }
            match (line.quantity, line.amount_fen) {
                (Some(units), None) => {
                    fields.need((1..=9_999).contains(&units), &field("quantity"), "1 to 9999");
                    wished.push((line.line_id, Measure::Units(units)));
                }
                (None, Some(amount)) => {
                    let fits = (1..=AMOUNT_MAX_FEN).contains(&amount.fen());
                    fields.need(fits, &field("amount_fen"), "1 to 1000000000000");
                    wished.push((line.line_id, Measure::Money(amount)));
                }
                _ => fields.fault(&field("quantity"), "invalid", "either quantity or amount_fen"),
            }
        }
        fields.done()?;
        Ok(Request {
            wish: if self.all { Wish::All } else { Wish::Lines(wished) },
            refund_shipping: self.refund_shipping,
            restock: self.restock.unwrap_or(true),
            reason,
        })
    }
}

/// A refund, as operators see it.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ConsoleRefund {
    /// The `out_refund_no` at WeChat Pay.
    id: RefundId,
    /// Null of a recharge's.
    order_id: Option<OrderId>,
    /// Null of an order's.
    recharge_id: Option<RechargeId>,
    payment_id: Option<PaymentId>,
    ticket_id: Option<TicketId>,
    state: RefundState,
    /// `late_payment`, `member_cancel`, `operator`, `after_sale`, `checkout_incomplete`, `short_delivery` or `recharge`.
    cause: String,
    /// Over all means of payment.
    amount_fen: Fen,
    /// Of it, by WeChat Pay.
    wechat_fen: Fen,
    /// Of it, back to the balance: there as soon as the refund is made.
    balance_fen: Fen,
    /// Of the balance, the part that was a gift.
    balance_gift_fen: Fen,
    /// Points that paid a part and come back.
    points_back: i64,
    restock: bool,
    reason: String,
    /// WeChat Pay's own number.
    platform_refund_id: Option<String>,
    /// What WeChat Pay said last, where it was no success.
    fail_reason: Option<String>,
    /// What an operator can do about it now.
    actions: Vec<RefundAction>,
    lines: Vec<ConsoleRefundLine>,
    /// What merchants who were paid by profit sharing are asked to give back for it.
    returns: Vec<ConsoleReturn>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

/// What can be done about a refund.
#[derive(Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum RefundAction {
    /// Send it again with its number, or ask what became of it.
    Retry,
    /// The payer's account is gone: have it sent to a card of his.
    ToCard,
    /// WeChat cannot pay it, has refused or closed it: pay the member outside WeChat, and prove it.
    PaidByHand,
}

impl RefundAction {
    fn of(state: RefundState) -> Vec<Self> {
        match state {
            RefundState::Succeeded => Vec::new(),
            RefundState::Abnormal => vec![Self::Retry, Self::ToCard, Self::PaidByHand],
            RefundState::Closed | RefundState::Failed => vec![Self::Retry, Self::PaidByHand],
            RefundState::Pending | RefundState::Processing => vec![Self::Retry],
        }
    }
}

/// What a refund gives back of a line.
#[derive(Serialize, utoipa::ToSchema)]
struct ConsoleRefundLine {
    line_id: OrderLineId,
    quantity: i64,
    /// Goods money and shipping together.
    amount_fen: Fen,
    shipping_fen: Fen,
}

/// A share on its way back from the merchant who received it.
#[derive(Serialize, utoipa::ToSchema)]
struct ConsoleReturn {
    /// The `out_return_no` at WeChat Pay.
    id: SharingReturnId,
    /// `leader` or `supplier`.
    party_kind: String,
    /// Its id.
    party_id: String,
    /// The leader; null when it is another party.
    leader_id: Option<LeaderId>,
    return_mchid: String,
    amount_fen: Fen,
    /// Of one that failed: what the party's later earnings have made good.
    made_good_fen: Fen,
    state: ReturnState,
    /// What WeChat Pay said last, where it was no success.
    fail_reason: Option<String>,
}

impl From<&OfParty> for ConsoleReturn {
    fn from(OfParty { row, party_kind }: &OfParty) -> Self {
        Self {
            id: row.id,
            party_kind: party_kind.clone(),
            party_id: party_id(party_kind, row.party_id),
            leader_id: (party_kind == "leader").then(|| LeaderId::from_uuid(row.party_id)),
            return_mchid: row.return_mchid.clone(),
            amount_fen: row.amount_fen,
            made_good_fen: row.netted_fen,
            state: row.state,
            fail_reason: row.fail_reason.clone(),
        }
    }
}

fn view(row: &refund::Model, lines: &[refund_line::Model], returns: &[OfParty]) -> ConsoleRefund {
    let own = lines.iter().filter(|line| line.refund_id == row.id);
    let back = returns.iter().filter(|back| back.row.refund_id == row.id);
    ConsoleRefund {
        id: row.id,
        order_id: row.order_id,
        recharge_id: row.recharge_id,
        payment_id: row.payment_id,
        ticket_id: row.ticket_id,
        state: row.state,
        cause: row.cause.clone(),
        amount_fen: row.amount_fen,
        wechat_fen: row.wechat_fen,
        balance_fen: row.balance_fen,
        balance_gift_fen: row.balance_gift_fen,
        points_back: row.points_back,
        restock: row.restock,
        reason: row.reason.clone(),
        platform_refund_id: row.platform_refund_id.clone(),
        fail_reason: row.fail_reason.clone(),
        actions: RefundAction::of(row.state),
        lines: own
            .map(|line| ConsoleRefundLine {
                line_id: line.line_id,
                quantity: line.quantity,
                amount_fen: line.amount_fen,
                shipping_fen: line.shipping_fen,
            })
            .collect(),
        returns: back.map(ConsoleReturn::from).collect(),
        created_at: row.created_at,
        finished_at: row.finished_at,
    }
}

pub(super) fn view_of(shown: &Shown) -> ConsoleRefund {
    view(&shown.refund, &shown.lines, &shown.returns)
}

/// The refunds of an order, oldest first.
pub(super) async fn refunds_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
) -> Result<Vec<ConsoleRefund>, Failure> {
    let rows = refunds::of_order(conn, shop, order).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let lines = refunds::lines_of_all(conn, shop, &ids).await?;
    let returns = returns::with_parties(conn, shop, &ids).await?;
    Ok(rows.iter().map(|row| view(row, &lines, &returns)).collect())
}

/// Gives money back: whole, by line and units, or by money.
#[utoipa::path(
    tag = "orders", operation_id = "refund_order", security(("session" = [])), request_body = RefundRequest,
    params(("id" = OrderId, Path), ("Idempotency-Key" = String, Header, description = "Required")),
    responses((status = 201, body = ConsoleRefund), Failures)
)]
#[post("/console/api/v1/orders/{id}/refunds")]
async fn make(
    app: web::Data<App>,
    who: Operator,
    id: PathId<OrderId>,
    key: IdempotencyKey,
    body: JsonBody<RefundRequest>,
) -> Reply {
    who.may(Permission::Refunds)?;
    let key = key.required()?;
    let request = body.value.checked()?;
    let work = async |once: &_| flow::by_operator(&app, &who.shop, who.operator, *id, &request, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view_of, work).await
}

/// What a refund would do.
#[derive(Serialize, utoipa::ToSchema)]
struct RefundPreview {
    lines: Vec<ConsoleRefundLine>,
    /// Over all means of payment.
    amount_fen: Fen,
    /// Of it, by WeChat Pay.
    wechat_fen: Fen,
    /// Of it, back to the balance.
    balance_fen: Fen,
    /// Of the balance, the part that was a gift.
    balance_gift_fen: Fen,
    /// Points that would come back.
    points_back: i64,
    /// What the shop's own revenue gives, the value of these points included.
    revenue_fen: Fen,
    /// What each leader gives.
    parties: Vec<RefundParty>,
    /// What each supplier gives.
    suppliers: Vec<RefundSupplier>,
    /// What nobody gives back.
    shortfall_fen: Fen,
}

/// A leader's share of a refund.
#[derive(Serialize, utoipa::ToSchema)]
struct RefundParty {
    leader_id: Option<LeaderId>,
    /// Commission that was not released yet and shrinks.
    reversed_fen: Fen,
    /// Released commission that is taken back: from the leader's account, or by a return of the share
    /// that the leader's merchant received.
    returned_fen: Fen,
    /// Released commission that the platform bears.
    lost_fen: Fen,
    /// What is lost, and what is taken back beyond what the leader has available now.
    shortfall_fen: Fen,
}

/// A supplier's share of a refund: its part is always taken back.
#[derive(Serialize, utoipa::ToSchema)]
struct RefundSupplier {
    supplier_id: SupplierId,
    /// What was not released yet and shrinks.
    reversed_fen: Fen,
    /// What was released: taken from its account, or given back by its merchant.
    returned_fen: Fen,
    /// What is taken beyond what it has available now, and netted from later.
    shortfall_fen: Fen,
}

impl From<Preview> for RefundPreview {
    fn from(seen: Preview) -> Self {
        let line = |part: &flow::Part| ConsoleRefundLine {
            line_id: part.line,
            quantity: part.quantity,
            amount_fen: part.amount,
            shipping_fen: part.shipping,
        };
        let party = |party: &flow::PartyShare| RefundParty {
            leader_id: party.leader,
            reversed_fen: party.reversed,
            returned_fen: party.returned,
            lost_fen: party.lost,
            shortfall_fen: party.shortfall,
        };
        let supplier = |share: &flow::SupplierShare| RefundSupplier {
            supplier_id: share.supplier,
            reversed_fen: share.reversed,
            returned_fen: share.returned,
            shortfall_fen: share.shortfall,
        };
        Self {
            lines: seen.parts.iter().map(line).collect(),
            amount_fen: seen.amount,
            wechat_fen: seen.split.money.wechat,
            balance_fen: seen.split.money.balance().unwrap_or_default(),
            balance_gift_fen: seen.split.money.gift,
            points_back: seen.split.points,
            revenue_fen: seen.revenue,
            parties: seen.parties.iter().map(party).collect(),
            suppliers: seen.suppliers.iter().map(supplier).collect(),
            shortfall_fen: seen.shortfall,
        }
    }
}

/// What the same request would do; nothing is written.
#[utoipa::path(
    tag = "orders", operation_id = "preview_refund", security(("session" = [])), request_body = RefundRequest,
    params(("id" = OrderId, Path)), responses((status = 200, body = RefundPreview), Failures)
)]
#[post("/console/api/v1/orders/{id}/refunds/preview")]
async fn preview(app: web::Data<App>, who: Operator, id: PathId<OrderId>, body: JsonBody<RefundRequest>) -> Reply {
    who.may(Permission::Refunds)?;
    let request = body.value.checked()?;
    json(&RefundPreview::from(flow::preview(&app, &who.shop, *id, &request).await?))
}

/// Which refunds.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RefundsQuery {
    /// In this state alone.
    state: Option<RefundState>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// Refunds, newest first.
#[utoipa::path(
    tag = "orders", operation_id = "console_refunds", security(("session" = [])), params(RefundsQuery),
    responses((status = 200, body = ListView<ConsoleRefund>), Failures)
)]
#[get("/console/api/v1/refunds")]
async fn list(app: web::Data<App>, who: Operator, asked: QueryOf<RefundsQuery>) -> Reply {
    let RefundsQuery { state, limit, cursor } = asked.0;
    let (conn, shop) = (app.db.reader(), who.shop.id);
    let page = refunds::list(conn, shop, state, &page_request(limit, cursor)?).await?;
    let ids: Vec<_> = page.items.iter().map(|row| row.id).collect();
    let lines = refunds::lines_of_all(conn, shop, &ids).await?;
    let returns = returns::with_parties(conn, shop, &ids).await?;
    json(&ListView::from(page.map(|row| view(&row, &lines, &returns))))
}

/// Sends a refund again with the same number, or asks again what became of it.
#[utoipa::path(
    tag = "orders", operation_id = "retry_refund", security(("session" = [])),
    params(("id" = RefundId, Path), ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 200, body = ConsoleRefund), Failures)
)]
#[post("/console/api/v1/refunds/{id}/retry")]
async fn retry(
    app: web::Data<App>,
    who: Operator,
    id: PathId<RefundId>,
    key: IdempotencyKey,
    body: JsonBody<Nothing>,
) -> Reply {
    who.may(Permission::Refunds)?;
    let work = async |once: &_| flow::retry(&app, &who.shop, who.operator, *id, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::OK, view_of, work).await
}
