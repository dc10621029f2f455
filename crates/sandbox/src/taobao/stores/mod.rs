//! The gateway's methods for merchants' stores.
//!
//! Another application than the affiliate one calls them, with the `session` of a merchant.

mod auth;
mod items;
mod ship;
mod trades;

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value};

use super::{Call, Refusal, Reply};
use crate::clock::parse_beijing;
use crate::state::SandboxState;
use crate::stores::{Store, StorePlatform, StoreRef};

const HERE: StorePlatform = StorePlatform::Taobao;

/// Adds the consent page: where the platform has it, and where one address stands in for all its hosts.
pub(super) fn routes(service: &mut web::ServiceConfig) {
    service.route("/taobao/authorize", web::get().to(consent));
}

async fn consent(state: Data<SandboxState>, request: HttpRequest) -> HttpResponse {
    state.plain_consent(HERE, &request, "client_id")
}

/// A call on behalf of a merchant.
struct StoreCall<'a> {
    call: &'a Call<'a>,
    store: StoreRef,
}

impl StoreCall<'_> {
    /// Reads the store.
    fn read<T>(&self, read: impl FnOnce(&Store) -> T) -> Result<T, Refusal> {
        let world = self.call.state.world();
        let found = world.stores.store(&self.store).map(read);
        found.ok_or_else(|| Refusal::remote("isv.shop-not-exist", "店铺不存在"))
    }

    fn needed(&self, name: &str) -> Result<&str, Refusal> {
        self.call.params.text(name).ok_or_else(|| Refusal::missing(name))
    }

    fn needed_integer(&self, name: &str) -> Result<i64, Refusal> {
        self.needed(name)?.parse().map_err(|_| Refusal::wrong(name))
    }

    /// A number of the platform's, that may be absent.
    fn id(&self, name: &str) -> Result<Option<u64>, Refusal> {
        self.call.params.text(name).map(|text| text.parse().map_err(|_| Refusal::wrong(name))).transpose()
    }

    /// A time in Beijing, that may be absent.
    fn time(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let parse = |text: &str| parse_beijing(text).ok_or_else(|| Refusal::wrong(name));
        self.call.params.text(name).map(parse).transpose()
    }

    fn page(&self, usual: i64, most: i64) -> Result<(usize, usize), Refusal> {
        let page = self.call.integer("page_no", 1, 1, i64::MAX)?;
        let size = self.call.integer("page_size", usual, 1, most)?;
        Ok((usize::try_from(page).unwrap_or(1), usize::try_from(size).unwrap_or(1)))
    }

    /// The fields that `fields` names, out of those there are: nothing else is told. `places` says
    /// under which member a field is found that is not its own.
    fn fields(&self, known: &[&str], places: &[(&str, &str)]) -> Result<Fields, Refusal> {
        let mut members = Vec::new();
        for name in self.needed("fields")?.split(',').map(str::trim) {
            if !known.contains(&name) {
                return Err(Refusal::wrong("fields"));
            }
            let place = places.iter().find(|(field, _)| *field == name).map_or(name, |(_, place)| place);
            members.push(place.to_owned());
        }
        Ok(Fields(members))
    }
}

/// Members that are told.
struct Fields(Vec<String>);

impl Fields {
    fn of(&self, whole: Value) -> Value {
        let Value::Object(members) = whole else { return whole };
        let told = members.into_iter().filter(|(name, _)| self.0.contains(name));
        Value::Object(told.collect::<Map<_, _>>())
    }
}

type Serve = fn(&StoreCall<'_>) -> Reply;

/// A method that needs a session, and its own parameters.
fn method(name: &str) -> Option<(Serve, &'static [&'static str])> {
    Some(match name {
        "taobao.user.seller.get" => (auth::seller, &["fields"]),
        "taobao.items.onsale.get" => (items::on_sale, items::ON_SALE),
        "taobao.items.seller.list.get" => (items::list, &["fields", "num_iids"]),
        "taobao.item.quantity.update" => (items::quantity, items::QUANTITY),
        "taobao.trades.sold.increment.get" => (trades::increment, trades::INCREMENT),
        "taobao.trade.fullinfo.get" => (trades::whole, &["fields", "tid"]),
        "taobao.logistics.companies.get" => (ship::companies, &["fields", "is_recommended", "order_mode"]),
        "taobao.logistics.offline.send" => (ship::send, ship::SEND),
        _ => return None,
    })
}

/// Whether the gateway has this method for stores.
pub(super) fn has(name: &str) -> bool {
    auth::method(name).is_some() || method(name).is_some()
}

/// Serves a store method.
pub(super) fn serve(call: &Call<'_>, name: &str) -> Reply {
    if let Some((serve, own)) = auth::method(name) {
        super::only(call.params, own)?;
        return serve(call);
    }
    let (serve, own) = method(name).ok_or_else(|| Refusal::gateway(22, "Invalid method"))?;
    super::only(call.params, own)?;
    let session = call.params.text("session").ok_or_else(|| Refusal::gateway(26, "Missing session"))?;
    let store = {
        let world = call.state.world();
        let grant = world.stores.grants.by_access(HERE, session, call.now);
        grant.map(|grant| grant.store.clone()).map_err(|_| invalid_session())?
    };
    serve(&StoreCall { call, store })
}

/// 27, said of every session that is not good.
fn invalid_session() -> Refusal {
    Refusal {
        code: 27,
        msg: "Invalid session".to_owned(),
        sub: Some(("invalid-sessionkey".to_owned(), "SessionKey非法".to_owned())),
    }
}
