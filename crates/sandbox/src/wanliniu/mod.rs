//! 万里牛 (hupun): an ERP that gathers orders and goods, reached with a merchant's own key and secret.
//!
//! Both gateways answer here: the open one signs encoded pairs, the older b2c one bare ones. Which number
//! means which status is unconfirmed, as are the codes of refusals.

mod door;
mod goods;
mod trades;

use actix_web::web;
use serde_json::Value;

use crate::clock::parse_beijing;
use crate::rest::fields::Fields;
use crate::state::SandboxState;
use crate::stores::{Store, StoreRef};
use crate::world::World;

/// Adds the gateways.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service.route("/wanliniu/api/{path:.*}", web::post().to(door::door));
}

/// A refusal: code and words.
#[derive(Debug)]
struct Refusal(i64, String);

impl Refusal {
    fn parameter(name: &str) -> Self {
        Self(1_001, format!("参数错误:{name}"))
    }
}

type Reply = Result<Value, Refusal>;

/// A verified call.
struct Call<'a> {
    state: &'a SandboxState,
    fields: &'a Fields,
    of: StoreRef,
    /// Unix seconds, wall time.
    now: i64,
}

impl Call<'_> {
    fn store<'w>(&self, world: &'w World) -> Result<&'w Store, Refusal> {
        world.stores.store(&self.of).ok_or_else(|| Refusal(1_000, "_app不存在".to_owned()))
    }

    fn moment(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let text = self.fields.text(name);
        text.map(|text| parse_beijing(text).ok_or_else(|| Refusal::parameter(name))).transpose()
    }

    /// The rows of the page asked for; how many there are is not told.
    fn paged<T>(&self, rows: Vec<T>, most: i64) -> Result<Vec<T>, Refusal> {
        let number = |name: &str, preset: i64, most: i64| {
            let number = self.fields.number(name, preset, 1, most).map_err(|name| Refusal::parameter(&name))?;
            Ok(usize::try_from(number).unwrap_or(1))
        };
        Ok(crate::stores::page(rows, number("page", 1, 1_000_000)?, number("limit", 20, most)?).0)
    }
}
