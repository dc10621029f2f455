//! The end of the day: trouble is over, everything catches up by itself, and both sides agree.

use std::collections::BTreeMap;

use sandbox::stores::{OrderStage, StoreOrder, StorePlatform as P};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use tuanqiao::areas::channels::entity::{channel, line as channel_line};
use tuanqiao::areas::channels::state::LineState;
use tuanqiao::areas::goods::entity::{goods, sku};
use tuanqiao::areas::market_accounts::entity::{import_run, remote_goods};
use tuanqiao::areas::market_accounts::state::RunState;
use tuanqiao::areas::market_orders::entity::{feed, order};
use tuanqiao::areas::market_orders::rules::Units;
use tuanqiao::areas::market_orders::state::{OrderState, RemoteState as S, ShipmentState};
use tuanqiao::areas::stores::entity::store;
use tuanqiao::platform::entity::effect;
use tuanqiao::platform::outbox::EffectState;

use super::scene::takes_stock;
use super::units::{Here, held, pieces};
use super::walk::Day;
use super::{buyers, staff, trouble};

/// What a platform may say of an order as it stands, in our words.
fn said(platform: P, there: &StoreOrder) -> &'static [S] {
    match (there.stage, platform) {
        (OrderStage::Unpaid, P::Wanliniu) => &[S::Unpaid, S::Unknown],
        (OrderStage::Unpaid, _) => &[S::Unpaid],
        (OrderStage::Paid, P::Wanliniu) => &[S::Unknown, S::PaidUnshipped],
        (OrderStage::Paid, _) => &[S::PaidUnshipped],
        (OrderStage::PartShipped, _) => &[S::PartShipped],
        (OrderStage::Shipped, _) => &[S::Shipped],
        // Some know no end beyond sending.
        (OrderStage::Done, _) => &[S::Done, S::Shipped],
        // What was sent and paid back is finished there as what was received.
        (OrderStage::Cancelled, P::Aliexpress) if there.shipped_at.is_some() => &[S::Done],
        (OrderStage::Cancelled, _) => &[S::Cancelled],
    }
}

/// Whether an order has this number with us: Shopify's have a prefix, and Wanliniu has keys of its own.
fn is_number(platform: P, ours: &str, there: &StoreOrder) -> bool {
    match platform {
        P::Wanliniu => ours == format!("3B{:010X}", there.seq),
        _ => ours.rsplit('/').next() == Some(there.id.as_str()),
    }
}

impl Day {
    /// All trouble is over; operators and merchants do what only they can; the rest comes by itself.
    pub async fn comes_to_rest(&mut self) {
        self.app.wechat().clear_faults();
        self.app.restart().await;
        // The last trouble: somebody has just taken his consent back, and nobody has noticed yet.
        trouble::revoke(self).await;
        while buyers::end_refund(self).await || buyers::release(self).await {}
        let mut told = String::new();
        for round in 0..60 {
            trouble::wall_passes(self).await;
            trouble::authorise_again(self).await;
            // A run that an operator had begun before is gone on with at first.
            if round == 2 || round == 5 {
                for place in 0..self.stalls.len() {
                    self.imports_whole(place).await;
                }
            }
            if round % 4 == 3 {
                staff::replay(self).await;
            }
            self.app.run_due_jobs().await;
            // The fifth round is the next day: what stores really show is read.
            self.app.time_passes(if round == 4 { 25 * 3_600 } else { 1_000 });
            if round < 8 {
                continue;
            }
            match self.disagreement().await {
                None => return,
                Some(what) => told = what,
            }
        }
        panic!("both sides do not agree: {told}\n{}", self.story());
    }

    /// What the two sides do not agree on, in words.
    async fn disagreement(&self) -> Option<String> {
        let here = Here::read(self).await;
        let mut faults = Vec::new();
        self.orders_agree(&here, &mut faults).await;
        self.parcels_agree(&here, &mut faults);
        self.stock_agrees(&mut faults).await;
        self.goods_agree(&mut faults).await;
        self.nothing_waits(&here, &mut faults).await;
        let count = faults.len();
        if count == 0 {
            return None;
        }
        let shown = faults.into_iter().take(6).collect::<Vec<_>>().join("\n");
        Some(format!("{count} faults\n{shown}\n{}", self.what_stores_wait_for().await))
    }

    /// Which stores do not work or rest, and why.
    async fn what_stores_wait_for(&self) -> String {
        let reader = self.app.app.db.reader();
        let (stores, feeds) =
            (store::Entity::find().all(reader).await.unwrap(), feed::Entity::find().all(reader).await.unwrap());
        let channels = channel::Entity::find().all(reader).await.unwrap();
        let mut waits = vec![format!("now {}", self.app.app.clock.now())];
        for row in &stores {
            let feed = feeds.iter().find(|feed| feed.store_id == row.id);
            let feed = feed.map(|feed| (feed.watermark, feed.next_at, feed.failures, &feed.last_error));
            let channel = channels.iter().find(|channel| channel.store_id == row.id);
            let channel = channel.map(|channel| (channel.rest_until, &channel.last_error));
            waits.push(format!("{} {:?}: orders {feed:?}, stock {channel:?}", row.marketplace, row.state));
        }
        let runs = import_run::Entity::find().filter(import_run::Column::State.ne(RunState::Done));
        for run in runs.all(reader).await.unwrap() {
            let since = (run.created_at, run.updated_at, run.resume_at, run.failures);
            waits.push(format!("import of {} {:?} {since:?}: {:?}", run.marketplace, run.state, run.last_error));
        }
        waits.join("\n")
    }

    /// The order of ours that is `there`, as often as it is here.
    fn order_here<'h>(&self, here: &'h Here, place: usize, there: &StoreOrder) -> Vec<&'h order::Model> {
        let stall = &self.stalls[place];
        let fits =
            |row: &&order::Model| row.store_id == stall.id && is_number(stall.platform(), &row.external_id, there);
        here.orders.iter().filter(fits).collect()
    }

    async fn orders_agree(&self, here: &Here, faults: &mut Vec<String>) {
        let mut left = self.brought.clone();
        for (sku, units) in self.sold_here().await {
            *left.entry(sku).or_default() -= units;
        }
        for (place, stall) in self.stalls.iter().enumerate() {
            let platform = stall.platform();
            let ties = self.ties(place).await;
            let all = self.app.wechat().stores().orders(stall.of());
            let known = here.orders.iter().filter(|row| row.store_id == stall.id).count();
            let mut found = 0;
            for there in &all {
                let rows = self.order_here(here, place, there);
                found += rows.len();
                let order = rows.first().copied();
                for (sku, units) in held(platform, there, &ties, here, order) {
                    *left.entry(sku).or_default() -= units;
                }
                if let Some(fault) = self.order_differs(here, place, there, &rows, &ties) {
                    faults.push(format!("{} {fault}: {there:?} and {order:?}", platform.id()));
                }
            }
            if known != found {
                faults.push(format!("{} has {} orders, {known} are here, {found} the same", platform.id(), all.len()));
            }
        }
        for row in &here.lines {
            if let Some(sku) = row.sku_id {
                *left.entry(sku).or_default() += Units::of(row).missing();
            }
        }
        let free = self.free().await;
        for (sku, units) in &left {
            if free[sku] != *units {
                faults.push(format!("{sku}: {} are free, {units} should be", free[sku]));
            }
        }
    }

    fn order_differs(
        &self,
        here: &Here,
        place: usize,
        there: &StoreOrder,
        rows: &[&order::Model],
        ties: &BTreeMap<u64, kernel::id::SkuId>,
    ) -> Option<String> {
        let platform = self.stalls[place].platform();
        let order = match rows {
            // What nobody has paid need not be told.
            [] if there.paid_at.is_none() => return None,
            [order] => order,
            others => return Some(format!("is here {} times", others.len())),
        };
        if !said(platform, there).contains(&order.remote_state) {
            return Some("stands elsewhere".to_owned());
        }
        let state = match order.remote_state {
            S::Shipped => order.state == OrderState::Shipped || order.state == OrderState::Cancelled,
            S::Done => order.state == OrderState::Done || order.state == OrderState::Cancelled,
            S::Cancelled => order.state == OrderState::Cancelled,
            _ => true,
        };
        if !state {
            return Some("has another state with us".to_owned());
        }
        let mut lines: BTreeMap<_, i64> = BTreeMap::new();
        for row in here.lines_of(order).filter(|row| row.quantity > 0) {
            let Some(sku) = row.sku_id else { return Some("has a line that matches nothing".to_owned()) };
            *lines.entry(sku).or_default() += row.quantity;
        }
        if there.stage == OrderStage::Cancelled {
            // What it once was some platforms no longer tell.
            return None;
        }
        if lines != pieces(there, ties, |row| row.quantity) {
            return Some(format!("has other lines: {lines:?}"));
        }
        (there.paid_at.is_some() && order.total_minor != there.total_minor()).then(|| "has another total".to_owned())
    }

    /// Every parcel that a platform was to be told of it was told of once.
    fn parcels_agree(&self, here: &Here, faults: &mut Vec<String>) {
        for (place, stall) in self.stalls.iter().enumerate() {
            for there in self.app.wechat().stores().orders(stall.of()) {
                let Some(order) = self.order_here(here, place, &there).first().copied() else { continue };
                let told = here.parcels_of(order).filter(|row| row.state == ShipmentState::Told).count();
                // One that was lost on the way to an order that ended meanwhile is nobody's to tell any more.
                let ended = there.stage == OrderStage::Cancelled && told < there.parcels.len();
                if told != there.parcels.len() && !ended {
                    faults.push(format!(
                        "{told} parcels are told of {there:?}, by {:?}",
                        here.parcels_of(order).collect::<Vec<_>>()
                    ));
                }
            }
        }
        for row in &here.shipments {
            let order = here.orders.iter().find(|order| order.id == row.order_id).unwrap();
            let stall = self.stalls.iter().find(|stall| stall.id == row.store_id).unwrap();
            let all = self.app.wechat().stores().orders(stall.of());
            let there = all.iter().find(|there| is_number(stall.platform(), &order.external_id, there));
            let open = there.is_some_and(|there| matches!(there.stage, OrderStage::Paid | OrderStage::PartShipped));
            let waits = row.state == ShipmentState::Pending || row.state == ShipmentState::Refused && open;
            if waits {
                faults.push(format!("a parcel waits: {row:?} of {order:?}"));
            }
        }
    }

    /// Every store shows its part of the pool.
    async fn stock_agrees(&self, faults: &mut Vec<String>) {
        let free = self.free().await;
        for (place, stall) in self.stalls.iter().enumerate().filter(|(_, stall)| takes_stock(stall.platform())) {
            for (variant, sku) in self.ties(place).await {
                let shown = self.app.wechat().stores().shown(stall.of(), variant).unwrap();
                let wanted = stall.part.of(free[&sku]);
                if shown != wanted {
                    let rows = channel_line::in_store(self.app.shop().id, stall.id);
                    let row = rows.filter(channel_line::Column::SkuId.eq(sku)).one(self.app.app.db.reader()).await;
                    faults.push(format!(
                        "{} shows {shown} of {sku} and should {wanted} ({:?} of {}): {row:?}",
                        stall.platform().id(),
                        stall.part,
                        free[&sku]
                    ));
                }
            }
        }
        // The gate follows.
        let gate = self.app.app.gate.snapshot(self.app.shop().id).await.unwrap();
        for (sku, units) in free {
            let there = gate.as_ref().and_then(|gate| gate.free.get(&sku).copied());
            if there.is_some_and(|there| there != Some(units)) {
                faults.push(format!("the gate has {there:?} of {sku}, {units} are free"));
            }
        }
    }

    /// Goods are what the platform shows, but for what the merchant wrote himself.
    async fn goods_agree(&self, faults: &mut Vec<String>) {
        let (conn, shop) = (self.app.app.db.reader(), self.app.shop().id);
        let all = goods::in_shop(shop).all(conn).await.unwrap();
        let skus = sku::in_shop(shop).all(conn).await.unwrap();
        let ties = remote_goods::in_shop(shop).all(conn).await.unwrap();
        for (place, stall) in self.stalls.iter().enumerate() {
            let items = self.app.wechat().stores().items(stall.of());
            let sold = self.ties(place).await;
            for row in self.listed(place).await {
                let code = row.sku_code.clone().unwrap_or_default();
                let item = items.iter().find(|item| item.variants.iter().any(|variant| variant.code == code));
                // Where each variant is a listing of its own its name follows.
                if item.is_none_or(|item| !row.title.starts_with(&item.title)) {
                    faults.push(format!("{} lists {item:?} and not {row:?}", stall.platform().id()));
                }
            }
            for tie in ties.iter().filter(|tie| tie.account == stall.bound.id) {
                let Some(item) = items.iter().find(|item| item.number.to_string() == tie.external_id) else { continue };
                let row = all.iter().find(|row| row.id == tie.goods_id).unwrap();
                let title = self.edited.get(&row.id).unwrap_or(&item.title);
                if row.title != *title {
                    faults.push(format!("{} is called {} and not {title}", row.id, row.title));
                }
                for variant in item.variants.iter().filter(|_| stall.platform() == P::Pinduoduo) {
                    let ours = skus.iter().find(|sku| Some(&sku.id) == sold.get(&variant.number));
                    if ours.is_none_or(|ours| ours.price_fen.fen() != variant.price_minor) {
                        faults.push(format!("{variant:?} costs something else: {ours:?}"));
                    }
                }
            }
        }
    }

    /// No line is given up, and no effect that could still be delivered.
    async fn nothing_waits(&self, here: &Here, faults: &mut Vec<String>) {
        let (conn, shop) = (self.app.app.db.reader(), self.app.shop().id);
        let lines = channel_line::Entity::find().filter(channel_line::Column::ShopId.eq(shop)).all(conn).await.unwrap();
        for row in lines.iter().filter(|row| matches!(row.stock_state, LineState::Dead | LineState::Refused)) {
            faults.push(format!("{:?} {:?}", row.stock_state, row));
        }
        let effects = effect::in_shop(shop).filter(effect::Column::State.ne(EffectState::Done));
        for row in effects.all(conn).await.unwrap() {
            let refused = here.shipments.iter().find(|one| {
                one.state == ShipmentState::Refused && row.payload.to_string().contains(&one.id.to_string())
            });
            if refused.is_none() {
                faults.push(format!("{row:?}"));
            }
        }
    }
}
