//! A page of affiliate goods: shown here, bought there.

use std::collections::{HashMap, HashSet};

use gateways::marketplaces::{Page, RemoteGoods};
use kernel::id::{CategoryId, GoodsId, SkuId};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;

use super::listing::{self, Snapshot, merged, repriced};
use super::page::Stored;
use crate::app::App;
use crate::areas::goods::draft::GoodsDraft;
use crate::areas::goods::entity::goods;
use crate::areas::goods::{self as goods_area, GoodsError, categories};
use crate::areas::market_accounts::entity::{import_run, remote_goods};
use crate::areas::market_accounts::query;
use crate::areas::market_accounts::refusals::{self, Refusal};
use crate::areas::market_accounts::remote::{self, Origin};
use crate::areas::market_accounts::rules::{Refusals, Wish};
use crate::areas::market_accounts::service::{self, PageDone};
use crate::areas::shops::query::Shop;

/// Writes a page and the run's place in one transaction.
pub(super) async fn store(
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
                pen.count_out(&skipped.reason, skipped.external_id.as_deref());
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
                linked: 0,
                refusals: pen.refusals,
                finished,
            };
            if !run.renewal {
                refusals::keep(tx, run, &pen.refused, now).await?;
            }
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
    refused: Vec<Refusal>,
    /// The titles of the page.
    titles: HashMap<String, String>,
    opened: Vec<(SkuId, Option<i64>)>,
}

impl<'a, C: ConnectionTrait> Pen<'a, C> {
    async fn on_page(
        conn: &'a C,
        shop: &Shop,
        run: &'a import_run::Model,
        page: &Page<RemoteGoods>,
        now: Time,
    ) -> Result<Self, Failure> {
        let origin = Origin { shop: shop.id, marketplace: &run.marketplace, account: "", listing: run.listing };
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
            refused: Vec::new(),
            titles: page.rows.iter().map(|row| (row.external_id.clone(), row.title.clone())).collect(),
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

    /// Counts a refusal.
    fn count_out(&mut self, reason: &str, external_id: Option<&str>) {
        self.refusals.note(reason, external_id);
        self.refused.push(Refusal {
            external_id: external_id.map(str::to_owned),
            title: external_id.and_then(|id| self.titles.get(id)).cloned(),
            reason: reason.to_owned(),
        });
    }

    /// Counts a refusal; goods listed before are looked at again another day.
    async fn refuse(
        &mut self,
        external_id: &str,
        reason: &str,
        tie: Option<&remote_goods::Model>,
    ) -> Result<(), Failure> {
        self.count_out(reason, Some(external_id));
        match tie {
            Some(tie) => Ok(remote::look_later(self.conn, tie, self.now + listing::FRESH_FOR).await?),
            None => Ok(()),
        }
    }

    async fn create(&mut self, external_id: &str, fresh: Snapshot) -> Result<(), Failure> {
        let (draft, skus) = (fresh.listed.draft(), [fresh.listed.sku()]);
        let saved = match goods_area::service::create(self.conn, self.origin.shop, &draft, &skus, self.now).await {
            Err(GoodsError::Invalid(invalid)) => {
                self.count_out(&invalid.to_string(), Some(external_id));
                return Ok(());
            }
            other => other?,
        };
        let seen = fresh.seen(self.now)?;
        remote::tie(self.conn, self.origin, external_id, saved.goods.id, seen, self.now).await?;
        self.opened.extend(saved.skus.opened.into_iter().map(|(sku, _)| (sku, None)));
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
