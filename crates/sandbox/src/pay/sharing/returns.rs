//! Returns (分账回退): a merchant gives a share back.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::receivers::ReceiverType;
use super::share::{PartResult, Sharing};
use crate::clock::{beijing_digits, rfc3339};
use crate::pay::answer::{Answer, Refusal, Reply};
use crate::pay::orders::seller_of;
use crate::pay::{Call, fields};
use crate::state::SandboxState;
use crate::world::{World, key_of};

/// Shares can be returned for 180 days.
const RETURNABLE_S: i64 = 180 * 86_400;

/// Returns of one sharing at most.
const MOST_RETURNS: u32 = 50;

/// One return.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Return {
    pub(super) account: String,
    pub(super) seller: String,
    pub(super) share_key: String,
    order_id: String,
    out_order_no: String,
    pub(super) out_return_no: String,
    pub(super) return_id: String,
    pub(super) return_mchid: String,
    pub(super) amount: i64,
    pub(super) description: String,
    result: ReturnResult,
    fail_reason: Option<String>,
    created_at: i64,
    pub(super) finished_at: i64,
    request: Value,
}

/// How a return fares; the names are WeChat's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum ReturnResult {
    Processing,
    Success,
    Failed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    sub_mchid: Option<String>,
    order_id: Option<String>,
    out_order_no: Option<String>,
    out_return_no: String,
    return_mchid: String,
    amount: i64,
    description: String,
}

/// `POST /v3/profitsharing/return-orders`.
pub(in crate::pay) fn create(call: &Call<'_>) -> Reply {
    let body: Create = call.json()?;
    let seller = seller_of(call, body.sub_mchid.as_deref())?;
    fields::number("/out_return_no", &body.out_return_no, 1, 64, "_-|*@")?;
    fields::amount("/amount", body.amount)?;
    fields::text("/description", &body.description, 80)?;
    let request: Value = call.json()?;
    let key = key_of(&call.account.mchid, &body.out_return_no);
    let shown = {
        let mut world = call.state.world();
        if let Some(earlier) = world.sharing.returns.get(&key) {
            if earlier.request != request {
                return Err(Refusal::invalid("回退单号重复，且参数与原请求不一致"));
            }
            return Ok(Answer::Body(earlier.shown()));
        }
        let share_key = find(call, &world, &body, &seller)?;
        accept(call, &mut world, &body, &share_key)?;
        let number = world.next_number();
        let sharing = world.sharing.shares.get(&share_key).ok_or_else(no_share)?;
        let day: String = beijing_digits(call.now).chars().take(8).collect();
        let made = Return {
            account: call.account.mchid.clone(),
            seller,
            share_key,
            order_id: sharing.order_id.clone(),
            out_order_no: sharing.out_order_no.clone(),
            out_return_no: body.out_return_no,
            return_id: format!("310000{day}{number:014}"),
            return_mchid: body.return_mchid,
            amount: body.amount,
            description: body.description,
            result: ReturnResult::Processing,
            fail_reason: None,
            created_at: call.now,
            finished_at: call.now,
            request,
        };
        let shown = made.shown();
        world.sharing.returns.insert(key.clone(), made);
        shown
    };
    call.state.settle_by_itself(move |state| state.world().finish_return(&key, state.now()));
    Ok(Answer::Body(shown))
}

fn no_share() -> Refusal {
    Refusal::new(404, "RESOURCE_NOT_EXISTS", "分账单不存在")
}

fn find(call: &Call<'_>, world: &World, body: &Create, seller: &str) -> Result<String, Refusal> {
    let named = |sharing: &&Sharing| match (&body.order_id, &body.out_order_no) {
        (Some(id), None) => sharing.order_id == *id,
        (None, Some(number)) => sharing.out_order_no == *number,
        _ => false,
    };
    if body.order_id.is_some() == body.out_order_no.is_some() {
        return Err(Refusal::param("/out_order_no", "order_id和out_order_no二选一"));
    }
    let own = |sharing: &&Sharing| sharing.account == call.account.mchid && sharing.seller == seller;
    let found = world.sharing.shares.values().filter(own).find(named).ok_or_else(no_share)?;
    Ok(key_of(&found.account, &found.out_order_no))
}

/// Checks the return and reserves its amount within the receiver's share.
fn accept(call: &Call<'_>, world: &mut World, body: &Create, share_key: &str) -> Result<(), Refusal> {
    if world.sharing.keeps_all.contains(&body.return_mchid) {
        return Err(Refusal::new(403, "NO_AUTH", "分账接收方未开启同意回退"));
    }
    let sharing = world.sharing.shares.get_mut(share_key).ok_or_else(no_share)?;
    if body.return_mchid == sharing.seller {
        return Err(Refusal::invalid("不能回退给自己"));
    }
    if !sharing.finished {
        return Err(Refusal::invalid("分账单未完成，不能回退"));
    }
    if call.now - sharing.created_at > RETURNABLE_S {
        return Err(Refusal::invalid("分账单已超过180天，不能回退"));
    }
    if sharing.returns >= MOST_RETURNS {
        return Err(Refusal::new(403, "RULE_LIMIT", "同一分账单回退次数超过50次"));
    }
    let mut parts = sharing.parts.iter_mut();
    let merchant = parts.find(|part| part.kind == ReceiverType::MerchantId && part.account == body.return_mchid);
    let part = merchant.filter(|part| part.result == PartResult::Success);
    let part = part.ok_or_else(|| Refusal::invalid("回退方不是该分账单成功的商户接收方"))?;
    if part.returned + body.amount > part.amount {
        return Err(Refusal::invalid("回退金额超过可回退金额"));
    }
    part.returned += body.amount;
    sharing.returns += 1;
    Ok(())
}

/// `GET /v3/profitsharing/return-orders/{out_return_no}?out_order_no=`.
pub(in crate::pay) fn query(call: &Call<'_>, out_return_no: &str) -> Reply {
    let [out_order_no, sub_mchid] = call.query_of(["out_order_no", "sub_mchid"])?;
    let out_order_no = out_order_no.ok_or_else(|| Refusal::query("out_order_no", "缺少参数"))?;
    let seller = seller_of(call, sub_mchid.as_deref())?;
    let key = key_of(&call.account.mchid, out_return_no);
    let mut world = call.state.world();
    if call.state.config().settle_after_ms.is_some() {
        world.finish_return(&key, call.now);
    }
    let found = world.sharing.returns.get(&key);
    match found.filter(|it| it.out_order_no == out_order_no && it.seller == seller) {
        Some(found) => Ok(Answer::Body(found.shown())),
        None => Err(Refusal::new(404, "RESOURCE_NOT_EXISTS", "回退单不存在")),
    }
}

impl Return {
    /// Whether the money came back.
    pub(super) fn is_paid(&self) -> bool {
        self.result == ReturnResult::Success
    }

    fn shown(&self) -> Value {
        let mut view = json!({"order_id": self.order_id, "out_order_no": self.out_order_no,
            "out_return_no": self.out_return_no, "return_id": self.return_id, "return_mchid": self.return_mchid,
            "amount": self.amount, "description": self.description, "result": self.result,
            "create_time": rfc3339(self.created_at), "finish_time": rfc3339(self.finished_at)});
        if let Value::Object(members) = &mut view {
            if self.seller != self.account {
                members.insert("sub_mchid".to_owned(), json!(self.seller));
            }
            if let Some(reason) = &self.fail_reason {
                members.insert("fail_reason".to_owned(), json!(reason));
            }
        }
        view
    }
}

impl World {
    /// Ends a return: the receiver pays, if it can; the money is then the seller's to use.
    fn finish_return(&mut self, key: &str, now: i64) {
        let processing = |it: &&Return| it.result == ReturnResult::Processing;
        let Some(mut ended) = self.sharing.returns.get(key).filter(processing).cloned() else {
            return;
        };
        ended.finished_at = now;
        let payer = self.purse(&ended.return_mchid);
        if payer.available >= ended.amount {
            payer.available -= ended.amount;
            payer.shared_in -= ended.amount;
            let seller = self.purse(&ended.seller);
            seller.available += ended.amount;
            seller.shared_out -= ended.amount;
            ended.result = ReturnResult::Success;
        } else {
            ended.result = ReturnResult::Failed;
            ended.fail_reason = Some("BALANCE_NOT_ENOUGH".to_owned());
            if let Some(sharing) = self.sharing.shares.get_mut(&ended.share_key) {
                let mut parts = sharing.parts.iter_mut();
                if let Some(part) = parts.find(|part| part.account == ended.return_mchid) {
                    part.returned -= ended.amount;
                }
            }
        }
        self.sharing.returns.insert(key.to_owned(), ended);
    }
}

impl SandboxState {
    /// Ends every return that is being processed; says how many.
    pub fn finish_returns(&self) -> usize {
        let now = self.now();
        let mut world = self.world();
        let open = world.sharing.returns.iter().filter(|(_, it)| it.result == ReturnResult::Processing);
        let keys: Vec<String> = open.map(|(key, _)| key.clone()).collect();
        keys.iter().for_each(|key| world.finish_return(key, now));
        keys.len()
    }

    /// Says whether a receiving merchant agrees to returns; it does unless told otherwise.
    pub fn agrees_to_returns(&self, mchid: &str, agrees: bool) {
        let keeps_all = &mut self.world().sharing.keeps_all;
        if agrees {
            keeps_all.remove(mchid);
        } else {
            keeps_all.insert(mchid.to_owned());
        }
    }
}
