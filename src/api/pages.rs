//! Pages for people: the start page and the API's documentation, offline.

use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpResponse, get};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{SwaggerUi, Url};

use crate::app::App;

const START_PAGE: &str = include_str!("pages/start.html");

/// The start page at `/` and Swagger UI at `/docs/`.
pub fn routes(config: &mut ServiceConfig, documents: &Data<(OpenApi, OpenApi)>) {
    let (miniapp, console) = documents.get_ref().clone();
    let swagger = SwaggerUi::new("/docs/{_:.*}").urls(vec![
        (Url::new("storefront", "/miniapp-api.json"), miniapp),
        (Url::new("console", "/console-api.json"), console),
    ]);
    config.service(swagger).service(to_docs).service(start_page);
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
