//! Pages for people: the start page and the API's documentation, offline.

use std::sync::OnceLock;

use actix_web::web::{Bytes, Data, ServiceConfig};
use actix_web::{HttpResponse, get};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use super::document;
use crate::app::App;

const START_PAGE: &str = include_str!("pages/start.html");

/// A document as it is sent, rendered when it is first asked for: most processes are never asked.
type Rendered = OnceLock<Result<Bytes, String>>;

static MINIAPP: Rendered = OnceLock::new();
static CONSOLE: Rendered = OnceLock::new();

/// The start page at `/` and Swagger UI at `/docs/`.
pub fn routes(config: &mut ServiceConfig) {
    let urls = [Url::new("storefront", "/miniapp-api.json"), Url::new("console", "/console-api.json")];
    let swagger = SwaggerUi::new("/docs/{_:.*}").config(Config::new(urls));
    config.service(swagger).service(to_docs).service(start_page).service(show_miniapp).service(show_console);
}

#[get("/miniapp-api.json")]
async fn show_miniapp() -> HttpResponse {
    show(&MINIAPP, document::miniapp)
}

#[get("/console-api.json")]
async fn show_console() -> HttpResponse {
    show(&CONSOLE, document::console)
}

fn show(rendered: &Rendered, document: fn() -> OpenApi) -> HttpResponse {
    match rendered.get_or_init(|| document().to_json().map(Bytes::from).map_err(|error| error.to_string())) {
        Ok(bytes) => HttpResponse::Ok().content_type("application/json").body(bytes.clone()),
        Err(error) => {
            tracing::error!(%error, "a document cannot be rendered");
            HttpResponse::InternalServerError().finish()
        }
    }
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
