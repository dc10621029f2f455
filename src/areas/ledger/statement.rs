//! A party's account over a period: what it held before and after, and every movement between.

use kernel::id::{EntryId, JournalId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Fen, Time};
use sea_orm::sea_query::{Alias, Expr, ExprTrait};
use sea_orm::{FromQueryResult, JoinType, QueryOrder, QuerySelect, RelationDef, entity::prelude::*};
use uuid::Uuid;

use super::entity::{entry, journal};
use super::error::LedgerError;
use super::state::AccountKind;

/// Whose account, from when (included) until when (not), in business time.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    /// The shop.
    pub shop: ShopId,
    /// The account.
    pub account: AccountKind,
    /// Whose.
    pub party: Uuid,
    /// The first moment.
    pub from: Time,
    /// The moment after the last.
    pub until: Time,
}

/// What moved an account in a period, by cause.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct CauseSum {
    /// The kind of cause.
    pub cause_kind: String,
    /// What the party gained by it; below zero what it lost.
    pub gained: i64,
}

/// One movement.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Movement {
    /// Its entry.
    pub id: EntryId,
    /// Its journal.
    pub journal_id: JournalId,
    /// The kind of cause.
    pub cause_kind: String,
    /// Which one.
    pub cause_id: Uuid,
    /// Business time.
    pub at: Time,
    /// What the party gained; below zero what it lost.
    pub gained: Fen,
}

/// What the account held at the period's first moment: what the shop owed the party.
pub async fn opening(conn: &impl ConnectionTrait, of: &Period) -> Result<Fen, LedgerError> {
    let held: Option<Option<i64>> = entries(of)
        .select_only()
        .column_as(Expr::col((entry::Entity, entry::Column::Amount)).sum().cast_as(Alias::new("BIGINT")), "held")
        .filter(journal::Column::At.lt(of.from))
        .into_tuple()
        .one(conn)
        .await?;
    Ok(Fen::from_fen(held.flatten().unwrap_or(0)).negated()?)
}

/// The period's movements summed up by cause, by its name.
pub async fn totals(conn: &impl ConnectionTrait, of: &Period) -> Result<Vec<CauseSum>, LedgerError> {
    Ok(entries(of)
        .select_only()
        .column(journal::Column::CauseKind)
        .column_as(gained().sum().cast_as(Alias::new("BIGINT")), "gained")
        .filter(journal::Column::At.gte(of.from))
        .filter(journal::Column::At.lt(of.until))
        .group_by(journal::Column::CauseKind)
        .order_by_asc(journal::Column::CauseKind)
        .into_model()
        .all(conn)
        .await?)
}

/// The period's movements, oldest first.
pub async fn movements(
    conn: &impl ConnectionTrait,
    of: &Period,
    page: &PageRequest,
) -> Result<Page<Movement>, Failure> {
    let mut select = entries(of)
        .select_only()
        .columns([entry::Column::Id, entry::Column::JournalId])
        .columns([journal::Column::CauseKind, journal::Column::CauseId, journal::Column::At])
        .column_as(gained(), "gained")
        .filter(journal::Column::At.gte(of.from))
        .filter(journal::Column::At.lt(of.until))
        .order_by_asc(entry::Column::Id)
        .limit(page.limit + 1);
    if let Some(cursor) = &page.cursor {
        select = select.filter(entry::Column::Id.gt(decode_cursor::<EntryId>(cursor)?));
    }
    let rows = select.into_model().all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row: &Movement| encode_cursor(&row.id)))
}

/// One movement of one of several accounts.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct PartyMovement {
    /// Its entry.
    pub id: EntryId,
    /// The account.
    pub account: AccountKind,
    /// The kind of cause.
    pub cause_kind: String,
    /// Which one.
    pub cause_id: Uuid,
    /// For people.
    pub note: Option<String>,
    /// Business time.
    pub at: Time,
    /// What the party gained, in fen or points; below zero what it lost.
    pub gained: i64,
}

/// The movements of a party's accounts, newest first.
pub async fn of_party(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    accounts: &[AccountKind],
    party: Uuid,
    page: &PageRequest,
) -> Result<Page<PartyMovement>, Failure> {
    let journals: RelationDef =
        entry::Entity::belongs_to(journal::Entity).from(entry::Column::JournalId).to(journal::Column::Id).into();
    let mut select = entry::in_shop(shop)
        .join(JoinType::InnerJoin, journals)
        .select_only()
        .columns([entry::Column::Id, entry::Column::Account])
        .columns([journal::Column::CauseKind, journal::Column::CauseId, journal::Column::Note, journal::Column::At])
        .column_as(gained(), "gained")
        .filter(entry::Column::Account.is_in(accounts.iter().copied()))
        .filter(entry::Column::Party.eq(party))
        .order_by_desc(entry::Column::Id)
        .limit(page.limit + 1);
    if let Some(cursor) = &page.cursor {
        select = select.filter(entry::Column::Id.lt(decode_cursor::<EntryId>(cursor)?));
    }
    let rows = select.into_model().all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row: &PartyMovement| encode_cursor(&row.id)))
}

/// A credit raises what the party is owed.
fn gained() -> Expr {
    Expr::value(0).sub(Expr::col((entry::Entity, entry::Column::Amount)))
}

fn entries(of: &Period) -> Select<entry::Entity> {
    let journals: RelationDef =
        entry::Entity::belongs_to(journal::Entity).from(entry::Column::JournalId).to(journal::Column::Id).into();
    entry::in_shop(of.shop)
        .join(JoinType::InnerJoin, journals)
        .filter(entry::Column::Account.eq(of.account))
        .filter(entry::Column::Party.eq(of.party))
}
