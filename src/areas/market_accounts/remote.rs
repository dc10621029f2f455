//! Goods of a marketplace tied to ours: one row a shop, marketplace, id there and kind of listing.

use std::collections::HashMap;

use kernel::id::{GoodsId, RemoteGoodsId, ShopId};
use kernel::{ListingKind, Time};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use super::entity::remote_goods;
use super::error::MarketError;

/// From where goods come and as what.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Whose.
    pub shop: ShopId,
    /// The marketplace's id.
    pub marketplace: &'a str,
    /// As what they are listed.
    pub listing: ListingKind,
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
    snapshot: serde_json::Value,
    now: Time,
) -> Result<(), MarketError> {
    let row = remote_goods::ActiveModel {
        id: Set(RemoteGoodsId::new()),
        shop_id: Set(origin.shop),
        marketplace: Set(origin.marketplace.to_owned()),
        external_id: Set(external_id.to_owned()),
        listing: Set(origin.listing),
        goods_id: Set(goods),
        snapshot: Set(snapshot),
        created_at: Set(now),
        updated_at: Set(now),
    };
    remote_goods::Entity::insert(row).exec_without_returning(conn).await?;
    Ok(())
}

/// Keeps what was seen there last.
pub async fn seen(
    conn: &impl ConnectionTrait,
    row: &remote_goods::Model,
    snapshot: serde_json::Value,
    now: Time,
) -> Result<(), MarketError> {
    remote_goods::Entity::update_many()
        .col_expr(remote_goods::Column::Snapshot, Expr::value(snapshot))
        .col_expr(remote_goods::Column::UpdatedAt, Expr::value(now))
        .filter(remote_goods::Column::ShopId.eq(row.shop_id))
        .filter(remote_goods::Column::Id.eq(row.id))
        .exec(conn)
        .await?;
    Ok(())
}
