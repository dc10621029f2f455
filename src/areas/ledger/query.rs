//! Reading the books.

use kernel::Fen;
use kernel::id::{JournalId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, LockType};
use sea_orm::{FromQueryResult, QueryOrder, QuerySelect, entity::prelude::*};
use uuid::Uuid;

use super::entity::{entry, journal, party_account};
use super::error::LedgerError;
use super::state::{AccountKind, LedgerUnit};

/// The sum of an account's entries, debit positive.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct AccountSum {
    /// The account.
    pub account: AccountKind,
    /// What is counted.
    pub unit: LedgerUnit,
    /// Debits less credits.
    pub sum: i64,
}

/// Every account of a shop with the sum of its entries.
pub async fn accounts(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Vec<AccountSum>, LedgerError> {
    Ok(entry::in_shop(shop)
        .select_only()
        .column(entry::Column::Account)
        .column(entry::Column::Unit)
        .column_as(sum_of_amounts(), "sum")
        .group_by(entry::Column::Account)
        .group_by(entry::Column::Unit)
        .order_by_asc(entry::Column::Account)
        .into_model()
        .all(conn)
        .await?)
}

/// A party's balance: what the shop owes it, in fen or points.
pub async fn balance(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    account: AccountKind,
    party: Uuid,
) -> Result<i64, LedgerError> {
    let row = party_account::Entity::find_by_id((shop, account, party)).one(conn).await?;
    Ok(row.map_or(0, |row| row.balance))
}

/// The same, its row held until the transaction ends.
pub async fn balance_held(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    account: AccountKind,
    party: Uuid,
) -> Result<i64, LedgerError> {
    let row = party_account::Entity::find_by_id((shop, account, party)).lock(LockType::NoKeyUpdate).one(conn).await?;
    Ok(row.map_or(0, |row| row.balance))
}

/// What a party is owed on an account that keeps no balance row, such as a pending one.
pub async fn pending(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    account: AccountKind,
    party: Uuid,
) -> Result<Fen, LedgerError> {
    let sum: Option<i64> = entry::in_shop(shop)
        .select_only()
        .column_as(sum_of_amounts(), "sum")
        .filter(entry::Column::Account.eq(account))
        .filter(entry::Column::Party.eq(party))
        .into_tuple::<Option<i64>>()
        .one(conn)
        .await?
        .flatten();
    Ok(Fen::from_fen(sum.unwrap_or(0).saturating_neg()))
}

/// A journal with its entries.
#[derive(Clone, Debug)]
pub struct Journal {
    /// The journal.
    pub journal: journal::Model,
    /// Its entries.
    pub entries: Vec<entry::Model>,
}

/// The journals of a shop, newest first, perhaps of one cause kind or one cause.
pub async fn journals(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    cause_kind: Option<&str>,
    cause_id: Option<Uuid>,
    page: &PageRequest,
) -> Result<Page<Journal>, kernel::Failure> {
    let mut select = journal::in_shop(shop).order_by_desc(journal::Column::Id).limit(page.limit + 1);
    if let Some(kind) = cause_kind {
        select = select.filter(journal::Column::CauseKind.eq(kind));
    }
    if let Some(cause) = cause_id {
        select = select.filter(journal::Column::CauseId.eq(cause));
    }
    if let Some(cursor) = &page.cursor {
        select = select.filter(journal::Column::Id.lt(decode_cursor::<JournalId>(cursor)?));
    }
    let rows = with_entries(conn, shop, select.all(conn).await?).await?;
    Ok(Page::cut(rows, page.limit, |row: &Journal| encode_cursor(&row.journal.id)))
}

/// The journals any of these causes wrote, oldest first, at most `limit`.
pub async fn journals_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    causes: &[Uuid],
    limit: u64,
) -> Result<Vec<Journal>, LedgerError> {
    let rows = journal::in_shop(shop)
        .filter(journal::Column::CauseId.is_in(causes.iter().copied()))
        .order_by_asc(journal::Column::Id)
        .limit(limit)
        .all(conn)
        .await?;
    with_entries(conn, shop, rows).await
}

/// The journal with this id.
pub async fn journal(conn: &impl ConnectionTrait, shop: ShopId, id: JournalId) -> Result<Option<Journal>, LedgerError> {
    let row = journal::in_shop(shop).filter(journal::Column::Id.eq(id)).all(conn).await?;
    Ok(with_entries(conn, shop, row).await?.pop())
}

async fn with_entries(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    rows: Vec<journal::Model>,
) -> Result<Vec<Journal>, LedgerError> {
    let entries = entry::in_shop(shop)
        .filter(entry::Column::JournalId.is_in(rows.iter().map(|row| row.id)))
        .order_by_asc(entry::Column::Id)
        .all(conn)
        .await?;
    let with_entries = |journal: journal::Model| {
        let entries = entries.iter().filter(|entry| entry.journal_id == journal.id).cloned().collect();
        Journal { journal, entries }
    };
    Ok(rows.into_iter().map(with_entries).collect())
}

/// What a check of a shop's books found; empty lists mean that everything adds up to zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Journals whose entries do not add up to zero.
    pub unbalanced: Vec<JournalId>,
    /// Party accounts whose balance row differs from their entries: account, party, row, entries.
    pub drifted: Vec<(AccountKind, Uuid, i64, i64)>,
    /// How many journals were checked.
    pub journals: u64,
}

impl Verdict {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.unbalanced.is_empty() && self.drifted.is_empty()
    }
}

/// Checks every journal and every balance of a shop.
pub async fn verify(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Verdict, LedgerError> {
    let unbalanced: Vec<JournalId> = entry::in_shop(shop)
        .select_only()
        .column(entry::Column::JournalId)
        .group_by(entry::Column::JournalId)
        .group_by(entry::Column::Unit)
        .having(sum_of_amounts().ne(0))
        .into_tuple()
        .all(conn)
        .await?;
    let sums: Vec<(AccountKind, Option<Uuid>, i64)> = entry::in_shop(shop)
        .select_only()
        .column(entry::Column::Account)
        .column(entry::Column::Party)
        .column_as(sum_of_amounts(), "sum")
        .group_by(entry::Column::Account)
        .group_by(entry::Column::Party)
        .into_tuple()
        .all(conn)
        .await?;
    let rows = party_account::Entity::find().filter(party_account::Column::ShopId.eq(shop)).all(conn).await?;
    let mut drifted = Vec::new();
    for row in &rows {
        let entries = sums.iter().find(|(a, p, _)| *a == row.account && *p == Some(row.party)).map_or(0, |s| -s.2);
        if entries != row.balance {
            drifted.push((row.account, row.party, row.balance, entries));
        }
    }
    for (account, party, sum) in sums.iter().filter(|(account, ..)| account.keeps_balance()) {
        let Some(party) = party else { continue };
        if *sum != 0 && !rows.iter().any(|row| row.account == *account && row.party == *party) {
            drifted.push((*account, *party, 0, -sum));
        }
    }
    let journals = journal::in_shop(shop).count(conn).await?;
    Ok(Verdict { unbalanced, drifted, journals })
}

/// `SUM(bigint)` is numeric on PostgreSQL, so it is cast back.
fn sum_of_amounts() -> Expr {
    Expr::col(entry::Column::Amount).sum().cast_as(Alias::new("BIGINT"))
}
