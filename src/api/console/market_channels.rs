//! By which ids marketplaces know a leader, where they have a scheme of their own.

use crate::api::routes::Routes;
use actix_web::{delete, get, put, web};
use chrono::{DateTime, Utc};
use kernel::id::LeaderId;
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::affiliate_orders::channels;
use crate::areas::affiliate_orders::entity::channel;
use crate::flows::affiliate_orders::name_leader;

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(set).service(remove);
}

/// An id of a leader at a marketplace.
#[derive(Serialize, utoipa::ToSchema)]
struct ChannelView {
    marketplace: String,
    /// The marketplace's id of the promoter: Taobao's `relation_id`.
    channel_id: String,
    created_at: DateTime<Utc>,
}

impl From<channel::Model> for ChannelView {
    fn from(row: channel::Model) -> Self {
        Self { marketplace: row.marketplace, channel_id: row.channel_id, created_at: row.created_at }
    }
}

/// The new id.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewChannel {
    /// The marketplace's id of the promoter: Taobao's `relation_id`.
    #[schema(min_length = 1, max_length = 64)]
    channel_id: String,
}

async fn shown(app: &App, who: &Operator, leader: LeaderId) -> Reply {
    let rows = channels::of_leader(app.db.reader(), who.shop.id, leader).await?;
    json(&ListView::from(rows.into_iter().map(ChannelView::from).collect::<Vec<_>>()))
}

/// The ids by which marketplaces know a leader.
#[utoipa::path(
    tag = "leaders", operation_id = "market_channels", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ListView<ChannelView>), Failures)
)]
#[get("/console/api/v1/leaders/{id}/market-channels")]
async fn list(app: web::Data<App>, who: Operator, id: PathId<LeaderId>) -> Reply {
    shown(&app, &who, *id).await
}

/// Names a leader at a marketplace; links of his members then carry the id, and orders come back with it.
#[utoipa::path(
    tag = "leaders", operation_id = "set_market_channel", security(("session" = [])),
    params(("id" = String, Path), ("marketplace" = String, Path)), request_body = NewChannel,
    responses((status = 200, body = ListView<ChannelView>), Failures)
)]
#[put("/console/api/v1/leaders/{id}/market-channels/{marketplace}")]
async fn set(
    app: web::Data<App>,
    who: Operator,
    id: PathId<LeaderId>,
    path: web::Path<(String, String)>,
    body: JsonBody<NewChannel>,
) -> Reply {
    who.may(Permission::Leaders)?;
    let (_, marketplace) = path.into_inner();
    let mut fields = Fields::default();
    let channel_id = fields.line("channel_id", &body.value.channel_id, 1, 64);
    fields.done()?;
    name_leader(&app, &who.shop, who.operator, *id, &marketplace, Some(&channel_id)).await?;
    shown(&app, &who, *id).await
}

/// Forgets the id of a leader at a marketplace.
#[utoipa::path(
    tag = "leaders", operation_id = "remove_market_channel", security(("session" = [])),
    params(("id" = String, Path), ("marketplace" = String, Path)),
    responses((status = 200, body = ListView<ChannelView>), Failures)
)]
#[delete("/console/api/v1/leaders/{id}/market-channels/{marketplace}")]
async fn remove(app: web::Data<App>, who: Operator, id: PathId<LeaderId>, path: web::Path<(String, String)>) -> Reply {
    who.may(Permission::Leaders)?;
    let (_, marketplace) = path.into_inner();
    name_leader(&app, &who.shop, who.operator, *id, &marketplace, None).await?;
    shown(&app, &who, *id).await
}
