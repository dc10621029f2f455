//! Merchants' stores: enter one, look at it, change it, take it off.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{delete, get, patch, post, web};
use kernel::failure::Invalid;
use kernel::id::StoreId;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::store_views::{StoreData, StoreView, seen, sight};
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId};
use crate::api::fields::{Fields, null_or};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json, no_content};
use crate::app::App;
use crate::areas::stores::entity::store;
use crate::areas::stores::state::StoreEvent;
use crate::flows::stores::{self, Change, Wish};

/// The longest internal name.
const NAME_LENGTH: usize = 32;
/// The longest value of a platform's own data.
const DATA_LENGTH: usize = 300;

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(create).service(one).service(change).service(remove);
}

/// A store to be bound.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewStore {
    /// Such as `pinduoduo`.
    #[schema(min_length = 1, max_length = 64)]
    marketplace: String,
    /// The internal name: letters, digits and underscores, unique in the shop.
    #[schema(min_length = 1, max_length = 32)]
    name: String,
    /// The name for people.
    #[schema(min_length = 1, max_length = 64)]
    display_name: String,
    /// `self` for a merchant's own app or key, `third_party` for ours; the platform's usual way when
    /// left out.
    #[schema(max_length = 16)]
    kind: Option<String>,
    /// Where the platform has several sites.
    #[schema(max_length = 32)]
    site: Option<String>,
    /// The merchant's id there, when it is known: nobody else may authorise then.
    #[schema(max_length = 128)]
    external_id: Option<String>,
    /// What the platform needs for an account, by its own words (`GET /marketplaces`: `needs`).
    #[serde(default)]
    data: StoreData,
    /// The company behind the store.
    #[schema(max_length = 100)]
    legal_subject: Option<String>,
}

impl NewStore {
    fn checked(self) -> Result<Wish, Invalid> {
        let mut fields = Fields::default();
        let wish = Wish {
            marketplace: fields.line("marketplace", &self.marketplace, 1, 64),
            name: fields.line("name", &self.name, 1, NAME_LENGTH),
            display_name: fields.line("display_name", &self.display_name, 1, 64),
            kind: fields.line_if("kind", self.kind.as_deref(), 16),
            site: fields.line_if("site", self.site.as_deref(), 32),
            external_id: fields.line_if("external_id", self.external_id.as_deref(), 128),
            data: checked_data(&mut fields, self.data),
            legal_subject: fields.line_if("legal_subject", self.legal_subject.as_deref(), 100),
        };
        fields.done().map(|()| wish)
    }
}

fn checked_data(fields: &mut Fields, data: StoreData) -> Map<String, Value> {
    let checked = data.into_iter().map(|(name, value)| {
        let value = fields.line(&format!("data.{name}"), &value, 0, DATA_LENGTH);
        (name, Value::String(value))
    });
    checked.filter(|(_, value)| value != "").collect()
}

/// The stores that the operator may see, oldest first.
#[utoipa::path(
    tag = "stores", operation_id = "stores", security(("session" = [])),
    responses((status = 200, body = ListView<StoreView>), Failures)
)]
#[get("/console/api/v1/stores")]
async fn list(app: web::Data<App>, who: Operator) -> Reply {
    let rows = stores::all_of(&app, sight(&who), None).await?;
    json(&ListView::from(rows.iter().map(|row| StoreView::of(&app, &who, row)).collect::<Vec<_>>()))
}

/// Enters a store. Every fault is told at once; authorise it next.
#[utoipa::path(
    tag = "stores", operation_id = "create_store", security(("session" = [])), request_body = NewStore,
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 201, body = StoreView), Failures)
)]
#[post("/console/api/v1/stores")]
async fn create(app: web::Data<App>, who: Operator, key: IdempotencyKey, body: JsonBody<NewStore>) -> Reply {
    who.may(Permission::Stores)?;
    let wish = body.value.checked()?;
    let (shown_to, shown_by) = (who.clone(), app.clone());
    let view = move |row: &store::Model| StoreView::of(&shown_by, &shown_to, row);
    let work = async |once: &_| stores::enter(&app, &who.shop, who.operator, &wish, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view, work).await
}

/// A store.
#[utoipa::path(
    tag = "stores", operation_id = "store", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = StoreView), Failures)
)]
#[get("/console/api/v1/stores/{id}")]
async fn one(app: web::Data<App>, who: Operator, id: PathId<StoreId>) -> Reply {
    json(&StoreView::of(&app, &who, &seen(&app, &who, *id).await?))
}

/// A change of a store; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeStore {
    #[schema(min_length = 1, max_length = 64)]
    display_name: Option<String>,
    /// The platform's own data, as a whole.
    data: Option<StoreData>,
    /// Before the first authorisation alone.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<String>, max_length = 128)]
    external_id: Option<Option<String>>,
    /// Before the first authorisation alone.
    #[schema(max_length = 32)]
    site: Option<String>,
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<String>, max_length = 100)]
    legal_subject: Option<Option<String>>,
}

impl ChangeStore {
    fn checked(self) -> Result<Change, Invalid> {
        let mut fields = Fields::default();
        let wish = Change {
            display_name: self.display_name.map(|name| fields.line("display_name", &name, 1, 64)),
            data: self.data.map(|data| checked_data(&mut fields, data)),
            external_id: self.external_id.map(|id| fields.line_if("external_id", id.as_deref(), 128)),
            site: fields.line_if("site", self.site.as_deref(), 32),
            legal_subject: self.legal_subject.map(|name| fields.line_if("legal_subject", name.as_deref(), 100)),
        };
        fields.done().map(|()| wish)
    }
}

/// Changes what was entered of a store.
#[utoipa::path(
    tag = "stores", operation_id = "change_store", security(("session" = [])), params(("id" = String, Path)),
    request_body = ChangeStore, responses((status = 200, body = StoreView), Failures)
)]
#[patch("/console/api/v1/stores/{id}")]
async fn change(app: web::Data<App>, who: Operator, id: PathId<StoreId>, body: JsonBody<ChangeStore>) -> Reply {
    who.may(Permission::Stores)?;
    let row = seen(&app, &who, *id).await?;
    let change = body.value.checked()?;
    let row = stores::change(&app, &who.shop, who.operator, &row, change).await?;
    json(&StoreView::of(&app, &who, &row))
}

/// Takes a store off: its tokens are deleted, what was done through it is kept.
#[utoipa::path(
    tag = "stores", operation_id = "remove_store", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 204), Failures)
)]
#[delete("/console/api/v1/stores/{id}")]
async fn remove(app: web::Data<App>, who: Operator, id: PathId<StoreId>) -> Reply {
    who.may(Permission::Stores)?;
    let row = seen(&app, &who, *id).await?;
    stores::keep_state(&app, &who.shop, who.operator, &row, StoreEvent::Removed).await?;
    no_content()
}
