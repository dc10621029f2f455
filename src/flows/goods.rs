//! What operators do to goods: goods, stock, gate and catalogue move together.

use std::collections::HashMap;

use kernel::failure::Invalid;
use kernel::id::{CategoryId, GoodsId, OperatorId, PickupPointId, SkuId};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{rates, suppliers};
use crate::app::App;
use crate::areas::goods::categories::{self, CategoryDraft};
use crate::areas::goods::draft::{GoodsDraft, SkuDraft};
use crate::areas::goods::entity::{category, goods, sku};
use crate::areas::goods::service::{self, Saved};
use crate::areas::goods::skus::SkuChanges;
use crate::areas::goods::{GoodsError, query};
use crate::areas::operators::audit;
use crate::areas::pickup;
use crate::areas::shops::query::Shop;
use crate::areas::stock::service::Taken;
use crate::areas::stock::{self, movements, warnings};
use crate::platform::request_keys::Once;

/// Goods as an operator sees them.
#[derive(Clone, Debug)]
pub struct Described {
    /// The goods.
    pub goods: goods::Model,
    /// The pickup points that alone sell region-limited goods.
    pub points: Vec<PickupPointId>,
    /// The SKUs still sold.
    pub skus: Vec<sku::Model>,
    /// Units that unpaid orders hold, of the SKUs that have any.
    pub reserved: HashMap<SkuId, i64>,
}

/// Goods with what belongs to them.
pub async fn describe(conn: &impl ConnectionTrait, goods: goods::Model) -> Result<Described, Failure> {
    let points = if goods.region_limited { query::points_of(conn, goods.shop_id, goods.id).await? } else { Vec::new() };
    let skus = query::skus_of(conn, goods.shop_id, &[goods.id]).await?.remove(&goods.id).unwrap_or_default();
    let ids: Vec<SkuId> = skus.iter().map(|sku| sku.id).collect();
    let reserved = stock::query::reserved(conn, goods.shop_id, &ids).await?;
    Ok(Described { goods, points, skus, reserved })
}

/// Adds goods; `operator` is `None` for an import or the command line.
///
/// # Errors
/// Every faulty field by name; rates that give away more than the whole.
#[tracing::instrument(skip_all, fields(shop = %shop.id))]
pub async fn create(
    app: &App,
    shop: &Shop,
    operator: Option<OperatorId>,
    draft: &GoodsDraft,
    skus: &[SkuDraft],
    once: &Once<Described>,
) -> Result<Described, Failure> {
    let now = app.clock.now();
    let (described, changes) = app
        .db
        .write(async |tx| {
            let supplier = suppliers::of_goods(tx, shop, draft, None, Some(skus)).await?;
            rates::check_goods(tx, shop, draft.commission.as_ref(), supplier.as_ref()).await?;
            check_points(tx, shop, draft).await?;
            let Saved { goods, skus } = service::create(tx, shop.id, draft, skus, now).await?;
            recount(tx, shop, operator, &skus, now).await?;
            let what = json!({"title": goods.title});
            audit::note(tx, shop.id, operator, "goods.create", goods.id, what, now).await?;
            let described = describe(tx, goods).await?;
            once.keep(tx, &described, app.clock.wall()).await?;
            Ok((described, skus))
        })
        .await?;
    after_commit(app, shop, &changes).await;
    Ok(described)
}

/// Changes goods: `edit` turns what they are into what they shall be.
///
/// # Errors
/// As [`create`]; [`GoodsError::Changed`] when `version` is not the latest.
#[tracing::instrument(skip_all, fields(shop = %shop.id, goods = %id))]
pub async fn change(
    app: &App,
    shop: &Shop,
    operator: OperatorId,
    id: GoodsId,
    version: Option<i64>,
    edit: impl Fn(&mut GoodsDraft) -> Result<(), Failure>,
    skus: Option<&[SkuDraft]>,
) -> Result<Described, Failure> {
    let now = app.clock.now();
    let (described, changes) = app
        .db
        .write(async |tx| {
            let before = query::by_id(tx, shop.id, id).await?.ok_or(GoodsError::NotFound(id))?;
            let mut draft = GoodsDraft::of(&before, query::points_of(tx, shop.id, id).await?)?;
            edit(&mut draft)?;
            let supplier = suppliers::of_goods(tx, shop, &draft, before.supplier_id, skus).await?;
            rates::check_goods(tx, shop, draft.commission.as_ref(), supplier.as_ref()).await?;
            check_points(tx, shop, &draft).await?;
            let Saved { goods, skus } = service::change(tx, &before, version, &draft, skus, now).await?;
            recount(tx, shop, Some(operator), &skus, now).await?;
            let what = json!({"version": goods.version, "on_shelf": goods.on_shelf, "title": goods.title});
            audit::note(tx, shop.id, operator, "goods.change", id, what, now).await?;
            Ok((describe(tx, goods).await?, skus))
        })
        .await?;
    after_commit(app, shop, &changes).await;
    Ok(described)
}

/// Takes goods away for good.
pub async fn remove(app: &App, shop: &Shop, operator: OperatorId, id: GoodsId) -> Result<(), Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            service::remove(tx, shop.id, id, now).await?;
            Ok(audit::note(tx, shop.id, operator, "goods.remove", id, json!({}), now).await?)
        })
        .await?;
    app.catalogue.changed(shop.id);
    Ok(())
}

/// A SKU's numbers after a movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The SKU.
    pub sku: SkuId,
    /// What was added, or, negative, taken.
    pub delta: i64,
    /// Units that can be sold.
    pub free: i64,
    /// Units that unpaid orders hold.
    pub reserved: i64,
}

/// Moves a SKU's stock by `delta`: never an overwrite.
///
/// # Errors
/// `stock.negative`, `stock.unlimited`, `sku.not_found`.
#[tracing::instrument(skip_all, fields(shop = %shop.id, %sku, delta))]
pub async fn move_stock(
    app: &App,
    shop: &Shop,
    operator: OperatorId,
    sku: SkuId,
    delta: i64,
    reason: &str,
    once: &Once<Moved>,
) -> Result<Moved, Failure> {
    let now = app.clock.now();
    let moved = app
        .db
        .write(async |tx| {
            let free = movements::adjust(tx, shop.id, sku, delta, reason, Some(operator), now).await?;
            let taken = Taken { sku, quantity: -delta, left: Some(free) };
            warnings::note(tx, shop.id, shop.settings.low_stock_threshold, &[taken], now).await?;
            let reserved = stock::query::reserved(tx, shop.id, &[sku]).await?.remove(&sku).unwrap_or_default();
            let moved = Moved { sku, delta, free, reserved };
            once.keep(tx, &moved, app.clock.wall()).await?;
            Ok(moved)
        })
        .await?;
    app.gate.adjust(shop.id, sku, delta).await;
    app.catalogue.changed(shop.id);
    Ok(moved)
}

/// Adds a category.
pub async fn create_category(
    app: &App,
    shop: &Shop,
    operator: OperatorId,
    draft: &CategoryDraft,
    once: &Once<category::Model>,
) -> Result<category::Model, Failure> {
    let now = app.clock.now();
    let row = app
        .db
        .write(async |tx| {
            let row = categories::create(tx, shop.id, draft, now).await?;
            audit::note(tx, shop.id, operator, "category.create", row.id, json!({"name": row.name}), now).await?;
            once.keep(tx, &row, app.clock.wall()).await?;
            Ok(row)
        })
        .await?;
    app.catalogue.changed(shop.id);
    Ok(row)
}

/// Changes a category: `edit` turns what it is into what it shall be.
pub async fn change_category(
    app: &App,
    shop: &Shop,
    operator: OperatorId,
    id: CategoryId,
    edit: impl Fn(&mut CategoryDraft),
) -> Result<category::Model, Failure> {
    let now = app.clock.now();
    let row = app
        .db
        .write(async |tx| {
            let before = categories::by_id(tx, shop.id, id).await?.ok_or(GoodsError::CategoryNotFound(id))?;
            let mut draft = CategoryDraft::of(&before);
            edit(&mut draft);
            let row = categories::change(tx, shop.id, id, &draft).await?;
            let what = json!({"before": before.name, "after": row.name});
            audit::note(tx, shop.id, operator, "category.change", id, what, now).await?;
            Ok(row)
        })
        .await?;
    app.catalogue.changed(shop.id);
    Ok(row)
}

/// Removes an empty category.
pub async fn remove_category(app: &App, shop: &Shop, operator: OperatorId, id: CategoryId) -> Result<(), Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            categories::remove(tx, shop.id, id).await?;
            Ok(audit::note(tx, shop.id, operator, "category.remove", id, json!({}), now).await?)
        })
        .await?;
    app.catalogue.changed(shop.id);
    Ok(())
}

/// A region is made of the shop's own pickup points.
async fn check_points(conn: &impl ConnectionTrait, shop: &Shop, draft: &GoodsDraft) -> Result<(), Failure> {
    let Some(mut asked) = draft.pickup_point_ids.clone() else { return Ok(()) };
    asked.sort_unstable();
    asked.dedup();
    if pickup::query::by_ids(conn, shop.id, &asked).await?.len() == asked.len() {
        return Ok(());
    }
    Err(Invalid::field("pickup_point_ids", "unknown", "not all of them are pickup points of the shop").into())
}

/// Tells the stock area of new SKUs and of those counted otherwise.
async fn recount(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    operator: Option<OperatorId>,
    changes: &SkuChanges,
    now: Time,
) -> Result<(), Failure> {
    const REASON: &str = "goods changed";
    movements::open(conn, shop.id, &changes.opened, operator, now).await?;
    for change in &changes.recounted {
        match (change.had, change.wanted) {
            (Some(had), Some(wanted)) => {
                let left = movements::adjust(conn, shop.id, change.sku, wanted - had, REASON, operator, now).await?;
                let taken = Taken { sku: change.sku, quantity: had - wanted, left: Some(left) };
                warnings::note(conn, shop.id, shop.settings.low_stock_threshold, &[taken], now).await?;
            }
            (_, wanted) => movements::set_level(conn, shop.id, change.sku, wanted, REASON, operator, now).await?,
        }
    }
    Ok(())
}

async fn after_commit(app: &App, shop: &Shop, changes: &SkuChanges) {
    let recounted = changes.recounted.iter().map(|change| (change.sku, change.wanted));
    let levels: Vec<_> = changes.opened.iter().copied().chain(recounted).collect();
    if !levels.is_empty() {
        app.gate.set_levels(shop.id, &levels).await;
    }
    app.catalogue.changed(shop.id);
}
