//! The bridge: two merchants' stores are bound and imported, sold at and kept at one stock, and a parcel is
//! told to the platform.

use anyhow::Context;
use serde_json::{Value, json};

use super::guide::Guide;
use crate::cli::caller::{Caller, number, text};

/// Units a buyer takes at the platform.
const SOLD_THERE: i64 = 2;
/// Units a shopper takes in the mini-program.
const SOLD_HERE: i64 = 3;

/// A store that is bound.
struct Store {
    id: String,
    marketplace: &'static str,
    name: &'static str,
    seller: String,
}

impl Store {
    fn path(&self, rest: &str) -> String {
        format!("/console/api/v1/stores/{}{rest}", self.id)
    }

    /// The store at the sandbox.
    fn there(&self, rest: &str) -> String {
        format!("/_sandbox/stores/{}/{}/{rest}", self.marketplace, self.seller)
    }
}

/// Goods of one listing at both stores.
struct Twins {
    /// The platform's number of the variant at the first store.
    variant: u64,
    /// Our SKU.
    sku: String,
}

/// The rows of a list.
fn rows<'v>(list: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    list.get(name).and_then(Value::as_array).into_iter().flatten()
}

pub(super) async fn bridge(guide: &Guide) -> anyhow::Result<()> {
    let first = binds(guide, "pinduoduo", "拼多多 邻里鲜生").await?;
    let second = binds(guide, "taobao", "淘宝 邻里鲜生").await?;
    imports(guide, &first).await?;
    imports(guide, &second).await?;
    let twins = twins(guide, &first).await?;
    shows(guide, &[&first, &second], free(guide, &first, &twins.sku).await?).await?;
    let order = sells_there(guide, [&first, &second], &twins).await?;
    sells_here(guide, [&first, &second], &twins).await?;
    ships(guide, &first, &order).await
}

/// Enters a store and authorises it on the platform's page, unless an earlier tour has.
async fn binds(guide: &Guide, marketplace: &'static str, name: &'static str) -> anyhow::Result<Store> {
    let of = |row: Value| -> anyhow::Result<Store> {
        Ok(Store { id: text(&row, "/id")?, marketplace, name, seller: text(&row, "/external_id")? })
    };
    let list = guide.operator.get("/console/api/v1/stores").await?.ok()?;
    let ours = |row: &&Value| row["marketplace"] == marketplace && row["state"] == "active";
    if let Some(row) = rows(&list, "items").find(ours) {
        guide.tell("operator", &format!("has bound {name} before"));
        return of(row.clone());
    }
    let wish = json!({
        "marketplace": marketplace, "name": format!("{marketplace}_{}", guide.word()), "display_name": name,
        "kind": "third_party", "data": {},
    });
    let entered = guide.operator.post("/console/api/v1/stores", wish).await?.ok()?;
    let path = format!("/console/api/v1/stores/{}", text(&entered, "/id")?);
    let page = text(&guide.operator.post(&format!("{path}/authorise"), json!({})).await?.ok()?, "/url")?;
    guide.tell("operator", &format!("enters {name} and sends its merchant to the platform's page"));
    Caller::opens(&format!("{page}&_store=0")).await?;
    let bound = guide.wait(&guide.operator, &path, "/state", "active").await?;
    guide.tell("merchant", "agrees there; the code is exchanged once, the tokens are sealed");
    of(bound)
}

/// The whole store becomes goods of the shop; what another store lists too is linked by its barcode.
async fn imports(guide: &Guide, store: &Store) -> anyhow::Result<()> {
    let wish = json!({
        "marketplace": store.marketplace, "account": store.id, "listing": "own", "whole": true, "on_shelf": true,
    });
    let run = guide.operator.post("/console/api/v1/imports", wish).await?.ok()?;
    let path = format!("/console/api/v1/imports/{}", text(&run, "/id")?);
    let done = guide.wait(&guide.operator, &path, "/status", "done").await?;
    let count = |name: &str| number(&done, &format!("/{name}"));
    let told = format!(
        "imports {}: {} read, {} made, {} linked to goods that are here, {} refused",
        store.name,
        count("fetched")?,
        count("created")?,
        count("linked")?,
        count("refused")?
    );
    guide.tell("operator", &told);
    Ok(())
}

/// The first variant that the first store sells, and our SKU behind it.
async fn twins(guide: &Guide, store: &Store) -> anyhow::Result<Twins> {
    let items = guide.phone.get(&store.there("items")).await?.ok()?;
    let variant = items.pointer(FIRST).and_then(|one| one["number"].as_u64()).context("the store sells nothing")?;
    let number = variant.to_string();
    let lines = guide.operator.get(&store.path("/stock?limit=100")).await?.ok()?;
    let ours = |line: &&Value| line["external_sku_id"] == number.as_str();
    let line = rows(&lines, "items").find(ours).context("the variant is not tied")?;
    Ok(Twins { variant, sku: text(line, "/sku_id")? })
}

/// Where a store's list of goods has its first variant.
const FIRST: &str = "/items/0/variants/0";

/// What the first store shows of our SKU, which is all that is free.
async fn free(guide: &Guide, store: &Store, sku: &str) -> anyhow::Result<i64> {
    let counted = guide.stock(sku).await?;
    guide.tell("shop", &format!("has {counted} units of one SKU that {} and others list", store.name));
    Ok(counted)
}

/// Every store comes to show `units`.
async fn shows(guide: &Guide, stores: &[&Store], units: i64) -> anyhow::Result<()> {
    for store in stores {
        guide.wait(&guide.phone, &store.there("items"), &format!("{FIRST}/quantity"), units).await?;
    }
    Ok(())
}

/// A buyer buys at the first store: the order is drafted here, and the second store shows less. Answers the
/// draft's path.
async fn sells_there(guide: &Guide, stores: [&Store; 2], twins: &Twins) -> anyhow::Result<String> {
    let [first, second] = stores;
    let before = guide.stock(&twins.sku).await?;
    let basket = json!({"lines": [{"variant": twins.variant, "quantity": SOLD_THERE}]});
    let bought = text(&guide.phone.post(&first.there("orders"), basket).await?.ok()?, "/id")?;
    guide.tell("buyer", &format!("buys {SOLD_THERE} at {}; the mini-program knows nothing of it", first.name));
    guide.operator.post(&first.path("/orders/pull"), json!({})).await?.ok()?;
    let list = format!("/console/api/v1/market-orders?external_id={bought}");
    let listed = guide.wait(&guide.operator, &list, "/items/0/state", "draft").await?;
    shows(guide, &stores, before - SOLD_THERE).await?;
    let left = before - SOLD_THERE;
    guide.tell("shop", &format!("drafts the order and takes its units; {} shows {left} as well", second.name));
    Ok(format!("/console/api/v1/market-orders/{}", text(&listed, "/items/0/id")?))
}

/// A shopper buys in the mini-program while a platform is down: it is told as soon as it answers.
async fn sells_here(guide: &Guide, stores: [&Store; 2], twins: &Twins) -> anyhow::Result<()> {
    let before = guide.stock(&twins.sku).await?;
    let down = json!({"path_prefix": format!("/{}", stores[1].marketplace), "status": 503, "times": 2});
    guide.phone.post("/_sandbox/faults", down).await?.ok()?;
    guide.tell("platform", &format!("{} answers 503 twice", stores[1].name));
    let anna = guide.shopper("anna").await?;
    guide.order(&anna, &twins.sku, SOLD_HERE).await?;
    let left = before - SOLD_HERE;
    shows(guide, &stores, left).await?;
    guide.tell("shop", &format!("tells every store that {left} are left, the one that was down too"));
    Ok(())
}

/// The merchant confirms and ships; the platform is told once.
async fn ships(guide: &Guide, store: &Store, order: &str) -> anyhow::Result<()> {
    guide.operator.post(&format!("{order}/confirm"), json!({})).await?.ok()?;
    let parcel = json!({"carrier": "顺丰", "tracking_no": format!("SF{}", guide.word())});
    guide.operator.post(&format!("{order}/ship"), parcel).await?.ok()?;
    let told = guide.wait(&guide.operator, order, "/shipments/0/state", "told").await?;
    let number = text(&told, "/external_id")?;
    let there = guide.phone.get(&store.there("orders")).await?.ok()?;
    let ours = |one: &&Value| one["id"] == number.as_str();
    let one = rows(&there, "orders").find(ours).context("the platform lost the order")?;
    anyhow::ensure!(one["stage"] == "shipped", "the platform should know of the parcel: {one}");
    guide.tell("operator", &format!("confirms and ships it: {} has the parcel's number", store.name));
    Ok(())
}
