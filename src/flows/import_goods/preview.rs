//! A look at an import before it is begun: the first goods as they would become ours. Nothing is written.

use gateways::marketplaces::{Page, Priority, RemoteGoods, Search};
use kernel::id::{CategoryId, SkuId};
use kernel::{Failure, Fen};

use super::listing::Snapshot;
use super::own::{self, Item, Known, Place};
use super::{Order, check_listing};
use crate::app::App;
use crate::areas::market_accounts::MarketError;
use crate::areas::market_accounts::rules::{By, Duplicates, OwnTerms};
use crate::areas::shops::query::Shop;
use crate::areas::stores::state::MatchedBy;

/// Goods shown at most.
const SHOWN: usize = 20;

/// The first goods of an import.
#[derive(Clone, Debug)]
pub struct Looked {
    /// As they would become ours.
    pub items: Vec<Preview>,
    /// How many there are in all, where the platform says so.
    pub total: Option<u64>,
    /// Whether the import goes on after them.
    pub more: bool,
}

/// One item.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The marketplace's id.
    pub external_id: String,
    /// Its title here.
    pub title: String,
    /// Its main picture there.
    pub picture: Option<String>,
    /// Our category.
    pub category_id: Option<CategoryId>,
    /// The marketplace's.
    pub external_category: Option<String>,
    /// Whether an import made goods of it before.
    pub imported: bool,
    /// Whether the shop has it already from elsewhere.
    pub duplicate: bool,
    /// Why it would be refused.
    pub refused: Option<String>,
    /// Its variants.
    pub variants: Vec<PreviewVariant>,
}

/// One variant.
#[derive(Clone, Debug)]
pub struct PreviewVariant {
    /// The platform's id; empty for goods without variants.
    pub external_id: String,
    /// In words.
    pub spec: Option<String>,
    /// The merchant's own code.
    pub code: Option<String>,
    /// Barcode.
    pub barcode: Option<String>,
    /// Its price there in minor units of `currency`.
    pub store_price: i64,
    /// ISO 4217.
    pub currency: String,
    /// What it costs in yuan.
    pub cost_fen: Fen,
    /// Its price here.
    pub price_fen: Fen,
    /// Units there.
    pub quantity: Option<i64>,
    /// The SKU of ours that it would sell, and how it was recognised.
    pub sku: Option<(SkuId, MatchedBy)>,
}

/// Looks at the first goods of an import.
///
/// # Errors
/// As [`super::start`]; `marketplace.unavailable` when it gives no answer.
pub async fn preview(app: &App, shop: &Shop, order: &Order) -> Result<Looked, Failure> {
    check_listing(app, shop, order)?;
    let (page, listed_alone) = match order.store {
        Some(_) => from_store(app, shop, order).await?,
        None => (from_affiliate(app, shop, order).await?, false),
    };
    let rows: Vec<RemoteGoods> = page.rows.into_iter().take(SHOWN).collect();
    let mut items = match (order.store, &order.wish.own) {
        (Some(store), Some(terms)) => {
            let account = store.to_string();
            let place = Place { shop: shop.id, marketplace: &order.marketplace, store, account: &account };
            let category = order.wish.category_id;
            let known = Known::of(app.db.reader(), place, &rows, &[], category, app.clock.now()).await?;
            rows.iter().map(|row| own_item(row, &known, terms, listed_alone)).collect::<Vec<_>>()
        }
        _ => rows.iter().map(|row| affiliate_item(row, order)).collect(),
    };
    let refused = page.skipped.iter().map(|row| gone(row.external_id.as_deref(), &row.reason));
    let missing = page.missing.iter().map(|id| gone(Some(id), "no longer on the marketplace"));
    items.extend(refused.chain(missing));
    let shown = u64::try_from(SHOWN).unwrap_or(u64::MAX);
    let more = page.next.is_some() || page.total.is_some_and(|total| total > shown);
    Ok(Looked { items, total: page.total, more })
}

/// Goods of a store, and whether they are what its list tells alone. Where the list is asked for without
/// variants, those of the goods shown are asked for after it.
async fn from_store(app: &App, shop: &Shop, order: &Order) -> Result<(Page<RemoteGoods>, bool), Failure> {
    let Some(id) = order.store else { return Ok((Page::of(Vec::new()), false)) };
    let store = own::way_to(app, shop, id).await?;
    let channel = store.channel.clone().with_priority(Priority::Person);
    let engine = &store.market.hurried;
    let silent = |error| silent(order, &error);
    if let By::Ids(ids) = &order.wish.by {
        let first: Vec<String> = ids.iter().take(SHOWN).cloned().collect();
        let mut page = own::gathered(engine.store_goods_by_ids(&channel, &first, None).map_err(silent)?, SHOWN).await;
        if let Ok(page) = &mut page {
            page.total = u64::try_from(ids.len()).ok();
        }
        return Ok((page.map_err(silent)?, false));
    }
    let overview = channel.connector().store_items().zip(channel.account().ok());
    let overview = overview.and_then(|(items, account)| items.overview(account, None));
    let is_overview = overview.is_some();
    let walk = match overview {
        Some(overview) => engine.walk(&channel, overview, None),
        None => engine.store_goods(&channel, None, None).map_err(silent)?,
    };
    let mut page = own::gathered(walk, SHOWN).await.map_err(silent)?;
    if let By::Query(words) = &order.wish.by {
        page.rows.retain(|row| own::is_about(row, words));
        page.skipped.clear();
        page.total = None;
    }
    if !is_overview || page.rows.is_empty() {
        return Ok((page, false));
    }
    // All there are, when the list has come to its end.
    let all = u64::try_from(page.rows.len()).ok().filter(|_| page.next.is_none());
    page.total = page.total.or(all);
    let first: Vec<String> = page.rows.iter().take(SHOWN).map(|row| row.external_id.clone()).collect();
    let whole = own::gathered(engine.store_goods_by_ids(&channel, &first, None).map_err(silent)?, first.len()).await;
    match whole {
        Ok(whole) => Ok((Page { total: page.total, next: page.next, ..whole }, false)),
        // What the list told is better than nothing.
        Err(_) => Ok((page, true)),
    }
}

async fn from_affiliate(app: &App, shop: &Shop, order: &Order) -> Result<Page<RemoteGoods>, Failure> {
    let market = app.marketplaces.of(shop, &order.marketplace)?;
    let channel = market.channel.clone().with_priority(Priority::Person);
    let silent = |error| silent(order, &error);
    let page = match &order.wish.by {
        By::Query(words) => {
            let search = Search { query: words.clone(), ..Search::default() };
            let walk = market.hurried.search(&channel, &search, None).map_err(silent)?;
            own::gathered(walk, 1).await
        }
        By::Ids(ids) => {
            let first: Vec<String> = ids.iter().take(SHOWN).cloned().collect();
            let walk = market.hurried.by_ids(&channel, &first, None).map_err(silent)?;
            own::gathered(walk, SHOWN).await
        }
        By::Whole => Ok(Page::of(Vec::new())),
    };
    page.map_err(silent)
}

fn silent(order: &Order, error: &gateways::marketplaces::ApiError) -> Failure {
    tracing::warn!(marketplace = order.marketplace, %error, "a preview got no answer");
    MarketError::Unavailable { marketplace: order.marketplace.clone() }.into()
}

fn own_item(row: &RemoteGoods, known: &Known, terms: &OwnTerms, listed_alone: bool) -> Preview {
    let item = match Item::read(row, &known.terms(terms)) {
        Ok(item) => item,
        Err(reason) => return Preview { title: row.title.clone(), ..gone(Some(&row.external_id), &reason) },
    };
    let imported = known.ties.contains_key(&item.external_id);
    // A list's one variant stands for all and is none of theirs.
    let matched = |variant| if listed_alone { None } else { known.matched(&item, variant) };
    let variants: Vec<PreviewVariant> = item
        .variants
        .iter()
        .map(|variant| PreviewVariant {
            external_id: variant.external_id.clone(),
            spec: variant.spec(),
            code: variant.code.clone(),
            barcode: variant.barcode.clone(),
            store_price: variant.there.minor,
            currency: variant.there.currency.code().to_owned(),
            cost_fen: variant.cost,
            price_fen: variant.price,
            quantity: variant.quantity,
            sku: matched(variant),
        })
        .collect();
    let duplicate = !imported && variants.iter().any(|variant| variant.sku.is_some());
    let refused = (duplicate && terms.duplicates == Duplicates::Skip).then(|| own::DUPLICATE.to_owned());
    Preview {
        external_id: item.external_id.clone(),
        title: item.title.clone(),
        picture: item.pictures.first().cloned(),
        category_id: item.category_id,
        external_category: row.category_id.clone(),
        imported,
        duplicate,
        refused,
        variants,
    }
}

fn affiliate_item(row: &RemoteGoods, order: &Order) -> Preview {
    let read = if row.hidden {
        Err("cannot be bought from within WeChat".to_owned())
    } else {
        Snapshot::of(row, &order.marketplace, order.wish.category_id)
    };
    let snapshot = match read {
        Ok(snapshot) => snapshot,
        Err(reason) => return Preview { title: row.title.clone(), ..gone(Some(&row.external_id), &reason) },
    };
    let (draft, sku) = (snapshot.listed.draft(), snapshot.listed.sku());
    let variant = PreviewVariant {
        external_id: String::new(),
        spec: None,
        code: None,
        barcode: None,
        store_price: row.price.minor,
        currency: row.price.currency.code().to_owned(),
        cost_fen: row.final_price,
        price_fen: sku.price_fen,
        quantity: None,
        sku: None,
    };
    Preview {
        external_id: row.external_id.clone(),
        title: draft.title,
        picture: draft.pictures.first().cloned(),
        category_id: draft.category_id,
        external_category: row.category_id.clone(),
        imported: false,
        duplicate: false,
        refused: None,
        variants: vec![variant],
    }
}

/// An item that would not be imported.
fn gone(external_id: Option<&str>, reason: &str) -> Preview {
    Preview {
        external_id: external_id.unwrap_or_default().to_owned(),
        title: String::new(),
        picture: None,
        category_id: None,
        external_category: None,
        imported: false,
        duplicate: false,
        refused: Some(reason.to_owned()),
        variants: Vec::new(),
    }
}
