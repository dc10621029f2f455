//! Reading goods and SKUs. Lists of what is on sale stand in [`super::listing`].

use std::collections::{BTreeSet, HashMap, HashSet};

use kernel::Time;
use kernel::id::{GoodsId, PickupPointId, ShopId, SkuId};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::{goods, goods_region, sku};
use super::error::GoodsError;
use super::rules::{Standing, standing};

/// Ids in one `IN (…)`: both databases bound the parameters of a statement.
const IDS_MAX: usize = 1_000;

/// The goods with this id, unless they were removed.
pub async fn by_id(conn: &impl ConnectionTrait, shop: ShopId, id: GoodsId) -> Result<Option<goods::Model>, GoodsError> {
    Ok(goods::in_shop(shop)
        .filter(goods::Column::Id.eq(id))
        .filter(goods::Column::DeletedAt.is_null())
        .one(conn)
        .await?)
}

/// Several goods at once, removed ones too, for what was bought or put into a cart before.
pub async fn by_ids(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[GoodsId],
) -> Result<HashMap<GoodsId, goods::Model>, GoodsError> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(IDS_MAX) {
        let rows = goods::in_shop(shop).filter(goods::Column::Id.is_in(some.iter().copied())).all(conn).await?;
        found.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(found)
}

/// The goods as a shopper may see them: on sale now, and sold at `point`.
///
/// # Errors
/// [`GoodsError::NotFound`] for everything else, so that nothing is told of goods not on sale.
pub async fn on_sale(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: GoodsId,
    point: Option<PickupPointId>,
    now: Time,
) -> Result<goods::Model, GoodsError> {
    let row = by_id(conn, shop, id).await?.ok_or(GoodsError::NotFound(id))?;
    let sold_here = !row.region_limited
        || match point {
            Some(point) => sold_at(conn, shop, point, &[id]).await?.contains(&id),
            None => false,
        };
    if sold_here && standing(&row, now) == Standing::OnSale { Ok(row) } else { Err(GoodsError::NotFound(id)) }
}

/// The SKUs still sold of several goods, each goods' in the order shown.
pub async fn skus_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[GoodsId],
) -> Result<HashMap<GoodsId, Vec<sku::Model>>, GoodsError> {
    let mut found: HashMap<GoodsId, Vec<sku::Model>> = HashMap::with_capacity(ids.len());
    for some in ids.chunks(IDS_MAX) {
        let rows = sku::in_shop(shop)
            .filter(sku::Column::GoodsId.is_in(some.iter().copied()))
            .filter(sku::Column::RemovedAt.is_null())
            .order_by_asc(sku::Column::Position)
            .all(conn)
            .await?;
        for row in rows {
            found.entry(row.goods_id).or_default().push(row);
        }
    }
    Ok(found)
}

/// Every SKU of goods, also those no longer sold.
pub async fn all_skus(conn: &impl ConnectionTrait, shop: ShopId, id: GoodsId) -> Result<Vec<sku::Model>, GoodsError> {
    Ok(sku::in_shop(shop).filter(sku::Column::GoodsId.eq(id)).order_by_asc(sku::Column::Position).all(conn).await?)
}

/// SKUs by id, also those no longer sold.
pub async fn skus_by_ids(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[SkuId],
) -> Result<HashMap<SkuId, sku::Model>, GoodsError> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(IDS_MAX) {
        let rows = sku::in_shop(shop).filter(sku::Column::Id.is_in(some.iter().copied())).all(conn).await?;
        found.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(found)
}

/// Which of `ids` name `point` as one of theirs; ask for region-limited goods alone.
pub async fn sold_at(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    point: PickupPointId,
    ids: &[GoodsId],
) -> Result<HashSet<GoodsId>, GoodsError> {
    let mut found = HashSet::with_capacity(ids.len());
    for some in ids.chunks(IDS_MAX) {
        let rows: Vec<GoodsId> = goods_region::in_shop(shop)
            .filter(goods_region::Column::PickupPointId.eq(point))
            .filter(goods_region::Column::GoodsId.is_in(some.iter().copied()))
            .select_only()
            .column(goods_region::Column::GoodsId)
            .into_tuple()
            .all(conn)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// The pickup points that sell region-limited goods.
pub async fn points_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: GoodsId,
) -> Result<Vec<PickupPointId>, GoodsError> {
    Ok(goods_region::in_shop(shop)
        .filter(goods_region::Column::GoodsId.eq(id))
        .order_by_asc(goods_region::Column::PickupPointId)
        .select_only()
        .column(goods_region::Column::PickupPointId)
        .into_tuple()
        .all(conn)
        .await?)
}

/// The SKUs still sold that bear one of these barcodes.
pub async fn by_barcodes(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    barcodes: &BTreeSet<&str>,
) -> Result<HashMap<String, BTreeSet<SkuId>>, GoodsError> {
    let mut found: HashMap<String, BTreeSet<SkuId>> = HashMap::new();
    if barcodes.is_empty() {
        return Ok(found);
    }
    let rows = sku::in_shop(shop)
        .select_only()
        .column(sku::Column::Barcode)
        .column(sku::Column::Id)
        .filter(sku::Column::Barcode.is_in(barcodes.iter().copied()))
        .filter(sku::Column::RemovedAt.is_null());
    let rows: Vec<(String, SkuId)> = rows.into_tuple().all(conn).await?;
    for (barcode, sku) in rows {
        found.entry(barcode).or_default().insert(sku);
    }
    Ok(found)
}
