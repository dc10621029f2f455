//! Pages for people: the start page and the API's documentation, offline.

use actix_web::web::{Data, ServiceConfig, get};
use actix_web::{HttpResponse, web};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{SwaggerUi, Url};

const START_PAGE: &str = include_str!("pages/start.html");

/// The start page at `/` and Swagger UI at `/docs/`.
pub fn routes(config: &mut ServiceConfig, documents: &Data<(OpenApi, OpenApi)>) {
    let (miniapp, console) = documents.get_ref().clone();
    let swagger = SwaggerUi::new("/docs/{_:.*}").urls(vec![
        (Url::new("storefront", "/miniapp-api.json"), miniapp),
        (Url::new("console", "/console-api.json"), console),
    ]);
    config.service(swagger).route("/docs", get().to(to_docs)).route("/", web::get().to(start_page));
}

async fn to_docs() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header(("Location", "/docs/index.html")).finish()
}

async fn start_page() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(START_PAGE)
}
