//! Profit sharing (分账): receivers, sharing, unfreezing, returning.

mod billed;
pub(super) mod receivers;
mod requests;
mod returns;
pub(crate) mod share;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Call;
use super::answer::{Answer, Refusal, Reply};
use super::orders::{Order, OrderState, unknown};
use crate::world::World;

pub(super) use billed::BilledShare;
pub(super) use requests::{create, unfreeze};
pub(super) use returns::{create as create_return, query as query_return};
pub(super) use share::query;

/// What sharing remembers.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct SharingTables {
    /// `seller/type/account` of each receiver.
    pub(super) receivers: BTreeSet<String>,
    /// `account/out_order_no` → a sharing or an unfreezing: one namespace.
    pub(super) shares: HashMap<String, share::Sharing>,
    /// `account/out_return_no` → a return.
    returns: HashMap<String, returns::Return>,
    /// Receivers whose next shares fail, with the reason: ordered through the control API.
    pub(super) failing: BTreeMap<String, String>,
    /// Merchants that did not agree to returns.
    pub(super) keeps_all: BTreeSet<String>,
    /// Where a receiving merchant wants to be told.
    pub(super) notify_urls: BTreeMap<String, String>,
}

/// The paid order of the caller that sharing is about.
fn shared_order<'a>(
    call: &Call<'_>,
    world: &'a World,
    transaction_id: &str,
    seller: &str,
) -> Result<(&'a str, &'a Order), Refusal> {
    let key = world.transactions.get(transaction_id).ok_or_else(unknown)?;
    let order = world.orders.get(key).ok_or_else(unknown)?;
    if order.account != call.account.mchid || order.seller != seller || order.state != OrderState::Paid {
        return Err(unknown());
    }
    Ok((key, order))
}

/// `GET /v3/profitsharing/transactions/{transaction_id}/amounts`.
pub(super) fn amounts(call: &Call<'_>, transaction_id: &str) -> Reply {
    call.exactly([])?;
    let mut world = call.state.world();
    if let Some(key) = world.transactions.get(transaction_id).cloned() {
        world.thaw(&key, call.now);
    }
    let key = world.transactions.get(transaction_id).ok_or_else(unknown)?;
    let order = world.orders.get(key).filter(|order| order.account == call.account.mchid).ok_or_else(unknown)?;
    Ok(Answer::Body(json!({"transaction_id": transaction_id, "unsplit_amount": order.frozen})))
}

/// `GET /v3/profitsharing/merchant-configs/{sub_mchid}`, for service providers.
pub(super) fn merchant_config(call: &Call<'_>, sub_mchid: &str) -> Reply {
    super::orders::known_sub_merchant(call, sub_mchid)?;
    Ok(Answer::Body(json!({"sub_mchid": sub_mchid, "max_ratio": call.state.config().sharing_ceiling_bp})))
}
