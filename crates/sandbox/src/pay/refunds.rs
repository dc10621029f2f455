//! Refunds: accepted at once, settled a little later.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, Refusal, Reply};
use super::books::not_enough;
use super::notices::Event;
use super::orders::{Order, OrderState, seller_of, unknown};
use super::{Call, fields};
use crate::clock::{beijing_digits, rfc3339};
use crate::state::SandboxState;
use crate::world::{World, key_of};

/// A payment can be refunded for a year.
const REFUNDABLE_S: i64 = 365 * 86_400;

/// Refunds of one order at most.
const MOST_REFUNDS: u32 = 50;

/// Where a refund stands; the names are WeChat's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RefundStatus {
    /// Accepted, not decided.
    Processing,
    /// The buyer has the money.
    Success,
    /// Given up; the merchant has the money back.
    Closed,
    /// The buyer's card is gone; the money waits.
    Abnormal,
}

impl RefundStatus {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Processing => "PROCESSING",
            Self::Success => "SUCCESS",
            Self::Closed => "CLOSED",
            Self::Abnormal => "ABNORMAL",
        }
    }
}

/// One refund of one order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) seq: u64,
    pub(crate) account: String,
    pub(crate) seller: String,
    partner: bool,
    order_key: String,
    pub(crate) out_trade_no: String,
    transaction_id: String,
    pub(crate) out_refund_no: String,
    pub(crate) refund_id: String,
    pub(crate) amount: i64,
    payer_amount: i64,
    total: i64,
    payer_total: i64,
    openid: String,
    notify_url: Option<String>,
    request: Value,
    pub(crate) created_at: i64,
    settled_at: i64,
    due_wall_ms: Option<i64>,
    pub(crate) status: RefundStatus,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    sub_mchid: Option<String>,
    transaction_id: Option<String>,
    out_trade_no: Option<String>,
    out_refund_no: String,
    reason: Option<String>,
    notify_url: Option<String>,
    funds_account: Option<String>,
    amount: Amount,
    #[serde(rename = "goods_detail")]
    _goods_detail: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    refund: i64,
    total: i64,
    currency: String,
    #[serde(rename = "from")]
    _from: Option<Vec<Value>>,
}

/// `POST /v3/refund/domestic/refunds`.
pub(super) fn create(call: &Call<'_>) -> Reply {
    let body: Create = call.json()?;
    judge(&body)?;
    let request: Value = call.json()?;
    let seller = seller_of(call, body.sub_mchid.as_deref())?;
    let key = key_of(&call.account.mchid, &body.out_refund_no);
    let (shown, event) = {
        let mut world = call.state.world();
        if let Some(earlier) = world.refunds.get(&key) {
            if earlier.request != request {
                return Err(Refusal::invalid("退款单号已存在，且请求参数与首次请求不一致"));
            }
            return Ok(Answer::Body(earlier.shown()));
        }
        let order_key = order_of(call, &world, &body, &seller)?;
        world.thaw(&order_key, call.now);
        let order = world.orders.get(&order_key).ok_or_else(unknown)?;
        let refund = accept(call, &body, order, &order_key, request)?;
        take_money(&mut world, &order_key, &refund, call.now)?;
        let number = world.next_number();
        let mut refund = Refund { seq: number, ..refund };
        refund.refund_id = format!("503000{}{number:014}", beijing_digits(call.now).get(..8).unwrap_or_default());
        let at_once = call.state.config().settle_after_ms == Some(0);
        let shown = refund.shown();
        world.refunds.insert(key.clone(), refund);
        let event = if at_once { world.settle_refund(&key, RefundStatus::Success, call.now) } else { None };
        (shown, event)
    };
    call.state.announce_some(event);
    call.state.settle_by_itself(move |state| {
        let event = state.world().settle_refund(&key, RefundStatus::Success, state.now());
        state.announce_some(event);
    });
    Ok(Answer::Body(shown))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToACard {
    sub_mchid: Option<String>,
    out_refund_no: String,
    #[serde(rename = "type")]
    kind: String,
    bank_type: Option<String>,
    bank_account: Option<String>,
    real_name: Option<String>,
}

/// `POST /v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund`.
pub(super) fn to_a_card(call: &Call<'_>, refund_id: &str) -> Reply {
    let body: ToACard = call.json()?;
    let seller = seller_of(call, body.sub_mchid.as_deref())?;
    let number = call.opened("/bank_account", body.bank_account.as_deref())?;
    let name = call.opened("/real_name", body.real_name.as_deref())?;
    match body.kind.as_str() {
        "USER_BANK_CARD" => {
            let fits = number.is_some_and(|n| (8..=30).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()));
            if !fits {
                return Err(Refusal::param("/bank_account", "银行卡号格式错误"));
            }
            if name.is_none_or(|name| name.trim().is_empty()) || body.bank_type.is_none_or(|bank| bank.is_empty()) {
                return Err(Refusal::param("/real_name", "退款至用户银行卡时必填"));
            }
        }
        "MERCHANT_BANK_CARD" if number.is_none() && name.is_none() => {}
        _ => return Err(Refusal::param("/type", "取值错误")),
    }
    let key = key_of(&call.account.mchid, &body.out_refund_no);
    let (shown, event) = {
        let mut world = call.state.world();
        let known = world.refunds.get_mut(&key).filter(|known| known.refund_id == refund_id && known.seller == seller);
        let known = known.ok_or_else(|| Refusal::new(404, "RESOURCE_NOT_EXISTS", "退款单不存在"))?;
        if known.status != RefundStatus::Abnormal {
            return Err(Refusal::invalid("退款单不是异常状态，不能发起异常退款"));
        }
        known.status = RefundStatus::Processing;
        known.due_wall_ms =
            call.state.config().settle_after_ms.and_then(|wait| i64::try_from(wait).ok()).map(|wait| wall_ms() + wait);
        let shown = known.shown();
        let at_once = call.state.config().settle_after_ms == Some(0);
        (shown, if at_once { world.settle_refund(&key, RefundStatus::Success, call.now) } else { None })
    };
    call.state.announce_some(event);
    call.state.settle_by_itself(move |state| {
        let event = state.world().settle_refund(&key, RefundStatus::Success, state.now());
        state.announce_some(event);
    });
    Ok(Answer::Body(shown))
}

fn judge(body: &Create) -> Result<(), Refusal> {
    fields::number("/out_refund_no", &body.out_refund_no, 1, 64, "_-|*@")?;
    if body.reason.as_ref().is_some_and(|reason| reason.is_empty() || reason.len() > 80) {
        return Err(Refusal::param("/reason", "长度须为1到80字节"));
    }
    if let Some(url) = &body.notify_url {
        fields::notify_url(url, 256)?;
    }
    if body.funds_account.as_ref().is_some_and(|account| account != "AVAILABLE" && account != "UNSETTLED") {
        return Err(Refusal::param("/funds_account", "取值错误"));
    }
    fields::amount("/amount/refund", body.amount.refund)?;
    fields::amount("/amount/total", body.amount.total)?;
    fields::currency("/amount/currency", Some(&body.amount.currency))
}

fn order_of(call: &Call<'_>, world: &World, body: &Create, seller: &str) -> Result<String, Refusal> {
    let key = match (&body.transaction_id, &body.out_trade_no) {
        (Some(id), None) => world.transactions.get(id).cloned().ok_or_else(unknown)?,
        (None, Some(number)) => key_of(&call.account.mchid, number),
        _ => {
            return Err(Refusal::param("/out_trade_no", "transaction_id和out_trade_no二选一"));
        }
    };
    match world.orders.get(&key) {
        Some(order) if order.account == call.account.mchid && order.seller == seller => Ok(key),
        _ => Err(Refusal::new(404, "RESOURCE_NOT_EXISTS", "订单不存在")),
    }
}

/// Checks the refund against its order.
fn accept(call: &Call<'_>, body: &Create, order: &Order, order_key: &str, request: Value) -> Result<Refund, Refusal> {
    if order.state != OrderState::Paid {
        return Err(Refusal::invalid("订单未支付，不能退款"));
    }
    if body.amount.total != order.total {
        return Err(Refusal::invalid("订单金额与原订单不一致"));
    }
    if call.now - order.paid_at > REFUNDABLE_S {
        return Err(Refusal::invalid("订单已超过可退款期限"));
    }
    if order.refunds >= MOST_REFUNDS {
        return Err(Refusal::new(403, "RULE_LIMIT", "该订单部分退款次数超过50次"));
    }
    if call.state.config().refunds_a_minute_apart && order.refunds > 0 && call.now - order.last_refund_at < 60 {
        return Err(Refusal::new(429, "FREQUENCY_LIMITED", "同一笔订单的多次退款请间隔1分钟"));
    }
    if order.refunded + body.amount.refund > order.total {
        return Err(Refusal::invalid("申请退款金额大于订单剩余可退金额"));
    }
    // The buyer's own money is cumulative too, so that partial refunds add up exactly.
    let payer_total = order.total - order.coupon;
    let payer_part = |refunded: i64| part(payer_total, refunded, order.total);
    let payer_amount = payer_part(order.refunded + body.amount.refund) - payer_part(order.refunded);
    let settle_after = call.state.config().settle_after_ms.and_then(|wait| i64::try_from(wait).ok());
    Ok(Refund {
        seq: 0,
        account: order.account.clone(),
        seller: order.seller.clone(),
        partner: body.sub_mchid.is_some(),
        order_key: order_key.to_owned(),
        out_trade_no: order.out_trade_no.clone(),
        transaction_id: order.transaction_id.clone(),
        out_refund_no: body.out_refund_no.clone(),
        refund_id: String::new(),
        amount: body.amount.refund,
        payer_amount,
        total: order.total,
        payer_total,
        openid: order.payer().to_owned(),
        notify_url: body.notify_url.clone(),
        request,
        created_at: call.now,
        settled_at: 0,
        due_wall_ms: settle_after.map(|wait| wall_ms() + wait),
        status: RefundStatus::Processing,
    })
}

/// Takes the money out of what is frozen for the order, then out of the seller's balance.
fn take_money(world: &mut World, order_key: &str, refund: &Refund, now: i64) -> Result<(), Refusal> {
    let order = world.orders.get(order_key).ok_or_else(unknown)?;
    let refunded = order.refunded + refund.amount;
    let fee_back = part(order.fee, refunded, order.total) - order.fee_returned;
    let needed = refund.amount - fee_back;
    let from_frozen = needed.min(order.frozen);
    let purse = world.purse(&refund.seller);
    if purse.available < needed - from_frozen {
        return Err(not_enough());
    }
    purse.available -= needed - from_frozen;
    purse.frozen -= from_frozen;
    purse.fees -= fee_back;
    purse.refunded += refund.amount;
    if let Some(order) = world.orders.get_mut(order_key) {
        order.frozen -= from_frozen;
        order.fee_returned += fee_back;
        order.refunded = refunded;
        order.refunds += 1;
        order.last_refund_at = now;
    }
    Ok(())
}

/// `whole × numerator ÷ denominator`, rounded down.
fn part(whole: i64, numerator: i64, denominator: i64) -> i64 {
    let exact = i128::from(whole) * i128::from(numerator) / i128::from(denominator.max(1));
    i64::try_from(exact).unwrap_or(i64::MAX)
}

/// `GET /v3/refund/domestic/refunds/{out_refund_no}`.
pub(super) fn query(call: &Call<'_>, out_refund_no: &str) -> Reply {
    let [sub_mchid] = call.query_of(["sub_mchid"])?;
    let seller = seller_of(call, sub_mchid.as_deref())?;
    let key = key_of(&call.account.mchid, out_refund_no);
    let (shown, event) = {
        let mut world = call.state.world();
        let due = world.refunds.get(&key).is_some_and(|refund| refund.due_wall_ms.is_some_and(|due| wall_ms() >= due));
        let event = if due { world.settle_refund(&key, RefundStatus::Success, call.now) } else { None };
        let refund = world.refunds.get(&key).filter(|refund| refund.seller == seller);
        (refund.map(Refund::shown), event)
    };
    call.state.announce_some(event);
    let shown = shown.ok_or_else(|| Refusal::new(404, "RESOURCE_NOT_EXISTS", "退款单不存在"))?;
    Ok(Answer::Body(shown))
}

fn wall_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

impl World {
    /// Decides a refund that is being processed; the event to tell, if there is one.
    fn settle_refund(&mut self, key: &str, status: RefundStatus, now: i64) -> Option<Event> {
        let refund = self.refunds.get_mut(key).filter(|refund| refund.status == RefundStatus::Processing)?;
        refund.status = status;
        refund.settled_at = now;
        let refund = refund.clone();
        match status {
            RefundStatus::Success => self.user(&refund.openid).refunded += refund.payer_amount,
            RefundStatus::Closed => {
                let purse = self.purse(&refund.seller);
                purse.available += refund.amount;
                purse.refunded -= refund.amount;
                if let Some(order) = self.orders.get_mut(&refund.order_key) {
                    order.refunded -= refund.amount;
                }
            }
            RefundStatus::Abnormal | RefundStatus::Processing => {}
        }
        refund.event()
    }
}

impl Refund {
    fn shown(&self) -> Value {
        let mut view = json!({
            "refund_id": self.refund_id,
            "out_refund_no": self.out_refund_no,
            "transaction_id": self.transaction_id,
            "out_trade_no": self.out_trade_no,
            "channel": "ORIGINAL",
            "user_received_account": "支付用户零钱",
            "create_time": rfc3339(self.created_at),
            "status": self.status.word(),
            "funds_account": "AVAILABLE",
            "amount": {"total": self.total, "refund": self.amount, "from": [], "payer_total": self.payer_total,
                "payer_refund": self.payer_amount, "settlement_refund": self.amount, "settlement_total": self.total,
                "discount_refund": self.amount - self.payer_amount, "currency": "CNY"},
            "promotion_detail": [],
        });
        if let (RefundStatus::Success, Value::Object(fields)) = (self.status, &mut view) {
            fields.insert("success_time".to_owned(), json!(rfc3339(self.settled_at)));
        }
        view
    }

    /// What the shop is told, when it gave a URL.
    fn event(&self) -> Option<Event> {
        let mut resource = json!({
            "out_trade_no": self.out_trade_no,
            "transaction_id": self.transaction_id,
            "out_refund_no": self.out_refund_no,
            "refund_id": self.refund_id,
            "refund_status": self.status.word(),
            "user_received_account": "支付用户零钱",
            "amount": {"total": self.total, "refund": self.amount, "payer_total": self.payer_total,
                "payer_refund": self.payer_amount},
        });
        if let Value::Object(fields) = &mut resource {
            if self.partner {
                fields.insert("sp_mchid".to_owned(), json!(self.account));
                fields.insert("sub_mchid".to_owned(), json!(self.seller));
            } else {
                fields.insert("mchid".to_owned(), json!(self.account));
            }
            if self.status == RefundStatus::Success {
                fields.insert("success_time".to_owned(), json!(rfc3339(self.settled_at)));
            }
        }
        Some(Event {
            account: self.account.clone(),
            subject: self.out_refund_no.clone(),
            url: self.notify_url.clone()?,
            event_type: format!("REFUND.{}", self.status.word()),
            original_type: "refund".to_owned(),
            summary: "退款".to_owned(),
            resource,
        })
    }
}

impl SandboxState {
    /// Decides a refund that is being processed; `false` when there is none under this number.
    pub fn settle_refund(&self, out_refund_no: &str, status: RefundStatus) -> bool {
        let (found, event) = {
            let mut world = self.world();
            let open =
                |refund: &&Refund| refund.out_refund_no == out_refund_no && refund.status == RefundStatus::Processing;
            let key = world.refunds.values().find(open).map(|refund| key_of(&refund.account, out_refund_no));
            let now = self.now();
            (key.is_some(), key.and_then(|key| world.settle_refund(&key, status, now)))
        };
        self.announce_some(event);
        found
    }

    /// Every refund as WeChat shows it, newest first.
    pub fn refunds(&self) -> Vec<Value> {
        let world = self.world();
        let mut refunds: Vec<&Refund> = world.refunds.values().collect();
        refunds.sort_by_key(|refund| std::cmp::Reverse(refund.seq));
        refunds.into_iter().map(Refund::shown).collect()
    }
}
