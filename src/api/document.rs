//! The API's documents, exported from the annotations of the code.

use actix_web::App;
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;

use super::{console, leader, storefront};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tuanqiao storefront and leader API",
        description = "What the mini-program calls. Conventions: money in integer fen, times in RFC 3339, \
            lists by cursor, errors as application/problem+json with a stable code.",
        license(name = "MIT", identifier = "MIT")
    ),
    modifiers(&BearerToken)
)]
struct MiniApp;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tuanqiao console API",
        description = "What the operators' console calls. Sign in first; writes send X-CSRF-Token.",
        license(name = "MIT", identifier = "MIT")
    ),
    modifiers(&SessionCookie)
)]
struct Console;

struct BearerToken;

impl utoipa::Modify for BearerToken {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
        let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        document.components.get_or_insert_default().add_security_scheme("bearer", scheme);
    }
}

struct SessionCookie;

impl utoipa::Modify for SessionCookie {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
        let scheme = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("tuanqiao_session")));
        document.components.get_or_insert_default().add_security_scheme("session", scheme);
    }
}

/// `miniapp-api.yaml`: the storefront and leader API.
pub fn miniapp() -> utoipa::openapi::OpenApi {
    App::new()
        .into_utoipa_app()
        .openapi(MiniApp::openapi())
        .configure(storefront::routes)
        .configure(leader::routes)
        .split_for_parts()
        .1
}

/// `console-api.yaml`: the operators' API.
pub fn console() -> utoipa::openapi::OpenApi {
    App::new().into_utoipa_app().openapi(Console::openapi()).configure(console::routes).split_for_parts().1
}
