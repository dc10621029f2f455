//! The next goods of a store: pages until there are enough of them for one transaction, because many
//! platforms tell one item a call.

use std::time::{Duration, Instant};

use gateways::marketplaces::{ApiError, Channel, Cursor, Engine, Page, Priority, RemoteGoods, Walk};
use kernel::id::StoreId;
use kernel::{Code, Failure};

use crate::app::{App, Store};
use crate::areas::market_accounts::entity::import_run;
use crate::areas::market_accounts::rules::{By, Wish};
use crate::areas::shops::query::Shop;
use crate::areas::stores::state::StoreState;
use crate::areas::stores::{StoreError, query};

/// Goods of one transaction.
const ENOUGH: usize = 100;
/// How long pages are gathered, so that a slow platform's goods are here soon.
const GATHERING: Duration = Duration::from_secs(20);

/// Why there are none.
pub(in super::super) enum NoPage {
    /// The marketplace.
    There(ApiError),
    /// The store does not work.
    Shut(Failure),
    /// The shop's settings.
    Here(Failure),
}

/// The way to a store that works.
///
/// # Errors
/// `store.not_found`, `store.wrong_state`, `store.reauthorize`, `marketplace.not_configured`.
pub(in super::super) async fn way_to(app: &App, shop: &Shop, store: StoreId) -> Result<Store, Failure> {
    let row = query::store(app.db.reader(), shop.id, store).await?;
    match row.state {
        StoreState::Active => Ok(app.marketplaces.store(shop, &row)?),
        StoreState::Reauthorize => Err(StoreError::Reauthorize.into()),
        other => Err(StoreError::WrongState(other).into()),
    }
}

/// The goods at the run's cursor and after it.
pub(in super::super) async fn next(
    app: &App,
    shop: &Shop,
    run: &import_run::Model,
    store: StoreId,
    wish: &Wish,
) -> Result<Page<RemoteGoods>, NoPage> {
    let store = way_to(app, shop, store).await.map_err(|failure| match failure.code() {
        Code::StoreReauthorize | Code::StoreWrongState => NoPage::Shut(failure),
        _ => NoPage::Here(failure),
    })?;
    let channel = store.channel.clone().with_priority(Priority::Import);
    let (engine, cursor) = (&store.market.engine, run.cursor.clone().map(Cursor));
    let page = match &wish.by {
        By::Ids(ids) => gathered_by(engine.store_goods_by_ids(&channel, ids, cursor)).await,
        By::Whole => gathered_by(engine.store_goods(&channel, None, cursor)).await,
        By::Query(words) => about(engine, &channel, words, cursor).await,
    };
    page.map_err(NoPage::There)
}

async fn gathered_by(walk: Result<Walk<'_, RemoteGoods>, ApiError>) -> Result<Page<RemoteGoods>, ApiError> {
    gathered(walk?, ENOUGH).await
}

/// Goods whose titles have the words, out of the whole store. Where its list tells titles alone, only what
/// fits is asked for whole.
async fn about(
    engine: &Engine,
    channel: &Channel,
    words: &str,
    cursor: Option<Cursor>,
) -> Result<Page<RemoteGoods>, ApiError> {
    let items = channel.connector().store_items().ok_or_else(|| ApiError::unsupported("store goods"))?;
    let overview = items.overview(channel.account()?, None);
    let is_overview = overview.is_some();
    let walk = match overview {
        Some(overview) => engine.walk(channel, overview, cursor),
        None => engine.store_goods(channel, None, cursor)?,
    };
    let mut page = gathered(walk, ENOUGH).await?;
    page.rows.retain(|row| is_about(row, words));
    page.skipped.clear();
    if !is_overview || page.rows.is_empty() {
        return Ok(page);
    }
    let ids: Vec<String> = page.rows.iter().map(|row| row.external_id.clone()).collect();
    let mut whole = Page::of(Vec::new()).and_next(page.next);
    let mut walk = engine.store_goods_by_ids(channel, &ids, None)?;
    while let Some(some) = walk.next_page().await? {
        whole.rows.extend(some.rows);
        whole.skipped.extend(some.skipped);
        whole.missing.extend(some.missing);
    }
    Ok(whole)
}

/// Whole pages with at least `enough` goods, or all there are. An error after the first page is left
/// to whoever asks for the next.
pub(in super::super) async fn gathered(
    mut walk: Walk<'_, RemoteGoods>,
    enough: usize,
) -> Result<Page<RemoteGoods>, ApiError> {
    let since = Instant::now();
    let mut all: Option<Page<RemoteGoods>> = None;
    loop {
        let page = match (walk.next_page().await, &all) {
            (Ok(Some(page)), _) => page,
            (Ok(None), _) => break,
            (Err(_), Some(_)) => break,
            (Err(error), None) => return Err(error),
        };
        let all = match &mut all {
            None => all.insert(page),
            Some(all) => {
                all.rows.extend(page.rows);
                all.skipped.extend(page.skipped);
                all.missing.extend(page.missing);
                all.total = page.total.or(all.total);
                all.next = page.next;
                all
            }
        };
        let held = all.rows.len() + all.skipped.len() + all.missing.len();
        if held >= enough || since.elapsed() > GATHERING {
            break;
        }
    }
    Ok(all.unwrap_or_else(|| Page::of(Vec::new())))
}

/// Whether a title has all the words; stores have no search of their own.
pub(in super::super) fn is_about(row: &RemoteGoods, words: &str) -> bool {
    let title = row.title.to_lowercase();
    words.to_lowercase().split_whitespace().all(|word| title.contains(word))
}
