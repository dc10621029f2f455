//! Reading runs.

use kernel::id::{ImportId, ShopId, StoreId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, ListingKind, Time};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{QueryOrder, QuerySelect, Select, entity::prelude::*};

use super::entity::import_run;
use super::error::MarketError;
use super::rules::{Refusals, Wish};
use super::state::RunState;

/// The run with this id.
///
/// # Errors
/// [`MarketError::NotFound`].
pub async fn run(conn: &impl ConnectionTrait, shop: ShopId, id: ImportId) -> Result<import_run::Model, MarketError> {
    let row = import_run::in_shop(shop).filter(import_run::Column::Id.eq(id)).one(conn).await?;
    row.ok_or(MarketError::NotFound(id))
}

/// The shop's runs, newest first: those an operator began, or the renewals.
pub async fn runs(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    renewals: bool,
    page: &PageRequest,
) -> Result<Page<import_run::Model>, Failure> {
    let mut select = import_run::in_shop(shop)
        .filter(import_run::Column::Renewal.eq(renewals))
        .order_by_desc(import_run::Column::Id)
        .limit(page.limit + 1);
    if let Some(cursor) = &page.cursor {
        select = select.filter(import_run::Column::Id.lt(decode_cursor::<ImportId>(cursor)?));
    }
    let rows = select.all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}

/// The latest run that asks for the same and has not ended, to go on with instead of a new one. A run keeps
/// the price rule it was begun with, so another one since makes no other wish of it.
pub async fn unfinished(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    marketplace: &str,
    (listing, store): (ListingKind, Option<StoreId>),
    wish: &Wish,
) -> Result<Option<import_run::Model>, MarketError> {
    let of_store = match store {
        Some(store) => import_run::Column::StoreId.eq(store),
        None => import_run::Column::StoreId.is_null(),
    };
    let open = import_run::in_shop(shop)
        .filter(of_store)
        .filter(import_run::Column::Marketplace.eq(marketplace))
        .filter(import_run::Column::Listing.eq(listing))
        .filter(import_run::Column::Renewal.eq(false))
        .filter(import_run::Column::State.ne(RunState::Done))
        .order_by_desc(import_run::Column::Id)
        .limit(50)
        .all(conn)
        .await?;
    for row in open {
        let mut asked = wish_of(&row)?;
        if let (Some(asked), Some(wished)) = (&mut asked.own, &wish.own) {
            asked.price = wished.price;
        }
        if asked == *wish {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// The latest renewal of a marketplace's goods.
pub async fn last_renewal(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    marketplace: &str,
) -> Result<Option<import_run::Model>, MarketError> {
    Ok(import_run::in_shop(shop)
        .filter(import_run::Column::Marketplace.eq(marketplace))
        .filter(import_run::Column::Renewal.eq(true))
        .order_by_desc(import_run::Column::Id)
        .one(conn)
        .await?)
}

/// The runs that may be worked on: running ones that nobody works on.
pub(super) fn free(wall: Time) -> Select<import_run::Entity> {
    let lease = import_run::Column::LeaseUntil;
    import_run::Entity::find()
        .filter(import_run::Column::State.eq(RunState::Running))
        .filter(lease.is_null().or(lease.lte(wall)))
}

/// The paused runs whose time has come.
pub(super) fn rested(now: Time) -> Select<import_run::Entity> {
    import_run::Entity::find()
        .filter(import_run::Column::State.eq(RunState::Paused))
        .filter(import_run::Column::ResumeAt.lte(now))
}

/// Whether any run of any shop waits for a worker.
pub async fn anything_due(conn: &impl ConnectionTrait, wall: Time, now: Time) -> Result<bool, MarketError> {
    Ok(free(wall).one(conn).await?.is_some() || rested(now).one(conn).await?.is_some())
}

/// Whether an import that somebody waits for is under way.
pub async fn is_importing(conn: &impl ConnectionTrait) -> Result<bool, MarketError> {
    let running = import_run::Entity::find()
        .filter(import_run::Column::State.eq(RunState::Running))
        .filter(import_run::Column::Renewal.eq(false));
    Ok(running.one(conn).await?.is_some())
}

/// What a run was asked for.
pub fn wish_of(row: &import_run::Model) -> Result<Wish, MarketError> {
    serde_json::from_value(row.query.clone()).map_err(|error| MarketError::Unreadable { what: "query", error })
}

/// What a run refused.
pub fn refusals_of(row: &import_run::Model) -> Result<Refusals, MarketError> {
    serde_json::from_value(row.refusals.clone()).map_err(|error| MarketError::Unreadable { what: "refusals", error })
}
