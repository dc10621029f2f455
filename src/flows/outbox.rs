//! An operator puts an effect back that was given up.

use kernel::id::{EffectId, OperatorId};
use kernel::words::wire;
use kernel::{Code, Coded, Failure};
use serde_json::json;

use crate::app::App;
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::platform::entity::effect;
use crate::platform::outbox::{self, EffectState};

/// Why an effect cannot be replayed.
#[derive(Debug, thiserror::Error)]
enum ReplayError {
    #[error("the effect does not exist")]
    NotFound,
    #[error("the effect is {}", wire(.0))]
    NotDead(EffectState),
}

impl Coded for ReplayError {
    fn code(&self) -> Code {
        match self {
            ReplayError::NotFound => Code::EffectNotFound,
            ReplayError::NotDead(_) => Code::EffectNotDead,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            ReplayError::NotFound => None,
            ReplayError::NotDead(state) => Some(json!({ "state": state })),
        }
    }
}

/// Puts a dead effect back and notes who did. Errors: `outbox.not_found`, `outbox.not_dead`.
pub async fn replay(app: &App, shop: &Shop, id: EffectId, by: OperatorId) -> Result<effect::Model, Failure> {
    let row = app
        .db
        .write(async |tx| {
            let row = outbox::by_id(tx, shop.id, id).await?.ok_or(ReplayError::NotFound)?;
            if !outbox::replay(tx, shop.id, id, app.clock.wall()).await? {
                return Err(ReplayError::NotDead(row.state).into());
            }
            audit::note(tx, shop.id, by, "outbox.replay", id, json!({ "kind": row.kind }), app.clock.now()).await?;
            Ok(outbox::by_id(tx, shop.id, id).await?.ok_or(ReplayError::NotFound)?)
        })
        .await?;
    app.bell.ring();
    Ok(row)
}
