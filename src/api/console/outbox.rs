//! Effects on the outside that were given up, and their replay.

use crate::api::routes::Routes;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::id::EffectId;
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PathId, QueryOf, page_request};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::flows::outbox as effects;
use crate::platform::entity::effect;
use crate::platform::outbox::{self, EffectState};

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(replay);
}

/// Where an effect stands.
#[derive(Clone, Copy, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum EffectStateView {
    /// To be delivered, perhaps again.
    Ready,
    /// Delivered.
    Done,
    /// Given up; it can be replayed.
    Dead,
}

impl From<EffectState> for EffectStateView {
    fn from(state: EffectState) -> Self {
        match state {
            EffectState::Ready => Self::Ready,
            EffectState::Done => Self::Done,
            EffectState::Dead => Self::Dead,
        }
    }
}

impl From<EffectStateView> for EffectState {
    fn from(state: EffectStateView) -> Self {
        match state {
            EffectStateView::Ready => Self::Ready,
            EffectStateView::Done => Self::Done,
            EffectStateView::Dead => Self::Dead,
        }
    }
}

/// An effect on the outside.
#[derive(Serialize, utoipa::ToSchema)]
struct EffectView {
    id: EffectId,
    /// What is to be done.
    kind: String,
    /// To what: ids alone.
    #[schema(value_type = Object)]
    payload: serde_json::Value,
    state: EffectStateView,
    attempts: i32,
    /// When it is tried next (wall time).
    run_at: DateTime<Utc>,
    /// Why it was not delivered.
    last_error: Option<String>,
    created_at: DateTime<Utc>,
    done_at: Option<DateTime<Utc>>,
}

impl From<effect::Model> for EffectView {
    fn from(row: effect::Model) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            payload: row.payload,
            state: row.state.into(),
            attempts: row.attempts,
            run_at: row.run_at,
            last_error: row.last_error,
            created_at: row.created_at,
            done_at: row.done_at,
        }
    }
}

/// Which effects.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EffectsQuery {
    /// In this state; `dead` when left out.
    state: Option<EffectStateView>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// Effects, newest first.
#[utoipa::path(
    tag = "operation", operation_id = "outbox_list", security(("session" = [])), params(EffectsQuery),
    responses((status = 200, body = ListView<EffectView>), Failures)
)]
#[get("/console/api/v1/outbox")]
async fn list(app: web::Data<App>, who: Operator, asked: QueryOf<EffectsQuery>) -> Reply {
    who.may(Permission::Outbox)?;
    let EffectsQuery { state, limit, cursor } = asked.0;
    let state = state.unwrap_or(EffectStateView::Dead).into();
    let page = outbox::list(app.db.reader(), who.shop.id, state, &page_request(limit, cursor)?).await?;
    json(&ListView::from(page.map(EffectView::from)))
}

/// Puts a dead effect back to be delivered.
#[utoipa::path(
    tag = "operation", operation_id = "outbox_replay", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = EffectView), Failures)
)]
#[post("/console/api/v1/outbox/{id}/replay")]
async fn replay(app: web::Data<App>, who: Operator, id: PathId<EffectId>, _: JsonBody<Nothing>) -> Reply {
    who.may(Permission::Outbox)?;
    json(&EffectView::from(effects::replay(&app, &who.shop, *id, who.operator).await?))
}
