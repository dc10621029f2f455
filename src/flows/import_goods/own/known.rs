//! What the shop knows of a page of a store's goods already: read at once, not item by item.

use std::collections::{HashMap, HashSet};

use gateways::marketplaces::{Capabilities, RemoteGoods};
use kernel::clock::beijing_day;
use kernel::id::{CategoryId, GoodsId, ShopId, SkuId, StoreId};
use kernel::{Failure, ListingKind, Time};
use sea_orm::ConnectionTrait;

use super::kept::Copies;
use super::reading::{Item, Terms, Variant};
use crate::areas::goods::entity::{goods, sku};
use crate::areas::goods::{self as goods_area, batch, categories};
use crate::areas::market_accounts::entity::remote_goods;
use crate::areas::market_accounts::remote::{self, Origin};
use crate::areas::market_accounts::rules::OwnTerms;
use crate::areas::market_accounts::{exchange, mappings, pictures};
use crate::areas::stores::entity::store_sku;
use crate::areas::stores::skus;
use crate::areas::stores::state::MatchedBy;

/// The shortest own code that names one thing in all of a merchant's stores.
const CODE_MIN: usize = 3;

/// Whose store, and where.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Place<'a> {
    pub shop: ShopId,
    pub marketplace: &'a str,
    pub store: StoreId,
    /// The store's id in words.
    pub account: &'a str,
}

impl<'a> Place<'a> {
    pub fn origin(&self) -> Origin<'a> {
        Origin { shop: self.shop, marketplace: self.marketplace, account: self.account, listing: ListingKind::Own }
    }
}

/// What variants of a marketplace begin with whose units it does not tell. One that takes our stock says so of
/// what nobody counts; any other counts itself, and what it has is not ours to sell without end.
fn untold(marketplace: &str) -> Option<i64> {
    let counts_with_us = gateways::marketplaces::find(marketplace)
        .is_some_and(|entry| entry.descriptor.capabilities.has(Capabilities::STOCK));
    (!counts_with_us).then_some(0)
}

/// What is known.
pub(in super::super) struct Known {
    pub ties: HashMap<String, remote_goods::Model>,
    pub ours: HashMap<GoodsId, goods::Model>,
    pub skus: HashMap<GoodsId, Vec<sku::Model>>,
    pub copies: HashMap<GoodsId, Copies>,
    listed: HashMap<(String, String), store_sku::Model>,
    by_barcode: HashMap<String, SkuId>,
    by_code: HashMap<String, (SkuId, Option<String>)>,
    sold_as: HashMap<SkuId, String>,
    rates: HashMap<String, i64>,
    mapping: HashMap<String, CategoryId>,
    category: Option<CategoryId>,
    untold: Option<i64>,
}

impl Known {
    /// Reads what concerns `rows` and the ids in `missing`; `category` is the import's own.
    pub async fn of(
        conn: &impl ConnectionTrait,
        place: Place<'_>,
        rows: &[RemoteGoods],
        missing: &[String],
        category: Option<CategoryId>,
        now: Time,
    ) -> Result<Self, Failure> {
        let Place { shop, store, .. } = place;
        let items: Vec<&str> = rows.iter().map(|row| row.external_id.as_str()).collect();
        let ids: Vec<&str> = items.iter().copied().chain(missing.iter().map(String::as_str)).collect();
        let ties = remote::known(conn, place.origin(), &ids).await?;
        let tied: Vec<GoodsId> = ties.values().map(|row| row.goods_id).collect();
        let ours = goods_area::query::by_ids(conn, shop, &tied).await?;
        let variants = rows.iter().flat_map(|row| &row.skus);
        let barcodes: HashSet<&str> = variants.clone().filter_map(|sku| sku.barcode.as_deref()).collect();
        let codes: HashSet<&str> = variants.filter_map(|sku| sku.sku_code.as_deref()).map(str::trim).collect();
        let barcodes: Vec<&str> =
            barcodes.into_iter().map(str::trim).filter(|code| super::reading::is_gtin(code)).collect();
        let codes: Vec<&str> = codes.into_iter().filter(|code| code.len() >= CODE_MIN).collect();
        let by_barcode = batch::by_barcodes(conn, shop, &barcodes).await?;
        let by_barcode: HashMap<String, SkuId> = by_barcode.into_iter().map(|(code, sku)| (code, sku.id)).collect();
        // A code that stands for two SKUs stands for none.
        let by_code = skus::tied_by_code(conn, shop, &codes).await?.into_iter();
        let by_code = by_code.filter(|(_, skus)| skus.len() == 1);
        let by_code: HashMap<String, (SkuId, Option<String>)> =
            by_code.filter_map(|(code, mut skus)| Some((code, skus.pop_first()?))).collect();
        let candidates: HashSet<SkuId> =
            by_barcode.values().copied().chain(by_code.values().map(|(sku, _)| *sku)).collect();
        let candidates: Vec<SkuId> = candidates.into_iter().collect();
        let standing: HashSet<CategoryId> = categories::all(conn, shop).await?.iter().map(|row| row.id).collect();
        let mut mapping = mappings::of(conn, shop, place.marketplace).await?;
        mapping.retain(|_, ours| standing.contains(ours));
        Ok(Self {
            skus: goods_area::query::skus_of(conn, shop, &tied).await?,
            copies: pictures::stored_of(conn, shop, &tied).await?,
            listed: skus::of_items(conn, store, &items).await?,
            sold_as: skus::sold_as(conn, store, &candidates).await?,
            rates: exchange::on_day(conn, shop, beijing_day(now)).await?,
            category: category.filter(|id| standing.contains(id)),
            untold: untold(place.marketplace),
            ties,
            ours,
            by_barcode,
            by_code,
            mapping,
        })
    }

    /// What items are judged by; what is only matched is not priced.
    pub fn terms<'a>(&'a self, own: &'a OwnTerms) -> Terms<'a> {
        Terms {
            price: own.makes.then_some(&own.price),
            rates: &self.rates,
            mapping: &self.mapping,
            category: self.category,
            untold: self.untold,
        }
    }

    fn row(&self, item: &str, variant: &str) -> Option<&store_sku::Model> {
        self.listed.get(&(item.to_owned(), variant.to_owned()))
    }

    /// The SKU that a variant of the store sells, as tied before.
    pub fn tied(&self, item: &Item, variant: &Variant) -> Option<(SkuId, MatchedBy)> {
        let row = self.row(&item.external_id, &variant.external_id)?;
        row.sku_id.map(|sku| (sku, row.matched_by.unwrap_or(MatchedBy::Import)))
    }

    /// Whether an operator has said that a variant sells nothing of ours.
    pub fn is_let_go(&self, item: &Item, variant: &Variant) -> bool {
        let row = self.row(&item.external_id, &variant.external_id);
        row.is_some_and(|row| row.sku_id.is_none() && row.matched_by == Some(MatchedBy::Hand))
    }

    /// The SKU of ours that a variant is: tied before, the same barcode, or the same own code in
    /// another store. What this store sells as another item already is not taken for a duplicate.
    pub fn matched(&self, item: &Item, variant: &Variant) -> Option<(SkuId, MatchedBy)> {
        if let Some(tied) = self.tied(item, variant) {
            return Some(tied);
        }
        if self.is_let_go(item, variant) {
            return None;
        }
        let fits = |sku: &SkuId| self.sold_as.get(sku).is_none_or(|sold| *sold == item.external_id);
        let same = variant.gtin().and_then(|code| self.by_barcode.get(code)).filter(|sku| fits(sku));
        if let Some(sku) = same {
            return Some((*sku, MatchedBy::Barcode));
        }
        let code = variant.code.as_deref().filter(|code| code.len() >= CODE_MIN)?;
        let (sku, barcode) = self.by_code.get(code)?;
        // Two barcodes are two things, whatever the code says.
        let contradicts = matches!((variant.gtin(), barcode), (Some(one), Some(other)) if one != other);
        (fits(sku) && !contradicts).then_some((*sku, MatchedBy::Code))
    }
}
