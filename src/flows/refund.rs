//! Money going back: asked here in one transaction, sent by the outbox, believed when WeChat says so.

use gateways::pay::wechat_pay::{NewRefund, PayError, Refund, RefundStatus, WechatPay};
use kernel::id::{OrderId, OrderLineId, RefundId, TicketId};
use kernel::{Code, Coded, Failure, Fen};
use sea_orm::DatabaseTransaction;

use crate::app::App;
use crate::areas::commissions::rules::Refunded;
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::orders::entity::{line, order};
use crate::areas::orders::state::{OrderEvent, OrderStatus, RefundStatus as OrderRefundStatus};
use crate::areas::payments::entity::{payment, refund, refund_line};
use crate::areas::payments::state::{PaymentState, RefundEvent, RefundState};
use crate::areas::payments::{refunds, service as payments};
use crate::areas::shops::query::Shop;
use crate::areas::shops::settings::PostSettlementRefund;
use crate::areas::{orders, stock};
use crate::flows::commission;
use crate::flows::effects::Effect;
use crate::flows::prepay::notify_url;

/// Why money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It came after the order was closed, or for what could not be served.
    LatePayment,
    /// The member cancelled a paid order.
    MemberCancel,
    /// An operator decided.
    Operator,
    /// An after-sale ticket was granted.
    AfterSale,
}

impl Cause {
    fn text(self) -> &'static str {
        match self {
            Cause::LatePayment => "late_payment",
            Cause::MemberCancel => "member_cancel",
            Cause::Operator => "operator",
            Cause::AfterSale => "after_sale",
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

/// What goes back of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The line.
    pub line: OrderLineId,
    /// Units; 0 when money alone goes back.
    pub quantity: i64,
    /// Goods money and shipping together.
    pub amount: Fen,
    /// Of it, shipping and packing.
    pub shipping: Fen,
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

/// Everything that can still go back of `lines`.
pub fn whole(lines: &[line::Model], with_shipping: bool) -> Result<Vec<Part>, kernel::MoneyError> {
    let mut parts = Vec::new();
    for line in lines {
        let left = line.quantity - line.refunded_quantity;
        let extras = line.shipping_fen.plus(line.packing_fen)?;
        let mut amount = orders::money::paid(line)?.minus(line.refunded_fen)?;
        if !with_shipping {
            amount = std::cmp::max(amount.minus(extras)?, Fen::ZERO);
        }
        let shipping = if with_shipping { std::cmp::min(extras, amount) } else { Fen::ZERO };
        if left > 0 || amount.is_positive() {
            parts.push(Part { line: line.id, quantity: left, amount, shipping });
        }
    }
    Ok(parts)
}

/// `quantity` units of a line: the line's money splits over its units; the last unit takes
/// shipping and packing along when `with_shipping`.
pub fn units(line: &line::Model, quantity: i64, with_shipping: bool) -> Result<Part, Failure> {
    let left = line.quantity - line.refunded_quantity;
    if quantity <= 0 || quantity > left {
        return Err(RefundError::TooMuch(line.id).into());
    }
    let extras = line.shipping_fen.plus(line.packing_fen)?;
    let goods = orders::money::paid(line)?.minus(extras)?;
    let count = usize::try_from(line.quantity).map_err(|_| RefundError::TooMuch(line.id))?;
    let skip = usize::try_from(line.refunded_quantity).map_err(|_| RefundError::TooMuch(line.id))?;
    let take = usize::try_from(quantity).map_err(|_| RefundError::TooMuch(line.id))?;
    let each = goods.split_evenly(count)?;
    let mut amount = Fen::sum(each.into_iter().skip(skip).take(take))?;
    let mut shipping = Fen::ZERO;
    if quantity == left {
        // The last units take what is left, so that parts add up whatever went back before.
        shipping = if with_shipping { extras } else { Fen::ZERO };
        let kept = extras.minus(shipping)?;
        amount = std::cmp::max(orders::money::paid(line)?.minus(line.refunded_fen)?.minus(kept)?, Fen::ZERO);
        shipping = std::cmp::min(shipping, amount);
    }
    Ok(Part { line: line.id, quantity, amount, shipping })
}

/// Refunds all that is left of a paid order.
pub async fn whole_order(
    app: &App,
    shop: &Shop,
    order: &order::Model,
    cause: Cause,
    actor: &str,
    reason: &str,
) -> Result<refund::Model, Failure> {
    let made = app
        .db
        .write(async |tx| {
            let lines = orders::query::lines_of(tx, shop.id, order.id).await?;
            let plan = Plan {
                parts: whole(&lines, true)?,
                cause,
                reason: reason.to_owned(),
                restock: true,
                ticket: None,
                actor: actor.to_owned(),
            };
            make(app, tx, shop, order.id, plan).await
        })
        .await?;
    after_commit(app, shop, &made).await;
    Ok(made.refund)
}

/// A refund with the stock that went back on sale, for the gate to follow after the commit.
#[derive(Clone, Debug)]
pub struct Made {
    /// The refund.
    pub refund: refund::Model,
    /// SKU and units.
    pub restocked: Vec<(kernel::id::SkuId, i64)>,
}

/// What follows the commit of [`make`].
pub async fn after_commit(app: &App, shop: &Shop, made: &Made) {
    for (sku, units) in &made.restocked {
        app.gate.adjust(shop.id, *sku, *units).await;
        app.catalogue.stock_moved(shop.id);
    }
    app.bell.ring();
    tracing::info!(refund = %made.refund.id, order = %made.refund.order_id, amount = %made.refund.amount_fen, "refund asked");
}

/// Writes a refund in the caller's transaction: lines, commissions and books are changed now, the
/// money follows by the outbox.
pub async fn make(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    order: OrderId,
    plan: Plan,
) -> Result<Made, Failure> {
    let now = app.clock.now();
    let order = orders::query::by_id(tx, shop.id, order).await?.ok_or(RefundError::NotPaid(order))?;
    let refundable_state = !matches!(order.status, OrderStatus::PendingPayment | OrderStatus::Closed);
    if !refundable_state {
        return Err(RefundError::NotPaid(order.id).into());
    }
    let lines = orders::query::lines_of(tx, shop.id, order.id).await?;
    let total = Fen::sum(plan.parts.iter().map(|part| part.amount))?;
    if plan.parts.iter().all(|part| part.quantity == 0 && part.amount == Fen::ZERO) {
        return Err(RefundError::Nothing.into());
    }
    let payment = payments::of_order(tx, shop.id, order.id).await?;
    let payment = payment.filter(|payment| payment.state == PaymentState::Succeeded);
    let id = RefundId::new();
    let mut draft = Draft::new(shop.id, "refund", id.uuid());
    draft.credit(AccountKind::MemberPayable, Some(order.member_id.uuid()), total)?;
    let mut floor = Floor::Zero;
    for part in &plan.parts {
        let line = lines.iter().find(|line| line.id == part.line).ok_or(RefundError::NotALine(part.line))?;
        if !orders::money::take_back(tx, line, part.quantity, part.amount).await? {
            return Err(RefundError::TooMuch(line.id).into());
        }
        floor = reverse_commissions(tx, shop, line, part, &mut draft, floor).await?;
    }
    draft.credit_rest(AccountKind::Revenue, None)?;
    ledger::service::post(tx, &draft, floor, now).await?;
    let restocked = restock(tx, shop, &order, &lines, &plan, now).await?;
    let row = row_of(id, &order, payment.as_ref(), &plan, total, now);
    let rows: Vec<_> = plan.parts.iter().map(|part| line_row(&row, part)).collect();
    refunds::create(tx, &row, &rows).await?;
    orders::money::set_refund_status(tx, &order, OrderRefundStatus::InProgress, now).await?;
    orders::service::note(tx, &order, Some(order.status), "refund_asked", &plan.actor, Some(&plan.reason), now).await?;
    let refund = if row.wechat_fen == Fen::ZERO {
        succeed(app, tx, shop, &row, None).await?
    } else {
        Effect::Refund { refund: row.id }.put(tx, shop.id, app.clock.wall()).await?;
        row
    };
    Ok(Made { refund, restocked })
}

/// What a refund takes back from leaders: pending commission shrinks; released commission follows
/// the shop's setting.
async fn reverse_commissions(
    tx: &DatabaseTransaction,
    shop: &Shop,
    line: &line::Model,
    part: &Part,
    draft: &mut Draft,
    mut floor: Floor,
) -> Result<Floor, Failure> {
    let extras = line.shipping_fen.plus(line.packing_fen)?;
    let shipping = refunds::shipping_back(tx, shop.id, line.id).await?.plus(part.shipping)?;
    let refunded = Refunded {
        money: line.refunded_fen.plus(part.amount)?.minus(shipping)?,
        money_of: orders::money::goods_paid(line)?.plus(line.points_fen)?,
        units: line.refunded_quantity + part.quantity,
        units_of: line.quantity,
        shipping,
        shipping_of: extras,
    };
    for reversal in commission::reverse(tx, line, &refunded).await? {
        let leader = Some(reversal.leader.uuid());
        match (reversal.was_released, shop.settings.post_settlement_refund) {
            (true, PostSettlementRefund::PlatformBears) => draft.debit(AccountKind::Loss, None, reversal.amount),
            (true, PostSettlementRefund::Clawback) => {
                draft.debit(AccountKind::LeaderAvailable, leader, reversal.amount);
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
) -> Result<Vec<(kernel::id::SkuId, i64)>, Failure> {
    if !plan.restock {
        return Ok(Vec::new());
    }
    let not_sent = |part: &&Part| lines.iter().any(|line| line.id == part.line && line.shipped_at.is_none());
    let wanted: Vec<_> = plan
        .parts
        .iter()
        .filter(|part| part.quantity > 0)
        .filter(not_sent)
        .filter_map(|part| Some((lines.iter().find(|line| line.id == part.line)?.sku_id, part.quantity)))
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
    total: Fen,
    now: kernel::Time,
) -> refund::Model {
    refund::Model {
        id,
        shop_id: order.shop_id,
        order_id: order.id,
        payment_id: payment.map(|payment| payment.id),
        ticket_id: plan.ticket,
        state: RefundState::Pending,
        cause: plan.cause.text().to_owned(),
        amount_fen: total,
        wechat_fen: if payment.is_some() { total } else { Fen::ZERO },
        balance_fen: Fen::ZERO,
        balance_gift_fen: Fen::ZERO,
        points_back: 0,
        restock: plan.restock,
        reason: plan.reason.clone(),
        request_body: None,
        platform_refund_id: None,
        fail_reason: None,
        next_query_at: None,
        queries: 0,
        created_at: now,
        finished_at: None,
    }
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

/// Sends back a payment that bought nothing; its journal is written by the caller.
pub async fn ask_whole_payment(
    app: &App,
    tx: &DatabaseTransaction,
    order: &order::Model,
    payment: &payment::Model,
    cause: Cause,
) -> Result<(), Failure> {
    let plan = Plan {
        parts: Vec::new(),
        cause,
        reason: "订单已关闭，退还付款".to_owned(),
        restock: false,
        ticket: None,
        actor: "system".to_owned(),
    };
    // Derived from the payment: a second try is the same refund.
    let id = RefundId::from_uuid(payment.id.uuid());
    let row = row_of(id, order, Some(payment), &plan, payment.amount_fen, app.clock.now());
    refunds::create(tx, &row, &[]).await?;
    Effect::Refund { refund: id }.put(tx, order.shop_id, app.clock.wall()).await?;
    Ok(())
}

/// Sends a refund with its own number and stored bytes, and books what the answer says.
#[tracing::instrument(skip_all, fields(refund = %id))]
pub async fn send(app: &App, shop: &Shop, id: RefundId) -> Result<Sent, Failure> {
    let refund = refunds::by_id(app.db.reader(), shop.id, id).await?;
    let Some(refund) = refund.filter(|refund| refund.state == RefundState::Pending) else { return Ok(Sent::Done) };
    let clients = app.clients.of(shop);
    let pay = clients.pay()?;
    let body = match &refund.request_body {
        Some(body) => body.clone(),
        None => {
            let body = body_of(app, shop, pay, &refund).await?;
            app.db.write(async |tx| Ok(refunds::keep_body(tx, id, &body).await?)).await?;
            body
        }
    };
    match pay.refund(body.as_bytes()).await {
        Ok(answer) => {
            told(app, shop, &answer).await?;
            Ok(Sent::Done)
        }
        Err(error) if error.is_undecided() => match pay.query_refund(&id.to_string()).await {
            Ok(answer) => {
                told(app, shop, &answer).await?;
                Ok(Sent::Done)
            }
            Err(_) => Ok(Sent::Later(error.to_string())),
        },
        // No money on the account, or rights being mended: the same number goes out again later.
        Err(error @ (PayError::NotEnough(_) | PayError::Config(_))) => Ok(Sent::Later(error.to_string())),
        Err(error) => {
            tracing::error!(refund = %id, %error, "WeChat refused a refund; an operator has to decide");
            metrics::counter!("refunds_refused_total").increment(1);
            move_on(app, &refund, RefundEvent::Refused, None, Some(error.to_string())).await?;
            Ok(Sent::Done)
        }
    }
}

/// What came of sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Nothing more is to be sent.
    Done,
    /// The same number is to be sent again.
    Later(String),
}

async fn body_of(app: &App, shop: &Shop, pay: &WechatPay, refund: &refund::Model) -> Result<String, Failure> {
    let payment = match refund.payment_id {
        Some(id) => payments::by_id(app.db.reader(), shop.id, id).await?,
        None => None,
    };
    let payment = payment.ok_or(RefundError::NotPaid(refund.order_id))?;
    let request = NewRefund {
        out_trade_no: payment.id.to_string(),
        out_refund_no: refund.id.to_string(),
        reason: Some(refund.reason.clone()),
        notify_url: Some(notify_url(app, shop, "refund")),
        refund: refund.wechat_fen,
        total: payment.amount_fen,
    };
    let body = pay.refund_body(&request).map_err(crate::flows::prepay::PrepayError::Refused)?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// Asks the platform about a refund that is under way.
pub async fn ask(app: &App, shop: &Shop, refund: &refund::Model) -> Result<(), Failure> {
    let clients = app.clients.of(shop);
    let answer = clients.pay()?.query_refund(&refund.id.to_string()).await;
    app.db.write(async |tx| Ok(refunds::asked(tx, refund, app.clock.wall()).await?)).await?;
    match answer {
        Ok(answer) => told(app, shop, &answer).await,
        Err(error) => {
            tracing::warn!(refund = %refund.id, %error, "a refund's state could not be asked");
            Ok(())
        }
    }
}

/// Books what the platform says of a refund: the answer, the query and the notice are equals.
pub async fn told(app: &App, shop: &Shop, answer: &Refund) -> Result<(), Failure> {
    let unknown =
        || crate::areas::payments::error::PaymentError::RefundNotFound(RefundId::from_uuid(uuid::Uuid::nil()));
    let id: RefundId = answer.out_refund_no.parse().map_err(|_| unknown())?;
    let refund = refunds::by_id(app.db.reader(), shop.id, id).await?.ok_or_else(unknown)?;
    let event = match answer.status {
        RefundStatus::Success => RefundEvent::Succeeded,
        RefundStatus::Closed => RefundEvent::Closed,
        RefundStatus::Abnormal => RefundEvent::TurnedAbnormal,
        RefundStatus::Processing | RefundStatus::Other(_) => RefundEvent::Accepted,
    };
    if refund.state.after(event).is_none() {
        return Ok(());
    }
    if event != RefundEvent::Succeeded {
        let reason = (event != RefundEvent::Accepted).then(|| format!("{:?}", answer.status));
        move_on(app, &refund, event, answer.refund_id.clone(), reason).await?;
        return Ok(());
    }
    let done = app.db.write(async |tx| succeed(app, tx, shop, &refund, answer.refund_id.clone()).await).await;
    match done {
        Ok(_) => {
            tracing::info!(refund = %id, amount = %refund.wechat_fen, "refund paid out");
            metrics::counter!("refunds_paid_total").increment(1);
            Ok(())
        }
        Err(failure) if failure.code() == Code::OrderWrongState => Ok(()),
        Err(failure) => Err(failure),
    }
}

async fn move_on(
    app: &App,
    refund: &refund::Model,
    event: RefundEvent,
    platform_id: Option<String>,
    reason: Option<String>,
) -> Result<(), Failure> {
    let times = (app.clock.now(), app.clock.wall());
    let moved = app
        .db
        .write(async |tx| Ok(refunds::advance(tx, refund, event, platform_id.clone(), reason.clone(), times).await?))
        .await;
    match moved {
        // Somebody else heard the same and was first.
        Err(failure) if failure.code() == Code::OrderWrongState => Ok(()),
        other => other.map(|_| ()),
    }
}

/// The money went back: refund, books and order, in the caller's transaction.
async fn succeed(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    refund: &refund::Model,
    platform_id: Option<String>,
) -> Result<refund::Model, Failure> {
    let now = app.clock.now();
    let times = (now, app.clock.wall());
    let done = refunds::advance(tx, refund, RefundEvent::Succeeded, platform_id, None, times).await?;
    let order = orders::query::by_id(tx, shop.id, refund.order_id).await?;
    let order = order.ok_or(RefundError::NotPaid(refund.order_id))?;
    let mut draft = Draft::new(shop.id, "refund_paid", refund.id.uuid());
    draft.debit(AccountKind::MemberPayable, Some(order.member_id.uuid()), refund.wechat_fen);
    draft.credit(AccountKind::Clearing, None, refund.wechat_fen)?;
    ledger::service::post(tx, &draft, Floor::Zero, now).await?;
    let full = orders::money::note_refunded(tx, &order, refund.amount_fen, now).await?;
    if full && !order.status.is_final() {
        let order =
            orders::service::advance(tx, shop.id, order.id, OrderEvent::RefundedInFull, "wechat", None, now).await?;
        let lines = orders::query::lines_of(tx, shop.id, order.id).await?;
        let bought: Vec<_> = lines.iter().map(|line| (line.goods_id, line.quantity)).collect();
        stock::purchases::uncount_purchase(tx, shop.id, order.member_id, &bought, order.created_at).await?;
    }
    if let Some(ticket) = refund.ticket_id {
        crate::flows::after_sale::refunded(tx, shop, ticket, now).await?;
    }
    Ok(done)
}
