//! Orders as they were read, written with the stock they take.

use std::collections::HashMap;

use gateways::marketplaces::RemoteOrder;
use kernel::id::{MarketOrderId, StoreId};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;
use serde_json::Value;

use super::stock::{Ask, Moves};
use super::told::{self, Row};
use super::{matching, stock};
use crate::app::App;
use crate::areas::market_orders::entity::{feed, line, order};
use crate::areas::market_orders::service::{self, Noted};
use crate::areas::market_orders::state::{EventKind, Oversold};
use crate::areas::market_orders::telling::{self, After};
use crate::areas::market_orders::{feeds, query};
use crate::areas::shops::query::Shop;
use crate::areas::stores::entity::store_hint;
use crate::areas::stores::hints;

/// What a platform answered.
#[derive(Default)]
pub(super) struct Read {
    /// Orders.
    pub orders: Vec<RemoteOrder>,
    /// Numbers of orders that it no longer has.
    pub missing: Vec<String>,
    /// The hints that it answers.
    pub hints: Vec<store_hint::Model>,
}

/// Writes the orders of a page, the stock they take, and how far the feed is then: all or nothing.
pub(super) async fn page(
    app: &App,
    shop: &Shop,
    feed: &feed::Model,
    answer: &Read,
    next: &feed::Model,
) -> Result<(), Failure> {
    let rows = latest(app, &answer.orders)?;
    let moves = app
        .db
        .write(async |tx| {
            let now = app.clock.now();
            let said = said(app, tx, shop, feed.store_id, &rows, now).await?;
            let gone = query::numbered(tx, feed.store_id, &answer.missing).await?;
            service::touch(tx, &said.nothing_new, now).await?;
            service::touch(tx, &gone, now).await?;
            hints::done(tx, &answer.hints).await?;
            let moves = said.changes.write(tx, shop, (feed.oversold, Ask::Itself), now).await?;
            let next = feed::Model {
                seen_new: next.seen_new + said.seen_new,
                seen_changed: next.seen_changed + said.seen_changed,
                ..next.clone()
            };
            feeds::save(tx, feed, &next).await?;
            Ok(moves)
        })
        .await?;
    moves.tell_gate(app, shop.id).await;
    Ok(())
}

/// One row an order: a page may show one twice, and then the later change counts.
fn latest(app: &App, orders: &[RemoteOrder]) -> Result<Vec<Row>, Failure> {
    let mut at: HashMap<String, usize> = HashMap::new();
    let mut rows: Vec<Row> = Vec::with_capacity(orders.len());
    for order in orders {
        let row = told::row(app, order)?;
        match at.get(&row.told.external_id).and_then(|place| rows.get_mut(*place)) {
            Some(before) if before.told.modified_at > row.told.modified_at => {}
            Some(before) => *before = row,
            None => {
                at.insert(row.told.external_id.clone(), rows.len());
                rows.push(row);
            }
        }
    }
    Ok(rows)
}

/// What a page says.
#[derive(Default)]
struct Said {
    changes: Changes,
    nothing_new: Vec<MarketOrderId>,
    seen_new: i64,
    seen_changed: i64,
}

async fn said(
    app: &App,
    conn: &impl ConnectionTrait,
    shop: &Shop,
    store: StoreId,
    rows: &[Row],
    now: Time,
) -> Result<Said, Failure> {
    let numbers: Vec<&str> = rows.iter().map(|row| row.told.external_id.as_str()).collect();
    let mut known = query::held(conn, store, &numbers).await?;
    let mut said = Said::default();
    let mut saying: Vec<(&Row, Option<order::Model>)> = Vec::new();
    for row in rows {
        match known.remove(&row.told.external_id) {
            Some(order) if order.fingerprint == row.fingerprint || telling::is_old(&order, &row.told) => {
                said.nothing_new.push(order.id);
            }
            order => saying.push((row, order)),
        }
    }
    let ids: Vec<MarketOrderId> = saying.iter().filter_map(|(_, order)| Some(order.as_ref()?.id)).collect();
    let mut lines = query::lines_of(conn, &ids).await?;
    for (row, order) in saying {
        match order {
            Some(_) => said.seen_changed += 1,
            None => said.seen_new += 1,
        }
        let first = || telling::first_seen(MarketOrderId::new(), shop.id, store, &row.told, now);
        let order = order.unwrap_or_else(first);
        let receiver = told::kept(app, order.id, &row.receiver)?;
        let before = lines.remove(&order.id).unwrap_or_default();
        let after = telling::after(&order, before, &row.told, receiver, row.fingerprint.clone(), now);
        said.changes.add(after);
    }
    Ok(said)
}

/// Orders of one store that changed, whole, held by the caller or new.
#[derive(Default)]
pub(super) struct Changes {
    /// The orders.
    pub orders: Vec<order::Model>,
    /// Their lines.
    pub lines: Vec<line::Model>,
    /// What their timelines get.
    pub notes: Vec<Noted>,
}

impl Changes {
    /// One order held by the caller, with its lines.
    pub(super) fn of(order: order::Model, lines: Vec<line::Model>) -> Self {
        Self { orders: vec![order], lines, notes: Vec::new() }
    }

    fn add(&mut self, after: After) {
        let order = after.order.id;
        let note = |(kind, detail)| Noted { order, kind, actor: "platform".to_owned(), detail };
        self.notes.extend(after.events.into_iter().map(note));
        self.orders.push(after.order);
        self.lines.extend(after.lines);
    }

    /// Puts a line on an order's timeline.
    pub(super) fn note(&mut self, order: MarketOrderId, kind: EventKind, actor: &str, detail: Value) {
        self.notes.push(Noted { order, kind, actor: actor.to_owned(), detail });
    }

    /// Matches what can be matched and settles the stock; writes nothing but movements yet.
    pub(super) async fn settle(
        &mut self,
        conn: &impl ConnectionTrait,
        shop: &Shop,
        how: (Oversold, Ask),
        now: Time,
    ) -> Result<Moves, Failure> {
        if let Some(order) = self.orders.first() {
            matching::fill(conn, shop.id, order.store_id, &mut self.lines).await?;
        }
        stock::settle(conn, shop, how, &self.orders, &mut self.lines, now).await
    }

    /// Writes orders, stock, lines and timelines, in the house's order of locks.
    pub(super) async fn write(
        mut self,
        conn: &impl ConnectionTrait,
        shop: &Shop,
        how: (Oversold, Ask),
        now: Time,
    ) -> Result<Moves, Failure> {
        service::put_orders(conn, &self.orders).await?;
        let moves = self.settle(conn, shop, how, now).await?;
        self.put(conn, shop, now).await?;
        Ok(moves)
    }

    /// Writes lines and timelines of orders that are settled.
    pub(super) async fn put(&self, conn: &impl ConnectionTrait, shop: &Shop, now: Time) -> Result<(), Failure> {
        service::put_lines(conn, &self.lines).await?;
        service::note(conn, shop.id, &self.notes, now).await?;
        Ok(())
    }
}
