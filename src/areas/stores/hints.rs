//! What of a store must be read again: said by messages and by whoever notices a difference, worked
//! off by the order feed, the imports and the stock channels.
//!
//! A hint is idempotent and never says what a thing is now. A reader takes what is [`due`], reads it,
//! and forgets with [`done`] exactly what he saw: what was said again meanwhile stays.

use std::collections::BTreeSet;

use chrono::Duration;
use kernel::Time;
use kernel::id::{ShopId, StoreId};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, Condition, PaginatorTrait, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::store_hint::{ActiveModel, Column, Entity, Model};
use super::error::StoreError;
use super::state::HintKind;

/// The most hints of one store and kind that nobody vouches for; more become one for whatever has changed.
const UNTRUSTED_MAX: u64 = 200;
/// How long such a hint waits, so that whoever makes them up makes us read slowly.
const UNTRUSTED_WAIT: Duration = Duration::seconds(20);
/// Hints of one call that are kept apart; more become one for whatever has changed.
const AT_ONCE_MAX: usize = 100;
/// The longest id of any platform.
const ID_LENGTH: usize = 128;

/// Says that these things of a store must be read again; without ids, whatever has changed. Saying it
/// twice is saying it once.
pub async fn put(
    conn: &impl ConnectionTrait,
    (shop, store): (ShopId, StoreId),
    kind: HintKind,
    ids: &[String],
    trusted: bool,
    now: Time,
) -> Result<(), StoreError> {
    let usable = |id: &&String| !id.is_empty() && id.len() <= ID_LENGTH && !id.chars().any(char::is_control);
    let mut wanted: BTreeSet<&str> = ids.iter().filter(usable).map(String::as_str).collect();
    if wanted.is_empty() || wanted.len() > AT_ONCE_MAX || !trusted && is_full(conn, store, kind).await? {
        wanted = BTreeSet::from([""]);
    }
    let due_at = if trusted { now } else { now + UNTRUSTED_WAIT };
    let rows = wanted.into_iter().map(|id| ActiveModel {
        store_id: Set(store),
        kind: Set(kind),
        external_id: Set(id.to_owned()),
        shop_id: Set(shop),
        trusted: Set(trusted),
        seq: Set(1),
        due_at: Set(due_at),
        created_at: Set(now),
    });
    let mut again = OnConflict::columns([Column::StoreId, Column::Kind, Column::ExternalId]);
    again.value(Column::Seq, Expr::col((Entity, Column::Seq)).add(1));
    if trusted {
        // One that somebody vouches for does not wait behind one that nobody does.
        again.value(Column::Trusted, true).value(Column::DueAt, now);
    }
    Entity::insert_many(rows).on_conflict(again).exec_without_returning(conn).await?;
    Ok(())
}

async fn is_full(conn: &impl ConnectionTrait, store: StoreId, kind: HintKind) -> Result<bool, StoreError> {
    let of_store = Entity::find().filter(Column::StoreId.eq(store)).filter(Column::Kind.eq(kind));
    Ok(of_store.filter(Column::Trusted.eq(false)).count(conn).await? >= UNTRUSTED_MAX)
}

/// What of a store is due to be read again, longest waiting first.
pub async fn due(
    conn: &impl ConnectionTrait,
    store: StoreId,
    kind: HintKind,
    now: Time,
    most: u64,
) -> Result<Vec<Model>, StoreError> {
    let rows = Entity::find()
        .filter(Column::StoreId.eq(store))
        .filter(Column::Kind.eq(kind))
        .filter(Column::DueAt.lte(now))
        .order_by_asc(Column::DueAt)
        .limit(most);
    Ok(rows.all(conn).await?)
}

/// The stores of which something is due, at most `most`.
pub async fn stores_due(
    conn: &impl ConnectionTrait,
    kind: HintKind,
    now: Time,
    most: u64,
) -> Result<Vec<StoreId>, StoreError> {
    let stores = Entity::find()
        .select_only()
        .column(Column::StoreId)
        .distinct()
        .filter(Column::Kind.eq(kind))
        .filter(Column::DueAt.lte(now))
        .limit(most);
    Ok(stores.into_tuple().all(conn).await?)
}

/// Forgets hints that were followed, in one statement; those said again meanwhile stay.
pub async fn done(conn: &impl ConnectionTrait, rows: &[Model]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut seen = Condition::any();
    for row in rows {
        let this = Column::StoreId
            .eq(row.store_id)
            .and(Column::Kind.eq(row.kind))
            .and(Column::ExternalId.eq(row.external_id.as_str()))
            .and(Column::Seq.eq(row.seq));
        seen = seen.add(this);
    }
    Entity::delete_many().filter(seen).exec(conn).await?;
    Ok(())
}

/// Forgets every hint of a store that is read no more.
pub async fn forget(conn: &impl ConnectionTrait, store: StoreId) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::StoreId.eq(store)).exec(conn).await?;
    Ok(())
}
