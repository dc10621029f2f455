//! Business time that was moved on: kept, so that a restart does not turn it back and every process
//! follows. Sandbox mode alone.

use chrono::Duration;
use kernel::{Failure, Time};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait, QuerySelect};

use crate::app::App;
use crate::platform::entity::fact;

/// The fact's name: by how many seconds business time is ahead of wall time.
const AHEAD: &str = "business_time_ahead_s";

/// Moves business time on by `seconds` and answers it. Other processes follow within seconds.
pub async fn advance(app: &App, seconds: i64) -> Result<Time, Failure> {
    let ahead_s = app
        .db
        .write(async |tx| {
            let known = OnConflict::column(fact::Column::Name).do_nothing().to_owned();
            let row = fact::ActiveModel { name: Set(AHEAD.to_owned()), value: Set("0".to_owned()) };
            fact::Entity::insert(row).on_conflict(known).exec_without_returning(tx).await?;
            // Locked, so that two who move it at once both move it; another process may have moved it
            // further than this one knows yet.
            let row = fact::Entity::find_by_id(AHEAD.to_owned()).lock_exclusive().one(tx).await?;
            let kept_s = row.and_then(seconds_of).unwrap_or(0);
            let ahead_s = kept_s.max(app.clock.ahead().num_seconds()).saturating_add(seconds);
            let row = fact::ActiveModel { name: Set(AHEAD.to_owned()), value: Set(ahead_s.to_string()) };
            fact::Entity::update(row).exec(tx).await?;
            Ok(ahead_s)
        })
        .await?;
    app.clock.catch_up(Duration::seconds(ahead_s));
    app.time_moved.notify_waiters();
    Ok(app.clock.now())
}

/// Takes up business time where the last process left it, or another has moved it since.
pub async fn catch_up(app: &App) -> Result<(), Failure> {
    if !app.config.sandbox.enabled {
        return Ok(());
    }
    let row = fact::Entity::find_by_id(AHEAD.to_owned()).one(app.db.reader()).await?;
    if let Some(seconds) = row.and_then(seconds_of) {
        app.clock.catch_up(Duration::seconds(seconds));
    }
    Ok(())
}

fn seconds_of(row: fact::Model) -> Option<i64> {
    row.value.parse().ok()
}
