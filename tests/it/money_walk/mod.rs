//! Random walks through the whole money system against the strict sandbox: people pay, collect, give
//! back, withdraw; notices are lost, doubled and come late; the platform fails before and after an
//! effect; jobs die between any two steps. After each step the order it touched adds up, and every so
//! often, and at the end, all of the books against the platform's own.
//!
//! `SEED=` repeats a walk, `WALK_STEPS=` makes it longer or shorter, `WALK_MINUTES=` makes it as long as
//! told, which is `make soak`.

mod books;
mod carts;
mod member_books;
mod member_moves;
pub mod moves;
mod payout_moves;
mod suppliers;
mod walk;

mod heavy {
    use std::time::{Duration, Instant};

    use super::walk::{Payout, Walk};
    use crate::setup::Setup;

    /// Steps of a walk on the embedded set-up; on servers a walk is a tenth of it, since each step is
    /// the same and what differs is tested elsewhere.
    const STEPS: usize = 5_000;

    on_both! {
        async fn no_fen_is_lost_or_made_where_leaders_are_paid_by_transfer(setup: Setup) {
            walks(setup, Payout::Transfer).await;
        }
    }

    on_both! {
        async fn no_fen_is_lost_or_made_where_leaders_are_paid_by_sharing(setup: Setup) {
            walks(setup, Payout::ProfitSharing).await;
        }
    }

    on_both! {
        async fn no_fen_is_lost_or_made_where_suppliers_collect_their_part_of_a_cart(setup: Setup) {
            walks(setup, Payout::Merchants).await;
        }
    }

    async fn walks(setup: Setup, payout: Payout) {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let seed = number("SEED").unwrap_or_else(|| chrono::Utc::now().timestamp_micros().unsigned_abs());
        let whole = if payout == Payout::Merchants { STEPS / 2 } else { STEPS };
        let full = if setup == Setup::SqliteEmbedded { whole } else { STEPS / 10 };
        let steps = number("WALK_STEPS").map_or(full, |steps| usize::try_from(steps).unwrap());
        eprintln!("SEED={seed} WALK_STEPS={steps}");
        let mut walk = Walk::begin(setup, payout, seed).await;
        let (begun, mut told) = (Instant::now(), Instant::now());
        let long_enough = number("WALK_MINUTES").map(|minutes| Duration::from_secs(60 * minutes));
        for step in 0.. {
            if long_enough.map_or(step >= steps, |long_enough| begun.elapsed() > long_enough) {
                break;
            }
            walk.step().await;
            if step % 200 == 199 {
                walk.adds_up(false).await;
            }
            if told.elapsed() > Duration::from_secs(30) {
                told = Instant::now();
                eprintln!("  {} steps in {:?}", step + 1, begun.elapsed());
            }
        }
        walk.comes_to_rest().await;
        walk.adds_up(true).await;
        // A shorter walk need not come by everything.
        if steps >= 4_000 || long_enough.is_some() {
            walk.went_every_way();
            walk.members_money_went_every_way(long_enough.is_some()).await;
        }
        eprintln!("{}", walk.told(begun.elapsed()));
        walk.end().await;
    }
}
