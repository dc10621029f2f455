//! Delivers effects: claims, commits, calls, then records what came of it.

use chrono::Duration;
use futures::StreamExt;
use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::effects::{self, Delivery};
use crate::platform::entity::effect;
use crate::platform::outbox::{self, EffectState, Patience};

/// How many effects are under way at once.
const AT_ONCE: usize = 8;
/// From so many attempts on it is more than a moment's trouble, or a wait for another step.
const WORTH_A_WARNING: i32 = 4;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let claimed = app.db.write(async |tx| Ok(outbox::claim(tx, app.clock.wall()).await?)).await?;
    let full = claimed.len() as u64 >= outbox::CLAIM_MAX;
    let count = claimed.len() as u64;
    let outcomes: Vec<_> = futures::stream::iter(claimed)
        .map(|row| async move {
            let delivery = effects::deliver(app, &row).await.unwrap_or_else(|f| Delivery::Later(f.to_string()));
            (row, delivery)
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let done: Vec<_> = outcomes.iter().filter(|(_, d)| *d == Delivery::Done).map(|(row, _)| row.id).collect();
    let wall = app.clock.wall();
    app.db.write(async |tx| Ok(outbox::finish(tx, &done, wall).await?)).await?;
    for (row, delivery) in outcomes {
        match delivery {
            Delivery::Done => {}
            Delivery::Later(why) => put_back(app, &row, &why, (effects::patience(&row), None)).await?,
            Delivery::After(why, pause) => put_back(app, &row, &why, (effects::patience(&row), Some(pause))).await?,
            Delivery::Dead(why) => put_back(app, &row, &why, (Patience::None, None)).await?,
        }
    }
    Ok(if full { Done::PartOf(count) } else { Done::AllOf(count) })
}

async fn put_back(app: &App, row: &effect::Model, why: &str, when: (Patience, Option<Duration>)) -> Result<(), Failure> {
    let wall = app.clock.wall();
    let state = app.db.write(async |tx| Ok(outbox::retry_later(tx, row, why, when, wall).await?)).await?;
    if state == EffectState::Dead {
        metrics::counter!("outbox_dead_total", "kind" => row.kind.clone()).increment(1);
        tracing::error!(effect = %row.id, kind = row.kind, why, "ALARM: an effect was given up; replay it when mended");
    } else if row.attempts >= outbox::ATTEMPTS_MAX {
        metrics::counter!("outbox_stuck_total", "kind" => row.kind.clone()).increment(1);
        tracing::error!(effect = %row.id, kind = row.kind, attempts = row.attempts, why, "ALARM: an effect fails on and is tried hourly");
    } else if row.attempts < WORTH_A_WARNING {
        tracing::info!(effect = %row.id, kind = row.kind, attempts = row.attempts, why, "an effect waits");
    } else {
        tracing::warn!(effect = %row.id, kind = row.kind, attempts = row.attempts, why, "an effect is tried again later");
    }
    Ok(())
}
