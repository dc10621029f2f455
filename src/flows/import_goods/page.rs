//! One page of a run: fetched, then written in one transaction.

use std::collections::{HashMap, HashSet};

use chrono::Duration;
use gateways::marketplaces::{ApiError, Cursor, Page, Priority, RemoteGoods, Search};
use kernel::id::{CategoryId, GoodsId, SkuId};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;

use super::listing::{self, Snapshot, merged, repriced};
use crate::app::App;
use crate::areas::goods::draft::GoodsDraft;
use crate::areas::goods::entity::goods;
use crate::areas::goods::{self as goods_area, GoodsError, categories};
use crate::areas::market_accounts::entity::{import_run, remote_goods};
use crate::areas::market_accounts::remote::{self, Origin};
use crate::areas::market_accounts::rules::{By, Refusals, Wish};
use crate::areas::market_accounts::service::{self, PageDone};
use crate::areas::market_accounts::{MarketError, query};
use crate::areas::shops::query::Shop;
use crate::flows::marketplace_patience as patience;

/// The rest after a failure of our own.
const OWN_FAULT_REST: Duration = Duration::seconds(30);

/// Works on one page of a run whose lease the caller holds, and returns the run as it then stands.
///
/// What goes wrong at the marketplace is written into the run: it rests, or it has failed.
#[tracing::instrument(skip_all, fields(shop = %shop.id, import = %run.id))]
pub async fn step(app: &App, shop: &Shop, run: import_run::Model) -> Result<import_run::Model, Failure> {
    let wish = query::wish_of(&run)?;
    let page = match fetch(app, shop, &run, &wish).await {
        Ok(page) => page,
        Err(Trouble::There(error)) => {
            let until = patience::until(&error, run.failures, app.clock.now());
            return rest(app, &run, until, &error.to_string()).await;
        }
        Err(Trouble::Here(error)) => return rest(app, &run, None, &error.to_string()).await,
    };
    match store(app, shop, &run, &wish, &page).await {
        Ok(stored) => {
            if stored.touched {
                app.catalogue.changed(shop.id);
            }
            let unlimited: Vec<_> = stored.opened.into_iter().map(|sku| (sku, None)).collect();
            app.gate.set_levels(shop.id, &unlimited).await;
            Ok(stored.run)
        }
        Err(failure) => {
            tracing::error!(%failure, "a page of an import could not be stored");
            let until = app.clock.now() + OWN_FAULT_REST;
            rest(app, &run, Some(until), &format!("the page could not be stored ({})", failure.code())).await
        }
    }
}

/// Why there is no page.
enum Trouble {
    /// The marketplace.
    There(ApiError),
    /// The shop's settings.
    Here(MarketError),
}

async fn fetch(app: &App, shop: &Shop, run: &import_run::Model, wish: &Wish) -> Result<Page<RemoteGoods>, Trouble> {
    let market = app.marketplaces.of(shop, &run.marketplace).map_err(Trouble::Here)?;
    let priority = if run.renewal { Priority::Refresh } else { Priority::Import };
    let channel = market.channel.clone().with_priority(priority);
    let cursor = run.cursor.clone().map(Cursor);
    let page = match &wish.by {
        By::Query(words) => {
            let search = Search { query: words.clone(), ..Search::default() };
            let mut walk = market.engine.search(&channel, &search, cursor).map_err(Trouble::There)?;
            walk.next_page().await
        }
        By::Ids(ids) => {
            let mut walk = market.engine.by_ids(&channel, ids, cursor).map_err(Trouble::There)?;
            walk.next_page().await
        }
    };
    Ok(page.map_err(Trouble::There)?.unwrap_or_else(|| Page::of(Vec::new())))
}

async fn rest(
    app: &App,
    run: &import_run::Model,
    until: Option<Time>,
    why: &str,
) -> Result<import_run::Model, Failure> {
    let rested = app.db.write(async |tx| Ok(service::rest(tx, run, until, why, app.clock.now()).await?)).await?;
    match until {
        Some(until) => tracing::warn!(%until, why, "an import rests"),
        None => tracing::error!(why, "an import has failed; an operator must look"),
    }
    Ok(rested)
}

/// A page written.
struct Stored {
    run: import_run::Model,
    /// Whether shoppers see anything new.
    touched: bool,
    /// New SKUs.
    opened: Vec<SkuId>,
}

async fn store(
    app: &App,
    shop: &Shop,
    run: &import_run::Model,
    wish: &Wish,
    page: &Page<RemoteGoods>,
) -> Result<Stored, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let category = standing_category(tx, shop, wish.category_id).await?;
            let mut pen = Pen::on_page(tx, shop, run, page, now).await?;
            let room = usize::try_from(wish.limit.saturating_sub(run.fetched)).unwrap_or(0);
            let mut seen = HashSet::new();
            for row in page.rows.iter().take(room) {
                pen.fetched += 1;
                // A platform may show the same goods twice while its order shifts.
                if seen.insert(row.external_id.as_str()) {
                    pen.write(row, category).await?;
                }
            }
            let room = room.saturating_sub(page.rows.len());
            for skipped in page.skipped.iter().take(room) {
                pen.fetched += 1;
                pen.refusals.note(&skipped.reason, skipped.external_id.as_deref());
            }
            let room = room.saturating_sub(page.skipped.len());
            for id in page.missing.iter().take(room) {
                pen.fetched += 1;
                pen.withdraw(id, "no longer on the marketplace").await?;
            }
            let finished = page.next.is_none() || run.fetched + pen.fetched >= wish.limit;
            let done = PageDone {
                cursor: page.next.as_ref().map(|cursor| cursor.0.clone()),
                fetched: pen.fetched,
                created: pen.created,
                updated: pen.updated,
                refusals: pen.refusals,
                finished,
            };
            let run = service::save_page(tx, run, &done, now).await?;
            Ok(Stored { run, touched: done.created + done.updated > 0, opened: pen.opened })
        })
        .await
}

/// The category asked for, as long as it is there.
async fn standing_category(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    id: Option<CategoryId>,
) -> Result<Option<CategoryId>, Failure> {
    let Some(id) = id else { return Ok(None) };
    Ok(categories::by_id(conn, shop.id, id).await?.map(|row| row.id))
}

/// Writes goods of one page and keeps count.
struct Pen<'a, C> {
    conn: &'a C,
    origin: Origin<'a>,
    /// Whether goods not seen before are made.
    makes: bool,
    now: Time,
    known: HashMap<String, remote_goods::Model>,
    ours: HashMap<GoodsId, goods::Model>,
    fetched: i64,
    created: i64,
    updated: i64,
    refusals: Refusals,
    opened: Vec<SkuId>,
}

impl<'a, C: ConnectionTrait> Pen<'a, C> {
    async fn on_page(
        conn: &'a C,
        shop: &Shop,
        run: &'a import_run::Model,
        page: &Page<RemoteGoods>,
        now: Time,
    ) -> Result<Self, Failure> {
        let origin = Origin { shop: shop.id, marketplace: &run.marketplace, listing: run.listing };
        let rows = page.rows.iter().map(|row| row.external_id.as_str());
        let ids: Vec<&str> = rows.chain(page.missing.iter().map(String::as_str)).collect();
        let known = remote::known(conn, origin, &ids).await?;
        let goods: Vec<GoodsId> = known.values().map(|row| row.goods_id).collect();
        let ours = goods_area::query::by_ids(conn, shop.id, &goods).await?;
        let refusals = query::refusals_of(run)?;
        Ok(Self {
            conn,
            origin,
            makes: !run.renewal,
            now,
            known,
            ours,
            fetched: 0,
            created: 0,
            updated: 0,
            refusals,
            opened: Vec::new(),
        })
    }

    /// Makes or renews the goods of one row, or refuses it.
    async fn write(&mut self, row: &RemoteGoods, category: Option<CategoryId>) -> Result<(), Failure> {
        if row.hidden {
            return self.withdraw(&row.external_id, "cannot be bought from within WeChat").await;
        }
        let tie = self.known.get(&row.external_id).cloned();
        match (Snapshot::of(row, self.origin.marketplace, category), tie) {
            (Ok(fresh), Some(tie)) => self.renew(&tie, fresh).await,
            (Ok(fresh), None) if self.makes => self.create(&row.external_id, fresh).await,
            // A platform may answer with other goods than those asked for.
            (Ok(_), None) => self.refuse(&row.external_id, "not asked for", None).await,
            (Err(reason), tie) => self.refuse(&row.external_id, &reason, tie.as_ref()).await,
        }
    }

    /// Counts a refusal; goods listed before are looked at again another day.
    async fn refuse(
        &mut self,
        external_id: &str,
        reason: &str,
        tie: Option<&remote_goods::Model>,
    ) -> Result<(), Failure> {
        self.refusals.note(reason, Some(external_id));
        match tie {
            Some(tie) => Ok(remote::look_later(self.conn, tie, self.now + listing::FRESH_FOR).await?),
            None => Ok(()),
        }
    }

    async fn create(&mut self, external_id: &str, fresh: Snapshot) -> Result<(), Failure> {
        let (draft, skus) = (fresh.listed.draft(), [fresh.listed.sku()]);
        let saved = match goods_area::service::create(self.conn, self.origin.shop, &draft, &skus, self.now).await {
            Err(GoodsError::Invalid(invalid)) => {
                self.refusals.note(&invalid.to_string(), Some(external_id));
                return Ok(());
            }
            other => other?,
        };
        let seen = fresh.seen(self.now)?;
        remote::tie(self.conn, self.origin, external_id, saved.goods.id, seen, self.now).await?;
        self.opened.extend(saved.skus.opened.into_iter().map(|(sku, _)| sku));
        self.created += 1;
        Ok(())
    }

    /// Renews goods imported before; what the merchant has changed since stays his.
    async fn renew(&mut self, tie: &remote_goods::Model, fresh: Snapshot) -> Result<(), Failure> {
        let Some(before) = self.ours.get(&tie.goods_id).filter(|row| row.deleted_at.is_none()).cloned() else {
            return self.refuse(&tie.external_id, "removed from the shop", Some(tie)).await;
        };
        let points = match before.region_limited {
            true => goods_area::query::points_of(self.conn, before.shop_id, before.id).await?,
            false => Vec::new(),
        };
        let standing = GoodsDraft::of(&before, points)?;
        let draft = merged(&standing, Snapshot::read(&tie.snapshot).as_ref(), &fresh);
        let skus = goods_area::query::skus_of(self.conn, before.shop_id, &[before.id]).await?.remove(&before.id);
        let skus = repriced(&skus.unwrap_or_default(), &fresh)?;
        if draft != standing || skus.is_some() {
            let change = goods_area::service::change(self.conn, &before, None, &draft, skus.as_deref(), self.now);
            match change.await {
                Err(GoodsError::Invalid(invalid)) => {
                    return self.refuse(&tie.external_id, &invalid.to_string(), Some(tie)).await;
                }
                other => other?,
            };
            self.updated += 1;
        }
        Ok(remote::seen(self.conn, tie, fresh.seen(self.now)?, self.now).await?)
    }

    /// Refuses goods that cannot be had; those listed before go off the shelf.
    async fn withdraw(&mut self, external_id: &str, reason: &str) -> Result<(), Failure> {
        let tie = self.known.get(external_id).cloned();
        self.refuse(external_id, reason, tie.as_ref()).await?;
        let Some(tie) = tie else { return Ok(()) };
        match Snapshot::read(&tie.snapshot) {
            Some(last) if self.ours.get(&tie.goods_id).is_some_and(|row| row.deleted_at.is_none()) => {
                self.renew(&tie, last.off_shelf()).await
            }
            _ => Ok(()),
        }
    }
}
