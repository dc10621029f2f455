//! The gateway's methods for merchants' stores (商家授权).
//!
//! Another application than the affiliate one calls them, with the access token of a store.

mod auth;
mod goods;
mod orders;
mod ship;

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::{Call, Refusal, Reply};
use crate::state::SandboxState;
use crate::stores::{GrantRefused, Store, StorePlatform, StoreRef};

const HERE: StorePlatform = StorePlatform::Pinduoduo;

/// Adds the consent page: where the platform has it, and where one address stands in for all its hosts.
pub(super) fn routes(service: &mut web::ServiceConfig) {
    service.route("/pinduoduo/service-market/auth", web::get().to(consent)).route("/pinduoduo", web::get().to(consent));
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
        world.stores.store(&self.store).map(read).ok_or_else(|| Refusal(50_001, "店铺不存在".to_owned()))
    }

    /// An integer from `least` to `most`, or `default` when absent.
    fn integer(&self, name: &str, default: i64, least: i64, most: i64) -> Result<i64, Refusal> {
        let value = self.call.params.integer(name)?.unwrap_or(default);
        if (least..=most).contains(&value) { Ok(value) } else { Err(wrong(name)) }
    }

    /// An integer that must be there.
    fn needed_integer(&self, name: &str) -> Result<i64, Refusal> {
        self.call.params.needed(name)?;
        self.call.params.integer(name)?.ok_or_else(|| wrong(name))
    }

    /// Page and size, from the names that all lists here share.
    fn page(&self, least_size: i64, most_size: i64) -> Result<(usize, usize), Refusal> {
        let page = self.integer("page", 1, 1, 10_000)?;
        let size = self.integer("page_size", 100, least_size, most_size)?;
        Ok((usize::try_from(page).unwrap_or(1), usize::try_from(size).unwrap_or(100)))
    }
}

fn wrong(name: &str) -> Refusal {
    Refusal(21_001, format!("业务参数错误:{name}"))
}

type Serve = fn(&StoreCall<'_>) -> Reply;

/// A method that needs a merchant's token, the key of its answer, and its own parameters.
fn method(name: &str) -> Option<(Serve, &'static str, &'static [&'static str])> {
    Some(match name {
        "pdd.mall.info.get" => (auth::mall, "mall_info_get_response", &[]),
        "pdd.goods.list.get" => (goods::list, "goods_list_get_response", goods::LIST),
        "pdd.goods.information.get" => (goods::information, "goods_info_get_response", &["goods_id"]),
        "pdd.goods.detail.get" => (goods::detail, "goods_detail_get_response", &["goods_id"]),
        "pdd.goods.quantity.update" => (goods::quantity, "goods_quantity_update_response", goods::QUANTITY),
        "pdd.order.number.list.increment.get" => {
            (orders::increment, "order_sn_increment_get_response", orders::INCREMENT)
        }
        "pdd.order.list.get" => (orders::confirmed, "order_list_get_response", orders::CONFIRMED),
        "pdd.order.information.get" => (orders::information, "order_info_get_response", &["order_sn"]),
        "pdd.order.status.get" => (orders::status, "order_status_get_response", &["order_sns"]),
        "pdd.open.decrypt.batch" => (orders::decrypt, "open_decrypt_batch_response", &["data_list"]),
        "pdd.logistics.companies.get" => (ship::companies, "logistics_companies_get_response", &[]),
        "pdd.logistics.online.send" => (ship::send, "logistics_online_send_response", ship::SEND),
        _ => return None,
    })
}

/// Whether the gateway has this method for stores.
pub(super) fn has(name: &str) -> bool {
    auth::method(name).is_some() || method(name).is_some()
}

/// Serves a store method: the key of its answer and what it says.
pub(super) fn serve(call: &Call<'_>, name: &str) -> Result<(&'static str, serde_json::Value), Refusal> {
    if let Some((serve, key, own)) = auth::method(name) {
        super::only(call.params, own)?;
        return Ok((key, serve(call)?));
    }
    let Some((serve, key, own)) = method(name) else {
        return Err(Refusal(10_017, format!("type不存在:{name}")));
    };
    super::only(call.params, own)?;
    let token = call.params.text("access_token");
    let token = token.ok_or_else(|| Refusal(10_001, "公共参数错误:access_token".to_owned()))?;
    let store = {
        let world = call.state.world();
        world.stores.grants.by_access(HERE, token, call.now).map(|grant| grant.store.clone()).map_err(barred)?
    };
    Ok((key, serve(&StoreCall { call, store })?))
}

/// What is said about a token that is not taken.
fn barred(refused: GrantRefused) -> Refusal {
    match refused {
        GrantRefused::Unknown => Refusal(20_032, "access_token或client_id错误".to_owned()),
        GrantRefused::Expired => Refusal(10_019, "access_token已过期".to_owned()),
        GrantRefused::Ended => Refusal(10_014, "用户已取消授权".to_owned()),
    }
}

fn succeeded() -> Reply {
    Ok(json!({"is_success": true}))
}
