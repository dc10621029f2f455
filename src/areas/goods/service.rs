//! Writing goods. Counts are not written here once a SKU exists: the stock area moves them.

use kernel::failure::Invalid;
use kernel::id::{CategoryId, GoodsId, PickupPointId, ShopId};
use kernel::{Fen, ListingKind, Time};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, entity::prelude::*};
use serde::Serialize;

use super::draft::{GoodsDraft, SkuDraft, check_skus};
use super::entity::{goods, goods_region, goods_word, sku};
use super::error::GoodsError;
use super::skus::{self, SkuChanges};
use super::{categories, query, words};

/// Rows in one `INSERT`: both databases bound the parameters of a statement.
const ROWS_MAX: usize = 1_000;

/// Goods as they stand after a write, and what became of their SKUs.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The goods.
    pub goods: goods::Model,
    /// Which SKUs the stock area has to hear of.
    pub skus: SkuChanges,
}

/// Adds goods with their SKUs.
///
/// # Errors
/// [`GoodsError::Invalid`] names every field at fault; [`GoodsError::CategoryNotFound`].
pub async fn create(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    draft: &GoodsDraft,
    skus: &[SkuDraft],
    now: Time,
) -> Result<Saved, GoodsError> {
    draft.check()?;
    check_skus(skus)?;
    check_category(conn, shop, draft.category_id).await?;
    let id = GoodsId::new();
    let mut row = columns(id, draft)?;
    row.id = Set(id);
    row.shop_id = Set(shop);
    row.kind = Set(draft.kind);
    row.price_from_fen = Set(lowest(skus));
    row.version = Set(1);
    row.created_at = Set(now);
    row.updated_at = Set(now);
    row.deleted_at = Set(None);
    let goods = goods::Entity::insert(row).exec_with_returning(conn).await?;
    let skus = skus::write(conn, &goods, Vec::new(), skus, now).await?;
    index_words(conn, &goods, draft, false).await?;
    limit_region(conn, &goods, draft.pickup_point_ids.as_deref(), false).await?;
    Ok(Saved { goods, skus })
}

/// Makes goods what `draft` says, and their SKUs what `skus` says: those not named are no longer
/// sold. Without `skus` they stay as they are.
///
/// Compare-and-set on the version: `version` is the one the caller has seen, if he says so.
///
/// # Errors
/// As [`create`]; [`GoodsError::Changed`] when somebody else was first.
pub async fn change(
    conn: &impl ConnectionTrait,
    before: &goods::Model,
    version: Option<i64>,
    draft: &GoodsDraft,
    skus: Option<&[SkuDraft]>,
    now: Time,
) -> Result<Saved, GoodsError> {
    if version.is_some_and(|seen| seen != before.version) {
        return Err(GoodsError::Changed(before.version));
    }
    draft.check()?;
    if draft.category_id != before.category_id {
        check_category(conn, before.shop_id, draft.category_id).await?;
    }
    let mut row = columns(before.id, draft)?;
    row.id = Set(before.id);
    if let Some(skus) = skus {
        check_skus(skus)?;
        row.price_from_fen = Set(lowest(skus));
    }
    row.version = Set(before.version + 1);
    row.updated_at = Set(now);
    let update = goods::Entity::update(row)
        .validate()?
        .filter(goods::Column::ShopId.eq(before.shop_id))
        .filter(goods::Column::Version.eq(before.version))
        .filter(goods::Column::DeletedAt.is_null());
    let goods = match update.exec(conn).await {
        Err(DbErr::RecordNotUpdated) => return Err(GoodsError::Changed(before.version)),
        other => other?,
    };
    let skus = match skus {
        None => SkuChanges::default(),
        Some(skus) => {
            let known = query::all_skus(conn, goods.shop_id, goods.id).await?;
            skus::write(conn, &goods, known, skus, now).await?
        }
    };
    index_words(conn, &goods, draft, true).await?;
    limit_region(conn, &goods, draft.pickup_point_ids.as_deref(), true).await?;
    Ok(Saved { goods, skus })
}

/// Takes goods away for good: orders keep what they copied, the catalogue forgets them.
///
/// # Errors
/// [`GoodsError::NotFound`], also when they were removed before.
pub async fn remove(conn: &impl ConnectionTrait, shop: ShopId, id: GoodsId, now: Time) -> Result<(), GoodsError> {
    let changed = goods::Entity::update_many()
        .col_expr(goods::Column::DeletedAt, Expr::value(now))
        .col_expr(goods::Column::OnShelf, Expr::value(false))
        .col_expr(goods::Column::CategoryId, Expr::value(None::<CategoryId>))
        .col_expr(goods::Column::Version, Expr::col(goods::Column::Version).add(1))
        .filter(goods::Column::ShopId.eq(shop))
        .filter(goods::Column::Id.eq(id))
        .filter(goods::Column::DeletedAt.is_null())
        .exec(conn)
        .await?;
    if changed.rows_affected == 0 {
        return Err(GoodsError::NotFound(id));
    }
    goods_word::Entity::delete_many().filter(goods_word::Column::GoodsId.eq(id)).exec(conn).await?;
    sku::Entity::update_many()
        .col_expr(sku::Column::RemovedAt, Expr::value(now))
        .filter(sku::Column::GoodsId.eq(id))
        .filter(sku::Column::RemovedAt.is_null())
        .exec(conn)
        .await?;
    Ok(())
}

fn lowest(skus: &[SkuDraft]) -> Fen {
    skus.iter().map(|sku| sku.price_fen).min().unwrap_or_default()
}

/// The columns a draft decides.
pub(super) fn columns(goods: GoodsId, draft: &GoodsDraft) -> Result<goods::ActiveModel, GoodsError> {
    Ok(goods::ActiveModel {
        category_id: Set(draft.category_id),
        title: Set(draft.title.trim().to_owned()),
        subtitle: Set(draft.subtitle.clone()),
        pictures: Set(json(goods, "pictures", &draft.pictures)?),
        video: Set(draft.video.clone()),
        detail: Set(draft.detail.clone()),
        tags: Set(json(goods, "tags", &draft.tags)?),
        on_shelf: Set(draft.on_shelf),
        sale_from: Set(draft.sale_from),
        sale_until: Set(draft.sale_until),
        pickup: Set(draft.pickup.as_ref().map(|rule| json(goods, "pickup", rule)).transpose()?),
        purchase_limit: Set(draft.purchase_limit.map(|limit| json(goods, "purchase_limit", &limit)).transpose()?),
        commission: Set(draft.commission.as_ref().map(|terms| json(goods, "commission", terms)).transpose()?),
        supplier_id: Set(draft.supplier_id),
        express_only: Set(draft.express_only),
        new_buyer_only: Set(draft.new_buyer_only),
        region_limited: Set(draft.pickup_point_ids.is_some()),
        freight_template_id: Set(draft.freight_template_id),
        source: Set(draft.source.as_ref().map(|source| json(goods, "source", source)).transpose()?),
        position: Set(draft.position),
        ..Default::default()
    })
}

/// Turns a value into a JSON column.
pub(super) fn json<T: Serialize>(
    goods: GoodsId,
    what: &'static str,
    value: &T,
) -> Result<serde_json::Value, GoodsError> {
    serde_json::to_value(value).map_err(|error| GoodsError::Unreadable { what, goods, error })
}

async fn check_category(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    category: Option<CategoryId>,
) -> Result<(), GoodsError> {
    match category {
        Some(id) if categories::by_id(conn, shop, id).await?.is_none() => {
            Err(Invalid::field("category_id", "unknown", "no such category").into())
        }
        _ => Ok(()),
    }
}

/// The texts goods are found by.
pub(super) fn texts(draft: &GoodsDraft) -> impl Iterator<Item = &str> {
    let titles = [Some(draft.title.as_str()), draft.subtitle.as_deref()].into_iter().flatten();
    titles.chain(draft.tags.iter().map(String::as_str))
}

/// Writes the search index's rows of goods.
async fn index_words(
    conn: &impl ConnectionTrait,
    goods: &goods::Model,
    draft: &GoodsDraft,
    indexed: bool,
) -> Result<(), GoodsError> {
    let words = words::index(texts(draft));
    if indexed {
        let known = goods_word::in_shop(goods.shop_id).filter(goods_word::Column::GoodsId.eq(goods.id)).all(conn);
        if known.await?.into_iter().map(|row| row.word).collect::<std::collections::BTreeSet<_>>() == words {
            return Ok(());
        }
        goods_word::Entity::delete_many().filter(goods_word::Column::GoodsId.eq(goods.id)).exec(conn).await?;
    }
    let rows: Vec<_> = words
        .into_iter()
        .map(|word| goods_word::ActiveModel { shop_id: Set(goods.shop_id), word: Set(word), goods_id: Set(goods.id) })
        .collect();
    for some in rows.chunks(ROWS_MAX) {
        goods_word::Entity::insert_many(some.to_vec()).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// Writes which pickup points sell goods.
async fn limit_region(
    conn: &impl ConnectionTrait,
    goods: &goods::Model,
    points: Option<&[PickupPointId]>,
    limited: bool,
) -> Result<(), GoodsError> {
    if limited {
        goods_region::Entity::delete_many().filter(goods_region::Column::GoodsId.eq(goods.id)).exec(conn).await?;
    }
    let mut points = points.unwrap_or_default().to_vec();
    points.sort_unstable();
    points.dedup();
    let row = |point: &PickupPointId| goods_region::ActiveModel {
        goods_id: Set(goods.id),
        pickup_point_id: Set(*point),
        shop_id: Set(goods.shop_id),
    };
    for some in points.chunks(ROWS_MAX) {
        goods_region::Entity::insert_many(some.iter().map(row)).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// Whether new SKUs of these goods need a count: a marketplace keeps its own.
pub(super) fn counts_stock(goods: &goods::Model) -> bool {
    goods.kind == ListingKind::Own
}
