//! Money came in: by notification, by query, or because nothing was to be paid. One road for all.

use std::time::Duration;

use gateways::pay::wechat_pay::{PayError, TradeState, Transaction, WechatPay};
use kernel::id::{PaymentId, RechargeId, SkuId};
use kernel::{Code, Coded, Failure, Time};
use sea_orm::{DatabaseTransaction, TransactionTrait};

use crate::app::App;
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::orders::entity::order;
use crate::areas::orders::state::{FulfilmentKind, OrderEvent, OrderStatus};
use crate::areas::payments::entity::payment;
use crate::areas::payments::service::{self, Changes, Paid};
use crate::areas::payments::state::{PaymentEvent, PaymentState};
use crate::areas::pickup::codes;
use crate::areas::shops::query::Shop;
use crate::areas::stock::service::Taken;
use crate::areas::{members, orders, stock};
use crate::flows::suspicious::{self, Difference};
use crate::flows::{close_order, commission, member_money, recharge, refund, supplier_parts};

/// Why money that came in cannot be booked.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// We never made this number.
    #[error("no payment or refund has the number {0}")]
    Unknown(String),
    /// The platform says paid but not how.
    #[error("payment {0} is paid but names no transaction")]
    Incomplete(PaymentId),
    /// The platform could not be asked.
    #[error("the payment service gave no answer")]
    Unavailable(#[from] PayError),
}

impl Coded for ReceiptError {
    fn code(&self) -> Code {
        match self {
            // A number we do not know is our fault until proven otherwise: WeChat shall repeat.
            ReceiptError::Unknown(_) => Code::Internal,
            ReceiptError::Incomplete(_) => Code::NoticeRefused,
            ReceiptError::Unavailable(_) => Code::PaymentUnavailable,
        }
    }
}

/// What the platform says when asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Paid, and booked here.
    Paid,
    /// Not paid, can still be.
    Open,
    /// Closed there.
    Closed,
    /// The platform does not know the number.
    Unknown,
    /// What it is part of was paid without it, long ago: nothing more comes under the number.
    LeftOut,
}

/// Asks the platform about a payment and books it when it is paid. Of a combined payment all orders are
/// heard of at once, each with a state of its own; what is answered is how this one stands.
pub async fn ask(app: &App, shop: &Shop, pay: &WechatPay, payment: &payment::Model) -> Result<Asked, Failure> {
    let answer = query(pay, payment).await;
    heard(app, shop, payment, answer).await
}

/// What the platform knows under the number of a payment, or of the combined one it is part of.
async fn query(pay: &WechatPay, payment: &payment::Model) -> Result<Vec<Transaction>, PayError> {
    if let Some(whole) = payment.combination_id {
        return Ok(pay.query_combined(&whole.to_string()).await?.orders());
    }
    let pay = payment.merchant_no.as_ref().map_or_else(|| pay.clone(), |merchant| pay.for_sub_merchant(merchant));
    Ok(vec![pay.query_order(&payment.id.to_string()).await?])
}

/// What is added to a caller's patience before a question is dropped: the client ends its call by itself,
/// but may have to ask for certificates first.
const GRACE: Duration = Duration::from_millis(500);

/// As [`ask`], waiting for the answer hardly longer than this.
pub async fn ask_within(
    app: &App,
    shop: &Shop,
    pay: &WechatPay,
    payment: &payment::Model,
    patience: Duration,
) -> Result<Asked, Failure> {
    let hurried = pay.within(patience);
    let answer = tokio::time::timeout(patience + GRACE, query(&hurried, payment)).await;
    let late = |_| Err(PayError::Unknown("no answer in time".to_owned()));
    heard(app, shop, payment, answer.unwrap_or_else(late)).await
}

async fn heard(
    app: &App,
    shop: &Shop,
    payment: &payment::Model,
    answer: Result<Vec<Transaction>, PayError>,
) -> Result<Asked, Failure> {
    app.db.write(async |tx| Ok(service::asked(tx, payment, app.clock.wall()).await?)).await?;
    let transactions = match answer {
        Ok(transactions) => transactions,
        Err(PayError::NotFound(_)) => return Ok(Asked::Unknown),
        Err(error) => return Err(ReceiptError::Unavailable(error).into()),
    };
    all_received(app, shop, &transactions).await?;
    let number = payment.id.to_string();
    let own = transactions.iter().find(|transaction| transaction.out_trade_no == number);
    let alone = transactions.first().filter(|_| payment.combination_id.is_none());
    match own.or(alone).map(|transaction| &transaction.trade_state) {
        Some(state) if state.is_paid() => Ok(Asked::Paid),
        Some(TradeState::Closed) => Ok(Asked::Closed),
        Some(TradeState::NotPay) => Ok(Asked::Open),
        _ => Err(ReceiptError::Unavailable(PayError::Unknown("an unknown trade state".to_owned())).into()),
    }
}

/// Books every transaction that is paid; one that cannot be booked does not keep the others waiting.
///
/// # Errors
/// The first that could not be booked: the platform shall tell it again.
pub async fn all_received(app: &App, shop: &Shop, transactions: &[Transaction]) -> Result<(), Failure> {
    let mut outcome = Ok(());
    for transaction in transactions.iter().filter(|transaction| transaction.trade_state.is_paid()) {
        let booked = received(app, shop, transaction).await;
        outcome = outcome.and(booked);
    }
    outcome
}

/// Books a paid transaction: once, whoever tells of it and however often.
///
/// An order that is closed already gets its money back in full, by the outbox.
#[tracing::instrument(skip_all, fields(payment = %transaction.out_trade_no))]
pub async fn received(app: &App, shop: &Shop, transaction: &Transaction) -> Result<(), Failure> {
    let number = &transaction.out_trade_no;
    let unknown = || ReceiptError::Unknown(number.clone());
    let id: PaymentId = number.parse().map_err(|_| unknown())?;
    let payment = service::by_id(app.db.reader(), shop.id, id).await?.ok_or_else(unknown)?;
    if let Some(odd) = difference(app, shop, &payment, transaction) {
        return Err(suspicious::refuse_difference(app, shop, "payment", id, &odd).await);
    }
    if payment.state == PaymentState::Succeeded {
        return Ok(());
    }
    let transaction_id = transaction.transaction_id.clone().ok_or(ReceiptError::Incomplete(id))?;
    if let Some(recharge) = payment.recharge_id {
        return recharged(app, shop, (&payment, recharge), paid_of(transaction, &transaction_id)).await;
    }
    let booked = app.db.write(async |tx| book(app, tx, shop, &payment, transaction, &transaction_id).await).await?;
    // Another worker or notification was first; what it booked is booked.
    let order = match booked {
        None => return Ok(()),
        Some(Booked::Settled(settled)) => {
            after_commit(app, shop, &settled).await;
            settled.order
        }
        Some(Booked::GoesBack { order, given_back }) => {
            if !given_back.is_empty() {
                app.gate.release(shop.id, order.id, &given_back).await;
                app.catalogue.stock_moved(shop.id);
            }
            app.bell.ring();
            order
        }
    };
    note_payer(&payment, transaction);
    tracing::info!(order = %order.id, status = ?order.status, amount = %payment.amount_fen, "payment received");
    metrics::counter!("payments_received_total").increment(1);
    Ok(())
}

/// What follows the commit: the gate forgets the order and hears of what was taken only now, the
/// outbox worker wakes.
pub async fn after_commit(app: &App, shop: &Shop, settled: &Settled) {
    let Settled { order, taken } = settled;
    app.gate.settle(shop.id, order.id).await;
    for taken in taken.iter().filter(|taken| taken.left.is_some()) {
        app.gate.adjust(shop.id, taken.sku, -taken.quantity).await;
    }
    app.catalogue.forget_viewer(shop.id, order.member_id).await;
    if !taken.is_empty() {
        app.catalogue.stock_moved(shop.id);
    }
    app.bell.ring();
}

/// What of the transaction is not as we asked it.
fn difference(app: &App, shop: &Shop, payment: &payment::Model, transaction: &Transaction) -> Option<Difference> {
    let own = || app.clients.of(shop).pay().ok().and_then(|pay| pay.sub_mchid().map(str::to_owned));
    if let Some(theirs) = &transaction.sub_mchid
        && payment.merchant_no.clone().or_else(own).is_some_and(|ours| ours != *theirs)
    {
        return Some(Difference::new("the merchant", theirs));
    }
    let total = transaction.total();
    if total != Some(payment.amount_fen) {
        let seen = total.map_or_else(|| "not told".to_owned(), |total| total.to_string());
        return Some(Difference::new("the amount", seen));
    }
    let currency = transaction.amount.as_ref().and_then(|amount| amount.currency.as_deref());
    currency.filter(|currency| *currency != "CNY").map(|currency| Difference::new("the currency", currency))
}

/// The money is ours and the order's, whoever gave it; that somebody else paid is worth a look.
fn note_payer(payment: &payment::Model, transaction: &Transaction) {
    if transaction.payer_openid().is_some_and(|openid| openid != payment.payer_openid) {
        metrics::counter!("payment_alarms_total", "kind" => "payer").increment(1);
        tracing::error!(payment = %payment.id, "ALARM: a payment was made by another payer than it was asked of");
    }
}

/// A payment that was booked just now.
enum Booked {
    /// The order is paid.
    Settled(Settled),
    /// The money goes back.
    GoesBack {
        order: order::Model,
        /// Stock that went back on sale because the money came for what cannot be served.
        given_back: Vec<(SkuId, i64)>,
    },
}

/// An order that was paid just now.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The order.
    pub order: order::Model,
    /// Units that were taken from the shelf only now: the order held none.
    pub taken: Vec<Taken>,
}

/// Books the money; `None` when it is booked already. The order's row is held first, then the
/// payment's: two notices, or a notice and a close, come one after the other.
async fn book(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    known: &payment::Model,
    transaction: &Transaction,
    transaction_id: &str,
) -> Result<Option<Booked>, Failure> {
    let now = app.clock.now();
    let Some(order) = known.order_id else { return Ok(None) };
    let order = orders::progress::lock(tx, shop.id, order).await?;
    let payment = service::held(tx, shop.id, known.id).await?;
    let Some(payment) = payment.filter(|payment| payment.state != PaymentState::Succeeded) else { return Ok(None) };
    // Of an order that is not waiting for money, none is wanted: it was closed, or paid under another number.
    let late = order.status != OrderStatus::PendingPayment;
    let paid = Paid { late, ..paid_of(transaction, transaction_id) };
    let changes = Changes { paid: Some(paid), ..Changes::default() };
    let payment = service::advance(tx, &payment, PaymentEvent::Paid, changes, now).await?;
    if late {
        let note = if order.paid_at.is_some() { "paid_already" } else { "late_payment" };
        give_back_unserved(app, tx, shop, &order, &payment, note).await?;
        return Ok(Some(Booked::GoesBack { order, given_back: Vec::new() }));
    }
    match settle_or_nothing(app, tx, shop, &order).await {
        Err(failure) if is_unserviceable(&failure) => {
            let note = failure.code().text();
            let (order, given_back) = close_order::close_unserved(tx, shop, order, note, now).await?;
            give_back_unserved(app, tx, shop, &order, &payment, note).await?;
            Ok(Some(Booked::GoesBack { order, given_back }))
        }
        other => Ok(Some(Booked::Settled(other?))),
    }
}

/// What a transaction says, of one that comes in time.
fn paid_of(transaction: &Transaction, transaction_id: &str) -> Paid {
    Paid {
        transaction_id: transaction_id.to_owned(),
        platform_paid_at: transaction.success_time,
        payer_total: transaction.amount.as_ref().and_then(|amount| amount.payer_total),
        late: false,
    }
}

/// Books a recharge's payment, once.
async fn recharged(app: &App, shop: &Shop, of: (&payment::Model, RechargeId), paid: Paid) -> Result<(), Failure> {
    let booked = app
        .db
        .write(async |tx| {
            let paid = Paid { transaction_id: paid.transaction_id.clone(), ..paid };
            recharge::book(app, tx, shop, of, paid).await
        })
        .await?;
    if booked {
        app.bell.ring();
        tracing::info!(recharge = %of.1, amount = %of.0.amount_fen, "a recharge's payment received");
        metrics::counter!("recharges_received_total").increment(1);
    }
    Ok(())
}

/// [`settle`], leaving nothing behind when it finds that a new buyer is none any more. Other orders
/// need no savepoint, which would cost each payment two statements.
async fn settle_or_nothing(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    order: &order::Model,
) -> Result<Settled, Failure> {
    if !order.for_new_buyers {
        return settle(app, tx, shop, order.clone(), "wechat").await;
    }
    let part = tx.begin().await?;
    match settle(app, &part, shop, order.clone(), "wechat").await {
        Ok(settled) => {
            part.commit().await?;
            Ok(settled)
        }
        Err(failure) => {
            part.rollback().await?;
            Err(failure)
        }
    }
}

/// Makes an order's units sold: those it holds, or, when it was placed without a hold, units
/// that are free now. The order's own holds decide and never a setting, which may have changed since.
/// Returns what was taken only now, for the gate to follow.
///
/// # Errors
/// `stock.short` of an order without holds, and nothing of it is taken then.
async fn sell(
    tx: &DatabaseTransaction,
    shop: &Shop,
    order: &order::Model,
    wanted: &[(SkuId, i64)],
    now: Time,
) -> Result<Vec<Taken>, Failure> {
    if stock::service::deduct(tx, shop.id, order.id, now).await? > 0 {
        return Ok(Vec::new());
    }
    // One SKU may be short after another has been taken.
    let part = tx.begin().await?;
    match stock::service::sell(&part, shop.id, order.id, wanted, now).await {
        Ok(taken) => {
            part.commit().await?;
            Ok(taken)
        }
        Err(error) => {
            part.rollback().await?;
            Err(error.into())
        }
    }
}

/// Whether the money came for something that can no longer be given: it goes back.
fn is_unserviceable(failure: &Failure) -> bool {
    matches!(failure.code(), Code::NewBuyerOnly | Code::StockShort)
}

/// Money that buys nothing: booked as owed to the member, and sent back by the outbox. An order that
/// was paid under another number is as it was before.
async fn give_back_unserved(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    order: &order::Model,
    payment: &payment::Model,
    note: &str,
) -> Result<(), Failure> {
    let now = app.clock.now();
    let mut draft = Draft::new(shop.id, "late_payment", payment.id.uuid());
    draft.debit(AccountKind::Clearing, order.clearing(), payment.amount_fen);
    draft.credit(AccountKind::MemberPayable, Some(order.member_id.uuid()), payment.amount_fen)?;
    ledger::service::post(tx, &draft, Floor::Zero, now).await?;
    refund::ask_whole_payment(app, tx, order, payment).await?;
    let what = if order.paid_at.is_some() { "duplicate_payment" } else { "late_payment" };
    orders::service::note(tx, order, Some(order.status), what, "wechat", Some(note), now).await?;
    tracing::warn!(order = %order.id, payment = %payment.id, note, "a payment that buys nothing goes back in full");
    Ok(())
}

/// Makes an order paid, in the caller's transaction: stock sold, commissions made, journal posted.
///
/// # Errors
/// `purchase.new_buyer_only` when another order was paid meanwhile that was not of the same basket,
/// `stock.short` when the order was placed without a hold and the units are gone: the caller gives the
/// money back.
pub async fn settle(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    mut order: order::Model,
    actor: &str,
) -> Result<Settled, Failure> {
    let now = app.clock.now();
    let lines = orders::query::lines_of(tx, shop.id, order.id).await?;
    let wanted: Vec<_> = lines.iter().map(|line| (line.sku_id, line.quantity)).collect();
    let taken = sell(tx, shop, &order, &wanted, now).await?;
    stock::warnings::note(tx, shop.id, shop.settings.low_stock_threshold, &taken, now).await?;
    let first = members::service::note_payment(tx, shop.id, order.member_id).await?;
    if order.for_new_buyers && !first && orders::checkouts::has_paid_beside(tx, &order).await? {
        return Err(NewBuyersOnly.into());
    }
    if order.fulfilment != FulfilmentKind::Express {
        // Should the digits be taken, the transaction fails and WeChat's next notice draws others.
        order.pickup_code = Some(codes::new_code());
    }
    let order = orders::service::advance_known(tx, order, OrderEvent::PaymentReceived, actor, None, now).await?;
    let accrued = commission::accrue(tx, &order, &lines, now).await?;
    let supplied = supplier_parts::accrue(tx, &order, &lines, &accrued.commissions, now).await?;
    let mut draft = Draft::new(shop.id, "payment", order.id.uuid());
    draft.debit(AccountKind::Clearing, order.clearing(), order.payable_fen);
    member_money::spend(&mut draft, &order);
    draft.debit(AccountKind::Loss, None, accrued.excess_with(&supplied)?);
    for commission in &accrued.commissions {
        draft.credit(AccountKind::LeaderPending, Some(commission.leader_id.uuid()), commission.amount_fen)?;
    }
    for part in &supplied {
        draft.credit(AccountKind::SupplierPending, Some(part.supplier_id.uuid()), part.amount_fen)?;
    }
    draft.credit_rest(AccountKind::Revenue, None)?;
    // Last, because every order of a leader meets in the row of his balance: it is held as short as can be.
    ledger::service::post(tx, &draft, Floor::Zero, now).await?;
    Ok(Settled { order, taken })
}

#[derive(Debug, thiserror::Error)]
#[error("the goods are for new buyers alone, and another order of the member is paid")]
struct NewBuyersOnly;

impl Coded for NewBuyersOnly {
    fn code(&self) -> Code {
        Code::NewBuyerOnly
    }
}
