//! The consent page, tokens of users and of the application, and who a user is.

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Answer, Call, Refusal, Reply};
use crate::crypto;
use crate::rest::denied::{self, Denied};
use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::{ConsentAsked, Grant, StoreApp, StorePlatform, query_of, words};

/// How access tokens of users begin, of the application, and refresh tokens.
const ACCESS: &str = "v^1.1#i^1#p^3#r^0#I^3#f^0#t^H4s";
const APPLICATION: &str = "v^1.1#i^1#p^1#r^0#I^3#f^0#t^";
const REFRESH: &str = "v^1.1#i^1#r^1#p^3#f^0#I^3#t^Ul4";

/// Life of an application's token, in seconds.
const APPLICATION_S: i64 = 7_200;

const SCOPE: &str = "scope";
const SCOPES: &str = "https://api.ebay.com/oauth/api_scope";

fn app(state: &SandboxState) -> StoreApp {
    state.store_app(StorePlatform::Ebay)
}

fn named<'a>(app: &'a StoreApp, name: &str) -> &'a str {
    app.more.get(name).map_or("", String::as_str)
}

/// `GET /oauth2/authorize`. Where it leads stands in the developer's portal, under the registered name.
pub(super) async fn authorise(state: Data<SandboxState>, request: HttpRequest) -> HttpResponse {
    let query = query_of(&request);
    let Ok(fields) = Fields::read(request.query_string().as_bytes()) else {
        return words("invalid_request", "a parameter comes twice");
    };
    let app = app(&state);
    if fields.text("client_id") != Some(app.id.as_str()) {
        return words("unauthorized_client", "The OAuth client was not found.");
    }
    if fields.text("redirect_uri") != Some(named(&app, "ru_name")) {
        return words("unauthorized_client", "The redirect_uri is not the registered name (RuName).");
    }
    if fields.text("response_type") != Some("code") {
        return words("unsupported_response_type", "response_type must be code");
    }
    let scope = fields.text("scope").unwrap_or_default();
    if scope.is_empty() || !scope.split(' ').all(|one| one.starts_with(SCOPES)) {
        return words(
            "invalid_scope",
            "The requested scope is invalid, unknown, malformed, or exceeds the scope granted.",
        );
    }
    let accept_url = state.world().stores.callbacks.get(&StorePlatform::Ebay).cloned();
    let Some(accept_url) = accept_url else {
        return words("unauthorized_client", "No accept URL is registered under this name.");
    };
    let asked = ConsentAsked {
        platform: StorePlatform::Ebay,
        path: request.path(),
        query: &query,
        redirect_uri: &accept_url,
        state: fields.text("state").unwrap_or_default(),
        names: ("code", "state"),
        store: None,
    };
    state.consent(&asked, |store, callback| {
        let _ = state.stores().set(store, SCOPE, scope);
        callback.push(("expires_in".to_owned(), "299".to_owned()));
    })
}

/// `POST /identity/v1/oauth2/token`.
pub(super) async fn token(state: Data<SandboxState>, request: HttpRequest, body: Bytes) -> HttpResponse {
    denied::told(exchange(&state, &request, &body))
}

fn exchange(state: &SandboxState, request: &HttpRequest, body: &[u8]) -> Result<Value, Denied> {
    let app = app(state);
    let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", app.id, app.secret)));
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given != Some(basic.as_str()) {
        return Err(Denied(401, "invalid_client", "client authentication failed"));
    }
    if request.content_type() != "application/x-www-form-urlencoded" {
        return Err(Denied(400, "invalid_request", "the body must be a form"));
    }
    let fields = Fields::read(body).map_err(|_| Denied(400, "invalid_request", "a parameter comes twice"))?;
    if fields.stranger(&["grant_type", "code", "redirect_uri", "refresh_token", "scope"]).is_some() {
        return Err(Denied(400, "invalid_request", "request is missing a required parameter or malformed."));
    }
    let needed = |name: &str| {
        fields.text(name).ok_or(Denied(400, "invalid_request", "request is missing a required parameter or malformed."))
    };
    let now = state.clock().wall();
    match needed("grant_type")? {
        "authorization_code" => {
            if needed("redirect_uri")? != named(&app, "ru_name") {
                return Err(Denied(400, "invalid_request", "the redirect_uri is not the registered name"));
            }
            let mut world = state.world();
            let gone = |_| {
                Denied(
                    400,
                    "invalid_grant",
                    "the provided authorization grant code is invalid or was issued to another client",
                )
            };
            let code = world.stores.grants.take_code(StorePlatform::Ebay, needed("code")?, now).map_err(gone)?;
            Ok(answer(&world.stores.grants.open(&code.store, now), true, now))
        }
        "refresh_token" => {
            let gone = || {
                Denied(
                    400,
                    "invalid_grant",
                    "the provided authorization refresh token is invalid or was issued to another client",
                )
            };
            let text = needed("refresh_token")?.strip_prefix(REFRESH).ok_or_else(gone)?;
            let mut world = state.world();
            let grant = world.stores.grants.renew(StorePlatform::Ebay, text, now).map_err(|_| gone())?;
            let granted =
                world.stores.store(&grant.store).map(|store| store.setting(SCOPE).to_owned()).unwrap_or_default();
            let within = |one: &str| granted.split(' ').any(|has| has == one);
            if fields.text("scope").is_some_and(|scope| !scope.split(' ').all(within)) {
                return Err(Denied(
                    400,
                    "invalid_scope",
                    "The requested scope is invalid, unknown, malformed, or exceeds the scope granted to the client",
                ));
            }
            Ok(answer(&grant, false, now))
        }
        "client_credentials" => {
            needed("scope")?;
            Ok(json!({"access_token": application(&app, now + APPLICATION_S), "expires_in": APPLICATION_S,
                "token_type": "Application Access Token"}))
        }
        _ => Err(Denied(
            400,
            "unsupported_grant_type",
            "grant type in request is not supported by the authorization server",
        )),
    }
}

fn answer(grant: &Grant, first: bool, now: i64) -> Value {
    let access = format!("{ACCESS}{}", grant.access.text);
    let expires_in = grant.access.left_s(now);
    if !first {
        return json!({"access_token": access, "expires_in": expires_in, "token_type": "User Access Token"});
    }
    json!({"access_token": access, "expires_in": expires_in, "refresh_token": format!("{REFRESH}{}", grant.refresh.text),
        "refresh_token_expires_in": grant.refresh.left_s(now), "token_type": "User Access Token"})
}

/// An application's token says its own end and is sealed with the application's secret.
fn application(app: &StoreApp, end: i64) -> String {
    format!("{APPLICATION}{end}.{}", hex::encode(crypto::hmac_sha256(&app.secret, end.to_string().as_bytes())))
}

/// Whether a token is a living one of the application.
pub(super) fn is_application(state: &SandboxState, token: &str) -> bool {
    let end = token.strip_prefix(APPLICATION).and_then(|rest| rest.split('.').next()?.parse::<i64>().ok());
    end.is_some_and(|end| end > state.clock().wall() && token == application(&app(state), end))
}

/// Whose token it is, and what was granted.
pub(super) fn holder(state: &SandboxState, token: &str) -> Result<(String, String), Refusal> {
    let invalid = || {
        let said = "Invalid access token. Check the value of the Authorization HTTP request header.";
        Refusal::new(401, 1_001, "OAuth", said)
    };
    let text = token.strip_prefix(ACCESS).ok_or_else(invalid)?;
    let world = state.world();
    let grant =
        world.stores.grants.by_access(StorePlatform::Ebay, text, state.clock().wall()).map_err(|_| invalid())?;
    let granted = world.stores.store(&grant.store).map(|store| store.setting(SCOPE).to_owned());
    Ok((grant.store.seller.clone(), granted.unwrap_or_default()))
}

/// `GET /commerce/identity/v1/user/`.
pub(super) fn user(call: &Call<'_>, _: &str) -> Reply {
    let world = call.state.world();
    let stores = call.stores(&world);
    let first = stores.first();
    Ok(Answer::ok(json!({"userId": call.seller, "username": first.map_or("", |store| store.name.as_str()),
        "accountType": "BUSINESS", "status": "CONFIRMED",
        "registrationMarketplaceId": first.map_or("EBAY_US", |store| store.of.site.as_str())})))
}
