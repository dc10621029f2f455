//! Making many goods at once, for imports: a page is a few statements, not some for each.

use std::collections::HashMap;

use kernel::Time;
use kernel::failure::Invalid;
use kernel::id::{GoodsId, ShopId, SkuId};
use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*};

use super::draft::{GoodsDraft, SkuDraft, check_skus};
use super::entity::{goods, goods_word, sku};
use super::error::GoodsError;
use super::rules::specs_key;
use super::{service, skus, words};

/// Goods in one `INSERT`: both databases bound the parameters of a statement.
const GOODS_MAX: usize = 200;
/// SKUs in one `INSERT`.
const SKUS_MAX: usize = 500;
/// Words in one `INSERT`.
const WORDS_MAX: usize = 2_000;
/// Ids or codes in one `IN (…)`.
const ASKED_MAX: usize = 1_000;

/// Goods to be made, with ids chosen beforehand. Every SKU has its first count.
#[derive(Clone, Debug)]
pub struct NewGoods {
    /// Their id.
    pub id: GoodsId,
    /// What they are; its category is there.
    pub draft: GoodsDraft,
    /// Their SKUs.
    pub skus: Vec<(SkuId, SkuDraft)>,
}

impl NewGoods {
    /// Every fault at once; what passes can be made.
    pub fn check(&self) -> Result<(), Invalid> {
        self.draft.check()?;
        let drafts: Vec<SkuDraft> = self.skus.iter().map(|(_, draft)| draft.clone()).collect();
        check_skus(&drafts)?;
        let counted = drafts.iter().all(|draft| draft.stock.is_some());
        let everywhere = self.draft.pickup_point_ids.is_none();
        if counted && everywhere { Ok(()) } else { Err(Invalid::field("skus", "required", "a count for each SKU")) }
    }
}

/// Makes goods that [`NewGoods::check`] has let pass.
///
/// # Errors
/// [`GoodsError::Db`].
pub async fn create(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    batch: &[NewGoods],
    now: Time,
) -> Result<(), GoodsError> {
    for some in batch.chunks(GOODS_MAX) {
        let rows = some.iter().map(|new| goods_row(shop, new, now)).collect::<Result<Vec<_>, _>>()?;
        goods::Entity::insert_many(rows).exec_without_returning(conn).await?;
    }
    let mut rows = Vec::with_capacity(SKUS_MAX);
    for new in batch {
        for (place, (id, draft)) in new.skus.iter().enumerate() {
            rows.push(sku_row(shop, new.id, *id, draft, place, now)?);
            if rows.len() == SKUS_MAX {
                sku::Entity::insert_many(std::mem::take(&mut rows)).exec_without_returning(conn).await?;
            }
        }
    }
    if !rows.is_empty() {
        sku::Entity::insert_many(rows).exec_without_returning(conn).await?;
    }
    index(conn, shop, batch).await
}

fn goods_row(shop: ShopId, new: &NewGoods, now: Time) -> Result<goods::ActiveModel, GoodsError> {
    let lowest = new.skus.iter().map(|(_, sku)| sku.price_fen).min().unwrap_or_default();
    Ok(goods::ActiveModel {
        id: Set(new.id),
        shop_id: Set(shop),
        kind: Set(new.draft.kind),
        price_from_fen: Set(lowest),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
        ..service::columns(new.id, &new.draft)?
    })
}

fn sku_row(
    shop: ShopId,
    goods: GoodsId,
    id: SkuId,
    draft: &SkuDraft,
    place: usize,
    now: Time,
) -> Result<sku::ActiveModel, GoodsError> {
    Ok(sku::ActiveModel {
        id: Set(id),
        shop_id: Set(shop),
        goods_id: Set(goods),
        free: Set(draft.stock.flatten()),
        created_at: Set(now),
        ..skus::columns(goods, draft, specs_key(&draft.specs), place, now)?
    })
}

async fn index(conn: &impl ConnectionTrait, shop: ShopId, batch: &[NewGoods]) -> Result<(), GoodsError> {
    let mut rows = Vec::with_capacity(WORDS_MAX);
    for new in batch {
        for word in words::index(service::texts(&new.draft)) {
            rows.push(goods_word::ActiveModel { shop_id: Set(shop), word: Set(word), goods_id: Set(new.id) });
            if rows.len() == WORDS_MAX {
                let full = std::mem::replace(&mut rows, Vec::with_capacity(WORDS_MAX));
                goods_word::Entity::insert_many(full).exec_without_returning(conn).await?;
            }
        }
    }
    if !rows.is_empty() {
        goods_word::Entity::insert_many(rows).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// The SKUs sold under these barcodes, the oldest of each; of goods sold here that were not removed.
pub async fn by_barcodes(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    barcodes: &[&str],
) -> Result<HashMap<String, sku::Model>, GoodsError> {
    let mut found = HashMap::new();
    for some in barcodes.chunks(ASKED_MAX) {
        let rows = sku::in_shop(shop)
            .filter(sku::Column::Barcode.is_in(some.iter().copied()))
            .filter(sku::Column::RemovedAt.is_null())
            .order_by_asc(sku::Column::Id)
            .all(conn)
            .await?;
        for row in rows {
            if let Some(barcode) = row.barcode.clone() {
                found.entry(barcode).or_insert(row);
            }
        }
    }
    Ok(found)
}

/// Puts pictures in the place of others, wherever goods and their SKUs show them; tells whether the
/// goods changed. Somebody who edits them meanwhile is not overwritten.
///
/// # Errors
/// [`GoodsError::Changed`] when somebody was faster.
pub async fn replace_pictures(
    conn: &impl ConnectionTrait,
    before: &goods::Model,
    skus: &[sku::Model],
    by: &HashMap<String, String>,
    now: Time,
) -> Result<bool, GoodsError> {
    let shown: Vec<String> = super::draft::read(before.id, "pictures", Some(&before.pictures))?.unwrap_or_default();
    let new: Vec<&String> = shown.iter().map(|picture| by.get(picture).unwrap_or(picture)).collect();
    let changes = new.iter().zip(&shown).any(|(new, old)| *new != old);
    let swapped = skus.iter().filter_map(|sku| Some((sku, by.get(sku.picture.as_ref()?)?)));
    let swapped: Vec<_> = swapped.collect();
    if !changes && swapped.is_empty() {
        return Ok(false);
    }
    let pictures = service::json(before.id, "pictures", &new)?;
    let update = goods::Entity::update_many()
        .col_expr(goods::Column::Pictures, sea_orm::sea_query::Expr::value(pictures))
        .col_expr(goods::Column::Version, sea_orm::sea_query::Expr::value(before.version + 1))
        .col_expr(goods::Column::UpdatedAt, sea_orm::sea_query::Expr::value(now))
        .filter(goods::Column::ShopId.eq(before.shop_id))
        .filter(goods::Column::Id.eq(before.id))
        .filter(goods::Column::Version.eq(before.version));
    if update.exec(conn).await?.rows_affected == 0 {
        return Err(GoodsError::Changed(before.version));
    }
    for (sku, picture) in swapped {
        sku::Entity::update_many()
            .col_expr(sku::Column::Picture, sea_orm::sea_query::Expr::value(picture.as_str()))
            .filter(sku::Column::GoodsId.eq(before.id))
            .filter(sku::Column::Id.eq(sku.id))
            .exec(conn)
            .await?;
    }
    Ok(true)
}
