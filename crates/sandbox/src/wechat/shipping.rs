//! Shipping information (发货信息管理): without it a managed shop's money stays frozen.

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Call, Errcode, Reply, done, refuse};
use crate::pay::orders::{Order, OrderState};
use crate::state::{Merchant, SandboxState};
use crate::world::World;

pub(super) mod combined;
pub(super) mod queries;

/// Deliveries of one payment at most.
const MOST_PARCELS: usize = 15;

/// What was reported for one payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Shipping {
    logistics_type: u32,
    delivery_mode: u32,
    finished: bool,
    corrected: bool,
    parcels: Vec<Parcel>,
    upload_time: i64,
    upload_ms: i64,
    shipped_at: i64,
    received_at: Option<i64>,
    /// Whether the buyer was reminded to confirm receipt.
    #[serde(default)]
    reminded: bool,
    /// Without the upload time, to notice a repetition.
    content: Value,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parcel {
    tracking_no: Option<String>,
    express_company: Option<String>,
    item_desc: Option<String>,
    contact: Option<Contact>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contact {
    consignor_contact: Option<String>,
    receiver_contact: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Upload {
    order_key: OrderKey,
    logistics_type: u32,
    delivery_mode: u32,
    is_all_delivered: Option<bool>,
    shipping_list: Vec<Parcel>,
    upload_time: String,
    payer: Payer,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderKey {
    order_number_type: u32,
    transaction_id: Option<String>,
    mchid: Option<String>,
    out_trade_no: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payer {
    openid: String,
}

/// `POST /wxa/sec/order/upload_shipping_info`.
pub(super) fn upload(call: &Call<'_>) -> Reply {
    let app = call.app()?;
    let body: Upload = call.json()?;
    let moment = DateTime::parse_from_rfc3339(&body.upload_time)
        .map_err(|_| Errcode(268_485_216, "upload_time is not RFC 3339".to_owned()))?;
    judge(&body)?;
    let mut content: Value = call.json()?;
    if let Value::Object(fields) = &mut content {
        fields.remove("upload_time");
    }
    let mut world = call.state.world();
    let order = keyed(&world, &app, &body.order_key)?;
    if order.combined.is_some() {
        return refuse(10_060_014, "an order of a combined payment goes with upload_combined_shipping_info");
    }
    is_shippable(order, &body.payer)?;
    let transaction_id = order.transaction_id.clone();
    let earlier = world.wechat.shipping.get(&transaction_id).cloned();
    let upload_ms = moment.timestamp_millis();
    let shipping = after(earlier, body, content, upload_ms, call.now)?;
    world.wechat.shipping.insert(transaction_id, shipping);
    done()
}

fn is_shippable(order: &Order, payer: &Payer) -> Result<(), Errcode> {
    if order.payer() != payer.openid {
        return refuse(10_060_031, "payment does not belong to this openid");
    }
    if order.refunded >= order.total {
        return refuse(10_060_004, "the payment is not in a shippable state");
    }
    Ok(())
}

fn judge(body: &Upload) -> Result<(), Errcode> {
    if !(1..=4).contains(&body.logistics_type) {
        return refuse(10_060_005, "invalid logistics_type");
    }
    match (body.delivery_mode, body.logistics_type) {
        (1, _) | (2, 1) => {}
        (2, _) => return refuse(10_060_006, "split delivery is for express alone"),
        _ => return refuse(268_485_224, "invalid delivery_mode"),
    }
    if body.delivery_mode == 2 && body.is_all_delivered.is_none() {
        return refuse(10_060_007, "is_all_delivered missing");
    }
    if body.delivery_mode == 1 && body.shipping_list.len() != 1 {
        return refuse(268_485_228, "unified delivery takes exactly one element");
    }
    if body.shipping_list.is_empty() {
        return refuse(10_060_020, "item_desc missing");
    }
    if body.shipping_list.len() > MOST_PARCELS {
        return refuse(10_060_024, "shipping_list too long");
    }
    body.shipping_list.iter().try_for_each(|parcel| judge_parcel(parcel, body.logistics_type))
}

fn judge_parcel(parcel: &Parcel, logistics_type: u32) -> Result<(), Errcode> {
    let item = parcel.item_desc.as_deref().unwrap_or_default();
    if item.is_empty() {
        return refuse(10_060_008, "item_desc empty");
    }
    if item.chars().count() > 120 {
        return refuse(10_060_009, "item_desc too long");
    }
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    if logistics_type == 1 && length(&parcel.tracking_no) == 0 {
        return refuse(268_485_226, "tracking_no missing");
    }
    if logistics_type == 1 && length(&parcel.express_company) == 0 {
        return refuse(268_485_227, "express_company missing");
    }
    // Same-city, virtual and collected goods have no parcel (sheet §5.2: leave out for 2, 3 and 4).
    if logistics_type != 1 && (parcel.tracking_no.is_some() || parcel.express_company.is_some()) {
        return refuse(10_060_014, "tracking_no and express_company belong to express alone");
    }
    if length(&parcel.express_company) > 128 {
        return refuse(10_060_025, "express_company too long");
    }
    if length(&parcel.tracking_no) > 128 {
        return refuse(10_060_026, "tracking_no too long");
    }
    let masked = |text: &Option<String>| text.as_ref().is_none_or(|text| text.contains('*'));
    let contact = parcel.contact.as_ref();
    if contact.is_some_and(|who| !masked(&who.consignor_contact) || !masked(&who.receiver_contact)) {
        return refuse(10_060_014, "contact must be masked");
    }
    let named = |who: &Contact| who.consignor_contact.is_some() || who.receiver_contact.is_some();
    if parcel.express_company.as_deref() == Some("SF") && !contact.is_some_and(named) {
        return refuse(10_060_014, "contact is required for SF");
    }
    Ok(())
}

fn keyed<'a>(world: &'a World, app: &Merchant, key: &OrderKey) -> Result<&'a Order, Errcode> {
    match (key.order_number_type, &key.transaction_id, &key.mchid, &key.out_trade_no) {
        (2, None, _, _) => refuse(268_485_195, "transaction_id missing"),
        (2, Some(id), _, _) => paid(world, app, Some(id), None),
        (1, _, None, _) => refuse(268_485_196, "mchid missing"),
        (1, _, _, None) => refuse(268_485_197, "out_trade_no missing"),
        (1, _, Some(mchid), Some(number)) => paid(world, app, None, Some((mchid, number))),
        _ => refuse(268_485_194, "invalid order_number_type"),
    }
}

/// The paid order of this mini-program under either name.
fn paid<'a>(
    world: &'a World,
    app: &Merchant,
    transaction_id: Option<&str>,
    number: Option<(&str, &str)>,
) -> Result<&'a Order, Errcode> {
    let by_id = transaction_id.and_then(|id| world.transactions.get(id)).and_then(|key| world.orders.get(key));
    let by_number = || {
        let (mchid, out_trade_no) = number?;
        let fits = |order: &&Order| order.out_trade_no == out_trade_no && order.seller == mchid;
        world.orders.values().find(fits)
    };
    let order = by_id.or_else(by_number).filter(|order| order.is_of_app(app));
    match order.filter(|order| order.state == OrderState::Paid) {
        Some(order) => Ok(order),
        None => refuse(10_060_001, "payment order not found"),
    }
}

/// The record after an upload, or why it is not taken.
fn after(
    earlier: Option<Shipping>,
    body: Upload,
    content: Value,
    upload_ms: i64,
    now: i64,
) -> Result<Shipping, Errcode> {
    let finished = body.delivery_mode == 1 || body.is_all_delivered == Some(true);
    let fresh = Shipping {
        logistics_type: body.logistics_type,
        delivery_mode: body.delivery_mode,
        finished,
        corrected: false,
        parcels: body.shipping_list,
        upload_time: upload_ms / 1_000,
        upload_ms,
        shipped_at: now,
        received_at: None,
        reminded: false,
        content,
    };
    let Some(earlier) = earlier else {
        return Ok(fresh);
    };
    if earlier.content == fresh.content {
        return refuse(10_060_023, "nothing changed");
    }
    if earlier.received_at.is_some() {
        return refuse(10_060_002, "the payment is completely shipped");
    }
    if upload_ms <= earlier.upload_ms {
        return refuse(10_060_014, "upload_time is not newer than the last one");
    }
    let same_way = earlier.delivery_mode == fresh.delivery_mode && earlier.logistics_type == fresh.logistics_type;
    if !earlier.finished && same_way {
        let parcels = [earlier.parcels, fresh.parcels].concat();
        if parcels.len() > MOST_PARCELS {
            return refuse(10_060_024, "shipping_list too long");
        }
        return Ok(Shipping { parcels, corrected: earlier.corrected, ..fresh });
    }
    if earlier.corrected {
        return refuse(10_060_003, "the one re-shipping is used");
    }
    Ok(Shipping { corrected: true, ..fresh })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GetOrder {
    transaction_id: Option<String>,
    merchant_id: Option<String>,
    sub_merchant_id: Option<String>,
    merchant_trade_no: Option<String>,
}

/// `POST /wxa/sec/order/get_order`.
pub(super) fn get_order(call: &Call<'_>) -> Reply {
    let app = call.app()?;
    let body: GetOrder = call.json()?;
    let seller = body.sub_merchant_id.as_deref().or(body.merchant_id.as_deref());
    let number = seller.zip(body.merchant_trade_no.as_deref());
    if body.transaction_id.is_none() && number.is_none() {
        return refuse(47_001, "transaction_id or merchant_id and merchant_trade_no");
    }
    let world = call.state.world();
    let order = paid(&world, &app, body.transaction_id.as_deref(), number)?;
    let shipping = world.wechat.shipping.get(&order.transaction_id);
    let view = shown(order, shipping, call.now);
    Ok(Answer::Json(json!({"errcode": 0, "errmsg": "ok", "order": view})))
}

/// An order as the queries show it.
fn shown(order: &Order, shipping: Option<&Shipping>, now: i64) -> Value {
    let mut view = json!({
        "transaction_id": order.transaction_id,
        "merchant_id": order.account,
        "sub_merchant_id": if order.seller == order.account { "" } else { &order.seller },
        "merchant_trade_no": order.out_trade_no,
        "description": order.description,
        "paid_amount": order.total - order.coupon,
        "openid": order.payer(),
        "trade_create_time": order.created_at,
        "pay_time": order.paid_at,
        "order_state": order_state(order, shipping, now),
        "in_complaint": false,
    });
    if let (Some(shipping), Value::Object(fields)) = (shipping, &mut view) {
        fields.insert("shipping".to_owned(), shipping.shown());
    }
    view
}

/// 1 to ship, 2 shipped, 3 received, 4 done, 5 refunded.
fn order_state(order: &Order, shipping: Option<&Shipping>, now: i64) -> u32 {
    if order.refunded >= order.total {
        return 5;
    }
    match shipping {
        Some(shipping) if shipping.settled(now) => 4,
        Some(shipping) if shipping.received_at.is_some() => 3,
        Some(shipping) if shipping.finished => 2,
        _ => 1,
    }
}

impl Parcel {
    fn told(&self) -> (Option<String>, Option<String>, Option<String>) {
        (self.express_company.clone(), self.tracking_no.clone(), self.item_desc.clone())
    }
}

impl Shipping {
    /// Money is settled at once after the buyer's confirmation, else ten days after express
    /// shipping and two days after any other.
    fn settled(&self, now: i64) -> bool {
        let days = if self.logistics_type == 1 { 10 } else { 2 };
        self.received_at.is_some() || (self.finished && now - self.shipped_at >= days * 86_400)
    }

    fn shown(&self) -> Value {
        let parcel = |parcel: &Parcel| {
            json!({"tracking_no": parcel.tracking_no.as_deref().unwrap_or(""),
                "express_company": parcel.express_company.as_deref().unwrap_or(""),
                "goods_desc": parcel.item_desc, "upload_time": self.upload_time})
        };
        let first = self.parcels.first().and_then(|parcel| parcel.item_desc.as_deref()).unwrap_or("");
        json!({"delivery_mode": self.delivery_mode, "logistics_type": self.logistics_type,
            "finish_shipping": self.finished, "finish_shipping_count": if self.corrected { 2 } else { 1 },
            "goods_desc": first, "shipping_list": self.parcels.iter().map(parcel).collect::<Vec<_>>()})
    }
}

/// What was reported for a payment, for the control page and tests.
#[derive(Debug, Clone, Serialize)]
pub struct ShippingView {
    /// The payment.
    pub transaction_id: String,
    /// 1 express, 2 same-city, 3 virtual, 4 self pickup.
    pub logistics_type: u32,
    /// Whether all is on its way.
    pub finished: bool,
    /// 1 in one piece, 2 split.
    pub delivery_mode: u32,
    /// Whether the one correction is used.
    pub corrected: bool,
    /// Whether the buyer was reminded to confirm receipt.
    pub reminded: bool,
    /// Carrier, tracking number and content of each parcel.
    pub parcels: Vec<(Option<String>, Option<String>, Option<String>)>,
    /// Whether the buyer confirmed, or the days are over: the money is settled.
    pub settled: bool,
}

impl SandboxState {
    /// The buyer confirms receipt; `false` when nothing was shipped.
    pub fn confirms_receipt(&self, transaction_id: &str) -> bool {
        let now = self.now();
        let mut world = self.world();
        let shipping = world.wechat.shipping.get_mut(transaction_id).filter(|shipping| shipping.finished);
        shipping.map(|shipping| shipping.received_at = Some(now)).is_some()
    }

    /// Forgets everything that was reported as shipped, as if no report had arrived.
    pub fn loses_shipments(&self) {
        self.world().wechat.shipping.clear();
    }

    /// Everything that was reported as shipped.
    pub fn shipments(&self) -> Vec<ShippingView> {
        let now = self.now();
        let world = self.world();
        let view = |(id, shipping): (&String, &Shipping)| ShippingView {
            transaction_id: id.clone(),
            logistics_type: shipping.logistics_type,
            finished: shipping.finished,
            delivery_mode: shipping.delivery_mode,
            corrected: shipping.corrected,
            reminded: shipping.reminded,
            parcels: shipping.parcels.iter().map(Parcel::told).collect(),
            settled: shipping.settled(now),
        };
        world.wechat.shipping.iter().map(view).collect()
    }
}

impl World {
    /// Whether the money of a payment is settled under trade management.
    pub(crate) fn is_settled(&self, transaction_id: &str, now: i64) -> bool {
        self.wechat.shipping.get(transaction_id).is_some_and(|shipping| shipping.settled(now))
    }
}
