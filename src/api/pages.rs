//! Pages for people: the start page and the API's documentation, offline.

use actix_web::web::{Bytes, Data, ServiceConfig};
use actix_web::{HttpResponse, get};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use crate::app::App;

const START_PAGE: &str = include_str!("pages/start.html");

/// Both documents as they are sent. As values they would take some megabytes a worker.
pub struct Documents {
    miniapp: Bytes,
    console: Bytes,
}

impl Documents {
    /// Renders them.
    ///
    /// # Errors
    /// What serde says of a document that is none.
    pub fn render(miniapp: &OpenApi, console: &OpenApi) -> Result<Self, serde_json::Error> {
        Ok(Self { miniapp: miniapp.to_json()?.into(), console: console.to_json()?.into() })
    }
}

/// The start page at `/` and Swagger UI at `/docs/`.
pub fn routes(config: &mut ServiceConfig) {
    let urls = [Url::new("storefront", "/miniapp-api.json"), Url::new("console", "/console-api.json")];
    let swagger = SwaggerUi::new("/docs/{_:.*}").config(Config::new(urls));
    config.service(swagger).service(to_docs).service(start_page).service(show_miniapp).service(show_console);
}

#[get("/miniapp-api.json")]
async fn show_miniapp(documents: Data<Documents>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(documents.miniapp.clone())
}

#[get("/console-api.json")]
async fn show_console(documents: Data<Documents>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(documents.console.clone())
}

#[get("/docs")]
async fn to_docs() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header(("Location", "/docs/index.html")).finish()
}

#[get("/")]
async fn start_page(app: Data<App>) -> HttpResponse {
    let page = START_PAGE.replace("<!-- sandbox -->", &sandbox_links(&app));
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page)
}

/// In sandbox mode nothing is secret: the stand-in's control page and the metrics are named too.
fn sandbox_links(app: &App) -> String {
    if !app.config.sandbox.enabled {
        return String::new();
    }
    let (sandbox, metrics) = (&app.config.sandbox.bind, &app.config.server.metrics_bind);
    format!(
        r#"<li><a href="http://{sandbox}/">沙箱控制台 · sandbox control page</a>: 在这里付款、确认到账 · pay and confirm here</li>
  <li><a href="http://{metrics}/metrics">metrics</a></li>"#
    )
}
