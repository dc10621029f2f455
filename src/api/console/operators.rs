//! Operators and the log of what they changed; for owners.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, patch, post, put, web};
use chrono::{DateTime, Utc};
use kernel::id::{AuditId, OperatorId, SupplierId};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission, Role};
use crate::api::body::{JsonBody, PageQuery, PathId, QueryOf};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::operators::entity::{audit_entry, operator};
use crate::areas::operators::{audit, query};
use crate::flows;
use crate::flows::operators::Change;

pub(super) fn routes(config: &mut Routes) {
    config
        .service(list_operators)
        .service(create_operator)
        .service(patch_operator)
        .service(put_operator)
        .service(list_audit_entries);
}

/// A console operator.
#[derive(Serialize, utoipa::ToSchema)]
struct OperatorView {
    id: OperatorId,
    username: String,
    role: Role,
    /// Whose operator, with the role `supplier`.
    supplier_id: Option<SupplierId>,
    /// Whether signing in needs a one-time code.
    totp: bool,
    disabled_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<&operator::Model> for OperatorView {
    fn from(row: &operator::Model) -> Self {
        Self {
            id: row.id,
            username: row.username.clone(),
            role: row.role,
            supplier_id: row.supplier_id,
            totp: row.totp_secret.is_some(),
            disabled_at: row.disabled_at,
            created_at: row.created_at,
        }
    }
}

/// The shop's operators, oldest first.
#[utoipa::path(
    tag = "operators", security(("session" = [])),
    responses((status = 200, body = ListView<OperatorView>), Failures)
)]
#[get("/console/api/v1/operators")]
async fn list_operators(app: web::Data<App>, who: Operator) -> Reply {
    who.may(Permission::Operators)?;
    let rows = query::list(app.db.reader(), who.shop.id).await?;
    json(&ListView::from(rows.iter().map(OperatorView::from).collect::<Vec<_>>()))
}

/// A new operator.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewOperator {
    /// Unique in the installation: letters, digits, `.`, `_`, `-` and `@`.
    #[schema(min_length = 1, max_length = 64)]
    username: String,
    #[schema(min_length = 8, max_length = 128)]
    password: String,
    role: Role,
    /// Whose operator: needed with the role `supplier`, who sees that supplier's statements, goods and
    /// lines alone.
    supplier_id: Option<SupplierId>,
}

/// Creates an operator of this shop.
#[utoipa::path(
    tag = "operators", security(("session" = [])), request_body = NewOperator,
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 201, body = OperatorView), Failures)
)]
#[post("/console/api/v1/operators")]
async fn create_operator(
    app: web::Data<App>,
    who: Operator,
    key: IdempotencyKey,
    body: JsonBody<NewOperator>,
) -> Reply {
    who.may(Permission::Operators)?;
    let NewOperator { username, password, role, supplier_id } = body.value;
    // The bare hash of a body that holds a password would help whoever reads the table to guess it.
    let hash = hex::encode(app.sealer.keyed_hash("operator-body", body.hash.as_bytes()));
    let view = |operator: &operator::Model| OperatorView::from(operator);
    key.once(&app, who.shop.id, who.operator, &hash, StatusCode::CREATED, view, async |once| {
        let (shop, by) = (who.shop.id, Some(who.operator));
        flows::operators::create_once(&app, shop, by, &username, password, (role, supplier_id), once).await
    })
    .await
}

/// A change of an operator; what is left out stays. His sessions end.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeOperator {
    role: Option<Role>,
    /// A disabled operator is out at once.
    disabled: Option<bool>,
    #[schema(min_length = 8, max_length = 128)]
    password: Option<String>,
}

/// Changes an operator.
#[utoipa::path(
    tag = "operators", security(("session" = [])), params(("id" = String, Path)), request_body = ChangeOperator,
    responses((status = 200, body = OperatorView), Failures)
)]
#[patch("/console/api/v1/operators/{id}")]
async fn patch_operator(
    app: web::Data<App>,
    who: Operator,
    id: PathId<OperatorId>,
    body: JsonBody<ChangeOperator>,
) -> Reply {
    change_operator(app, who, *id, body.value).await
}

/// Changes an operator, for clients without PATCH.
#[utoipa::path(
    tag = "operators", security(("session" = [])), params(("id" = String, Path)), request_body = ChangeOperator,
    responses((status = 200, body = OperatorView), Failures)
)]
#[put("/console/api/v1/operators/{id}")]
async fn put_operator(
    app: web::Data<App>,
    who: Operator,
    id: PathId<OperatorId>,
    body: JsonBody<ChangeOperator>,
) -> Reply {
    change_operator(app, who, *id, body.value).await
}

async fn change_operator(app: web::Data<App>, who: Operator, id: OperatorId, asked: ChangeOperator) -> Reply {
    who.may(Permission::Operators)?;
    let change = Change { role: asked.role, disabled: asked.disabled, password: asked.password };
    let changed = flows::operators::change(&app, who.shop.id, who.operator, id, change).await?;
    json(&OperatorView::from(&changed))
}

/// An entry of the audit log.
#[derive(Serialize, utoipa::ToSchema)]
struct AuditEntryView {
    id: AuditId,
    /// null for the command line.
    operator_id: Option<OperatorId>,
    /// Such as `leader.change`.
    action: String,
    /// The id of what was changed.
    subject: String,
    /// Before and after.
    #[schema(value_type = Object)]
    detail: serde_json::Value,
    at: DateTime<Utc>,
}

impl From<audit_entry::Model> for AuditEntryView {
    fn from(row: audit_entry::Model) -> Self {
        let audit_entry::Model { id, operator_id, action, subject, detail, at, .. } = row;
        Self { id, operator_id, action, subject, detail, at }
    }
}

/// What operators changed, newest first.
#[utoipa::path(
    tag = "operators", security(("session" = [])), params(PageQuery),
    responses((status = 200, body = ListView<AuditEntryView>), Failures)
)]
#[get("/console/api/v1/audit-entries")]
async fn list_audit_entries(app: web::Data<App>, who: Operator, page: QueryOf<PageQuery>) -> Reply {
    who.may(Permission::Operators)?;
    let rows = audit::list(app.db.reader(), who.shop.id, &page.0.checked()?).await?;
    json(&ListView::from(rows.map(AuditEntryView::from)))
}
