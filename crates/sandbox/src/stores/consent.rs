//! The page on which a merchant lets an application act for his store.
//!
//! Each platform checks the parameters of its own page; what the page shows and where it leads is the
//! same for all.

use actix_web::{HttpRequest, HttpResponse};

use super::{StorePlatform, StoreRef};
use crate::state::SandboxState;

/// A consent page's address as a browser opened it.
pub(crate) struct ConsentAsked<'a> {
    pub(crate) platform: StorePlatform,
    /// The path of the page.
    pub(crate) path: &'a str,
    /// Its query, as it came.
    pub(crate) query: &'a [(String, String)],
    pub(crate) redirect_uri: &'a str,
    pub(crate) state: &'a str,
    /// The names of code and state in the callback.
    pub(crate) names: (&'a str, &'a str),
    /// The store asked for, where the platform's address names one.
    pub(crate) store: Option<StoreRef>,
}

/// The query of a request, decoded.
pub(crate) fn query_of(request: &HttpRequest) -> Vec<(String, String)> {
    url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect()
}

/// The parameter by which the page's own buttons name a store; no platform has it.
const CHOSEN: &str = "_store";

impl SandboxState {
    /// The page of a platform that follows RFC 6749 to the letter, but for the name of the client.
    pub(crate) fn plain_consent(&self, platform: StorePlatform, request: &HttpRequest, client: &str) -> HttpResponse {
        let query = query_of(request);
        let value = |name: &str| query.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
        if value("response_type") != "code" {
            return words("参数错误", "response_type 必须为 code");
        }
        if self.keys().stores.on(platform).is_none_or(|app| app.id != value(client)) {
            return words("应用不存在", &format!("{client} 无效"));
        }
        let asked = ConsentAsked {
            platform,
            path: request.path(),
            query: &query,
            redirect_uri: value("redirect_uri"),
            state: value("state"),
            names: ("code", "state"),
            store: None,
        };
        self.consent(&asked, |_, _| {})
    }

    /// The page, or the way back to the application when somebody has chosen.
    ///
    /// `more` adds what the platform's callback carries beside code and state.
    pub(crate) fn consent(
        &self,
        asked: &ConsentAsked<'_>,
        more: impl FnOnce(&StoreRef, &mut Vec<(String, String)>),
    ) -> HttpResponse {
        if let Err(why) = self.callback_allowed(asked.platform, asked.redirect_uri) {
            return words("应用配置有误", why);
        }
        let chosen = asked.query.iter().find(|(name, _)| name == CHOSEN).map(|(_, value)| value.as_str());
        let stores = self.consentable(asked);
        let store = match chosen {
            Some("refuse") => {
                let said = [("error", "access_denied"), (asked.names.1, asked.state)];
                return back(
                    asked.redirect_uri,
                    said.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
                );
            }
            Some(number) => number.parse::<usize>().ok().and_then(|place| stores.get(place)).cloned(),
            None => self
                .world()
                .stores
                .consenting
                .get(&asked.platform)
                .cloned()
                .filter(|store| stores.contains(store) || asked.store.is_none()),
        };
        let Some(store) = store else {
            return page(asked, &self.names_of(&stores));
        };
        let now = self.clock().wall();
        let code = self.world().stores.grants.issue_code(&store, asked.redirect_uri, now);
        let mut query = vec![(asked.names.0.to_owned(), code), (asked.names.1.to_owned(), asked.state.to_owned())];
        more(&store, &mut query);
        back(asked.redirect_uri, query)
    }

    /// Whether codes may be sent to this address.
    pub(crate) fn callback_allowed(&self, platform: StorePlatform, address: &str) -> Result<(), &'static str> {
        if url::Url::parse(address).is_err() {
            return Err("redirect_uri 不是有效地址");
        }
        match self.world().stores.callbacks.get(&platform) {
            Some(registered) if registered != address => Err("redirect_uri 与应用登记的回调地址不一致"),
            _ => Ok(()),
        }
    }

    fn consentable(&self, asked: &ConsentAsked<'_>) -> Vec<StoreRef> {
        let world = self.world();
        let fits = |store: &&StoreRef| asked.store.as_ref().is_none_or(|wanted| wanted == *store);
        world.stores.on(asked.platform).map(|store| &store.of).filter(fits).cloned().collect()
    }

    fn names_of(&self, stores: &[StoreRef]) -> Vec<String> {
        let world = self.world();
        let name = |of: &StoreRef| world.stores.store(of).map_or(String::new(), |store| store.name.clone());
        stores
            .iter()
            .map(|of| {
                format!(
                    "{} ({}{})",
                    name(of),
                    of.seller,
                    if of.site.is_empty() { String::new() } else { format!(", {}", of.site) }
                )
            })
            .collect()
    }
}

/// The way back to the application.
fn back(redirect_uri: &str, query: Vec<(String, String)>) -> HttpResponse {
    let Ok(mut address) = url::Url::parse(redirect_uri) else {
        return words("应用配置有误", "redirect_uri 不是有效地址");
    };
    address.query_pairs_mut().extend_pairs(query);
    HttpResponse::Found().insert_header(("Location", address.to_string())).finish()
}

fn page(asked: &ConsentAsked<'_>, stores: &[String]) -> HttpResponse {
    let link = |choice: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(asked.query.iter().filter(|(name, _)| name != CHOSEN));
        query.append_pair(CHOSEN, choice);
        escaped(&format!("{}?{}", asked.path, query.finish()))
    };
    let row = |(place, name): (usize, &String)| {
        format!(
            r#"<p><a class="authorise" href="{}">授权 authorise: {}</a></p>"#,
            link(&place.to_string()),
            escaped(name)
        )
    };
    let rows: String = stores.iter().enumerate().map(row).collect();
    let body = format!(
        "<!doctype html><meta charset=\"utf-8\"><title>授权 authorise</title><h1>{}: 授权 authorise</h1>{rows}<p><a class=\"refuse\" href=\"{}\">拒绝 refuse</a></p>",
        asked.platform.id(),
        link("refuse"),
    );
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(body)
}

/// A page that says what is wrong.
pub(crate) fn words(title: &str, why: &str) -> HttpResponse {
    let body =
        format!("<!doctype html><meta charset=\"utf-8\"><title>{title}</title><h1>{title}</h1><p>{}</p>", escaped(why));
    HttpResponse::BadRequest().content_type("text/html; charset=utf-8").body(body)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
