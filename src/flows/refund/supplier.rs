//! What a refund takes back from a line's supplier: always all of its share.

use std::collections::BTreeMap;

use kernel::id::SupplierId;
use kernel::{Failure, Fen, Time};
use sea_orm::DatabaseTransaction;

use super::TakenBack;
use crate::app::App;
use crate::areas::commissions::rules::Refunded;
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{Draft, Floor};
use crate::areas::orders::entity::{line, order};
use crate::areas::payments::entity::refund;
use crate::areas::payouts::returns::{self, Returnable};
use crate::areas::suppliers::movements::{self, NewMovement};
use crate::areas::suppliers::state::MovementKind;
use crate::flows::supplier_advances;
use crate::flows::supplier_parts::{self, Reversal};

/// Takes back what was shared to its merchant by a return, and the rest out of its account,
/// below zero if need be. Says how low the journal may go.
pub(super) async fn take_back(
    tx: &DatabaseTransaction,
    line: &line::Model,
    refunded: &Refunded,
    draft: &mut Draft,
    back: &mut TakenBack,
    (floor, now): (Floor, Time),
) -> Result<Floor, Failure> {
    let Some(reversal) = supplier_parts::reverse(tx, line, refunded).await? else { return Ok(floor) };
    let party = reversal.supplier.uuid();
    if !reversal.was_released {
        draft.debit(AccountKind::SupplierPending, Some(party), reversal.amount);
        return Ok(floor);
    }
    let mut returned = Fen::ZERO;
    for taken in returns::take(&mut back.from, party, reversal.amount)? {
        draft.debit(AccountKind::PartyReceivable, Some(party), taken.amount);
        returned = returned.plus(taken.amount)?;
        back.taken.push(taken);
    }
    let rest = reversal.amount.minus(returned)?;
    draft.debit(AccountKind::SupplierAvailable, Some(party), rest);
    // The refund comes out of its own merchant, where its part lies.
    let collected = if supplier_parts::collects(tx, line, reversal.supplier).await? { rest } else { Fen::ZERO };
    draft.debit(AccountKind::Clearing, Some(party), collected);
    draft.credit(AccountKind::SupplierAvailable, Some(party), collected)?;
    let moved = |kind, amount| NewMovement {
        shop: line.shop_id,
        supplier: reversal.supplier,
        kind,
        amount,
        order: Some(line.order_id),
        line: Some(line.id),
        cause: draft.cause_id,
    };
    let all = [
        moved(MovementKind::Reversed, reversal.amount.negated()?),
        moved(MovementKind::TakenBack, returned),
        moved(MovementKind::Collected, collected),
    ];
    movements::note(tx, &all, now).await?;
    Ok(Floor::Below)
}

/// What a refund, just written, takes from a supplier's own merchant beyond the supplier's part is asked
/// back from what the shop was shared of the order, and owed where that does not suffice.
pub(super) async fn make_whole(
    app: &App,
    tx: &DatabaseTransaction,
    (order, refund): (&order::Model, &refund::Model),
    draft: &mut Draft,
    back: &mut TakenBack,
) -> Result<(), Failure> {
    let missing = supplier_advances::missing(tx, order).await?;
    let (now, wall) = (app.clock.now(), app.clock.wall());
    let by_shop = returns::take(&mut back.from, order.shop_id.uuid(), missing)?;
    returns::create(tx, refund.id, &by_shop, now, wall).await?;
    supplier_advances::book(tx, order, draft, now).await
}

/// One supplier's share of a refund that is looked at beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SupplierShare {
    /// Who.
    pub supplier: SupplierId,
    /// What was not released yet and shrinks.
    pub reversed: Fen,
    /// What was released: taken from its account, or given back by the merchant that was paid by
    /// sharing.
    pub returned: Fen,
    /// What is taken beyond what it has available now, netted from later.
    pub shortfall: Fen,
}

/// Adds what a supplier would give of one line. Until its account is looked at, `shortfall` is all that
/// the account would give.
pub(super) fn add(
    suppliers: &mut BTreeMap<SupplierId, SupplierShare>,
    returnable: &mut [Returnable],
    reversal: Reversal,
) -> Result<(), Failure> {
    let supplier = reversal.supplier;
    let empty = SupplierShare { supplier, reversed: Fen::ZERO, returned: Fen::ZERO, shortfall: Fen::ZERO };
    let share = suppliers.entry(supplier).or_insert(empty);
    if !reversal.was_released {
        share.reversed = share.reversed.plus(reversal.amount)?;
        return Ok(());
    }
    let by_merchant = returns::take(returnable, supplier.uuid(), reversal.amount)?;
    let by_merchant = Fen::sum(by_merchant.iter().map(|taken| taken.amount))?;
    share.returned = share.returned.plus(reversal.amount)?;
    share.shortfall = share.shortfall.plus(reversal.amount.minus(by_merchant)?)?;
    Ok(())
}
