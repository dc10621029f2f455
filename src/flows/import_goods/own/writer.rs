//! Writes a page of a store's goods: collected first, then some statements for all of them.

use std::collections::{HashMap, HashSet};

use gateways::marketplaces::{Page, RemoteGoods};
use kernel::id::{GoodsId, ShopId, SkuId, StoreId};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;

use super::kept::{Kept, merged, variants};
use super::known::{Known, Place};
use super::reading::{Item, Variant};
use crate::areas::goods::batch::{self, NewGoods};
use crate::areas::goods::draft::GoodsDraft;
use crate::areas::goods::entity::goods;
use crate::areas::goods::{self as goods_area, GoodsError};
use crate::areas::market_accounts::entity::{import_run, remote_goods};
use crate::areas::market_accounts::refusals::{self, Refusal};
use crate::areas::market_accounts::remote::{self, Seen};
use crate::areas::market_accounts::rules::{Duplicates, OwnTerms, Refusals};
use crate::areas::market_accounts::service::PageDone;
use crate::areas::market_accounts::{pictures, query};
use crate::areas::stock::movements;
use crate::areas::stores::skus::{self, Listed};
use crate::areas::stores::state::MatchedBy;

/// Why goods that the shop has already are refused.
pub(in super::super) const DUPLICATE: &str = "the shop has them already";
const GONE: &str = "no longer on the marketplace";
const LET_GO: &str = "an operator has said that they sell nothing of the shop's";
const REMOVED: &str = "removed from the shop";

/// What a page has come to.
pub(in super::super) struct Written {
    /// For the run.
    pub done: PageDone,
    /// New SKUs with their first counts.
    pub opened: Vec<(SkuId, Option<i64>)>,
}

/// Collects what a page comes to.
pub(in super::super) struct Writer<'a> {
    run: &'a import_run::Model,
    place: Place<'a>,
    terms: &'a OwnTerms,
    known: Known,
    now: Time,
    wall: Time,
    fetched: i64,
    updated: i64,
    linked: i64,
    refusals: Refusals,
    refused: Vec<Refusal>,
    fresh: Vec<NewGoods>,
    ties: Vec<(String, GoodsId, Seen)>,
    listed: Vec<Listed>,
    tied: HashMap<(String, String), (SkuId, MatchedBy)>,
    pictures: Vec<(GoodsId, String)>,
    opened: Vec<(SkuId, Option<i64>)>,
}

impl<'a> Writer<'a> {
    pub fn new(
        run: &'a import_run::Model,
        place: Place<'a>,
        terms: &'a OwnTerms,
        known: Known,
        now: Time,
        wall: Time,
    ) -> Result<Self, Failure> {
        Ok(Self {
            refusals: query::refusals_of(run)?,
            run,
            place,
            terms,
            known,
            now,
            wall,
            fetched: 0,
            updated: 0,
            linked: 0,
            refused: Vec::new(),
            fresh: Vec::new(),
            ties: Vec::new(),
            listed: Vec::new(),
            tied: HashMap::new(),
            pictures: Vec::new(),
            opened: Vec::new(),
        })
    }

    /// Takes in a page, at most `limit` goods of the run, and writes it.
    pub async fn write(
        mut self,
        conn: &impl ConnectionTrait,
        page: &Page<RemoteGoods>,
        limit: i64,
    ) -> Result<Written, Failure> {
        let room = usize::try_from(limit.saturating_sub(self.run.fetched)).unwrap_or(0);
        let mut seen = HashSet::new();
        for row in page.rows.iter().take(room) {
            self.fetched += 1;
            // A platform may show the same goods twice while its order shifts.
            if seen.insert(row.external_id.as_str()) {
                self.take(conn, row).await?;
            }
        }
        let room = room.saturating_sub(page.rows.len());
        for skipped in page.skipped.iter().take(room) {
            self.fetched += 1;
            self.refuse(&skipped.reason, skipped.external_id.as_deref(), None);
        }
        let room = room.saturating_sub(page.skipped.len());
        for id in page.missing.iter().take(room) {
            self.fetched += 1;
            self.refuse(GONE, Some(id), None);
        }
        let gone: Vec<&str> = page.missing.iter().map(String::as_str).collect();
        skus::off_sale(conn, self.place.store, &gone, self.now).await?;
        self.store(conn).await?;
        let finished = page.next.is_none() || self.run.fetched + self.fetched >= limit;
        let done = PageDone {
            cursor: page.next.as_ref().map(|cursor| cursor.0.clone()),
            fetched: self.fetched,
            created: i64::try_from(self.fresh.len()).unwrap_or(i64::MAX),
            updated: self.updated,
            linked: self.linked,
            refusals: self.refusals,
            finished,
        };
        Ok(Written { done, opened: self.opened })
    }

    fn refuse(&mut self, reason: &str, external_id: Option<&str>, title: Option<&str>) {
        self.refusals.note(reason, external_id);
        self.refused.push(Refusal {
            external_id: external_id.map(str::to_owned),
            title: title.map(str::to_owned),
            reason: reason.to_owned(),
        });
    }

    async fn take(&mut self, conn: &impl ConnectionTrait, row: &RemoteGoods) -> Result<(), Failure> {
        let item = match Item::read(row, &self.known.terms(self.terms)) {
            Ok(item) => item,
            Err(reason) => {
                self.refuse(&reason, Some(&row.external_id), Some(&row.title));
                return Ok(());
            }
        };
        self.listed.extend(item.listed());
        if !self.terms.makes {
            self.link(&item);
            return Ok(());
        }
        match self.known.ties.get(&item.external_id).cloned() {
            Some(tie) => self.renew(conn, &tie, &item).await,
            None => {
                self.take_new(&item);
                Ok(())
            }
        }
    }

    /// Goods that this store has not brought yet.
    fn take_new(&mut self, item: &Item) {
        let has = |sku: Option<(SkuId, MatchedBy)>| sku.is_some();
        let tied = item.variants.iter().any(|variant| has(self.known.tied(item, variant)));
        let known = item.variants.iter().any(|variant| has(self.known.matched(item, variant)));
        let let_go = item.variants.iter().all(|variant| self.known.is_let_go(item, variant));
        match self.terms.duplicates {
            _ if let_go => self.refuse(LET_GO, Some(&item.external_id), Some(&item.title)),
            Duplicates::Skip if known => self.refuse(DUPLICATE, Some(&item.external_id), Some(&item.title)),
            Duplicates::Link if known => self.link(item),
            // The store's variants sell something of ours already, whatever else is asked for.
            Duplicates::New if tied => self.link(item),
            _ => self.create(item),
        }
    }

    /// Ties the store's variants to the SKUs that there are; those that match nothing are shown as such.
    fn link(&mut self, item: &Item) {
        let mut any = false;
        for variant in &item.variants {
            if let Some(tie) = self.known.matched(item, variant) {
                self.tied.insert((item.external_id.clone(), variant.external_id.clone()), tie);
                any = true;
            }
        }
        self.linked += i64::from(any);
    }

    fn create(&mut self, item: &Item) {
        let new = NewGoods {
            id: GoodsId::new(),
            draft: item.draft(self.place.marketplace, self.terms.on_shelf),
            skus: item.variants.iter().map(|variant| (SkuId::new(), variant.draft())).collect(),
        };
        if let Err(invalid) = new.check() {
            self.refuse(&invalid.to_string(), Some(&item.external_id), Some(&item.title));
            return;
        }
        let snapshot = match Kept::of(item).json() {
            Ok(snapshot) => snapshot,
            Err(error) => {
                self.refuse(&error.to_string(), Some(&item.external_id), Some(&item.title));
                return;
            }
        };
        for (variant, (sku, draft)) in item.variants.iter().zip(&new.skus) {
            self.opened.push((*sku, draft.stock.flatten()));
            if !self.known.is_let_go(item, variant) {
                let key = (item.external_id.clone(), variant.external_id.clone());
                self.tied.insert(key, (*sku, MatchedBy::Import));
            }
        }
        self.want_pictures(new.id, item);
        self.ties.push((item.external_id.clone(), new.id, self.seen(snapshot)));
        self.fresh.push(new);
    }

    fn seen(&self, snapshot: serde_json::Value) -> Seen {
        Seen { snapshot, look_at: self.now + super::super::listing::FRESH_FOR }
    }

    fn want_pictures(&mut self, goods: GoodsId, item: &Item) {
        if !self.terms.pictures {
            return;
        }
        let all = item.pictures.iter().chain(item.variants.iter().filter_map(|variant| variant.picture.as_ref()));
        let unique: HashSet<&String> = all.collect();
        self.pictures.extend(unique.into_iter().map(|address| (goods, address.clone())));
    }

    /// Goods imported before; what the merchant has changed since stays his.
    async fn renew(
        &mut self,
        conn: &impl ConnectionTrait,
        tie: &remote_goods::Model,
        item: &Item,
    ) -> Result<(), Failure> {
        let Some(before) = self.known.ours.get(&tie.goods_id).filter(|row| row.deleted_at.is_none()).cloned() else {
            self.refuse(REMOVED, Some(&item.external_id), Some(&item.title));
            return Ok(());
        };
        let (last, fresh) = (Kept::read(&tie.snapshot), Kept::of(item));
        match self.change(conn, &before, &last, item).await {
            Err(GoodsError::Invalid(invalid)) => {
                self.refuse(&invalid.to_string(), Some(&item.external_id), Some(&item.title));
                return Ok(());
            }
            other => self.updated += i64::from(other?),
        }
        if fresh != last {
            self.want_pictures(before.id, item);
            let seen = self.seen(fresh.json()?);
            remote::seen(conn, tie, seen, self.now).await?;
        }
        Ok(())
    }

    async fn change(
        &mut self,
        conn: &impl ConnectionTrait,
        before: &goods::Model,
        last: &Kept,
        item: &Item,
    ) -> Result<bool, GoodsError> {
        let points = match before.region_limited {
            true => goods_area::query::points_of(conn, before.shop_id, before.id).await?,
            false => Vec::new(),
        };
        let standing = GoodsDraft::of(before, points)?;
        let copies = self.known.copies.get(&before.id).cloned().unwrap_or_default();
        let draft = merged(&standing, last, item, self.place.marketplace, &copies);
        let rows = self.known.skus.get(&before.id).cloned().unwrap_or_default();
        let sells = |variant: &Variant| self.known.tied(item, variant).map(|(sku, _)| sku);
        let mut after = variants(&rows, last, item, &copies, sells, |variant| self.known.is_let_go(item, variant))?;
        if !after.fresh.is_empty() {
            let all = goods_area::query::all_skus(conn, before.shop_id, before.id).await?;
            let known: HashSet<&str> = all.iter().map(|row| row.specs_key.as_str()).collect();
            after.without(&known);
        }
        let skus = Some(after.drafts.as_slice()).filter(|drafts| *drafts != after.before.as_slice());
        if draft == standing && skus.is_none() {
            return Ok(false);
        }
        let saved = goods_area::service::change(conn, before, None, &draft, skus, self.now).await?;
        for (variant, (sku, count)) in after.fresh.iter().zip(&saved.skus.opened) {
            self.tied.insert((item.external_id.clone(), variant.clone()), (*sku, MatchedBy::Import));
            self.opened.push((*sku, *count));
        }
        Ok(true)
    }

    async fn store(&mut self, conn: &impl ConnectionTrait) -> Result<(), Failure> {
        let Place { shop, store, .. } = self.place;
        let (shop, store): (ShopId, StoreId) = (shop, store);
        batch::create(conn, shop, &self.fresh, self.now).await?;
        movements::open(conn, shop, &self.opened, None, self.now).await?;
        remote::tie_all(conn, self.place.origin(), std::mem::take(&mut self.ties), self.now).await?;
        skus::put_tied(conn, shop, store, &self.listed, &self.tied, self.now).await?;
        pictures::want(conn, shop, self.run.id, &self.pictures, self.wall).await?;
        Ok(refusals::keep(conn, self.run, &self.refused, self.now).await?)
    }
}
