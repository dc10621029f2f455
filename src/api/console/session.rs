//! Signing in to the console.

use crate::api::routes::Routes;
use actix_web::{HttpResponse, delete, get, post, web};
use kernel::failure::Invalid;
use kernel::id::{OperatorId, ShopId, SupplierId};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{AnyOperator, Role, session_cookie};
use crate::api::body::JsonBody;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::operators::passwords;
use crate::areas::operators::service::USERNAME_MAX;
use crate::flows;

pub(super) fn routes(config: &mut Routes) {
    config.service(sign_in).service(who_am_i).service(sign_out);
}

/// What signs an operator in.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ConsoleSignIn {
    #[schema(min_length = 1, max_length = 64)]
    username: String,
    #[schema(min_length = 1, max_length = 128)]
    password: String,
    /// Six digits, for operators who use one-time codes.
    #[schema(max_length = 16)]
    totp: Option<String>,
}

/// The operator of a session.
#[derive(Serialize, utoipa::ToSchema)]
struct SessionOperator {
    id: OperatorId,
    shop_id: ShopId,
    username: String,
    role: Role,
    /// Whose operator, with the role `supplier`.
    supplier_id: Option<SupplierId>,
}

/// A console session.
#[derive(Serialize, utoipa::ToSchema)]
struct ConsoleSession {
    operator: SessionOperator,
    /// For the `X-CSRF-Token` header of every write.
    csrf_token: String,
}

/// Signs in and sets the session cookie. After some wrong attempts a user name has to wait (429).
#[utoipa::path(
    tag = "session", request_body = ConsoleSignIn, operation_id = "console_sign_in",
    responses((status = 200, body = ConsoleSession), Failures)
)]
#[post("/console/api/v1/session")]
async fn sign_in(app: web::Data<App>, body: JsonBody<ConsoleSignIn>) -> Reply {
    let ConsoleSignIn { username, password, totp } = body.value;
    let too_long = |field: &str| Invalid::field(field, "too_long", "longer than any that exists");
    if username.chars().count() > USERNAME_MAX {
        return Err(too_long("username").into());
    }
    if password.chars().count() > passwords::MOST {
        return Err(too_long("password").into());
    }
    let (operator, opened) = flows::operators::sign_in(&app, &username, password, totp.as_deref()).await?;
    let view = ConsoleSession {
        operator: SessionOperator {
            id: operator.id,
            shop_id: operator.shop_id,
            username: operator.username,
            role: operator.role,
            supplier_id: operator.supplier_id,
        },
        csrf_token: opened.csrf_token,
    };
    Ok(HttpResponse::Ok().cookie(session_cookie(&app, opened.token)).json(view))
}

/// Who is signed in, and the token for writes.
#[utoipa::path(
    tag = "session", security(("session" = [])), operation_id = "console_who_am_i",
    responses((status = 200, body = ConsoleSession), Failures)
)]
#[get("/console/api/v1/session")]
async fn who_am_i(who: AnyOperator) -> Reply {
    let who = who.operator().clone();
    let operator = SessionOperator {
        id: who.operator,
        shop_id: who.shop.id,
        username: who.username,
        role: who.role,
        supplier_id: who.supplier,
    };
    json(&ConsoleSession { operator, csrf_token: who.csrf_token })
}

/// Signs out.
#[utoipa::path(
    tag = "session", security(("session" = [])), operation_id = "console_sign_out",
    responses((status = 204), Failures)
)]
#[delete("/console/api/v1/session")]
async fn sign_out(app: web::Data<App>, who: AnyOperator) -> Reply {
    flows::operators::sign_out(&app, who.operator().session).await?;
    let mut gone = session_cookie(&app, String::new());
    gone.make_removal();
    Ok(HttpResponse::NoContent().cookie(gone).finish())
}
