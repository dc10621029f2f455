//! A recharge's money came: principal and gift are booked, or it goes back whole.

use kernel::id::RechargeId;
use kernel::{Code, Failure, Time};
use sea_orm::DatabaseTransaction;

use super::back;
use crate::app::App;
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::payments::entity::payment;
use crate::areas::payments::service::{self as payments, Changes, Paid};
use crate::areas::payments::state::{PaymentEvent, PaymentState};
use crate::areas::recharges::entity::recharge;
use crate::areas::recharges::state::{RechargeEvent, RechargeState};
use crate::areas::recharges::{query, service};
use crate::areas::shops::query::Shop;
use crate::flows::member_money::held_within_ceiling;
use crate::flows::shipping;

/// Books a recharge's payment; `false` when it is booked already. The recharge's row is held first,
/// then the payment's, so that two notices, or a notice and a close, come one after the other; then the
/// member's balance, so that two recharges do. Money for a recharge that is over, or that would lift the
/// balance above the ceiling, goes back.
pub async fn book(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    (known, id): (&payment::Model, RechargeId),
    paid: Paid,
) -> Result<bool, Failure> {
    let now = app.clock.now();
    let recharge = query::held(tx, shop.id, id).await?;
    let payment = payments::held(tx, shop.id, known.id).await?;
    let Some(payment) = payment.filter(|payment| payment.state != PaymentState::Succeeded) else { return Ok(false) };
    let over = recharge.state != RechargeState::PendingPayment;
    let late = over || !fits(tx, shop, &recharge).await?;
    let changes = Changes { paid: Some(Paid { late, ..paid }), ..Changes::default() };
    let payment = payments::advance(tx, &payment, PaymentEvent::Paid, changes, now).await?;
    if !late {
        let recharge = service::advance(tx, &recharge, RechargeEvent::Paid, now).await?;
        post(tx, &recharge, now).await?;
        shipping::recharged(tx, &payment, app.clock.wall()).await?;
        return Ok(true);
    }
    if !over {
        service::advance(tx, &recharge, RechargeEvent::Closed, now).await?;
    }
    back::whole(app, tx, &recharge, &payment).await?;
    Ok(true)
}

async fn fits(tx: &DatabaseTransaction, shop: &Shop, recharge: &recharge::Model) -> Result<bool, Failure> {
    let more = recharge.amount_fen.plus(recharge.gift_fen)?;
    match held_within_ceiling(tx, shop, recharge.member_id, more).await {
        Err(failure) if failure.code() == Code::BalanceAboveCeiling => Ok(false),
        other => other.map(|()| true),
    }
}

/// The gift is a marketing cost from now on; what of it is taken back lowers the cost again.
async fn post(tx: &DatabaseTransaction, recharge: &recharge::Model, now: Time) -> Result<(), Failure> {
    let member = Some(recharge.member_id.uuid());
    let mut draft = Draft::new(recharge.shop_id, "recharge", recharge.id.uuid());
    draft.debit(AccountKind::Clearing, None, recharge.amount_fen);
    draft.debit(AccountKind::Marketing, None, recharge.gift_fen);
    draft.credit(AccountKind::MemberBalance, member, recharge.amount_fen)?;
    draft.credit(AccountKind::MemberBalanceGift, member, recharge.gift_fen)?;
    Ok(ledger::service::post(tx, &draft, Floor::Zero, now).await?)
}
