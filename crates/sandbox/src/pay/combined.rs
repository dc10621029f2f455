//! Combined orders: one payment of several orders. Each is an order like any other once it is paid;
//! before that they are placed, paid and closed together or not at all.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, Refusal, Reply};
use super::notices::Event;
use super::orders::{
    Order, OrderState, Side, known_sub_app, known_sub_merchant, not_a_service_provider, same_account, unknown,
};
use super::prepay::{PREPAY_LIFE_S, new_order};
use super::{Call, fields};
use crate::clock::{beijing_digits, rfc3339};
use crate::world::{World, key_of};

/// What holds several orders together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Combination {
    account: String,
    appid: String,
    openid: String,
    number: String,
    notify_url: String,
    expires_at: i64,
    prepaid_at: i64,
    prepay_id: String,
    /// The request as it came, to compare a re-entry with.
    request: Value,
    /// Keys of its orders, as they were listed.
    pub(super) orders: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    combine_appid: String,
    combine_mchid: String,
    combine_out_trade_no: String,
    sub_orders: Vec<SubOrder>,
    combine_payer_info: PayerInfo,
    scene_info: Option<SceneInfo>,
    time_expire: Option<String>,
    notify_url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubOrder {
    mchid: String,
    sub_mchid: Option<String>,
    sub_appid: Option<String>,
    out_trade_no: String,
    attach: String,
    amount: Amount,
    description: String,
    detail: Option<String>,
    goods_tag: Option<String>,
    settle_info: Option<SettleInfo>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    total_amount: i64,
    currency: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettleInfo {
    profit_sharing: Option<bool>,
    subsidy_amount: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayerInfo {
    openid: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SceneInfo {
    payer_client_ip: String,
    device_id: Option<String>,
}

/// `POST /v3/combine-transactions/jsapi`.
pub(super) fn create(call: &Call<'_>) -> Reply {
    let body: Create = call.json()?;
    let expires_at = judge(call, &body)?;
    let request: Value = call.json()?;
    let mut world = call.state.world();
    let key = key_of(&call.account.mchid, &body.combine_out_trade_no);
    let number = world.next_number();
    let fresh = format!("wx{}{number:020x}", beijing_digits(call.now));
    if world.combinations.contains_key(&key) {
        let prepay_id = re_enter(&mut world, &key, &request, fresh, call.now)?;
        return Ok(Answer::Body(json!({"prepay_id": prepay_id})));
    }
    let used = |number: &str, account: &str| world.orders.contains_key(&key_of(account, number));
    if used(&body.combine_out_trade_no, &call.account.mchid)
        || body.sub_orders.iter().any(|order| used(&order.out_trade_no, &order.mchid))
    {
        return Err(Refusal::new(403, "OUT_TRADE_NO_USED", "商户订单号重复"));
    }
    let mut combination = Combination {
        account: call.account.mchid.clone(),
        appid: body.combine_appid,
        openid: body.combine_payer_info.openid,
        number: body.combine_out_trade_no,
        notify_url: body.notify_url,
        expires_at,
        prepaid_at: call.now,
        prepay_id: fresh.clone(),
        request,
        orders: Vec::new(),
    };
    for sub in body.sub_orders {
        let seq = world.next_number();
        let order = combination.order(sub, seq, call);
        let key = key_of(&order.account, &order.out_trade_no);
        combination.orders.push(key.clone());
        world.orders.insert(key, order);
    }
    world.ticket(&combination);
    world.combinations.insert(key, combination);
    Ok(Answer::Body(json!({"prepay_id": fresh})))
}

impl Combination {
    fn order(&self, sub: SubOrder, seq: u64, call: &Call<'_>) -> Order {
        let provider = call.account.is_service_provider();
        Order {
            side: if provider { Side::Partner } else { Side::Direct },
            seller: sub.sub_mchid.unwrap_or_else(|| sub.mchid.clone()),
            account: sub.mchid,
            appid: self.appid.clone(),
            sub_appid: sub.sub_appid,
            openid: Some(self.openid.clone()),
            description: sub.description,
            attach: Some(sub.attach),
            notify_url: self.notify_url.clone(),
            total: sub.amount.total_amount,
            profit_sharing: sub.settle_info.and_then(|settle| settle.profit_sharing).unwrap_or(false),
            expires_at: self.expires_at,
            prepay_id: self.prepay_id.clone(),
            combined: Some(self.number.clone()),
            ..new_order(seq, sub.out_trade_no, call.now)
        }
    }

    /// The whole as the query API answers it and as a notice carries it.
    fn shown(&self, orders: &[Order]) -> Value {
        let mut view = json!({
            "combine_appid": self.appid,
            "combine_mchid": self.account,
            "combine_out_trade_no": self.number,
            "sub_orders": orders.iter().map(sub_shown).collect::<Vec<_>>(),
        });
        if orders.iter().any(|order| order.state == OrderState::Paid)
            && let Value::Object(fields) = &mut view
        {
            fields.insert("combine_payer_info".to_owned(), json!({"openid": self.openid}));
        }
        view
    }

    /// The event that it is told by, its orders being as given.
    fn event(&self, orders: &[Order]) -> Event {
        Event {
            account: self.account.clone(),
            subject: self.number.clone(),
            url: self.notify_url.clone(),
            event_type: "TRANSACTION.SUCCESS".to_owned(),
            original_type: "transaction".to_owned(),
            summary: "支付成功".to_owned(),
            resource: self.shown(orders),
        }
    }
}

fn sub_shown(order: &Order) -> Value {
    let mut view = json!({"mchid": order.account, "out_trade_no": order.out_trade_no, "attach": order.attach,
        "trade_state": order.trade_state().0,
        "amount": {"total_amount": order.total, "currency": "CNY"}});
    let mut put = |name: &str, value: Value| {
        if let Value::Object(fields) = &mut view {
            fields.insert(name.to_owned(), value);
        }
    };
    if order.side == Side::Partner {
        put("sub_mchid", json!(order.seller));
    }
    if let Some(appid) = &order.sub_appid {
        put("sub_appid", json!(appid));
    }
    if order.state == OrderState::Paid {
        put("trade_type", json!("JSAPI"));
        put("bank_type", json!("OTHERS"));
        put("success_time", json!(rfc3339(order.paid_at)));
        put("transaction_id", json!(order.transaction_id));
        let paid = json!({"total_amount": order.total, "payer_amount": order.total - order.coupon,
            "currency": "CNY", "payer_currency": "CNY"});
        put("amount", paid);
    }
    view
}

/// Checks every field and returns the last moment to pay.
fn judge(call: &Call<'_>, body: &Create) -> Result<i64, Refusal> {
    same_account(call, &body.combine_mchid)?;
    let registered = |appid: &str| call.account.sub_merchants.iter().any(|sub| sub.appid.as_deref() == Some(appid));
    if !call.account.binds(&body.combine_appid) && !registered(&body.combine_appid) {
        return Err(Refusal::new(400, "APPID_MCHID_NOT_MATCH", "combine_appid与combine_mchid不匹配"));
    }
    fields::out_trade_no(&body.combine_out_trade_no)?;
    fields::openid(&body.combine_appid, &body.combine_payer_info.openid)?;
    fields::notify_url(&body.notify_url, 255)?;
    if let Some(scene) = &body.scene_info {
        fields::text("/scene_info/payer_client_ip", &scene.payer_client_ip, 45)?;
        fields::optional_text("/scene_info/device_id", scene.device_id.as_deref(), 16)?;
    }
    let counts = if call.account.is_service_provider() { 1..=50 } else { 2..=10 };
    if !counts.contains(&body.sub_orders.len()) {
        return Err(Refusal::param("/sub_orders", "子单数量超出范围"));
    }
    for (place, order) in body.sub_orders.iter().enumerate() {
        judge_order(call, &body.combine_appid, order)?;
        if body.sub_orders.iter().take(place).any(|earlier| earlier.out_trade_no == order.out_trade_no) {
            return Err(Refusal::param("/sub_orders/out_trade_no", "子单商户订单号重复"));
        }
    }
    fields::time_expire(body.time_expire.as_deref(), call.now)
}

fn judge_order(call: &Call<'_>, combine_appid: &str, order: &SubOrder) -> Result<(), Refusal> {
    match (call.account.is_service_provider(), &order.sub_mchid) {
        (true, None) => return Err(Refusal::param("/sub_orders/sub_mchid", "服务商模式必填")),
        (true, Some(sub)) => {
            same_account(call, &order.mchid)?;
            known_sub_merchant(call, sub)?;
        }
        (false, Some(_)) => return Err(Refusal::param("/sub_orders/sub_mchid", "直连商户不能填写")),
        (false, None) => {
            not_a_service_provider(call)?;
            let participant = call.state.merchant(&order.mchid);
            if !participant.is_some_and(|merchant| merchant.binds(combine_appid)) {
                return Err(Refusal::new(400, "APPID_MCHID_NOT_MATCH", "子单mchid与combine_appid不匹配"));
            }
        }
    }
    if let Some(appid) = &order.sub_appid {
        known_sub_app(call, order.sub_mchid.as_deref(), appid)?;
    }
    fields::out_trade_no(&order.out_trade_no)?;
    fields::text("/sub_orders/attach", &order.attach, 128)?;
    fields::text("/sub_orders/description", &order.description, 127)?;
    fields::optional_text("/sub_orders/detail", order.detail.as_deref(), 6_000)?;
    fields::optional_text("/sub_orders/goods_tag", order.goods_tag.as_deref(), 32)?;
    fields::amount("/sub_orders/amount/total_amount", order.amount.total_amount)?;
    fields::currency("/sub_orders/amount/currency", Some(&order.amount.currency))?;
    match order.settle_info.as_ref().and_then(|settle| settle.subsidy_amount) {
        Some(fen) if fen < 1 => Err(Refusal::param("/sub_orders/settle_info/subsidy_amount", "补差金额不正确")),
        _ => Ok(()),
    }
}

/// The prepay_id for a combined order that exists: only the very same request gets one.
fn re_enter(world: &mut World, key: &str, request: &Value, fresh: String, now: i64) -> Result<String, Refusal> {
    let orders = world.combined_orders(key);
    let known = world.combinations.get_mut(key).ok_or_else(unknown)?;
    if orders.iter().any(|order| order.state == OrderState::Paid) {
        return Err(Refusal::new(403, "OUT_TRADE_NO_USED", "商户订单号重复，该订单已支付"));
    }
    if orders.iter().any(|order| order.state == OrderState::Closed) {
        return Err(Refusal::new(400, "ORDER_CLOSED", "该订单已关闭"));
    }
    if known.request != *request {
        return Err(Refusal::invalid("请求重入时，参数与首次请求时不一致"));
    }
    if now >= known.expires_at {
        return Err(Refusal::invalid("订单已过期，请更换商户订单号重新下单"));
    }
    if now - known.prepaid_at >= PREPAY_LIFE_S {
        known.prepay_id = fresh;
        known.prepaid_at = now;
        let known = known.clone();
        world.ticket(&known);
    }
    Ok(world.combinations.get(key).map(|known| known.prepay_id.clone()).unwrap_or_default())
}

/// `GET /v3/combine-transactions/out-trade-no/{combine_out_trade_no}`.
pub(super) fn query(call: &Call<'_>, number: &str) -> Reply {
    call.exactly([])?;
    let world = call.state.world();
    let key = key_of(&call.account.mchid, number);
    let combination = world.combinations.get(&key).ok_or_else(unknown)?;
    Ok(Answer::Body(combination.shown(&world.combined_orders(&key))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Close {
    combine_appid: String,
    sub_orders: Vec<ClosedOrder>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClosedOrder {
    mchid: String,
    sub_mchid: Option<String>,
    out_trade_no: String,
}

/// `POST /v3/combine-transactions/out-trade-no/{combine_out_trade_no}/close`: all of it, listed exactly.
pub(super) fn close(call: &Call<'_>, number: &str) -> Reply {
    let body: Close = call.json()?;
    fields::out_trade_no(number)?;
    let mut world = call.state.world();
    let key = key_of(&call.account.mchid, number);
    let combination = world.combinations.get(&key).ok_or_else(unknown)?;
    if combination.appid != body.combine_appid {
        return Err(Refusal::new(400, "APPID_MCHID_NOT_MATCH", "combine_appid与原订单不一致"));
    }
    let orders = world.combined_orders(&key);
    let name = |account: &str, sub: Option<&str>, number: &str| format!("{account}/{}/{number}", sub.unwrap_or(""));
    let mut listed: Vec<_> =
        body.sub_orders.iter().map(|sub| name(&sub.mchid, sub.sub_mchid.as_deref(), &sub.out_trade_no)).collect();
    let mut placed: Vec<_> = orders
        .iter()
        .map(|order| {
            let sub = (order.side == Side::Partner).then_some(order.seller.as_str());
            name(&order.account, sub, &order.out_trade_no)
        })
        .collect();
    listed.sort();
    placed.sort();
    if listed != placed {
        return Err(Refusal::invalid("关单的子单信息与原合单订单不一致"));
    }
    if orders.iter().any(|order| order.state == OrderState::Paid) {
        return Err(Refusal::new(400, "ORDERPAID", "该订单已支付，不能关单"));
    }
    if orders.iter().any(|order| order.state == OrderState::Closed) {
        return Err(Refusal::new(400, "ORDER_CLOSED", "该订单已关闭"));
    }
    if orders.iter().any(|order| order.user_paying) {
        return Err(Refusal::new(202, "USERPAYING", "用户支付中，需要输入密码"));
    }
    world.each_combined(&key, |order| order.state = OrderState::Closed);
    Ok(Answer::Empty)
}

impl World {
    /// The paid orders of a combined payment, by who placed it and its number.
    pub(crate) fn paid_combination(&self, mchid: &str, number: &str) -> Option<Vec<Order>> {
        let orders = self.combined_orders(&key_of(mchid, number));
        let paid = !orders.is_empty() && orders.iter().all(|order| order.state == OrderState::Paid);
        paid.then_some(orders)
    }

    /// The orders of the combination under `key`, as they were listed.
    pub(super) fn combined_orders(&self, key: &str) -> Vec<Order> {
        let keys = self.combinations.get(key).map(|known| known.orders.as_slice()).unwrap_or_default();
        keys.iter().filter_map(|key| self.orders.get(key)).cloned().collect()
    }

    pub(super) fn each_combined(&mut self, key: &str, change: impl Fn(&mut Order)) {
        let keys = self.combinations.get(key).map(|known| known.orders.clone()).unwrap_or_default();
        for key in keys {
            if let Some(order) = self.orders.get_mut(&key) {
                change(order);
            }
        }
    }

    /// The key of the combination that the order under `key` is part of.
    pub(super) fn combination_of(&self, key: &str) -> Option<String> {
        let holds = |known: &&Combination| known.orders.iter().any(|its| its == key);
        let order = self.orders.get(key)?;
        order.combined.as_ref()?;
        let found = self.combinations.values().find(holds)?;
        Some(key_of(&found.account, &found.number))
    }

    /// What tells of the combination under `key`; for one that is not paid it says that it is, as forgeries do.
    pub(super) fn combined_event(&self, key: &str, pretend: impl Fn(&mut Order)) -> Option<Event> {
        let mut orders = self.combined_orders(key);
        orders.iter_mut().filter(|order| order.state != OrderState::Paid).for_each(pretend);
        Some(self.combinations.get(key)?.event(&orders))
    }

    /// Makes the combination's prepay_id the one that all its orders are paid with.
    fn ticket(&mut self, combination: &Combination) {
        for key in &combination.orders {
            if let Some(order) = self.orders.get_mut(key) {
                order.prepay_id.clone_from(&combination.prepay_id);
                order.prepaid_at = combination.prepaid_at;
            }
        }
        if let Some(first) = combination.orders.first() {
            self.prepays.insert(combination.prepay_id.clone(), first.clone());
        }
    }
}
