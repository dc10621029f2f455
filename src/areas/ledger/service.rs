//! Writing journals. A journal is balanced, immutable, unique by its cause, and written in the
//! transaction of the state change it books.

use kernel::Time;
use kernel::id::{EntryId, JournalId, ShopId};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, entity::prelude::*};
use uuid::Uuid;

use super::draft::{Draft, Side};
use super::entity::{entry, journal, party_account};
use super::error::LedgerError;
use super::query::balance_held;
use super::state::{AccountKind, LedgerUnit};
use crate::platform::db::is_unique_violation;

/// Whether a party's account may go below zero by this journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// No: the journal is refused with [`LedgerError::TooLittle`].
    Zero,
    /// Yes, as a clawback may.
    Below,
}

/// Writes `draft` at business time `now` and changes the balances of the parties it touches.
///
/// Accounts of one party go through conditional updates, in a fixed order, so that two journals
/// never wait for each other in a circle. An empty draft writes nothing.
pub async fn post(conn: &impl ConnectionTrait, draft: &Draft, floor: Floor, now: Time) -> Result<(), LedgerError> {
    let sides = draft.balanced()?;
    if sides.is_empty() {
        return Ok(());
    }
    let id = JournalId::new();
    let row = journal::ActiveModel {
        id: Set(id),
        shop_id: Set(draft.shop),
        cause_kind: Set(draft.cause_kind.to_owned()),
        cause_id: Set(draft.cause_id),
        note: Set(draft.note.clone()),
        at: Set(now),
    };
    match journal::Entity::insert(row).exec_without_returning(conn).await {
        Err(error) if is_unique_violation(&error) => {
            return Err(LedgerError::AlreadyBooked(format!("{}:{}", draft.cause_kind, draft.cause_id)));
        }
        other => other?,
    };
    let entries = sides.iter().map(|side| entry::ActiveModel {
        id: Set(EntryId::new()),
        shop_id: Set(draft.shop),
        journal_id: Set(id),
        account: Set(side.account),
        party: Set(side.party),
        unit: Set(side.unit),
        amount: Set(side.amount),
    });
    entry::Entity::insert_many(entries).exec_without_returning(conn).await?;
    change_balances(conn, draft.shop, sides, floor).await
}

async fn change_balances(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    sides: &[Side],
    floor: Floor,
) -> Result<(), LedgerError> {
    let mut changes: Vec<(AccountKind, Uuid, LedgerUnit, i64)> = Vec::new();
    for side in sides.iter().filter(|side| side.account.keeps_balance()) {
        let Some(party) = side.party else { continue };
        // A balance is what the shop owes the party: credits raise it.
        let delta = side.amount.checked_neg().ok_or(kernel::MoneyError)?;
        match changes.iter_mut().find(|c| c.0 == side.account && c.1 == party) {
            Some(change) => change.3 = change.3.checked_add(delta).ok_or(kernel::MoneyError)?,
            None => changes.push((side.account, party, side.unit, delta)),
        }
    }
    changes.sort_by_key(|(account, party, ..)| (*party, format!("{account:?}")));
    for (account, party, unit, delta) in changes {
        change_balance(conn, shop, account, party, unit, delta, floor).await?;
    }
    Ok(())
}

async fn change_balance(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    account: AccountKind,
    party: Uuid,
    unit: LedgerUnit,
    delta: i64,
    floor: Floor,
) -> Result<(), LedgerError> {
    if delta == 0 {
        return Ok(());
    }
    let mut update = party_account::Entity::update_many()
        .col_expr(party_account::Column::Balance, Expr::col(party_account::Column::Balance).add(delta))
        .filter(party_account::Column::ShopId.eq(shop))
        .filter(party_account::Column::Account.eq(account))
        .filter(party_account::Column::Party.eq(party));
    if delta < 0 && floor == Floor::Zero {
        update = update.filter(party_account::Column::Balance.gte(delta.saturating_neg()));
    }
    if update.exec(conn).await?.rows_affected == 1 {
        return Ok(());
    }
    if delta < 0 && floor == Floor::Zero {
        return Err(LedgerError::TooLittle(account));
    }
    open_or_raise(conn, shop, (account, party), unit, delta).await
}

/// Holds a party's account in fen until the transaction ends, for whoever decides by its sum what is
/// booked to it; one that is not there yet begins at 0.
pub async fn hold(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    account: AccountKind,
    party: Uuid,
) -> Result<(), LedgerError> {
    // Only a row can have a balance, and it is held by now.
    if balance_held(conn, shop, account, party).await? != 0 {
        return Ok(());
    }
    open_or_raise(conn, shop, (account, party), LedgerUnit::CnyFen, 0).await
}

/// Writes the row of a balance. Another may have written it meanwhile: then its row is raised, and held.
async fn open_or_raise(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    (account, party): (AccountKind, Uuid),
    unit: LedgerUnit,
    delta: i64,
) -> Result<(), LedgerError> {
    let row = party_account::ActiveModel {
        shop_id: Set(shop),
        account: Set(account),
        party: Set(party),
        unit: Set(unit),
        balance: Set(delta),
    };
    let raise = OnConflict::columns([
        party_account::Column::ShopId,
        party_account::Column::Account,
        party_account::Column::Party,
    ])
    .value(
        party_account::Column::Balance,
        Expr::col((party_account::Entity, party_account::Column::Balance)).add(delta),
    )
    .to_owned();
    party_account::Entity::insert(row).on_conflict(raise).exec_without_returning(conn).await?;
    Ok(())
}
