//! Goods of a marketplace tied to ours: one row a shop, marketplace, id there and kind of listing.

use std::collections::HashMap;

use kernel::id::{GoodsId, RemoteGoodsId, ShopId};
use kernel::{ListingKind, Time};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::remote_goods;
use super::error::MarketError;

/// From where goods come and as what.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Whose.
    pub shop: ShopId,
    /// The marketplace's id.
    pub marketplace: &'a str,
    /// The store's id; empty for affiliate goods.
    pub account: &'a str,
    /// As what they are listed.
    pub listing: ListingKind,
}

/// What was seen of goods there.
#[derive(Clone, Debug)]
pub struct Seen {
    /// In the importing flow's own words.
    pub snapshot: serde_json::Value,
    /// When to look again.
    pub look_at: Time,
}

/// Those of `external_ids` that are tied already, by their id there. At most a page at once.
pub async fn known(
    conn: &impl ConnectionTrait,
    origin: Origin<'_>,
    external_ids: &[&str],
) -> Result<HashMap<String, remote_goods::Model>, MarketError> {
    if external_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = remote_goods::in_shop(origin.shop)
        .filter(remote_goods::Column::Marketplace.eq(origin.marketplace))
        .filter(remote_goods::Column::Account.eq(origin.account))
        .filter(remote_goods::Column::Listing.eq(origin.listing))
        .filter(remote_goods::Column::ExternalId.is_in(external_ids.iter().copied()))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.external_id.clone(), row)).collect())
}

/// Ties goods of ours to goods there.
pub async fn tie(
    conn: &impl ConnectionTrait,
    origin: Origin<'_>,
    external_id: &str,
    goods: GoodsId,
    seen: Seen,
    now: Time,
) -> Result<(), MarketError> {
    tie_all(conn, origin, [(external_id.to_owned(), goods, seen)], now).await
}

/// Ties many goods, at most a page, in one statement.
pub async fn tie_all(
    conn: &impl ConnectionTrait,
    origin: Origin<'_>,
    ties: impl IntoIterator<Item = (String, GoodsId, Seen)>,
    now: Time,
) -> Result<(), MarketError> {
    let row = |(external_id, goods, seen): (String, GoodsId, Seen)| remote_goods::ActiveModel {
        id: Set(RemoteGoodsId::new()),
        shop_id: Set(origin.shop),
        marketplace: Set(origin.marketplace.to_owned()),
        account: Set(origin.account.to_owned()),
        external_id: Set(external_id),
        listing: Set(origin.listing),
        goods_id: Set(goods),
        snapshot: Set(seen.snapshot),
        look_at: Set(seen.look_at),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let rows: Vec<_> = ties.into_iter().map(row).collect();
    if !rows.is_empty() {
        remote_goods::Entity::insert_many(rows).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// Keeps what was seen there last.
pub async fn seen(
    conn: &impl ConnectionTrait,
    row: &remote_goods::Model,
    seen: Seen,
    now: Time,
) -> Result<(), MarketError> {
    remote_goods::Entity::update_many()
        .col_expr(remote_goods::Column::Snapshot, Expr::value(seen.snapshot))
        .col_expr(remote_goods::Column::LookAt, Expr::value(seen.look_at))
        .col_expr(remote_goods::Column::UpdatedAt, Expr::value(now))
        .filter(remote_goods::Column::ShopId.eq(row.shop_id))
        .filter(remote_goods::Column::Id.eq(row.id))
        .exec(conn)
        .await?;
    Ok(())
}

/// Looks at goods that told nothing usable again at `look_at`.
pub async fn look_later(
    conn: &impl ConnectionTrait,
    row: &remote_goods::Model,
    look_at: Time,
) -> Result<(), MarketError> {
    remote_goods::Entity::update_many()
        .col_expr(remote_goods::Column::LookAt, Expr::value(look_at))
        .filter(remote_goods::Column::ShopId.eq(row.shop_id))
        .filter(remote_goods::Column::Id.eq(row.id))
        .exec(conn)
        .await?;
    Ok(())
}

/// The marketplaces with goods to look at again, by shop.
pub async fn stale_marketplaces(conn: &impl ConnectionTrait, now: Time) -> Result<Vec<(ShopId, String)>, MarketError> {
    let stale = remote_goods::Entity::find()
        .select_only()
        .column(remote_goods::Column::ShopId)
        .column(remote_goods::Column::Marketplace)
        .distinct()
        .filter(remote_goods::Column::Listing.eq(ListingKind::Affiliate))
        .filter(remote_goods::Column::LookAt.lte(now));
    Ok(stale.into_tuple().all(conn).await?)
}

/// The ids there of goods to look at again, those that waited longest first.
pub async fn stale(
    conn: &impl ConnectionTrait,
    origin: Origin<'_>,
    now: Time,
    most: u64,
) -> Result<Vec<String>, MarketError> {
    Ok(remote_goods::in_shop(origin.shop)
        .select_only()
        .column(remote_goods::Column::ExternalId)
        .filter(remote_goods::Column::Marketplace.eq(origin.marketplace))
        .filter(remote_goods::Column::Listing.eq(origin.listing))
        .filter(remote_goods::Column::LookAt.lte(now))
        .order_by_asc(remote_goods::Column::LookAt)
        .limit(most)
        .into_tuple()
        .all(conn)
        .await?)
}
