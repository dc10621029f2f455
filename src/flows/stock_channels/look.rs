//! What a store shows of some items, asked for by their ids.

use std::collections::HashMap;

use chrono::Duration;
use gateways::marketplaces::{ApiError, Channel, RemoteGoods};
use kernel::Failure;
use kernel::id::StoreSkuId;

use crate::app::{App, Store};
use crate::areas::channels::entity::line;
use crate::areas::channels::results::{self, Looked};

/// How long units that were seen to be gone count as sold before their order must have come.
pub(super) const ORDERS_COME_WITHIN: Duration = Duration::minutes(15);

/// Units by item and variant; a variant without a count is left out.
pub(super) type Shown = HashMap<(String, String), i64>;

/// What a page of goods shows.
pub(super) fn shown_of(goods: &[RemoteGoods]) -> Shown {
    let of = |item: &RemoteGoods| {
        let item_id = item.external_id.clone();
        let each = item.skus.iter().filter_map(move |sku| {
            Some(((item_id.clone(), sku.external_id.clone().unwrap_or_default()), sku.quantity?))
        });
        each.collect::<Vec<_>>()
    };
    goods.iter().flat_map(of).collect()
}

/// What a line's item shows of it.
pub(super) fn units(shown: &Shown, row: &line::Model) -> Option<i64> {
    shown.get(&(row.external_item_id.clone(), row.external_sku_id.clone())).copied()
}

/// Asks for the items of `rows` and writes down what they show; `settled_only` leaves lines alone that are
/// being told meanwhile. Answers the lines that were found.
pub(super) async fn at(
    app: &App,
    store: &Store,
    channel: &Channel,
    rows: &[&line::Model],
    settled_only: bool,
) -> Result<Result<HashMap<StoreSkuId, Looked>, ApiError>, Failure> {
    let mut ids: Vec<String> = rows.iter().map(|row| row.external_item_id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let shown = match ask(store, channel, &ids).await {
        Ok(shown) => shown,
        Err(error) => return Ok(Err(error)),
    };
    let now = app.clock.now();
    let found: Vec<Looked> = rows.iter().filter_map(|row| Some(Looked::of(row, units(&shown, row)?, now))).collect();
    let until = now + ORDERS_COME_WITHIN;
    app.db.write(async |tx| Ok(results::looked(tx, &found, until, now, settled_only).await?)).await?;
    Ok(Ok(found.into_iter().map(|one| (one.line, one)).collect()))
}

async fn ask(store: &Store, channel: &Channel, ids: &[String]) -> Result<Shown, ApiError> {
    let mut walk = store.market.hurried.store_goods_by_ids(channel, ids, None)?;
    let mut shown = Shown::new();
    while let Some(page) = walk.next_page().await? {
        shown.extend(shown_of(&page.rows));
    }
    Ok(shown)
}
