//! The shop's settings: one document, typed and checked as a whole.

use crate::api::routes::Routes;
use actix_web::{get, put, web};
use serde_json::{Map, Value};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::JsonBody;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::shops::query;
use crate::areas::shops::settings::Settings;
use crate::flows;

pub(super) fn routes(config: &mut Routes) {
    config.service(get_settings).service(put_settings);
}

/// The shop's settings.
#[utoipa::path(
    tag = "settings", security(("session" = [])), responses((status = 200, body = Settings), Failures)
)]
#[get("/console/api/v1/settings")]
async fn get_settings(app: web::Data<App>, who: Operator) -> Reply {
    json(&query::settings(app.db.reader(), who.shop.id).await?)
}

/// Changes settings and answers the whole document. A setting that is left out keeps its value;
/// nothing is changed when any is at fault.
#[utoipa::path(
    tag = "settings", security(("session" = [])), request_body = Settings,
    responses((status = 200, body = Settings), Failures)
)]
#[put("/console/api/v1/settings")]
async fn put_settings(app: web::Data<App>, who: Operator, body: JsonBody<Map<String, Value>>) -> Reply {
    who.may(Permission::Settings)?;
    json(&flows::settings::change(&app, &who.shop, who.operator, &body.value).await?)
}
