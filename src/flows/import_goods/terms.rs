//! What imports go by and an operator sets: whose store, rates of exchange, categories, prices.

use std::collections::{BTreeMap, HashSet};

use chrono::{Duration, NaiveDate};
use gateways::marketplaces::money::Currency;
use kernel::Failure;
use kernel::clock::beijing_day;
use kernel::failure::Invalid;
use kernel::id::{CategoryId, OperatorId, StoreId};
use serde_json::json;
use url::Url;

use crate::app::App;
use crate::areas::goods::categories;
use crate::areas::market_accounts::entity::category_mapping;
use crate::areas::market_accounts::prices::PriceRule;
use crate::areas::market_accounts::{MarketError, exchange, mappings};
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::areas::stores::entity::store;
use crate::areas::stores::{StoreError, query};
use crate::flows::stores::{Sight, all_of, one};

/// How a request names a store.
#[derive(Clone, Copy, Debug)]
pub enum Account<'a> {
    /// By its id or its internal name.
    Named(&'a str),
    /// The only one at the marketplace.
    Only,
}

/// Whether merchants have stores at a marketplace.
pub fn has_stores(marketplace: &str) -> bool {
    gateways::marketplaces::find(marketplace).is_some_and(|entry| entry.descriptor.store.is_some())
}

/// The store that an operator names, if he may see it and it is at `marketplace`.
///
/// # Errors
/// `store.not_found`; `validation.failed` when none is named and there is not exactly one.
pub async fn store_called(
    app: &App,
    who: Sight,
    marketplace: &str,
    account: Account<'_>,
) -> Result<store::Model, Failure> {
    let row = match account {
        Account::Named(named) => match named.parse::<StoreId>() {
            Ok(id) => one(app, who, id, None).await?,
            Err(_) => {
                let row = query::named(app.db.reader(), who.shop, named).await?.ok_or(StoreError::NotFound)?;
                one(app, who, row.id, None).await?
            }
        },
        Account::Only => {
            let mut rows = all_of(app, who, None).await?;
            rows.retain(|row| row.marketplace == marketplace);
            match (rows.pop(), rows.is_empty()) {
                (Some(row), true) => row,
                _ => return Err(Invalid::field("account", "required", "which store").into()),
            }
        }
    };
    if row.marketplace == marketplace {
        return Ok(row);
    }
    Err(Invalid::field("account", "invalid", "a store at another marketplace").into())
}

/// The store that whoever runs this machine names, by its id or its internal name; the only one at the
/// marketplace when he names none.
///
/// # Errors
/// `store.not_found`; `validation.failed` when none is named and there is not exactly one.
pub async fn store_of_shop(
    app: &App,
    shop: &Shop,
    marketplace: &str,
    named: Option<&str>,
) -> Result<store::Model, Failure> {
    let mut rows = query::list(app.db.reader(), shop.id).await?;
    let fits = |row: &store::Model| named.is_none_or(|named| row.name == named || row.id.to_string() == named);
    rows.retain(|row| row.marketplace == marketplace && fits(row));
    match (rows.pop(), rows.is_empty(), named) {
        (Some(row), true, _) => Ok(row),
        (_, _, Some(_)) => Err(StoreError::NotFound.into()),
        (_, _, None) => Err(Invalid::field("store", "required", "which store").into()),
    }
}

/// The items whose pages are at `links`, each once.
///
/// # Errors
/// `validation.failed` names every address that tells none; as [`super::start`] for the marketplace.
pub fn items_of_links(app: &App, shop: &Shop, marketplace: &str, links: &[String]) -> Result<Vec<String>, Failure> {
    let market = app.marketplaces.of(shop, marketplace)?;
    let connector = market.channel.connector();
    let (mut seen, mut items, mut faults) = (HashSet::new(), Vec::new(), Vec::new());
    for (place, link) in links.iter().enumerate() {
        let item = Url::parse(link).ok().and_then(|link| connector.item_of_link(&link));
        match item {
            Some(item) if seen.insert(item.clone()) => items.push(item),
            Some(_) => {}
            None => {
                let what = "no address of goods at this marketplace, or one that does not tell their id";
                faults.push(kernel::FieldFault::new(format!("links[{place}]"), "invalid", what));
            }
        }
    }
    Invalid::unless_empty(faults)?;
    Ok(items)
}

/// Enters what one unit of a currency is worth on a day: today's when none is named, never a later one.
///
/// # Errors
/// `validation.failed`.
pub async fn set_rate(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    currency: &str,
    day: Option<NaiveDate>,
    micro_cny: i64,
) -> Result<(), Failure> {
    let now = app.clock.now();
    let today = beijing_day(now);
    let day = day.unwrap_or(today);
    let earliest = today.checked_sub_signed(Duration::days(3_650)).unwrap_or(today);
    if Currency::parse(currency).is_err() || currency == "CNY" {
        return Err(Invalid::field("currency", "invalid", "a currency other than CNY, as USD").into());
    }
    if day > today || day < earliest {
        return Err(Invalid::field("day", "out_of_range", "today or earlier").into());
    }
    app.db
        .write(async |tx| {
            exchange::put(tx, shop.id, currency, day, micro_cny, by, now).await?;
            let what = json!({ "day": day.to_string(), "micro_cny": micro_cny });
            Ok(audit::note(tx, shop.id, by, "exchange_rate.set", currency, what, now).await?)
        })
        .await
}

/// The categories of a marketplace that are mapped to ours.
///
/// # Errors
/// `marketplace.unknown`.
pub async fn mapped_categories(
    app: &App,
    shop: &Shop,
    marketplace: &str,
) -> Result<Vec<category_mapping::Model>, Failure> {
    known(marketplace)?;
    Ok(mappings::list(app.db.reader(), shop.id, Some(marketplace)).await?)
}

fn known(marketplace: &str) -> Result<(), MarketError> {
    gateways::marketplaces::find(marketplace).map(|_| ()).ok_or_else(|| MarketError::Unknown(marketplace.to_owned()))
}

/// Makes `wanted` the whole mapping of a marketplace's categories to ours.
///
/// # Errors
/// `validation.failed` for a category that is not there; `marketplace.unknown`.
pub async fn map_categories(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    marketplace: &str,
    wanted: &BTreeMap<String, CategoryId>,
) -> Result<(), Failure> {
    known(marketplace)?;
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let ours: HashSet<CategoryId> = categories::all(tx, shop.id).await?.iter().map(|row| row.id).collect();
            if wanted.values().any(|category| !ours.contains(category)) {
                return Err(Invalid::field("mappings", "unknown", "not all of them are categories of the shop").into());
            }
            mappings::replace(tx, shop.id, marketplace, wanted, now).await?;
            let what = json!({ "mapped": wanted.len() });
            Ok(audit::note(tx, shop.id, by, "category_mapping.set", marketplace, what, now).await?)
        })
        .await
}

/// Sets how a store's prices become ours, where an import says nothing else.
///
/// # Errors
/// `store.not_found`.
pub async fn set_price_rule(app: &App, who: Sight, id: StoreId, rule: &PriceRule) -> Result<(), Failure> {
    let row = one(app, who, id, None).await?;
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            mappings::set_price_rule(tx, row.shop_id, row.id, rule, now).await?;
            Ok(audit::note(tx, row.shop_id, who.operator, "store.price_rule", row.id, json!(rule), now).await?)
        })
        .await
}
