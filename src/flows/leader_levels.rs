//! Leaders rise to the highest level they have reached: by completed sales, by completed orders
//! or by members, as each level asks. Never down; orders keep the rate of the level they were placed at.
//!
//! A level is given whether or not the shop's rates follow levels now, so that they can tomorrow. What an
//! operator has set stays where it is higher; set lower, it rises again once it is reached.

use std::collections::HashMap;

use chrono::Duration;
use kernel::id::LeaderId;
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;
use serde_json::json;
use uuid::Uuid;

use crate::app::App;
use crate::areas::leaders::entity::{leader, level};
use crate::areas::leaders::levels::{self, Achieved};
use crate::areas::leaders::{query, service};
use crate::areas::members;
use crate::areas::operators::audit;
use crate::areas::orders::by_leader;
use crate::areas::shops::query::Shop;
use crate::platform::leases;

/// Between two looks by the clock, whichever process makes them: each counts every completed order.
const EVERY: Duration = Duration::minutes(10);
/// The lease's name: who has it has looked for this time.
const LEASE: &str = "raise_leaders";
/// How many leaders are looked at together.
const BATCH: u64 = 100;

/// Raises the leaders of every shop, once in ten minutes in one process of all; says how many rose.
pub async fn raise_at_times(app: &App) -> Result<u64, Failure> {
    let holder = Uuid::new_v4().to_string();
    let wall = app.clock.wall();
    let ours = app.db.write(async |tx| Ok(leases::take(tx, LEASE, &holder, EVERY, wall).await?)).await?;
    if !ours {
        return Ok(0);
    }
    let raised = raise(app).await;
    if raised.is_err() {
        // The next run tries again, in whichever process it is.
        app.db.write(async |tx| Ok(leases::give_back(tx, LEASE, &holder).await?)).await?;
    }
    raised
}

/// Raises the leaders of every shop to the highest level each has reached, and says how many rose.
pub async fn raise(app: &App) -> Result<u64, Failure> {
    let mut raised = 0;
    for shop in app.shops.all().iter() {
        raised += raise_of(app, shop).await?;
    }
    Ok(raised)
}

async fn raise_of(app: &App, shop: &Shop) -> Result<u64, Failure> {
    let ladder = levels::ladder(app.db.reader(), shop.id).await?;
    let Some(top) = ladder.iter().filter(|level| level.asks().anything()).map(|level| level.rank).max() else {
        return Ok(0);
    };
    // Who stands there or above cannot rise.
    let up_there: Vec<_> = ladder.iter().filter(|level| level.rank >= top).map(|level| level.id).collect();
    let (mut raised, mut after) = (0, None);
    loop {
        let page = query::not_on(app.db.reader(), shop.id, &up_there, after, BATCH).await?;
        let Some(last) = page.last() else { return Ok(raised) };
        after = Some(last.id);
        raised += raise_page(app, shop, &ladder, &page).await?;
    }
}

/// A leader, where he rises to, and why.
struct Rise<'a> {
    leader: &'a leader::Model,
    to: &'a level::Model,
    done: Achieved,
}

async fn raise_page(app: &App, shop: &Shop, ladder: &[level::Model], page: &[leader::Model]) -> Result<u64, Failure> {
    let ids: Vec<LeaderId> = page.iter().map(|leader| leader.id).collect();
    let done = achieved(app.db.reader(), shop, ladder, &ids).await?;
    let rises = page.iter().filter_map(|leader| {
        let done = done.get(&leader.id).copied().unwrap_or_default();
        Some(Rise { leader, to: levels::risen(ladder, leader.level_id, &done)?, done })
    });
    let rises: Vec<Rise> = rises.collect();
    if rises.is_empty() {
        return Ok(0);
    }
    app.db
        .write(async |tx| {
            let mut raised = 0;
            for rise in &rises {
                raised += u64::from(one(tx, shop, rise, app.clock.now()).await?);
            }
            Ok(raised)
        })
        .await
}

/// What leaders have done, as far as any level asks for it; who has done nothing is left out.
async fn achieved(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    ladder: &[level::Model],
    leaders: &[LeaderId],
) -> Result<HashMap<LeaderId, Achieved>, Failure> {
    let asks = |what: fn(&level::Model) -> bool| ladder.iter().any(what);
    let mut done: HashMap<LeaderId, Achieved> = HashMap::new();
    if asks(|level| level.from_sales_fen.is_some() || level.from_orders.is_some()) {
        for row in by_leader::completed(conn, shop.id, leaders).await? {
            let of = done.entry(row.leader).or_default();
            (of.sales, of.orders) = (row.sales, row.orders);
        }
    }
    if asks(|level| level.from_members.is_some()) {
        for (leader, count) in members::query::count_of_leaders(conn, shop.id, leaders).await? {
            done.entry(leader).or_default().members = count;
        }
    }
    Ok(done)
}

async fn one(conn: &impl ConnectionTrait, shop: &Shop, rise: &Rise<'_>, now: Time) -> Result<bool, Failure> {
    let Rise { leader, to, done } = rise;
    if !service::raise(conn, leader, to.id, now).await? {
        return Ok(false);
    }
    let detail = json!({
        "by": "system", "before": leader.level_id, "after": to.id,
        "sales_fen": done.sales, "members": done.members, "orders": done.orders,
    });
    audit::note(conn, shop.id, None, "leader.rise", leader.id, detail, now).await?;
    tracing::info!(leader = %leader.id, level = %to.id, "a leader has risen");
    Ok(true)
}
