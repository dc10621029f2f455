//! What a store lists and what of it sells which SKU of ours: by hand, or by codes and barcodes over the
//! whole store without making goods.

use kernel::id::{SkuId, StoreId, StoreSkuId};
use kernel::{Failure, ListingKind};
use serde_json::json;

use super::{Order, start};
use crate::app::App;
use crate::areas::goods::{GoodsError, query as goods_query};
use crate::areas::market_accounts::entity::import_run;
use crate::areas::market_accounts::prices::PriceRule;
use crate::areas::market_accounts::rules::{By, Duplicates, OwnTerms, STORE_GOODS_MAX, Wish};
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::areas::stores::entity::store_sku;
use crate::areas::stores::state::MatchedBy;
use crate::areas::stores::{StoreError, skus};
use crate::flows::stores::{Sight, one};
use crate::platform::request_keys::Once;

/// An operator says which SKU a listed variant sells; with `None`, none of ours.
///
/// # Errors
/// `store.not_found`, also for a variant of another store; `sku.not_found`; `goods.affiliate_only`.
pub async fn tie_by_hand(
    app: &App,
    who: Sight,
    store: StoreId,
    id: StoreSkuId,
    sku: Option<SkuId>,
) -> Result<store_sku::Model, Failure> {
    let store = one(app, who, store, None).await?;
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let row = skus::one(tx, who.shop, id).await?;
            if row.store_id != store.id {
                return Err(StoreError::NotFound.into());
            }
            if let Some(sku) = sku {
                let found = goods_query::skus_by_ids(tx, who.shop, &[sku]).await?.remove(&sku);
                let found = found.filter(|row| row.removed_at.is_none()).ok_or(GoodsError::SkuNotFound(sku))?;
                let goods = goods_query::by_id(tx, who.shop, found.goods_id).await?;
                let goods = goods.ok_or(GoodsError::SkuNotFound(sku))?;
                if goods.kind == ListingKind::Affiliate {
                    return Err(GoodsError::AffiliateOnly(goods.id).into());
                }
            }
            skus::tie(tx, &row, sku.map(|sku| (sku, MatchedBy::Hand)), now).await?;
            let what = json!({ "before": row.sku_id, "after": sku });
            audit::note(tx, who.shop, who.operator, "store_sku.tie", id, what, now).await?;
            Ok(skus::one(tx, who.shop, id).await?)
        })
        .await
}

/// Begins a run that reads everything a store lists and ties it to SKUs of ours, by the merchant's own
/// code and by barcode; no goods are made or changed.
///
/// # Errors
/// `store.not_found`, `marketplace.not_configured`.
pub async fn match_store(
    app: &App,
    shop: &Shop,
    who: Sight,
    store: StoreId,
    once: &Once<import_run::Model>,
) -> Result<import_run::Model, Failure> {
    let row = one(app, who, store, None).await?;
    let order = Order {
        marketplace: row.marketplace,
        account: Some(row.name),
        store: Some(row.id),
        listing: ListingKind::Own,
        wish: matching(),
    };
    start(app, shop, Some(who.operator), &order, once).await
}

/// What such a run is asked for.
pub fn matching() -> Wish {
    let own = OwnTerms {
        on_shelf: false,
        duplicates: Duplicates::Link,
        price: PriceRule::default(),
        pictures: false,
        makes: false,
    };
    Wish { by: By::Whole, limit: STORE_GOODS_MAX, category_id: None, own: Some(own) }
}
