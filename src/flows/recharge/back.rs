//! Money of a recharge that goes back to where it was paid, by the refunds that orders use too.

use kernel::id::{OperatorId, RechargeId, RefundId};
use kernel::{Failure, Fen, Time};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use crate::app::App;
use crate::areas::ledger::error::LedgerError;
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::operators::audit;
use crate::areas::payments::entity::{payment, refund};
use crate::areas::payments::query as payments;
use crate::areas::payments::refunds;
use crate::areas::payments::state::{RefundEvent, RefundState};
use crate::areas::recharges::entity::recharge;
use crate::areas::recharges::error::RechargeError;
use crate::areas::recharges::state::RechargeState;
use crate::areas::recharges::{query, rules, service};
use crate::areas::shops::query::Shop;
use crate::flows::effects::Effect;
use crate::flows::refund::{Shown, book_arrival};
use crate::platform::request_keys::Once;

/// The cause of a refund of unspent principal.
const UNSPENT: &str = "recharge";

/// What an operator asks for, already checked for its form.
#[derive(Clone, Debug)]
pub struct Request {
    /// How much; all that is unspent when left out.
    pub amount: Option<Fen>,
    /// For people.
    pub reason: String,
}

/// Gives unspent principal back to where it was paid, and takes the gift back in proportion, as far as
/// it is still there. Both leave the balance now; WeChat's money follows by the outbox.
///
/// # Errors
/// `recharge.wrong_state` of one that is not paid, `refund.too_much` above what is left of it or of
/// the member's principal.
pub async fn give_back(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: RechargeId,
    request: &Request,
    once: &Once<Shown>,
) -> Result<Shown, Failure> {
    let shown = app
        .db
        .write(async |tx| {
            let row = take_out(app, tx, shop, id, request).await?;
            let detail = json!({ "refund_id": row.id, "amount_fen": row.amount_fen, "reason": request.reason });
            audit::note(tx, shop.id, by, "recharge.refund", id, detail, app.clock.now()).await?;
            let shown = Shown { refund: row, lines: Vec::new(), returns: Vec::new() };
            once.keep(tx, &shown, app.clock.wall()).await?;
            Ok(shown)
        })
        .await?;
    app.bell.ring();
    Ok(shown)
}

async fn take_out(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    id: RechargeId,
    request: &Request,
) -> Result<refund::Model, Failure> {
    let now = app.clock.now();
    let recharge = query::held(tx, shop.id, id).await?;
    let payment = payments::paid_of_recharge(tx, shop.id, id).await?;
    let paid = payment.filter(|_| recharge.state == RechargeState::Paid);
    let payment = paid.ok_or(RechargeError::WrongState { recharge: id, state: recharge.state })?;
    let of = async |account| ledger::query::balance_held(tx, shop.id, account, recharge.member_id.uuid()).await;
    let principal = Fen::from_fen(of(AccountKind::MemberBalance).await?);
    let gift = Fen::from_fen(of(AccountKind::MemberBalanceGift).await?);
    let most = std::cmp::min(recharge.amount_fen.minus(recharge.refunded_fen)?, principal);
    let amount = request.amount.unwrap_or(most);
    if !amount.is_positive() || amount > most {
        return Err(RechargeError::TooMuch.into());
    }
    let refunded = recharge.refunded_fen.plus(amount)?;
    let due = rules::gift_back(recharge.gift_fen, refunded, recharge.amount_fen)?.minus(recharge.gift_back_fen)?;
    // What of the gift was spent stays a marketing cost.
    let gift_back = std::cmp::min(std::cmp::max(due, Fen::ZERO), gift);
    let gift_so_far = recharge.gift_back_fen.plus(gift_back)?;
    if !service::note_refunded(tx, &recharge, refunded, gift_so_far, now).await? {
        return Err(RechargeError::TooMuch.into());
    }
    let row = row_of(RefundId::new(), &recharge, &payment, (UNSPENT, &request.reason), amount, now);
    refunds::create(tx, &row, &[]).await?;
    let member = Some(recharge.member_id.uuid());
    let mut draft = Draft::new(shop.id, "refund", row.id.uuid());
    draft.debit(AccountKind::MemberBalance, member, amount);
    draft.debit(AccountKind::MemberBalanceGift, member, gift_back);
    draft.credit(AccountKind::MemberPayable, member, amount)?;
    draft.credit(AccountKind::Marketing, None, gift_back)?;
    match ledger::service::post(tx, &draft, Floor::Zero, now).await {
        Err(LedgerError::TooLittle(_)) => return Err(RechargeError::TooMuch.into()),
        other => other?,
    }
    Effect::Refund { refund: row.id }.put(tx, shop.id, app.clock.wall()).await?;
    Ok(row)
}

/// Sends back a payment that no balance was given for: booked as owed to the member, and asked
/// of WeChat under a number that is the payment's own, so that a second try is the same refund.
pub(super) async fn whole(
    app: &App,
    tx: &DatabaseTransaction,
    recharge: &recharge::Model,
    payment: &payment::Model,
) -> Result<(), Failure> {
    let now = app.clock.now();
    let mut draft = Draft::new(recharge.shop_id, "late_payment", payment.id.uuid());
    draft.debit(AccountKind::Clearing, None, payment.amount_fen);
    draft.credit(AccountKind::MemberPayable, Some(recharge.member_id.uuid()), payment.amount_fen)?;
    ledger::service::post(tx, &draft, Floor::Zero, now).await?;
    let why = (refunds::LATE, "充值未生效，退还付款");
    let row = row_of(RefundId::from_uuid(payment.id.uuid()), recharge, payment, why, payment.amount_fen, now);
    refunds::create(tx, &row, &[]).await?;
    tracing::warn!(recharge = %recharge.id, payment = %payment.id, "a recharge's payment goes back in full");
    Effect::Refund { refund: row.id }.put(tx, recharge.shop_id, app.clock.wall()).await
}

fn row_of(
    id: RefundId,
    recharge: &recharge::Model,
    payment: &payment::Model,
    (cause, reason): (&str, &str),
    amount: Fen,
    now: Time,
) -> refund::Model {
    refund::Model {
        id,
        shop_id: recharge.shop_id,
        order_id: None,
        recharge_id: Some(recharge.id),
        payment_id: Some(payment.id),
        ticket_id: None,
        state: RefundState::Pending,
        cause: cause.to_owned(),
        amount_fen: amount,
        wechat_fen: amount,
        balance_fen: Fen::ZERO,
        balance_gift_fen: Fen::ZERO,
        points_back: 0,
        restock: false,
        reason: reason.to_owned(),
        request_body: None,
        platform_refund_id: None,
        fail_reason: None,
        next_query_at: None,
        queries: 0,
        created_at: now,
        finished_at: None,
    }
}

/// Moves a recharge's refund on, as far as it still stands where `event` can happen; what arrived is
/// booked. Answers `None` when somebody else was first.
pub async fn moved(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    (known, recharge): (&refund::Model, RechargeId),
    event: RefundEvent,
    (platform_id, reason): (Option<String>, Option<String>),
) -> Result<Option<refund::Model>, Failure> {
    let recharge = query::held(tx, shop.id, recharge).await?;
    let refund = refunds::by_id(tx, shop.id, known.id).await?;
    let Some(refund) = refund.filter(|refund| refund.state.after(event).is_some()) else { return Ok(None) };
    let (now, wall) = (app.clock.now(), app.clock.wall());
    let after = refunds::advance(tx, &refund, event, platform_id, reason, (now, wall)).await?;
    if after.state == RefundState::Succeeded {
        book_arrival(tx, &refund, recharge.member_id, None, now).await?;
    }
    Ok(Some(after))
}
