//! Leaders, and who receives their shares.

use crate::api::routes::Routes;
use actix_web::{delete, get, patch, put, web};
use chrono::{DateTime, Utc};
use kernel::BasisPoints;
use kernel::id::{LeaderId, LeaderLevelId, MemberId};
use serde::{Deserialize, Serialize};

use super::receivers::{Checked, NewReceiver, ReceiverView};
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId, QueryOf, page_request};
use crate::api::fields::{Fields, null_or};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::leaders::entity::leader;
use crate::areas::leaders::error::LeaderError;
use crate::areas::leaders::receiver;
use crate::areas::leaders::service::LeaderChange;
use crate::areas::leaders::{query, state::LeaderState};
use crate::flows;

pub(super) fn routes(config: &mut Routes) {
    config
        .service(list_leaders)
        .service(get_leader)
        .service(patch_leader)
        .service(put_leader)
        .service(put_receiver)
        .service(delete_receiver);
}

/// A leader, as shown to operators.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct LeaderView {
    id: LeaderId,
    member_id: MemberId,
    name: String,
    /// With its middle hidden; whole where one leader is read.
    phone: Option<String>,
    state: LeaderState,
    resting: bool,
    /// Serves and redeems, earns nothing.
    pickup_only: bool,
    level_id: Option<LeaderLevelId>,
    recommender_id: Option<LeaderId>,
    /// What commission is multiplied by; 10000 is the whole.
    multiplier_bp: BasisPoints,
    sharing_receiver: Option<ReceiverView>,
    created_at: DateTime<Utc>,
}

impl LeaderView {
    pub(super) fn new(app: &App, row: leader::Model) -> Result<Self, LeaderError> {
        let receiver = receiver::of(&app.sealer, &row)?;
        let receiver = receiver.map(|receiver| ReceiverView::new(receiver, row.receiver_added_at));
        Ok(Self {
            id: row.id,
            member_id: row.member_id,
            name: row.name,
            phone: row.phone_mask,
            state: row.state,
            resting: row.resting,
            pickup_only: row.pickup_only,
            level_id: row.level_id,
            recommender_id: row.recommender_id,
            multiplier_bp: row.multiplier_bp,
            sharing_receiver: receiver,
            created_at: row.created_at,
        })
    }
}

/// Which leaders.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LeadersQuery {
    state: Option<LeaderState>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// Leaders, newest first.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), params(LeadersQuery),
    responses((status = 200, body = ListView<LeaderView>), Failures)
)]
#[get("/console/api/v1/leaders")]
async fn list_leaders(app: web::Data<App>, who: Operator, asked: QueryOf<LeadersQuery>) -> Reply {
    let page = page_request(asked.0.limit, asked.0.cursor)?;
    let rows = query::list(app.db.reader(), who.shop.id, asked.0.state, &page).await?;
    let next_cursor = rows.next_cursor;
    let items = rows.items.into_iter().map(|row| LeaderView::new(&app, row)).collect::<Result<_, _>>()?;
    json(&ListView::from(kernel::page::Page { items, next_cursor }))
}

/// One leader, with his telephone number for those who may change leaders.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = LeaderView), Failures)
)]
#[get("/console/api/v1/leaders/{id}")]
async fn get_leader(app: web::Data<App>, who: Operator, id: PathId<LeaderId>) -> Reply {
    let row = query::by_id(app.db.reader(), who.shop.id, *id).await?.ok_or(LeaderError::NotFound)?;
    let phone = query::phone(&app.sealer, &row)?;
    let mut view = LeaderView::new(&app, row)?;
    if who.may(Permission::Leaders).is_ok() {
        view.phone = phone;
    }
    json(&view)
}

/// A change of a leader; what is left out stays, and touches future orders alone.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeLeader {
    /// A frozen leader's points take no orders, and he cannot withdraw.
    state: Option<LeaderState>,
    /// A resting leader's points take no orders.
    resting: Option<bool>,
    /// Serves and redeems, earns nothing.
    pickup_only: Option<bool>,
    /// 0 to 10000.
    #[schema(value_type = Option<i32>, minimum = 0, maximum = 10000)]
    multiplier_bp: Option<BasisPoints>,
    /// null takes the level away.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<LeaderLevelId>)]
    level_id: Option<Option<LeaderLevelId>>,
    /// null takes the recommender away.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<LeaderId>)]
    recommender_id: Option<Option<LeaderId>>,
}

/// Changes a leader.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), params(("id" = String, Path)), request_body = ChangeLeader,
    responses((status = 200, body = LeaderView), Failures)
)]
#[patch("/console/api/v1/leaders/{id}")]
async fn patch_leader(app: web::Data<App>, who: Operator, id: PathId<LeaderId>, body: JsonBody<ChangeLeader>) -> Reply {
    change_leader(app, who, *id, body.value).await
}

/// Changes a leader, for clients without PATCH.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), params(("id" = String, Path)), request_body = ChangeLeader,
    responses((status = 200, body = LeaderView), Failures)
)]
#[put("/console/api/v1/leaders/{id}")]
async fn put_leader(app: web::Data<App>, who: Operator, id: PathId<LeaderId>, body: JsonBody<ChangeLeader>) -> Reply {
    change_leader(app, who, *id, body.value).await
}

async fn change_leader(app: web::Data<App>, who: Operator, id: LeaderId, asked: ChangeLeader) -> Reply {
    who.may(Permission::Leaders)?;
    let mut fields = Fields::default();
    let legal = asked.multiplier_bp.is_none_or(|bp| (0..=10_000).contains(&bp.bp()));
    fields.need(legal, "multiplier_bp", "0 to 10000");
    fields.done()?;
    let change = LeaderChange {
        state: asked.state,
        resting: asked.resting,
        pickup_only: asked.pickup_only,
        multiplier: asked.multiplier_bp,
        level: asked.level_id,
        recommender: asked.recommender_id,
    };
    let changed = flows::leaders::change(&app, &who.shop, who.operator, id, &change).await?;
    json(&LeaderView::new(&app, changed)?)
}

/// Sets who receives a leader's shares; WeChat is told before the first share.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), params(("id" = String, Path)), request_body = NewReceiver,
    responses((status = 200, body = LeaderView), Failures)
)]
#[put("/console/api/v1/leaders/{id}/sharing-receiver")]
async fn put_receiver(app: web::Data<App>, who: Operator, id: PathId<LeaderId>, body: JsonBody<NewReceiver>) -> Reply {
    who.may(Permission::Payouts)?;
    let Checked { kind, account, name } = body.value.checked()?;
    let changed = flows::leaders::set_receiver(&app, &who.shop, who.operator, *id, kind, account, name).await?;
    let changed = flows::profit_sharing::register_receiver(&app, &who.shop, changed).await?;
    json(&LeaderView::new(&app, changed)?)
}

/// Takes a leader's receiver away, here and from WeChat's list.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = LeaderView), Failures)
)]
#[delete("/console/api/v1/leaders/{id}/sharing-receiver")]
async fn delete_receiver(app: web::Data<App>, who: Operator, id: PathId<LeaderId>) -> Reply {
    who.may(Permission::Payouts)?;
    let changed = flows::leaders::remove_receiver(&app, &who.shop, who.operator, *id).await?;
    json(&LeaderView::new(&app, changed)?)
}
