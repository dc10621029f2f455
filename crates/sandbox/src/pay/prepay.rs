//! JSAPI orders: every field rule of the documentation, and re-entry.

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal, Reply};
use super::orders::{Order, OrderState, Side, known_sub_app, known_sub_merchant, not_a_service_provider, same_account};
use super::{Call, fields};
use crate::clock::beijing_digits;
use crate::world::key_of;

/// A prepay_id may be paid with for two hours.
pub(super) const PREPAY_LIFE_S: i64 = 2 * 3600;

#[derive(Deserialize)]
struct Direct {
    appid: String,
    mchid: String,
    payer: DirectPayer,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DirectPayer {
    openid: String,
}

#[derive(Deserialize)]
struct Partner {
    sp_appid: String,
    sp_mchid: String,
    sub_mchid: String,
    sub_appid: Option<String>,
    payer: PartnerPayer,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartnerPayer {
    sp_openid: Option<String>,
    sub_openid: Option<String>,
}

/// The fields both families share; anything else is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    description: String,
    out_trade_no: String,
    time_expire: Option<String>,
    attach: Option<String>,
    notify_url: String,
    goods_tag: Option<String>,
    #[serde(rename = "support_fapiao")]
    _support_fapiao: Option<bool>,
    #[serde(rename = "limit_pay")]
    _limit_pay: Option<Vec<String>>,
    amount: Amount,
    detail: Option<Detail>,
    scene_info: Option<SceneInfo>,
    settle_info: Option<SettleInfo>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    total: i64,
    currency: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettleInfo {
    profit_sharing: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Detail {
    #[serde(rename = "cost_price")]
    _cost_price: Option<i64>,
    invoice_id: Option<String>,
    goods_detail: Option<Vec<GoodsDetail>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GoodsDetail {
    merchant_goods_id: String,
    wechatpay_goods_id: Option<String>,
    goods_name: Option<String>,
    quantity: i64,
    unit_price: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SceneInfo {
    payer_client_ip: String,
    device_id: Option<String>,
    store_info: Option<StoreInfo>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreInfo {
    id: String,
    name: Option<String>,
    area_code: Option<String>,
    address: Option<String>,
}

/// Who sells and who pays.
struct Parties {
    side: Side,
    seller: String,
    appid: String,
    sub_appid: Option<String>,
    openid: Option<String>,
    sub_openid: Option<String>,
}

/// `POST /v3/pay/transactions/jsapi`.
pub(super) fn direct(call: &Call<'_>) -> Reply {
    let body: Direct = call.json()?;
    same_account(call, &body.mchid)?;
    not_a_service_provider(call)?;
    bound(call, &body.appid)?;
    fields::openid(&body.appid, &body.payer.openid)?;
    let parties = Parties {
        side: Side::Direct,
        seller: body.mchid,
        appid: body.appid,
        sub_appid: None,
        openid: Some(body.payer.openid),
        sub_openid: None,
    };
    enter(call, parties, body.rest)
}

/// `POST /v3/pay/partner/transactions/jsapi`.
pub(super) fn partner(call: &Call<'_>) -> Reply {
    let body: Partner = call.json()?;
    same_account(call, &body.sp_mchid)?;
    bound(call, &body.sp_appid)?;
    known_sub_merchant(call, &body.sub_mchid)?;
    if let Some(sub_appid) = &body.sub_appid {
        known_sub_app(call, Some(&body.sub_mchid), sub_appid)?;
    }
    match (&body.payer.sp_openid, &body.payer.sub_openid, &body.sub_appid) {
        (Some(openid), None, _) => fields::openid(&body.sp_appid, openid)?,
        (None, Some(openid), Some(appid)) => fields::openid(appid, openid)?,
        (None, Some(_), None) => return Err(Refusal::param("/sub_appid", "传sub_openid时必填")),
        _ => return Err(Refusal::param("/payer", "sp_openid和sub_openid二选一")),
    }
    let parties = Parties {
        side: Side::Partner,
        seller: body.sub_mchid,
        appid: body.sp_appid,
        sub_appid: body.sub_appid,
        openid: body.payer.sp_openid,
        sub_openid: body.payer.sub_openid,
    };
    enter(call, parties, body.rest)
}

fn bound(call: &Call<'_>, appid: &str) -> Result<(), Refusal> {
    if call.account.binds(appid) {
        return Ok(());
    }
    Err(Refusal::new(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配"))
}

fn enter(call: &Call<'_>, parties: Parties, rest: serde_json::Map<String, Value>) -> Reply {
    let terms: Terms =
        serde_json::from_value(Value::Object(rest)).map_err(|error| Refusal::param("/", &error.to_string()))?;
    let expires_at = judge(&terms, call.now)?;
    let request: Value = call.json()?;
    let mut world = call.state.world();
    let key = key_of(&call.account.mchid, &terms.out_trade_no);
    let number = world.next_number();
    let prepay_id = format!("wx{}{number:020x}", beijing_digits(call.now));
    if world.combinations.contains_key(&key) || world.orders.get(&key).is_some_and(|order| order.combined.is_some()) {
        return Err(Refusal::new(403, "OUT_TRADE_NO_USED", "商户订单号重复"));
    }
    if let Some(order) = world.orders.get_mut(&key) {
        let prepay_id = re_enter(order, &request, prepay_id, call.now)?;
        world.prepays.insert(prepay_id.clone(), key);
        return Ok(Answer::Body(json!({"prepay_id": prepay_id})));
    }
    let order = Order {
        side: parties.side,
        account: call.account.mchid.clone(),
        seller: parties.seller,
        appid: parties.appid,
        sub_appid: parties.sub_appid,
        openid: parties.openid,
        sub_openid: parties.sub_openid,
        description: terms.description,
        attach: terms.attach,
        notify_url: terms.notify_url,
        total: terms.amount.total,
        profit_sharing: terms.settle_info.and_then(|settle| settle.profit_sharing).unwrap_or(false),
        expires_at,
        prepay_id: prepay_id.clone(),
        request,
        ..new_order(number, terms.out_trade_no, call.now)
    };
    world.prepays.insert(prepay_id.clone(), key.clone());
    world.orders.insert(key, order);
    Ok(Answer::Body(json!({"prepay_id": prepay_id})))
}

/// An order that nobody has paid, without its names and terms.
pub(super) fn new_order(seq: u64, out_trade_no: String, now: i64) -> Order {
    Order {
        seq,
        side: Side::Direct,
        account: String::new(),
        seller: String::new(),
        appid: String::new(),
        sub_appid: None,
        openid: None,
        sub_openid: None,
        out_trade_no,
        description: String::new(),
        attach: None,
        notify_url: String::new(),
        total: 0,
        profit_sharing: false,
        created_at: now,
        expires_at: now,
        prepay_id: String::new(),
        prepaid_at: now,
        request: Value::Null,
        combined: None,
        state: OrderState::NotPaid,
        user_paying: false,
        paid_at: 0,
        transaction_id: String::new(),
        coupon: 0,
        fee: 0,
        fee_returned: 0,
        refunded: 0,
        refunds: 0,
        last_refund_at: 0,
        frozen: 0,
        sharing_ended: false,
        shared: 0,
        sharings: 0,
    }
}

/// The prepay_id for an order that exists: only the very same request gets one.
fn re_enter(order: &mut Order, request: &Value, fresh: String, now: i64) -> Result<String, Refusal> {
    match order.state {
        OrderState::Paid => {
            return Err(Refusal::new(403, "OUT_TRADE_NO_USED", "商户订单号重复，该订单已支付"));
        }
        OrderState::Closed => return Err(Refusal::new(400, "ORDER_CLOSED", "该订单已关闭")),
        OrderState::NotPaid => {}
    }
    if order.request != *request {
        return Err(Refusal::invalid("请求重入时，参数与首次请求时不一致"));
    }
    if now >= order.expires_at {
        return Err(Refusal::invalid("订单已过期，请更换商户订单号重新下单"));
    }
    if now - order.prepaid_at >= PREPAY_LIFE_S {
        order.prepay_id = fresh;
        order.prepaid_at = now;
    }
    Ok(order.prepay_id.clone())
}

/// Checks every field and returns the last moment to pay.
fn judge(terms: &Terms, now: i64) -> Result<i64, Refusal> {
    fields::out_trade_no(&terms.out_trade_no)?;
    fields::text("/description", &terms.description, 127)?;
    fields::optional_text("/attach", terms.attach.as_deref(), 128)?;
    fields::optional_text("/goods_tag", terms.goods_tag.as_deref(), 32)?;
    fields::notify_url(&terms.notify_url, 255)?;
    fields::amount("/amount/total", terms.amount.total)?;
    fields::currency("/amount/currency", terms.amount.currency.as_deref())?;
    if let Some(detail) = &terms.detail {
        fields::optional_text("/detail/invoice_id", detail.invoice_id.as_deref(), 32)?;
        for goods in detail.goods_detail.iter().flatten() {
            fields::number("/detail/goods_detail/merchant_goods_id", &goods.merchant_goods_id, 1, 32, "-_")?;
            fields::optional_text("/detail/goods_detail/wechatpay_goods_id", goods.wechatpay_goods_id.as_deref(), 32)?;
            fields::optional_text("/detail/goods_detail/goods_name", goods.goods_name.as_deref(), 256)?;
            if goods.quantity < 1 || goods.unit_price < 0 {
                return Err(Refusal::param("/detail/goods_detail", "数量或单价不正确"));
            }
        }
    }
    if let Some(scene) = &terms.scene_info {
        fields::text("/scene_info/payer_client_ip", &scene.payer_client_ip, 45)?;
        fields::optional_text("/scene_info/device_id", scene.device_id.as_deref(), 32)?;
        if let Some(store) = &scene.store_info {
            fields::text("/scene_info/store_info/id", &store.id, 32)?;
            fields::optional_text("/scene_info/store_info/name", store.name.as_deref(), 256)?;
            fields::optional_text("/scene_info/store_info/area_code", store.area_code.as_deref(), 32)?;
            fields::optional_text("/scene_info/store_info/address", store.address.as_deref(), 512)?;
        }
    }
    fields::time_expire(terms.time_expire.as_deref(), now)
}
