//! What is done with a store: authorise, try out, stop, let go on, and say who works on it.

use crate::api::routes::Routes;
use actix_web::{get, post, put, web};
use kernel::failure::Invalid;
use kernel::id::StoreId;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::store_views::{BoundOperator, FindingView, StoreView, seen};
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PathId};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::stores::state::StoreEvent;
use crate::flows::stores::{self, Begun, TryOut};

/// The longest token that a platform gives to be pasted in.
const PASTED_LENGTH: usize = 4096;
/// The most operators of one store.
const OPERATORS_MAX: usize = 200;

pub(super) fn routes(config: &mut Routes) {
    config.service(authorise).service(test).service(pause).service(resume).service(operators).service(set_operators);
}

/// How a store is authorised.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AuthoriseStore {
    /// The merchant's token or secret, where one is pasted in (`GET /marketplaces`: `pasted`). It is
    /// sealed and never shown again.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4096)]
    pasted: Option<SecretString>,
}

/// What became of it.
#[derive(Serialize, utoipa::ToSchema)]
struct AuthorisationView {
    /// The platform's page, where the merchant must agree within ten minutes; null when it is done.
    #[schema(required)]
    url: Option<String>,
    /// The store as it stands.
    store: StoreView,
}

/// Begins an authorisation, also again for a store that must be authorised anew.
#[utoipa::path(
    tag = "stores", operation_id = "authorise_store", security(("session" = [])), params(("id" = String, Path)),
    request_body = AuthoriseStore, responses((status = 200, body = AuthorisationView), Failures)
)]
#[post("/console/api/v1/stores/{id}/authorise")]
async fn authorise(app: web::Data<App>, who: Operator, id: PathId<StoreId>, body: JsonBody<AuthoriseStore>) -> Reply {
    who.may(Permission::Stores)?;
    let row = seen(&app, &who, *id).await?;
    let pasted = body.value.pasted.map(trimmed).transpose()?;
    let view = match stores::begin(&app, &who.shop, who.operator, &row, pasted).await? {
        Begun::Page(url) => AuthorisationView { url: Some(url.into()), store: StoreView::of(&app, &who, &row) },
        Begun::Done(row) => AuthorisationView { url: None, store: StoreView::of(&app, &who, &row) },
    };
    json(&view)
}

fn trimmed(pasted: SecretString) -> Result<SecretString, Invalid> {
    use secrecy::ExposeSecret;
    let text = pasted.expose_secret().trim();
    if text.is_empty() || text.len() > PASTED_LENGTH || text.chars().any(char::is_control) {
        return Err(Invalid::field("pasted", "invalid", format!("1 to {PASTED_LENGTH} characters on one line")));
    }
    Ok(SecretString::from(text.to_owned()))
}

/// Whom the platform says we act for.
#[derive(Serialize, utoipa::ToSchema)]
struct MerchantIdentity {
    external_id: String,
    #[schema(required)]
    name: Option<String>,
    /// The sites it covers.
    sites: Vec<String>,
}

/// What came of a test.
#[derive(Serialize, utoipa::ToSchema)]
struct StoreTestView {
    /// Whether all that was tried works.
    works: bool,
    #[schema(required)]
    identity: Option<MerchantIdentity>,
    findings: Vec<FindingView>,
    store: StoreView,
}

/// Asks the platform whom we act for, or for a page of goods, and says what works and what is wrong.
#[utoipa::path(
    tag = "stores", operation_id = "test_store", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = StoreTestView), Failures)
)]
#[post("/console/api/v1/stores/{id}/test")]
async fn test(app: web::Data<App>, who: Operator, id: PathId<StoreId>, _: JsonBody<Nothing>) -> Reply {
    who.may(Permission::Stores)?;
    let row = seen(&app, &who, *id).await?;
    let TryOut { row, identity, findings } = stores::try_out(&app, &who.shop, &row).await?;
    let identity =
        identity.map(|told| MerchantIdentity { external_id: told.account_id, name: told.name, sites: told.sites });
    json(&StoreTestView {
        works: findings.iter().all(|finding| finding.works),
        identity,
        findings: findings.into_iter().map(FindingView::from).collect(),
        store: StoreView::of(&app, &who, &row),
    })
}

/// Stops a store: nothing is read from it or told to it.
#[utoipa::path(
    tag = "stores", operation_id = "pause_store", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = StoreView), Failures)
)]
#[post("/console/api/v1/stores/{id}/pause")]
async fn pause(app: web::Data<App>, who: Operator, id: PathId<StoreId>, _: JsonBody<Nothing>) -> Reply {
    moved(&app, &who, *id, StoreEvent::Paused).await
}

/// Lets a paused store go on.
#[utoipa::path(
    tag = "stores", operation_id = "resume_store", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = StoreView), Failures)
)]
#[post("/console/api/v1/stores/{id}/resume")]
async fn resume(app: web::Data<App>, who: Operator, id: PathId<StoreId>, _: JsonBody<Nothing>) -> Reply {
    moved(&app, &who, *id, StoreEvent::Resumed).await
}

async fn moved(app: &App, who: &Operator, id: StoreId, event: StoreEvent) -> Reply {
    who.may(Permission::Stores)?;
    let row = seen(app, who, id).await?;
    let row = stores::keep_state(app, &who.shop, who.operator, &row, event).await?;
    json(&StoreView::of(app, who, &row))
}

/// Who works on a store, beside owners and managers, who see all.
#[utoipa::path(
    tag = "stores", operation_id = "store_operators", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ListView<BoundOperator>), Failures)
)]
#[get("/console/api/v1/stores/{id}/operators")]
async fn operators(app: web::Data<App>, who: Operator, id: PathId<StoreId>) -> Reply {
    let row = seen(&app, &who, *id).await?;
    let rows = stores::operators_of(&app, row.id).await?;
    json(&ListView::from(rows.iter().map(BoundOperator::from).collect::<Vec<_>>()))
}

/// Who shall work on a store: these and nobody else.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct StoreOperators {
    #[schema(max_items = 200)]
    operators: Vec<BoundOperator>,
}

/// Says who works on a store.
#[utoipa::path(
    tag = "stores", operation_id = "set_store_operators", security(("session" = [])), params(("id" = String, Path)),
    request_body = StoreOperators, responses((status = 200, body = ListView<BoundOperator>), Failures)
)]
#[put("/console/api/v1/stores/{id}/operators")]
async fn set_operators(
    app: web::Data<App>,
    who: Operator,
    id: PathId<StoreId>,
    body: JsonBody<StoreOperators>,
) -> Reply {
    who.may(Permission::Stores)?;
    if body.value.operators.len() > OPERATORS_MAX {
        return Err(Invalid::field("operators", "too_long", format!("at most {OPERATORS_MAX} operators")).into());
    }
    let row = seen(&app, &who, *id).await?;
    let wanted: Vec<_> = body.value.operators.iter().map(|one| (one.operator_id, one.duty)).collect();
    let rows = stores::set_operators(&app, &who.shop, who.operator, row.id, &wanted).await?;
    json(&ListView::from(rows.iter().map(BoundOperator::from).collect::<Vec<_>>()))
}
