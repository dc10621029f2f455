//! Business time that was moved on: kept, so that a restart does not turn it back. Sandbox mode alone.

use chrono::Duration;
use kernel::{Code, Coded, Failure, Time};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait};

use crate::app::App;
use crate::platform::entity::fact;

/// The fact's name: by how many seconds business time is ahead of wall time.
const AHEAD: &str = "business_time_ahead_s";

/// Time moves by itself here.
#[derive(Debug, thiserror::Error)]
#[error("business time can be moved in sandbox mode alone ([sandbox] enabled = true)")]
pub struct SandboxOff;

impl Coded for SandboxOff {
    fn code(&self) -> Code {
        Code::SandboxOff
    }
}

/// Moves business time on by `seconds` and answers it.
pub async fn advance(app: &App, seconds: i64) -> Result<Time, Failure> {
    if !app.config.sandbox.enabled {
        return Err(SandboxOff.into());
    }
    app.clock.advance(Duration::seconds(seconds));
    let ahead = app.clock.ahead().num_seconds().to_string();
    app.db
        .write(async |tx| {
            let row = fact::ActiveModel { name: Set(AHEAD.to_owned()), value: Set(ahead.clone()) };
            let newest = OnConflict::column(fact::Column::Name).update_column(fact::Column::Value).to_owned();
            fact::Entity::insert(row).on_conflict(newest).exec_without_returning(tx).await?;
            Ok(())
        })
        .await?;
    app.bell.ring();
    Ok(app.clock.now())
}

/// Takes up business time where the last process left it.
pub async fn restore(app: &App) -> Result<(), Failure> {
    if !app.config.sandbox.enabled {
        return Ok(());
    }
    let kept = fact::Entity::find_by_id(AHEAD.to_owned()).one(app.db.reader()).await?;
    if let Some(seconds) = kept.and_then(|row| row.value.parse().ok()) {
        app.clock.advance(Duration::seconds(seconds));
    }
    Ok(())
}
