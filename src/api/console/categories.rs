//! Categories, as operators keep them.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{delete, get, patch, post, put, web};
use chrono::{DateTime, Utc};
use kernel::failure::Invalid;
use kernel::id::CategoryId;
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId};
use crate::api::fields::null_or;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json, no_content};
use crate::app::App;
use crate::areas::goods::categories::{self, CategoryDraft};
use crate::areas::goods::entity::category;
use crate::flows;

pub(super) fn routes(config: &mut Routes) {
    config
        .service(list_console_categories)
        .service(create_category)
        .service(patch_category)
        .service(put_category)
        .service(delete_category);
}

/// A category.
#[derive(Serialize, utoipa::ToSchema)]
struct ManagedCategory {
    id: CategoryId,
    /// The category above it; null on the first level.
    parent_id: Option<CategoryId>,
    name: String,
    icon: Option<String>,
    position: i32,
    created_at: DateTime<Utc>,
}

impl From<&category::Model> for ManagedCategory {
    fn from(row: &category::Model) -> Self {
        let category::Model { id, parent_id, name, icon, position, created_at, .. } = row.clone();
        Self { id, parent_id, name, icon, position, created_at }
    }
}

/// A category. A name is required to create one; what is left out of a change stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CategoryBody {
    #[schema(min_length = 1, max_length = 30)]
    name: Option<String>,
    /// A category of the first level; null makes it one itself.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<CategoryId>)]
    parent_id: Option<Option<CategoryId>>,
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<String>, max_length = 1000)]
    icon: Option<Option<String>>,
    /// The place among its neighbours, small ones first.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    position: Option<i32>,
}

impl CategoryBody {
    fn edit(&self, draft: &mut CategoryDraft) {
        if let Some(name) = &self.name {
            draft.name.clone_from(name);
        }
        if let Some(parent_id) = self.parent_id {
            draft.parent_id = parent_id;
        }
        if let Some(icon) = &self.icon {
            draft.icon.clone_from(icon);
        }
        if let Some(position) = self.position {
            draft.position = position;
        }
    }
}

/// Every category of the shop, in the order shown.
#[utoipa::path(tag = "goods", security(("session" = [])),
    responses((status = 200, body = ListView<ManagedCategory>), Failures))]
#[get("/console/api/v1/categories")]
async fn list_console_categories(app: web::Data<App>, who: Operator) -> Reply {
    let rows = categories::all(app.db.reader(), who.shop.id).await?;
    json(&ListView::from(rows.iter().map(ManagedCategory::from).collect::<Vec<_>>()))
}

/// Adds a category.
#[utoipa::path(tag = "goods", security(("session" = [])), request_body = CategoryBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 201, body = ManagedCategory), Failures))]
#[post("/console/api/v1/categories")]
async fn create_category(
    app: web::Data<App>,
    who: Operator,
    key: IdempotencyKey,
    body: JsonBody<CategoryBody>,
) -> Reply {
    who.may(Permission::Goods)?;
    if body.value.name.is_none() {
        return Err(Invalid::field("name", "required", "a category has a name").into());
    }
    let mut draft = CategoryDraft::default();
    body.value.edit(&mut draft);
    let view = |row: &category::Model| ManagedCategory::from(row);
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view, async |once| {
        flows::goods::create_category(&app, &who.shop, who.operator, &draft, once).await
    })
    .await
}

/// Changes what is named; the rest stays.
#[utoipa::path(tag = "goods", security(("session" = [])), params(("id" = String, Path)), request_body = CategoryBody,
    responses((status = 200, body = ManagedCategory), Failures))]
#[patch("/console/api/v1/categories/{id}")]
async fn patch_category(
    app: web::Data<App>,
    who: Operator,
    id: PathId<CategoryId>,
    body: JsonBody<CategoryBody>,
) -> Reply {
    change(&app, &who, *id, &body.value).await
}

/// As `PATCH`, for clients that have none.
#[utoipa::path(tag = "goods", security(("session" = [])), params(("id" = String, Path)), request_body = CategoryBody,
    responses((status = 200, body = ManagedCategory), Failures))]
#[put("/console/api/v1/categories/{id}")]
async fn put_category(
    app: web::Data<App>,
    who: Operator,
    id: PathId<CategoryId>,
    body: JsonBody<CategoryBody>,
) -> Reply {
    change(&app, &who, *id, &body.value).await
}

async fn change(app: &App, who: &Operator, id: CategoryId, body: &CategoryBody) -> Reply {
    who.may(Permission::Goods)?;
    let edit = |draft: &mut CategoryDraft| body.edit(draft);
    let row = flows::goods::change_category(app, &who.shop, who.operator, id, edit).await?;
    json(&ManagedCategory::from(&row))
}

/// Removes an empty category; one in use is refused with how many goods and categories it holds.
#[utoipa::path(tag = "goods", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 204), Failures))]
#[delete("/console/api/v1/categories/{id}")]
async fn delete_category(app: web::Data<App>, who: Operator, id: PathId<CategoryId>) -> Reply {
    who.may(Permission::Goods)?;
    flows::goods::remove_category(&app, &who.shop, who.operator, *id).await?;
    no_content()
}
