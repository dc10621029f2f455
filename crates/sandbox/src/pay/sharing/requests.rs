//! Asking to share, and asking to unfreeze the rest.

use serde::Deserialize;
use serde_json::{Value, json};

use super::receivers::{Apps, ReceiverType, judge_account, receiver_key};
use super::share::{Part, PartResult, Sharing};
use super::shared_order;
use crate::clock::beijing_digits;
use crate::pay::answer::{Answer, Refusal, Reply};
use crate::pay::orders::{Order, seller_of, unknown};
use crate::pay::{Call, fields};
use crate::world::{World, key_of};

/// Requests of one order, and receivers of one request, at most.
const MOST: u32 = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Share {
    sub_mchid: Option<String>,
    appid: Option<String>,
    sub_appid: Option<String>,
    transaction_id: String,
    out_order_no: String,
    receivers: Vec<Receiver>,
    unfreeze_unsplit: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Receiver {
    r#type: ReceiverType,
    account: String,
    name: Option<String>,
    amount: i64,
    description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unfreeze {
    sub_mchid: Option<String>,
    transaction_id: String,
    out_order_no: String,
    description: String,
}

/// `POST /v3/profitsharing/orders`.
pub(in crate::pay) fn create(call: &Call<'_>) -> Reply {
    let body: Share = call.json()?;
    let seller = seller_of(call, body.sub_mchid.as_deref())?;
    fields::number("/out_order_no", &body.out_order_no, 1, 64, "_-|*@")?;
    let request = judge_receivers(call, &body)?;
    let fresh = |world: &World| {
        let (order_key, order) = shared_order(call, world, &body.transaction_id, &seller)?;
        may_share(call, world, order, &body, &seller)?;
        let parts = body.receivers.iter().map(|receiver| Part {
            kind: receiver.r#type,
            account: receiver.account.clone(),
            amount: receiver.amount,
            description: receiver.description.clone(),
            detail_id: String::new(),
            result: PartResult::Pending,
            fail_reason: None,
            finished_at: 0,
            returned: 0,
        });
        Ok((order_key.to_owned(), parts.collect::<Vec<_>>()))
    };
    let terms = Terms {
        seller: &seller,
        partner: body.sub_mchid.is_some(),
        transaction_id: &body.transaction_id,
        out_order_no: &body.out_order_no,
        unfreezes: body.unfreeze_unsplit,
        request,
    };
    enter(call, terms, fresh)
}

/// `POST /v3/profitsharing/orders/unfreeze`.
pub(in crate::pay) fn unfreeze(call: &Call<'_>) -> Reply {
    let body: Unfreeze = call.json()?;
    let seller = seller_of(call, body.sub_mchid.as_deref())?;
    fields::number("/out_order_no", &body.out_order_no, 1, 64, "_-|*@")?;
    fields::text("/description", &body.description, 80)?;
    let fresh = |world: &World| {
        let (order_key, order) = shared_order(call, world, &body.transaction_id, &seller)?;
        ready(call, world, order)?;
        let rest = Part {
            kind: ReceiverType::MerchantId,
            account: seller.clone(),
            amount: order.frozen,
            description: body.description.clone(),
            detail_id: String::new(),
            result: PartResult::Pending,
            fail_reason: None,
            finished_at: 0,
            returned: 0,
        };
        Ok((order_key.to_owned(), vec![rest]))
    };
    let terms = Terms {
        seller: &seller,
        partner: body.sub_mchid.is_some(),
        transaction_id: &body.transaction_id,
        out_order_no: &body.out_order_no,
        unfreezes: true,
        request: call.json()?,
    };
    enter(call, terms, fresh)
}

struct Terms<'a> {
    seller: &'a str,
    partner: bool,
    transaction_id: &'a str,
    out_order_no: &'a str,
    unfreezes: bool,
    request: Value,
}

/// Takes a request up once; the same number again answers the state it has reached.
fn enter(
    call: &Call<'_>,
    terms: Terms<'_>,
    fresh: impl FnOnce(&World) -> Result<(String, Vec<Part>), Refusal>,
) -> Reply {
    let key = key_of(&call.account.mchid, terms.out_order_no);
    let shown = {
        let mut world = call.state.world();
        if let Some(earlier) = world.sharing.shares.get(&key) {
            if earlier.request != terms.request {
                return Err(Refusal::invalid("分账接收方与原请求不一致"));
            }
            return Ok(Answer::Body(earlier.shown()));
        }
        if let Some(order_key) = world.transactions.get(terms.transaction_id).cloned() {
            world.thaw(&order_key, call.now);
        }
        let (order_key, mut parts) = fresh(&world)?;
        let day: String = beijing_digits(call.now).chars().take(8).collect();
        for part in &mut parts {
            part.detail_id = format!("360000{day}{:014}", world.next_number());
        }
        take(&mut world, &order_key, terms.seller, &parts, terms.unfreezes)?;
        let sharing = Sharing {
            account: call.account.mchid.clone(),
            seller: terms.seller.to_owned(),
            partner: terms.partner,
            order_key,
            transaction_id: terms.transaction_id.to_owned(),
            order_id: format!("300000{day}{:014}", world.next_number()),
            out_order_no: terms.out_order_no.to_owned(),
            finished: false,
            parts,
            request: terms.request,
            created_at: call.now,
            returns: 0,
        };
        let shown = sharing.shown();
        world.sharing.shares.insert(key.clone(), sharing);
        shown
    };
    call.state.settle_by_itself(move |state| state.finish_sharing_under(&key));
    Ok(Answer::Body(shown))
}

/// Takes the parts out of what is frozen for the order; the rest follows at the end.
fn take(world: &mut World, order_key: &str, seller: &str, parts: &[Part], ends: bool) -> Result<(), Refusal> {
    let whole: i64 = parts.iter().map(|part| part.amount).sum();
    let others: i64 = parts.iter().filter(|part| part.account != seller).map(|part| part.amount).sum();
    let order = world.orders.get_mut(order_key).ok_or_else(unknown)?;
    order.frozen -= whole;
    order.shared += others;
    order.sharings += 1;
    order.sharing_ended |= ends;
    world.purse(seller).frozen -= whole;
    Ok(())
}

/// Whether the order can be shared or unfrozen at all, now.
fn ready(call: &Call<'_>, world: &World, order: &Order) -> Result<(), Refusal> {
    if !order.profit_sharing {
        return Err(Refusal::invalid("非分账订单不支持分账"));
    }
    let config = call.state.config();
    let too_soon = config.sharing_after_a_minute && call.now - order.paid_at < 60;
    if too_soon || (config.trade_managed && !world.is_settled(&order.transaction_id, call.now)) {
        return Err(Refusal::invalid("订单处理中，暂时无法分账，请稍后再试"));
    }
    if order.sharing_ended {
        return Err(Refusal::new(403, "NOT_ENOUGH", "分账金额不足"));
    }
    if order.sharings >= MOST {
        return Err(Refusal::new(403, "RULE_LIMIT", "同一订单分账次数超过50次"));
    }
    Ok(())
}

fn may_share(call: &Call<'_>, world: &World, order: &Order, body: &Share, seller: &str) -> Result<(), Refusal> {
    ready(call, world, order)?;
    for receiver in &body.receivers {
        let own = receiver.account == seller;
        let key = receiver_key(seller, receiver.r#type, &receiver.account);
        if !own && !world.sharing.receivers.contains(&key) {
            return Err(Refusal::invalid("分账接收方关系不存在，请先添加分账接收方"));
        }
    }
    let whole: i64 = body.receivers.iter().map(|receiver| receiver.amount).sum();
    let others = body.receivers.iter().filter(|receiver| receiver.account != seller);
    let others: i64 = others.map(|receiver| receiver.amount).sum();
    let ceiling = order.total.saturating_mul(call.state.config().sharing_ceiling_bp) / 10_000;
    if order.shared + others > ceiling {
        return Err(Refusal::new(403, "RULE_LIMIT", "分账金额超出最大分账比例"));
    }
    if whole > order.frozen {
        return Err(Refusal::new(403, "NOT_ENOUGH", "分账金额不足"));
    }
    Ok(())
}

/// Checks the receivers and answers the request with its sealed names opened: what a re-entry is
/// compared with, since sealing the same name twice never gives the same text.
fn judge_receivers(call: &Call<'_>, body: &Share) -> Result<Value, Refusal> {
    let count = body.receivers.len();
    if count == 0 || count > MOST as usize {
        return Err(Refusal::param("/receivers", "分账接收方须为1到50个"));
    }
    let mut request: Value = call.json()?;
    for (place, receiver) in body.receivers.iter().enumerate() {
        fields::amount("/receivers/amount", receiver.amount)?;
        fields::text("/receivers/description", &receiver.description, 80)?;
        let personal = receiver.r#type != ReceiverType::MerchantId;
        let appid = match &body.appid {
            Some(appid) => appid,
            None if personal => return Err(Refusal::param("/appid", "接收方为个人时必填")),
            None => &call.account.appid,
        };
        let apps = Apps { appid, sub_mchid: body.sub_mchid.as_deref(), sub_appid: body.sub_appid.as_deref() };
        judge_account(call, apps, receiver.r#type, &receiver.account)?;
        let same = |other: &&Receiver| other.account == receiver.account && other.r#type == receiver.r#type;
        if body.receivers.iter().filter(same).count() > 1 {
            return Err(Refusal::param("/receivers", "分账接收方重复"));
        }
        if let Some(name) = call.opened("/receivers/name", receiver.name.as_deref())?
            && let Some(member) = request.pointer_mut(&format!("/receivers/{place}/name"))
        {
            *member = json!(name);
        }
    }
    Ok(request)
}
