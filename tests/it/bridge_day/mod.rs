//! A day of one shop with a store on every platform: people buy here and there, operators confirm, send,
//! correct and move stock, platforms fail before and after an effect, limit the rate, lose answers and stay
//! away for hours, merchants take their consent back, messages come twice and late, and jobs die between any
//! two steps. After some steps everything that must always hold is looked at; at the end all trouble is over,
//! the shop catches up by itself, and goods, orders and stock agree on both sides.
//!
//! Business time and the sandbox's time move by hand; platforms' orders and tokens live by wall time, as
//! everywhere. `SEED=` repeats a day, `WALK_STEPS=` makes it longer or shorter, `WALK_MINUTES=` makes it as
//! long as told, which is `make soak`.

mod agreement;
mod buyers;
mod checks;
mod killed;
mod messages;
mod scene;
mod shop;
mod staff;
mod trouble;
mod units;
mod walk;

use std::time::{Duration, Instant};

use walk::Day;

use crate::setup::Setup;

/// Steps of a day on the embedded set-up; on servers it is shorter, since each step is the same.
const STEPS: usize = 600;

on_both! {
    async fn goods_orders_and_stock_agree_on_both_sides_after_a_day_with_faults(setup: Setup) {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let seed = number("SEED").unwrap_or_else(|| chrono::Utc::now().timestamp_micros().unsigned_abs());
        let full = if setup == Setup::SqliteEmbedded { STEPS } else { STEPS / 4 };
        let steps = number("WALK_STEPS").map_or(full, |steps| usize::try_from(steps).unwrap());
        eprintln!("SEED={seed} WALK_STEPS={steps}");
        let mut day = Day::begin(setup, seed).await;
        let (begun, mut told) = (Instant::now(), Instant::now());
        let long_enough = number("WALK_MINUTES").map(|minutes| Duration::from_secs(60 * minutes));
        for step in 0.. {
            if long_enough.map_or(step >= steps, |long_enough| begun.elapsed() > long_enough) {
                break;
            }
            day.step().await;
            if step % 20 == 19 {
                day.always_holds().await;
            }
            if told.elapsed() > Duration::from_secs(20) {
                told = Instant::now();
                eprintln!("  {} steps in {:?}", step + 1, begun.elapsed());
            }
        }
        let walked = begun.elapsed();
        day.comes_to_rest().await;
        day.always_holds().await;
        // A short walk need not come by everything.
        if long_enough.is_some() {
            day.went_every_way();
        }
        eprintln!("{} and {:?} to rest", day.told(walked), begun.elapsed() - walked);
        day.end().await;
    }
}
