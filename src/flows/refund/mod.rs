//! Money going back: asked here in one transaction, sent by the outbox ([`send`]), believed when
//! WeChat says so ([`told`]). What goes back of which line is [`plan`]'s business.

mod means;
mod operator;
pub mod plan;
mod preview;
pub mod remedy;
mod send;
mod supplier;

use kernel::id::{OrderId, OrderLineId, RefundId, SkuId, TicketId};
use kernel::{Code, Coded, Failure, Fen};
use sea_orm::DatabaseTransaction;

pub use means::Split;
pub use operator::{Request, Shown, by_operator, retry};
pub use plan::{Measure, Part, Wish};
pub use preview::{PartyShare, Preview, preview};
pub use send::{Sent, ask, book_arrival, put_off, send, told};
pub use supplier::SupplierShare;

use crate::app::App;
use crate::areas::balances::rules::Means;
use crate::areas::commissions::rules::Refunded;
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::orders::entity::{line, order};
use crate::areas::orders::state::{OrderStatus, RefundStatus};
use crate::areas::payments::entity::{payment, refund, refund_line};
use crate::areas::payments::state::{RefundEvent, RefundState};
use crate::areas::payments::{query as payments, refunds};
use crate::areas::payouts::returns::{self, Returnable, Taken};
use crate::areas::shops::query::Shop;
use crate::areas::shops::settings::PostSettlementRefund;
use crate::areas::{deliveries, orders, stock};
use crate::flows::effects::Effect;
use crate::flows::{after_sale, commission, member_money, profit_sharing, receipt};

/// Why money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It came after the order was closed or paid under another number, or for what could not be served.
    LatePayment,
    /// The member cancelled a paid order.
    MemberCancel,
    /// An operator decided.
    Operator,
    /// An after-sale ticket was granted.
    AfterSale,
    /// WeChat paid a checkout without some of its orders, and the rest goes back.
    CheckoutIncomplete,
}

impl Cause {
    fn text(self) -> &'static str {
        match self {
            Cause::LatePayment => refunds::LATE,
            Cause::MemberCancel => "member_cancel",
            Cause::Operator => "operator",
            Cause::AfterSale => "after_sale",
            Cause::CheckoutIncomplete => "checkout_incomplete",
        }
    }
}

/// Why a refund cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    /// The order has no money to give back.
    #[error("order {0} has no money to give back")]
    NotPaid(OrderId),
    /// More than can still go back.
    #[error("line {0}: more than can still be refunded")]
    TooMuch(OrderLineId),
    /// Not a line of this order.
    #[error("{0} is not a line of this order")]
    NotALine(OrderLineId),
    /// Nothing is asked for.
    #[error("nothing is left to refund")]
    Nothing,
}

impl Coded for RefundError {
    fn code(&self) -> Code {
        match self {
            RefundError::NotPaid(_) => Code::OrderWrongState,
            RefundError::TooMuch(_) | RefundError::Nothing => Code::RefundTooMuch,
            RefundError::NotALine(_) => Code::ValidationFailed,
        }
    }
}

/// A refund to be made.
#[derive(Clone, Debug)]
pub struct Plan {
    /// By line.
    pub parts: Vec<Part>,
    /// Why.
    pub cause: Cause,
    /// For people.
    pub reason: String,
    /// Whether units go back on sale, as far as the order was not sent.
    pub restock: bool,
    /// The ticket it answers.
    pub ticket: Option<TicketId>,
    /// Who decided.
    pub actor: String,
}

/// A refund with the stock that went back on sale, for the gate to follow after the commit.
#[derive(Clone, Debug)]
pub struct Made {
    /// The refund.
    pub refund: refund::Model,
    /// Its lines.
    pub lines: Vec<refund_line::Model>,
    /// SKU and units.
    pub restocked: Vec<(SkuId, i64)>,
}

/// What follows the commit of [`make`].
pub async fn after_commit(app: &App, shop: &Shop, made: &Made) {
    for (sku, units) in &made.restocked {
        app.gate.adjust(shop.id, *sku, *units).await;
        app.catalogue.stock_moved(shop.id);
    }
    app.bell.ring();
    tracing::info!(refund = %made.refund.id, order = ?made.refund.order_id, amount = %made.refund.amount_fen, "refund asked");
}

/// Writes a refund in the caller's transaction: lines, commissions, books, balance and points are
/// changed now, WeChat's part follows by the outbox. Where WeChat has no part, all is done at once.
///
/// # Errors
/// [`RefundError`]; the order's row is held, so of two refunds one waits for the other.
pub async fn make(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    order: OrderId,
    plan: Plan,
) -> Result<Made, Failure> {
    let now = app.clock.now();
    let order = orders::progress::lock(tx, shop.id, order).await?;
    let lines = orders::query::lines_of(tx, shop.id, order.id).await?;
    can_be_made(&order, &plan.parts)?;
    let payment = payments::paid_of(tx, shop.id, order.id).await?;
    let split = means::split(tx, shop, &order, &lines, &plan.parts).await?;
    let row = row_of(RefundId::new(), &order, payment.as_ref(), &plan, &split, now)?;
    let mut draft = Draft::new(shop.id, "refund", row.id.uuid());
    give_back_means(&mut draft, &order, &split)?;
    let mut floor = Floor::Zero;
    let mut back = TakenBack { from: returns::returnable(tx, shop.id, order.id).await?, taken: Vec::new() };
    for part in &plan.parts {
        let line = line_of(&lines, part)?;
        let refunded = refunded_with(tx, shop, line, part).await?;
        if !orders::money::take_back(tx, line, part.quantity, part.amount).await? {
            return Err(RefundError::TooMuch(line.id).into());
        }
        floor = reverse_commissions(tx, shop, line, &refunded, &mut draft, &mut back, floor).await?;
        floor = supplier::take_back(tx, line, &refunded, &mut draft, &mut back, (floor, now)).await?;
        let before = refunded_so_far(tx, shop, line).await?;
        draft.credit(AccountKind::Loss, None, commission::loss_undone(tx, line, &before, &refunded).await?)?;
    }
    draft.credit_rest(AccountKind::Revenue, None)?;
    if let Some(payment) = payment.as_ref().filter(|_| row.wechat_fen.is_positive()) {
        profit_sharing::make_way(app, tx, &order, payment, row.wechat_fen).await?;
    }
    let rows: Vec<_> = plan.parts.iter().map(|part| line_row(&row, part)).collect();
    refunds::create(tx, &row, &rows).await?;
    returns::create(tx, row.id, &back.taken, now, app.clock.wall()).await?;
    supplier::make_whole(app, tx, (&order, &row), &mut draft, &mut back).await?;
    if member_money::take_back(tx, &order, &mut draft).await? {
        floor = Floor::Below;
    }
    ledger::service::post(tx, &draft, floor, now).await?;
    orders::money::set_refund_status(tx, &order, RefundStatus::InProgress, now).await?;
    orders::service::note(tx, &order, Some(order.status), "refund_asked", &plan.actor, Some(&plan.reason), now).await?;
    after_sale::overtaken(app, tx, shop, (order.id, plan.ticket), now).await?;
    let restocked = restock(tx, shop, &order, &lines, &plan, now).await?;
    let order = receipt::after_refund(tx, shop, order.id, &plan.actor, (now, app.clock.wall())).await?;
    let refund = if row.wechat_fen == Fen::ZERO {
        send::succeed(app, tx, shop, &order, &row, (RefundEvent::Succeeded, None)).await?
    } else {
        Effect::Refund { refund: row.id }.put(tx, shop.id, app.clock.wall()).await?;
        row
    };
    Ok(Made { refund, lines: rows, restocked })
}

/// What goes back of each means: WeChat's part is owed until it has arrived, the others are there now.
fn give_back_means(draft: &mut Draft, order: &order::Model, split: &Split) -> Result<(), Failure> {
    let member = Some(order.member_id.uuid());
    draft.credit(AccountKind::MemberPayable, member, split.money.wechat)?;
    draft.credit(AccountKind::MemberBalance, member, split.money.principal)?;
    draft.credit(AccountKind::MemberBalanceGift, member, split.money.gift)?;
    draft.credit(AccountKind::Marketing, None, split.points_value)?;
    draft.points((AccountKind::PointsIssued, None), (AccountKind::Points, member), split.points);
    Ok(())
}

fn can_be_made(order: &order::Model, parts: &[Part]) -> Result<(), RefundError> {
    if matches!(order.status, OrderStatus::PendingPayment | OrderStatus::Closed) {
        return Err(RefundError::NotPaid(order.id));
    }
    if parts.iter().all(|part| part.quantity == 0 && part.amount == Fen::ZERO) {
        return Err(RefundError::Nothing);
    }
    Ok(())
}

fn line_of<'a>(lines: &'a [line::Model], part: &Part) -> Result<&'a line::Model, RefundError> {
    lines.iter().find(|line| line.id == part.line).ok_or(RefundError::NotALine(part.line))
}

/// How far a line has gone back once `part` has. Points and other means go back in proportion to
/// the money, so the money alone measures it; where nothing was paid, the units do.
async fn refunded_with(
    conn: &impl sea_orm::ConnectionTrait,
    shop: &Shop,
    line: &line::Model,
    part: &Part,
) -> Result<Refunded, Failure> {
    let shipping = refunds::shipping_back(conn, shop.id, line.id).await?.plus(part.shipping)?;
    Ok(Refunded {
        money: line.refunded_fen.plus(part.amount)?.minus(shipping)?,
        money_of: orders::money::goods_paid(line)?,
        units: line.refunded_quantity + part.quantity,
        units_of: line.quantity,
        shipping,
        shipping_of: line.shipping_fen.plus(line.packing_fen)?,
    })
}

/// How far a line has gone back so far.
pub async fn refunded_so_far(
    conn: &impl sea_orm::ConnectionTrait,
    shop: &Shop,
    line: &line::Model,
) -> Result<Refunded, Failure> {
    refunded_with(conn, shop, line, &Part::nothing_of(line.id)).await
}

/// What merchants who were paid by sharing are asked to give back for a refund.
struct TakenBack {
    from: Vec<Returnable>,
    taken: Vec<Taken>,
}

/// What a refund takes back from leaders: pending commission shrinks; released commission that a
/// merchant can give back is asked of it, other follows the shop's setting.
async fn reverse_commissions(
    tx: &DatabaseTransaction,
    shop: &Shop,
    line: &line::Model,
    refunded: &Refunded,
    draft: &mut Draft,
    back: &mut TakenBack,
    mut floor: Floor,
) -> Result<Floor, Failure> {
    for reversal in commission::reverse(tx, line, refunded).await? {
        let leader = Some(reversal.leader.uuid());
        let mut rest = reversal.amount;
        if reversal.was_released {
            for taken in returns::take(&mut back.from, reversal.leader.uuid(), reversal.amount)? {
                draft.debit(AccountKind::PartyReceivable, leader, taken.amount);
                rest = rest.minus(taken.amount)?;
                back.taken.push(taken);
            }
        }
        match (reversal.was_released, shop.settings.post_settlement_refund) {
            (true, PostSettlementRefund::PlatformBears) => draft.debit(AccountKind::Loss, leader, rest),
            (true, PostSettlementRefund::Clawback) => {
                draft.debit(AccountKind::LeaderAvailable, leader, rest);
                floor = Floor::Below;
            }
            (false, _) => draft.debit(AccountKind::LeaderPending, leader, reversal.amount),
        }
    }
    Ok(floor)
}

async fn restock(
    tx: &DatabaseTransaction,
    shop: &Shop,
    order: &order::Model,
    lines: &[line::Model],
    plan: &Plan,
    now: kernel::Time,
) -> Result<Vec<(SkuId, i64)>, Failure> {
    if !plan.restock {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = plan.parts.iter().map(|part| part.line).collect();
    let missed = deliveries::query::missed(tx, shop.id, &ids).await?;
    let wanted: Vec<_> = plan
        .parts
        .iter()
        .filter(|part| part.quantity > 0 && !missed.contains(&part.line))
        .filter_map(|part| Some((lines.iter().find(|line| line.id == part.line)?, part.quantity)))
        // What was sent or handed over is not on our shelf, nor what was missing on its arrival.
        .filter(|(line, _)| line.shipped_at.is_none() && line.redeemed == 0)
        .map(|(line, quantity)| (line.sku_id, quantity))
        .collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    Ok(stock::service::restock(tx, shop.id, order.id, &wanted, &plan.reason, None, now).await?)
}

fn row_of(
    id: RefundId,
    order: &order::Model,
    payment: Option<&payment::Model>,
    plan: &Plan,
    split: &Split,
    now: kernel::Time,
) -> Result<refund::Model, Failure> {
    let money = &split.money;
    Ok(refund::Model {
        id,
        shop_id: order.shop_id,
        order_id: Some(order.id),
        recharge_id: None,
        payment_id: payment.map(|payment| payment.id),
        ticket_id: plan.ticket,
        state: RefundState::Pending,
        cause: plan.cause.text().to_owned(),
        amount_fen: money.total()?,
        wechat_fen: money.wechat,
        balance_fen: money.balance()?,
        balance_gift_fen: money.gift,
        points_back: split.points,
        restock: plan.restock,
        reason: plan.reason.clone(),
        request_body: None,
        platform_refund_id: None,
        fail_reason: None,
        next_query_at: None,
        queries: 0,
        created_at: now,
        finished_at: None,
    })
}

fn line_row(refund: &refund::Model, part: &Part) -> refund_line::Model {
    refund_line::Model {
        refund_id: refund.id,
        line_id: part.line,
        shop_id: refund.shop_id,
        quantity: part.quantity,
        amount_fen: part.amount,
        shipping_fen: part.shipping,
    }
}

/// Sends back a payment that bought nothing; its journal is written by the caller. A duplicate
/// is no refund of the order, which is paid and goes on.
pub async fn ask_whole_payment(
    app: &App,
    tx: &DatabaseTransaction,
    order: &order::Model,
    payment: &payment::Model,
) -> Result<(), Failure> {
    let duplicate = order.paid_at.is_some();
    let reason = if duplicate { "重复支付，退还付款" } else { "订单已关闭，退还付款" };
    let plan = Plan {
        parts: Vec::new(),
        cause: Cause::LatePayment,
        reason: reason.to_owned(),
        restock: false,
        ticket: None,
        actor: "system".to_owned(),
    };
    let now = app.clock.now();
    // Derived from the payment: a second try is the same refund.
    let id = RefundId::from_uuid(payment.id.uuid());
    let all = Split { money: Means { wechat: payment.amount_fen, ..Means::default() }, ..Split::default() };
    let row = row_of(id, order, Some(payment), &plan, &all, now)?;
    refunds::create(tx, &row, &[]).await?;
    if !duplicate {
        orders::money::set_refund_status(tx, order, RefundStatus::InProgress, now).await?;
    }
    Effect::Refund { refund: id }.put(tx, order.shop_id, app.clock.wall()).await
}
