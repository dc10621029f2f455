//! The API's documents, exported from the annotations of the code and completed by what holds for
//! every call: who calls and how ([`callers`]), how answers look ([`answers`]), examples.

mod answers;
mod callers;
mod examples;
mod yaml;

pub use answers::LEFT_OUT;
pub use examples::all as examples;

use actix_web::http::StatusCode;
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi as OpenApiDocument, PathItem, RefOr};

use super::problem::Problem;
use super::routes::Routes;
use super::{console, leader, storefront};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tuanqiao storefront and leader API",
        description = "What the mini-program calls. Conventions: money in integer fen, times in RFC 3339, \
            lists by cursor, errors as application/problem+json with a stable code. A query parameter that is sent \
            empty counts as left out. HEAD is answered wherever GET is.",
        license(name = "MIT", identifier = "MIT")
    ),
    components(schemas(Problem)),
    modifiers(&BearerToken)
)]
struct MiniApp;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tuanqiao console API",
        description = "What the operators' console calls. Sign in first; writes send X-CSRF-Token. A query parameter \
            that is sent empty counts as left out. HEAD is answered wherever GET is.",
        license(name = "MIT", identifier = "MIT")
    ),
    components(schemas(Problem)),
    modifiers(&SessionCookie)
)]
struct Console;

struct BearerToken;

impl utoipa::Modify for BearerToken {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
        let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", scheme);
        let signature = SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::with_description(
            "sig",
            "Part of the signed address that announcing an upload answers.",
        )));
        components.add_security_scheme("signature", signature);
    }
}

struct SessionCookie;

impl utoipa::Modify for SessionCookie {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
        let scheme = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("tuanqiao_session")));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("session", scheme);
        let proof = ApiKeyValue::with_description("X-CSRF-Token", "The session's `csrf_token`.");
        components.add_security_scheme("csrf", SecurityScheme::ApiKey(ApiKey::Header(proof)));
    }
}

/// `miniapp-api.yaml`: the storefront and leader API.
pub fn miniapp() -> OpenApiDocument {
    let mut document = MiniApp::openapi();
    Routes::Describe(&mut document).configure(storefront::routes).configure(leader::routes);
    callers::storefront(&mut document);
    completed(document)
}

/// `console-api.yaml`: the operators' API.
pub fn console() -> OpenApiDocument {
    let mut document = Console::openapi();
    Routes::Describe(&mut document).configure(console::routes);
    callers::console(&mut document);
    completed(document)
}

fn completed(mut document: OpenApiDocument) -> OpenApiDocument {
    describe(&mut document);
    answers::complete(&mut document);
    examples::add(&mut document);
    document
}

/// Each call of a document: its method in small letters, its path and what is said about it.
pub fn operations(document: &OpenApiDocument) -> impl Iterator<Item = (&'static str, &str, &Operation)> {
    document.paths.paths.iter().flat_map(|(path, item)| {
        let PathItem { get, put, post, delete, patch, .. } = item;
        let all = [("get", get), ("put", put), ("post", post), ("delete", delete), ("patch", patch)];
        all.into_iter().filter_map(move |(method, operation)| Some((method, path.as_str(), operation.as_ref()?)))
    })
}

/// As [`operations`], to be changed.
fn operations_mut(document: &mut OpenApiDocument) -> impl Iterator<Item = (&'static str, &String, &mut Operation)> {
    document.paths.paths.iter_mut().flat_map(|(path, item)| {
        let PathItem { get, put, post, delete, patch, .. } = item;
        let all = [("get", get), ("put", put), ("post", post), ("delete", delete), ("patch", patch)];
        all.into_iter().filter_map(move |(method, operation)| Some((method, path, operation.as_mut()?)))
    })
}

/// Gives each answer a word and each call a name: OpenAPI wants both, and our annotations leave out
/// what status, method and path say anyway.
fn describe(document: &mut OpenApiDocument) {
    for (method, path, operation) in operations_mut(document) {
        operation.operation_id = Some(operation_id(method, path));
        for (status, response) in &mut operation.responses.responses {
            if let RefOr::T(response) = response
                && response.description.is_empty()
            {
                let known = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
                response.description = known.and_then(|s| s.canonical_reason()).unwrap_or("Answered").to_owned();
            }
        }
    }
}

/// `get_orders_id_pickup_code` for `GET /api/v1/orders/{id}/pickup-code`.
fn operation_id(method: &str, path: &str) -> String {
    let below = path.split_once("/api/v1/").map_or(path, |(_, below)| below);
    let words = below.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

/// The files of the public contract with their text, by path from the repository's root.
pub fn files() -> anyhow::Result<[(&'static str, String); 3]> {
    Ok([
        ("miniapp-api.yaml", yaml::quoted(&miniapp().to_yaml()?)),
        ("console-api.yaml", yaml::quoted(&console().to_yaml()?)),
        ("docs/error-codes.md", error_codes()),
    ])
}

/// `docs/error-codes.md`: every code with its status and titles.
fn error_codes() -> String {
    let mut text = "# Error codes\n\n\
        Every refusal is `application/problem+json` with one of these in `code`. Codes are stable: they are\n\
        added, never renamed. The title is Chinese or English by `Accept-Language`; `detail` says what\n\
        happened in the case at hand. This page is written by `make contract`.\n\n\
        | code | status | 中文 | English |\n| --- | --- | --- | --- |\n"
        .to_owned();
    for code in kernel::Code::ALL {
        let status = super::problem::status_of(*code).as_u16();
        text.push_str(&format!("| `{code}` | {status} | {} | {} |\n", code.title_zh(), code.title_en()));
    }
    text
}
