//! Orders: what is kept of them, how they are shown, queried and closed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal, Reply};
use super::{Call, fields};
use crate::clock::rfc3339;
use crate::state::{Merchant, SandboxState};
use crate::world::{World, key_of};

/// Days after which money that was never shared unfreezes by itself.
const FREEZE_S: i64 = 30 * 86_400;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrderState {
    NotPaid,
    Paid,
    Closed,
}

/// Which family of paths an order was made through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Side {
    Direct,
    Partner,
}

/// One order of one account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) seq: u64,
    pub(crate) side: Side,
    /// Merchant number that signs: the merchant, or the service provider.
    pub(crate) account: String,
    /// Merchant number that sells: the same, or the sub-merchant.
    pub(crate) seller: String,
    /// Appid of the account.
    pub(crate) appid: String,
    pub(crate) sub_appid: Option<String>,
    /// The payer under `appid` (direct, or `sp_openid`).
    pub(crate) openid: Option<String>,
    pub(crate) sub_openid: Option<String>,
    pub(crate) out_trade_no: String,
    pub(crate) description: String,
    pub(crate) attach: Option<String>,
    pub(crate) notify_url: String,
    pub(crate) total: i64,
    pub(crate) profit_sharing: bool,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) prepay_id: String,
    pub(crate) prepaid_at: i64,
    /// The request as it came, to compare a re-entry with.
    pub(crate) request: Value,
    /// The number of the combined order it is part of: then it is asked about and closed by that alone.
    #[serde(default)]
    pub(crate) combined: Option<String>,
    pub(crate) state: OrderState,
    /// The user is entering the password: the order cannot be closed now.
    #[serde(default)]
    pub(crate) user_paying: bool,
    pub(crate) paid_at: i64,
    pub(crate) transaction_id: String,
    pub(crate) coupon: i64,
    pub(crate) fee: i64,
    pub(crate) fee_returned: i64,
    /// Accepted refunds that were not closed.
    pub(crate) refunded: i64,
    pub(crate) refunds: u32,
    pub(crate) last_refund_at: i64,
    /// Still frozen for sharing.
    pub(crate) frozen: i64,
    pub(crate) sharing_ended: bool,
    /// Ever shared to others.
    pub(crate) shared: i64,
    pub(crate) sharings: u32,
}

impl Order {
    /// The user who pays: the only openid the order names.
    pub(crate) fn payer(&self) -> &str {
        self.openid.as_deref().or(self.sub_openid.as_deref()).unwrap_or_default()
    }

    pub(super) fn trade_state(&self) -> (&'static str, &'static str) {
        match self.state {
            OrderState::NotPaid => ("NOTPAY", "订单未支付"),
            OrderState::Closed => ("CLOSED", "订单已关闭"),
            OrderState::Paid if self.refunds > 0 => ("REFUND", "转入退款"),
            OrderState::Paid => ("SUCCESS", "支付成功"),
        }
    }

    /// The order as the query API answers it and as a notice carries it.
    pub(crate) fn shown(&self) -> Value {
        let mut view = self.names();
        let (state, words) = self.trade_state();
        view.insert("trade_state".to_owned(), json!(state));
        view.insert("trade_state_desc".to_owned(), json!(words));
        if self.state != OrderState::Paid {
            return Value::Object(view);
        }
        let payment = json!({
            "transaction_id": self.transaction_id,
            "trade_type": "JSAPI",
            "bank_type": "OTHERS",
            "success_time": rfc3339(self.paid_at),
            "payer": self.payer_names(),
            "amount": {"total": self.total, "payer_total": self.total - self.coupon,
                "currency": "CNY", "payer_currency": "CNY"},
        });
        if let Value::Object(fields) = payment {
            view.extend(fields);
        }
        if let Some(attach) = &self.attach {
            view.insert("attach".to_owned(), json!(attach));
        }
        if self.coupon > 0 {
            let coupon = json!([{"coupon_id": format!("{:06}", self.seq), "name": "满减", "scope": "GLOBAL",
                "type": "CASH", "amount": self.coupon, "stock_id": "100001", "wechatpay_contribute": self.coupon,
                "merchant_contribute": 0, "other_contribute": 0, "currency": "CNY"}]);
            view.insert("promotion_detail".to_owned(), coupon);
        }
        Value::Object(view)
    }

    fn names(&self) -> Map<String, Value> {
        let mut names = Map::new();
        let mut put = |name: &str, value: &str| names.insert(name.to_owned(), json!(value));
        match self.side {
            Side::Direct => {
                put("appid", &self.appid);
                put("mchid", &self.account);
            }
            Side::Partner => {
                put("sp_appid", &self.appid);
                put("sp_mchid", &self.account);
                put("sub_mchid", &self.seller);
                if let Some(appid) = &self.sub_appid {
                    put("sub_appid", appid);
                }
            }
        }
        put("out_trade_no", &self.out_trade_no);
        names
    }

    fn payer_names(&self) -> Value {
        match (self.side, &self.openid, &self.sub_openid) {
            (Side::Direct, Some(openid), _) => json!({"openid": openid}),
            (Side::Partner, Some(openid), _) => json!({"sp_openid": openid}),
            (_, _, Some(openid)) => json!({"sub_openid": openid}),
            _ => json!({}),
        }
    }

    /// Whether it was made through this family of paths for this seller, and not as part of a combined one.
    fn is_alone(&self, side: Side, seller: &str) -> bool {
        self.side == side && self.seller == seller && self.combined.is_none()
    }

    /// Whether it was paid in this mini-program.
    pub(crate) fn is_of_app(&self, app: &Merchant) -> bool {
        let appid = Some(app.appid.as_str());
        self.account == app.mchid
            || self.seller == app.mchid
            || Some(self.appid.as_str()) == appid
            || self.sub_appid.as_deref() == appid
    }

    /// Whether money is frozen and the freeze has ended by itself at `now`.
    pub(crate) fn freeze_is_over(&self, now: i64) -> bool {
        self.state == OrderState::Paid && self.frozen > 0 && now - self.paid_at >= FREEZE_S
    }
}

impl World {
    /// The order `out_trade_no` of `account`.
    pub(crate) fn order(&self, account: &str, out_trade_no: &str) -> Option<&Order> {
        self.orders.get(&key_of(account, out_trade_no))
    }

    /// Ends the freeze of the order under `key` when its days are over.
    pub(crate) fn thaw(&mut self, key: &str, now: i64) {
        let Some(order) = self.orders.get_mut(key).filter(|order| order.freeze_is_over(now)) else {
            return;
        };
        let (seller, rest) = (order.seller.clone(), order.frozen);
        order.frozen = 0;
        order.sharing_ended = true;
        let purse = self.purse(&seller);
        purse.frozen -= rest;
        purse.available += rest;
    }
}

/// `GET …/out-trade-no/{out_trade_no}`.
pub(super) fn query(call: &Call<'_>, out_trade_no: &str, side: Side) -> Reply {
    let seller = asked_seller(call, side)?;
    let world = call.state.world();
    let order = world.order(&call.account.mchid, out_trade_no);
    show(order, side, &seller)
}

/// `GET …/id/{transaction_id}`.
pub(super) fn query_by_id(call: &Call<'_>, transaction_id: &str, side: Side) -> Reply {
    let seller = asked_seller(call, side)?;
    let world = call.state.world();
    let order = world.transactions.get(transaction_id).and_then(|key| world.orders.get(key));
    show(order.filter(|order| order.account == call.account.mchid), side, &seller)
}

fn show(order: Option<&Order>, side: Side, seller: &str) -> Reply {
    match order.filter(|order| order.is_alone(side, seller)) {
        Some(order) => Ok(Answer::Body(order.shown())),
        None => Err(unknown()),
    }
}

fn asked_seller(call: &Call<'_>, side: Side) -> Result<String, Refusal> {
    match side {
        Side::Direct => {
            let [mchid] = call.exactly(["mchid"])?;
            same_account(call, &mchid)?;
            Ok(mchid)
        }
        Side::Partner => {
            let [sp_mchid, sub_mchid] = call.exactly(["sp_mchid", "sub_mchid"])?;
            same_account(call, &sp_mchid)?;
            known_sub_merchant(call, &sub_mchid)?;
            Ok(sub_mchid)
        }
    }
}

/// The body of a direct close.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CloseDirect {
    mchid: String,
}

/// The body of a service provider's close.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClosePartner {
    sp_mchid: String,
    sub_mchid: String,
}

/// `POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close`.
pub(super) fn close_direct(call: &Call<'_>, out_trade_no: &str) -> Reply {
    let body: CloseDirect = call.json()?;
    same_account(call, &body.mchid)?;
    close(call, out_trade_no, Side::Direct, &body.mchid)
}

/// `POST /v3/pay/partner/transactions/out-trade-no/{out_trade_no}/close`.
pub(super) fn close_partner(call: &Call<'_>, out_trade_no: &str) -> Reply {
    let body: ClosePartner = call.json()?;
    same_account(call, &body.sp_mchid)?;
    known_sub_merchant(call, &body.sub_mchid)?;
    close(call, out_trade_no, Side::Partner, &body.sub_mchid)
}

fn close(call: &Call<'_>, out_trade_no: &str, side: Side, seller: &str) -> Reply {
    fields::out_trade_no(out_trade_no)?;
    let mut world = call.state.world();
    let order = world.orders.get_mut(&key_of(&call.account.mchid, out_trade_no));
    let order = order.filter(|order| order.is_alone(side, seller)).ok_or_else(unknown)?;
    match order.state {
        OrderState::Paid => Err(Refusal::new(400, "ORDERPAID", "该订单已支付，不能关单")),
        OrderState::Closed => Err(Refusal::new(400, "ORDER_CLOSED", "该订单已关闭")),
        OrderState::NotPaid if order.user_paying => Err(Refusal::new(202, "USERPAYING", "用户支付中，需要输入密码")),
        OrderState::NotPaid => {
            order.state = OrderState::Closed;
            Ok(Answer::Empty)
        }
    }
}

/// Refuses a merchant number other than the one that signed.
pub(super) fn same_account(call: &Call<'_>, mchid: &str) -> Result<(), Refusal> {
    if mchid == call.account.mchid {
        return Ok(());
    }
    Err(Refusal::invalid("Http头Authorization中的mchid与请求参数中的mchid不一致"))
}

/// Refuses a sub-merchant that is not this service provider's.
pub(super) fn known_sub_merchant(call: &Call<'_>, sub_mchid: &str) -> Result<(), Refusal> {
    if call.account.sub_merchant(sub_mchid).is_some() {
        return Ok(());
    }
    Err(Refusal::new(403, "NO_AUTH", "服务商与特约商户无授权关系"))
}

/// Refuses a sub-merchant's app that is not the one it was registered with.
pub(super) fn known_sub_app(call: &Call<'_>, sub_mchid: Option<&str>, sub_appid: &str) -> Result<(), Refusal> {
    let registered = sub_mchid.and_then(|mchid| call.account.sub_merchant(mchid)).and_then(|sub| sub.appid.as_deref());
    if registered == Some(sub_appid) {
        return Ok(());
    }
    Err(Refusal::new(400, "APPID_MCHID_NOT_MATCH", "sub_appid与sub_mchid不匹配"))
}

/// Refuses to a service provider what merchants do for themselves alone.
pub(super) fn not_a_service_provider(call: &Call<'_>) -> Result<(), Refusal> {
    if call.account.is_service_provider() {
        return Err(Refusal::new(403, "NO_AUTH", "服务商商户号无权调用该接口，请使用服务商接口"));
    }
    Ok(())
}

/// The seller a call that may carry `sub_mchid` speaks for; a service provider must name one.
pub(super) fn seller_of(call: &Call<'_>, sub_mchid: Option<&str>) -> Result<String, Refusal> {
    match sub_mchid {
        None if call.account.is_service_provider() => Err(Refusal::param("/sub_mchid", "服务商调用时必填")),
        None => Ok(call.account.mchid.clone()),
        Some(sub_mchid) => {
            known_sub_merchant(call, sub_mchid)?;
            Ok(sub_mchid.to_owned())
        }
    }
}

/// 404 for a number or id that does not name an order of the caller.
pub(super) fn unknown() -> Refusal {
    Refusal::new(404, "ORDER_NOT_EXIST", "订单不存在")
}

/// One order as the control API lists it.
#[derive(Debug, Clone, Serialize)]
pub struct OrderView {
    /// Merchant that signs for it.
    pub mchid: String,
    /// Merchant that sells.
    pub seller: String,
    /// The shop's number.
    pub out_trade_no: String,
    /// The number of the combined order it is part of.
    pub combined: Option<String>,
    /// What the buyer reads.
    pub description: String,
    /// Fen.
    pub total: i64,
    /// `NOTPAY`, `SUCCESS`, `REFUND` or `CLOSED`.
    pub trade_state: String,
    /// The payer.
    pub openid: String,
    /// The ticket the mini-program pays with.
    pub prepay_id: String,
    /// Empty while unpaid.
    pub transaction_id: String,
    /// RFC 3339.
    pub time_expire: String,
    /// Whether the last moment to pay has passed.
    pub expired: bool,
    /// Flagged for profit sharing.
    pub profit_sharing: bool,
    /// Fen still frozen for sharing.
    pub frozen: i64,
    /// Fen refunded or being refunded.
    pub refunded: i64,
}

impl SandboxState {
    /// All orders, newest first.
    pub fn orders(&self) -> Vec<OrderView> {
        self.newest_orders(usize::MAX)
    }

    /// The newest `count` orders.
    pub(crate) fn newest_orders(&self, count: usize) -> Vec<OrderView> {
        let now = self.now();
        let world = self.world();
        let mut orders: Vec<&Order> = world.orders.values().collect();
        orders.sort_by_key(|order| std::cmp::Reverse(order.seq));
        orders.into_iter().take(count).map(|order| order.view(now)).collect()
    }

    /// One order by the shop's number; the first account that has it.
    pub fn order(&self, out_trade_no: &str) -> Option<OrderView> {
        let now = self.now();
        let world = self.world();
        let mut keys = world.purses.keys().map(|account| key_of(account, out_trade_no));
        keys.find_map(|key| world.orders.get(&key)).map(|order| order.view(now))
    }
}

impl Order {
    fn view(&self, now: i64) -> OrderView {
        OrderView {
            mchid: self.account.clone(),
            seller: self.seller.clone(),
            out_trade_no: self.out_trade_no.clone(),
            combined: self.combined.clone(),
            description: self.description.clone(),
            total: self.total,
            trade_state: self.trade_state().0.to_owned(),
            openid: self.payer().to_owned(),
            prepay_id: self.prepay_id.clone(),
            transaction_id: self.transaction_id.clone(),
            time_expire: rfc3339(self.expires_at),
            expired: now >= self.expires_at,
            profit_sharing: self.profit_sharing,
            frozen: self.frozen,
            refunded: self.refunded,
        }
    }
}
