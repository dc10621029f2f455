//! Time, the jobs, and what goes wrong with platforms, tokens and processes.

use sandbox::Fault;
use sandbox::stores::StorePlatform as P;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use tuanqiao::areas::channels::entity::channel;
use tuanqiao::areas::market_accounts::entity::import_run;
use tuanqiao::areas::market_orders::entity::feed;
use tuanqiao::areas::payments::entity::{payment, refund};
use tuanqiao::areas::stores::entity::store;
use tuanqiao::areas::stores::state::StoreState;
use tuanqiao::jobs::{JOBS, Job};
use tuanqiao::platform::entity::effect;

use super::scene::text;
use super::walk::{Day, moves};
use crate::money_walk::moves::dies_after;
use crate::stores::scene::result;

moves! {
    time_passes 30, all_jobs 10, one_job 40, die_in_a_job 16, strike 10, go_down 1, calm 6, expire_tokens 3,
    renewal_falls_due 4, revoke 1, authorise_again 4, restart 1, wall_passes 6,
}

/// The jobs that have to do with orders, goods and stock.
const WORK: &[&str] = &[
    "close_expired_orders",
    "deliver_outbox",
    "fill_market_orders",
    "forget_market_receivers",
    "import_marketplaces",
    "pull_market_orders",
    "push_stock",
    "query_open_payments",
    "reconcile_channels",
    "reconcile_stock",
    "renew_store_tokens",
];

async fn time_passes(day: &mut Day) -> bool {
    let seconds = match day.dice.below(10) {
        0..6 => day.dice.between(1, 60),
        6..9 => day.dice.between(60, 900),
        _ => day.dice.between(900, 3_600),
    };
    day.app.time_passes(seconds);
    day.remember(format!("  {seconds} s"));
    true
}

/// What waits by wall time, which cannot be moved, waits no longer: leases of those who died, rests, retries.
pub async fn wall_passes(day: &mut Day) -> bool {
    let conn = day.app.app.db.maintenance();
    let at = || Expr::value(day.app.app.clock.wall());
    macro_rules! over {
        ($($entity:ident: $column:ident),*) => {$(
            let over = $entity::Entity::update_many().col_expr($entity::Column::$column, at());
            over.filter($entity::Column::$column.is_not_null()).exec(conn).await.unwrap();
        )*};
    }
    over!(payment: NextQueryAt, refund: NextQueryAt, effect: RunAt, effect: LeaseUntil, feed: LeaseUntil,
        channel: LeaseUntil, channel: ReconcileLeaseUntil, store: RenewingUntil, store: RenewalRestsUntil,
        import_run: LeaseUntil);
    true
}

fn job_by_chance(day: &mut Day) -> &'static Job {
    let name = *day.dice.pick(WORK);
    JOBS.iter().find(|job| job.name == name).unwrap()
}

async fn one_job(day: &mut Day) -> bool {
    let job = job_by_chance(day);
    let outcome = (job.run)(&day.app.app).await;
    day.remember(format!("  job {} → {outcome:?}", job.name));
    outcome.is_ok()
}

async fn all_jobs(day: &mut Day) -> bool {
    day.app.run_due_jobs().await;
    true
}

/// A job's process dies at some moment, and what it held in memory is gone with it.
async fn die_in_a_job(day: &mut Day) -> bool {
    let job = job_by_chance(day);
    let life = day.dice.between(1, 40);
    let survived = dies_after(life, (job.run)(&day.app.app)).await;
    day.remember(format!("  job {} {}", job.name, if survived { "was done before" } else { "died" }));
    !survived
}

/// A platform has trouble, before or after the effect of the next calls took place.
async fn strike(day: &mut Day) -> bool {
    let place = day.any_stall();
    let path = format!("/{}", day.stalls[place].platform().id());
    let mut fault: Fault = serde_json::from_value(json!({"path_prefix": path})).unwrap();
    fault.times = 1 + day.dice.below(4) as u32;
    fault.after_effect = day.dice.once_in(2);
    match day.dice.below(5) {
        0 => fault.status = Some(500),
        1 => fault.status = Some(503),
        2 => fault.status = Some(429),
        3 => fault.drop = true,
        _ => {
            fault.status = Some(200);
            fault.body = Some(json!({"hm": ["no", 1]}));
        }
    }
    day.remember(format!("  {fault:?}"));
    day.app.wechat().add_fault(fault);
    true
}

/// A platform is away until somebody clears all trouble: hours may pass.
async fn go_down(day: &mut Day) -> bool {
    let place = day.any_stall();
    let path = format!("/{}", day.stalls[place].platform().id());
    let body = json!({"path_prefix": path, "status": 503, "times": 1_000_000});
    day.app.wechat().add_fault(serde_json::from_value(body).unwrap());
    day.app.time_passes(1_800);
    day.remember(format!("  {path} is away"));
    true
}

async fn calm(day: &mut Day) -> bool {
    day.app.wechat().clear_faults();
    true
}

/// The platform takes a token no more before its time; now and then the renewing one neither.
async fn expire_tokens(day: &mut Day) -> bool {
    let place = day.any_stall();
    // A key that a merchant pastes in has no end.
    if day.stalls[place].platform() == P::Wanliniu {
        return false;
    }
    let both = day.dice.once_in(4);
    day.remember(format!("  {} both: {both}", day.stalls[place].platform().id()));
    day.app.wechat().stores().expire_tokens(day.stalls[place].of(), both)
}

/// A store's tokens have grown old.
async fn renewal_falls_due(day: &mut Day) -> bool {
    let place = day.any_stall();
    let past = day.app.app.clock.wall() - chrono::Duration::seconds(1);
    let due = store::Entity::update_many()
        .col_expr(store::Column::RenewAt, Expr::value(past))
        .filter(store::Column::RenewAt.is_not_null())
        .filter(store::Column::Id.eq(day.stalls[place].id));
    due.exec(day.app.app.db.maintenance()).await.unwrap().rows_affected == 1
}

/// A merchant takes his consent back.
pub async fn revoke(day: &mut Day) -> bool {
    let place = day.any_stall();
    if day.stalls[place].platform() == P::Wanliniu {
        return false;
    }
    day.remember(format!("  {}", day.stalls[place].platform().id()));
    day.app.wechat().stores().revoke(day.stalls[place].of())
}

/// Merchants whose stores ask for it authorise again.
pub async fn authorise_again(day: &mut Day) -> bool {
    let mut any = false;
    for place in 0..day.stalls.len() {
        let row = store::Entity::find_by_id(day.stalls[place].id).one(day.app.app.db.reader()).await.unwrap().unwrap();
        if row.state != StoreState::Reauthorize {
            continue;
        }
        // Whoever sits before the platform's page sees it working.
        day.app.wechat().clear_faults();
        let stall = &day.stalls[place];
        let begun = stall.bound.operator.post(&stall.bound.path("/authorise"), json!({})).await;
        let path = stall.bound.path("");
        if !day.taken(&begun) {
            continue;
        }
        let back = day.app.agrees(&text(&begun.body, "url"), day.stalls[place].of()).await;
        let word = result(&day.stalls[place].bound.operator.get(&back).await);
        day.remember(format!("  {path} → {word}"));
        any |= word == "authorised";
    }
    any
}

/// The process ends and another begins.
async fn restart(day: &mut Day) -> bool {
    day.app.restart().await;
    true
}
