//! What an order takes of a member's balance and points, from the moment it is placed.

use kernel::{Failure, Fen, Time};
use sea_orm::DatabaseTransaction;
use sea_orm::prelude::Uuid;

use crate::areas::balances::error::BalanceError;
use crate::areas::balances::rules;
use crate::areas::ledger::error::LedgerError;
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::orders;
use crate::areas::orders::entity::order;

/// Takes an order's balance and points out of the member's accounts, in the transaction that places
/// it: conditional updates, so that two orders never have the same fen. Which part of the balance is
/// gift is decided here and stored on the order, which is returned.
///
/// # Errors
/// `balance.not_enough`, `points.not_enough`.
pub async fn hold(tx: &DatabaseTransaction, order: &order::Model, now: Time) -> Result<order::Model, Failure> {
    let mut order = order.clone();
    if order.balance_fen == Fen::ZERO && order.points_used == 0 {
        return Ok(order);
    }
    let party = order.member_id.uuid();
    let mut draft = Draft::new(order.shop_id, "order_held", order.id.uuid());
    if order.balance_fen.is_positive() {
        let of = async |account| ledger::query::balance_held(tx, order.shop_id, account, party).await;
        let principal = Fen::from_fen(of(AccountKind::MemberBalance).await?);
        let gift = Fen::from_fen(of(AccountKind::MemberBalanceGift).await?);
        let parts = rules::spend(order.balance_fen, principal, gift)?.ok_or(BalanceError::TooLittle)?;
        orders::money::set_balance_gift(tx, &order, parts.gift).await?;
        draft.debit(AccountKind::MemberBalance, Some(party), parts.principal);
        draft.debit(AccountKind::MemberBalanceGift, Some(party), parts.gift);
        draft.credit(AccountKind::MemberHeld, Some(party), order.balance_fen)?;
        order.balance_gift_fen = parts.gift;
    }
    draft.points((AccountKind::Points, Some(party)), (AccountKind::PointsHeld, Some(party)), order.points_used);
    match ledger::service::post(tx, &draft, Floor::Zero, now).await {
        Err(LedgerError::TooLittle(AccountKind::Points)) => Err(BalanceError::TooFewPoints.into()),
        Err(LedgerError::TooLittle(_)) => Err(BalanceError::TooLittle.into()),
        other => {
            other?;
            Ok(order)
        }
    }
}

/// Gives back what an unpaid order held, in the transaction that closes it: every part to where it
/// came from. The journal's cause is the order, so it happens once.
pub async fn give_back(tx: &DatabaseTransaction, order: &order::Model, now: Time) -> Result<(), Failure> {
    let party = order.member_id.uuid();
    let mut draft = Draft::new(order.shop_id, "held_back", order.id.uuid());
    draft.debit(AccountKind::MemberHeld, Some(party), order.balance_fen);
    let principal = order.balance_fen.minus(order.balance_gift_fen)?;
    draft.credit(AccountKind::MemberBalance, Some(party), principal)?;
    draft.credit(AccountKind::MemberBalanceGift, Some(party), order.balance_gift_fen)?;
    draft.points((AccountKind::PointsHeld, Some(party)), (AccountKind::Points, Some(party)), order.points_used);
    Ok(ledger::service::post(tx, &draft, Floor::Zero, now).await?)
}

/// Adds to a payment's journal what the order held: the balance buys now, the points are the shop's
/// again, and what they pay is a marketing cost.
pub fn spend(draft: &mut Draft, order: &order::Model) {
    let party: Option<Uuid> = Some(order.member_id.uuid());
    draft.debit(AccountKind::MemberHeld, party, order.balance_fen);
    draft.debit(AccountKind::Marketing, None, order.points_fen);
    draft.points((AccountKind::PointsHeld, party), (AccountKind::PointsIssued, None), order.points_used);
}
