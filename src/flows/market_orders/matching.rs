//! Which SKU of ours a line sells: by the store's listing, else by the merchant's own code, else by the
//! barcode. Whatever names two of ours names none.

use std::collections::{BTreeSet, HashMap};

use kernel::Failure;
use kernel::id::{ShopId, SkuId, StoreId};
use sea_orm::ConnectionTrait;

use crate::areas::goods;
use crate::areas::market_orders::entity::line;
use crate::areas::market_orders::state::LineMatch;
use crate::areas::stores;
use crate::areas::stores::entity::store_sku;

/// Matches the lines that match nothing yet; says how many it could. A few statements, however many
/// lines.
pub(super) async fn fill(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    lines: &mut [line::Model],
) -> Result<usize, Failure> {
    let open: Vec<&line::Model> = lines.iter().filter(|line| line.sku_id.is_none() && line.quantity > 0).collect();
    if open.is_empty() {
        return Ok(0);
    }
    let known = Known::of(conn, shop, store, &open).await?;
    let mut matched = 0;
    for line in lines.iter_mut().filter(|line| line.sku_id.is_none() && line.quantity > 0) {
        if let Some((sku, by)) = known.sku_of(line) {
            line.sku_id = Some(sku);
            line.matched_by = Some(by);
            matched += 1;
        }
    }
    Ok(matched)
}

/// What is known of some lines' items, codes and barcodes.
struct Known {
    listed: HashMap<(String, String), store_sku::Model>,
    by_code: HashMap<String, BTreeSet<SkuId>>,
    by_barcode: HashMap<String, BTreeSet<SkuId>>,
}

impl Known {
    async fn of(
        conn: &impl ConnectionTrait,
        shop: ShopId,
        store: StoreId,
        lines: &[&line::Model],
    ) -> Result<Self, Failure> {
        let items: BTreeSet<&str> = lines.iter().filter_map(|line| line.external_item_id.as_deref()).collect();
        let items: Vec<&str> = items.into_iter().collect();
        let listed = stores::skus::of_items(conn, store, &items).await?;
        let codes: BTreeSet<&str> = lines.iter().filter_map(|line| line.sku_code.as_deref()).collect();
        let asked: Vec<&str> = codes.iter().copied().collect();
        let by_code = stores::skus::tied_by_code(conn, shop, &asked).await?.into_iter();
        let by_code = by_code.map(|(code, skus)| (code, skus.into_keys().collect())).collect();
        let mut barcodes: BTreeSet<&str> = listed.values().filter_map(|row| row.barcode.as_deref()).collect();
        // Many merchants' own code is the barcode.
        barcodes.extend(&codes);
        let by_barcode = goods::query::by_barcodes(conn, shop, &barcodes).await?;
        Ok(Self { listed, by_code, by_barcode })
    }

    fn sku_of(&self, line: &line::Model) -> Option<(SkuId, LineMatch)> {
        let listing = self.listing_of(line);
        if let Some(sku) = listing.and_then(|row| row.sku_id) {
            return Some((sku, LineMatch::Listing));
        }
        let only = |skus: Option<&BTreeSet<SkuId>>| match skus {
            Some(skus) if skus.len() == 1 => skus.first().copied(),
            _ => None,
        };
        let code = line.sku_code.as_deref();
        let by_code = code.and_then(|code| only(self.by_code.get(code)).or_else(|| only(self.by_barcode.get(code))));
        if let Some(sku) = by_code {
            return Some((sku, LineMatch::Code));
        }
        let barcode = listing.and_then(|row| row.barcode.as_deref())?;
        only(self.by_barcode.get(barcode)).map(|sku| (sku, LineMatch::Barcode))
    }

    /// The listed variant; for a line without variant, the item's only one.
    fn listing_of(&self, line: &line::Model) -> Option<&store_sku::Model> {
        let item = line.external_item_id.as_ref()?;
        let variant = line.external_sku_id.clone().unwrap_or_default();
        if let Some(row) = self.listed.get(&(item.clone(), variant.clone())) {
            return Some(row);
        }
        let mut of_item = self.listed.values().filter(|row| row.external_item_id == *item);
        match (variant.is_empty(), of_item.next(), of_item.next()) {
            (true, Some(only), None) => Some(only),
            _ => None,
        }
    }
}
