//! Health, for load balancers and people at night.

use actix_web::{HttpResponse, get, web};
use sea_orm::ConnectionTrait;

use super::reply::Reply;
use crate::app::App;

/// The process is up.
#[get("/healthz")]
pub async fn healthz() -> Reply {
    Ok(HttpResponse::Ok().json(serde_json::json!({"status": "up"})))
}

/// The database and the stock store answer.
#[get("/readyz")]
pub async fn readyz(app: web::Data<App>) -> Reply {
    let database = app.db.reader().execute_unprepared("SELECT 1").await.is_ok();
    let stock_store = app.gate.ready().await.is_ok();
    let report = serde_json::json!({"database": database, "stock_store": stock_store});
    let mut answer = if database && stock_store { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    Ok(answer.json(report))
}
