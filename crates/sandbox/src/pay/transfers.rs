//! Merchant transfers (商家转账): money that waits for its user to say yes.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Call;
use super::answer::{Answer, Refusal, Reply};
use super::books::not_enough;
use super::notices::Event;
use crate::clock::{beijing_digits, rfc3339};
use crate::world::{World, key_of};

mod rules;
mod user;

pub use user::TransferView;

/// A transfer waits a day for its user.
const WAITS_S: i64 = 86_400;

/// Transfers can be asked about for thirty days.
const ASKABLE_S: i64 = 30 * 86_400;

/// What transfers remember.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct TransferTables {
    /// `account/out_bill_no` → the transfer.
    pub(super) bills: HashMap<String, Transfer>,
    /// transfer_bill_no → its key.
    numbers: HashMap<String, String>,
}

/// Where a transfer stands; the names are WeChat's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TransferState {
    /// The user has not answered yet.
    WaitUserConfirm,
    /// The merchant takes it back.
    Canceling,
    /// The user has the money.
    Success,
    /// It came to nothing; the merchant has the money back.
    Fail,
    /// Taken back by the merchant.
    Cancelled,
}

/// One transfer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Transfer {
    seq: u64,
    account: String,
    appid: String,
    out_bill_no: String,
    transfer_bill_no: String,
    openid: String,
    user_name: Option<String>,
    amount: i64,
    remark: String,
    notify_url: Option<String>,
    state: TransferState,
    fail_reason: Option<String>,
    package_info: String,
    created_at: i64,
    updated_at: i64,
    request: Value,
}

/// The body of a creation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    appid: String,
    out_bill_no: String,
    transfer_scene_id: String,
    openid: String,
    user_name: Option<String>,
    transfer_amount: i64,
    transfer_remark: String,
    notify_url: Option<String>,
    user_recv_perception: Option<String>,
    transfer_scene_report_infos: Vec<ReportInfo>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportInfo {
    info_type: String,
    info_content: String,
}

/// `POST /v3/fund-app/mch-transfer/transfer-bills`.
pub(super) fn create(call: &Call<'_>) -> Reply {
    let body: Create = call.json()?;
    let user_name = call.opened("/user_name", body.user_name.as_deref())?;
    rules::judge(call, &body, user_name.as_deref())?;
    let mut request: Value = call.json()?;
    if let (Some(name), Some(member)) = (&user_name, request.pointer_mut("/user_name")) {
        *member = json!(name);
    }
    let key = key_of(&call.account.mchid, &body.out_bill_no);
    let event = call.state.world().settle_transfer(&key, call.now);
    call.state.announce_some(event);
    let mut world = call.state.world();
    if let Some(earlier) = world.transfers.bills.get(&key) {
        if earlier.request != request {
            return Err(Refusal::invalid("商户单号已存在，且请求参数与原请求不一致"));
        }
        return Ok(Answer::Body(earlier.created()));
    }
    let purse = world.purse(&call.account.mchid);
    if purse.operations < body.transfer_amount {
        return Err(not_enough());
    }
    purse.operations -= body.transfer_amount;
    purse.locked += body.transfer_amount;
    let number = world.next_number();
    let day: String = beijing_digits(call.now).chars().take(8).collect();
    let transfer = Transfer {
        seq: number,
        account: call.account.mchid.clone(),
        appid: body.appid,
        out_bill_no: body.out_bill_no,
        transfer_bill_no: format!("133000{day}{number:020}"),
        openid: body.openid,
        user_name,
        amount: body.transfer_amount,
        remark: body.transfer_remark,
        notify_url: body.notify_url,
        state: TransferState::WaitUserConfirm,
        fail_reason: None,
        package_info: format!("ABBQO+oYAAABAAAAAAAk+{}==", crate::crypto::sha256_hex(&format!("{key}/{number}"))),
        created_at: call.now,
        updated_at: call.now,
        request,
    };
    let created = transfer.created();
    world.transfers.numbers.insert(transfer.transfer_bill_no.clone(), key.clone());
    world.transfers.bills.insert(key, transfer);
    Ok(Answer::Body(created))
}

/// `GET …/transfer-bills/out-bill-no/{out_bill_no}`.
pub(super) fn query(call: &Call<'_>, out_bill_no: &str) -> Reply {
    call.exactly([])?;
    answer(call, &key_of(&call.account.mchid, out_bill_no))
}

/// `GET …/transfer-bills/transfer-bill-no/{transfer_bill_no}`.
pub(super) fn query_by_number(call: &Call<'_>, transfer_bill_no: &str) -> Reply {
    call.exactly([])?;
    let key = call.state.world().transfers.numbers.get(transfer_bill_no).cloned();
    answer(call, &key.ok_or_else(unknown)?)
}

fn answer(call: &Call<'_>, key: &str) -> Reply {
    let (shown, event) = {
        let mut world = call.state.world();
        let event = world.settle_transfer(key, call.now);
        let known = |bill: &&Transfer| bill.account == call.account.mchid && call.now - bill.created_at <= ASKABLE_S;
        let bill = world.transfers.bills.get(key).filter(known);
        let name = bill.and_then(|bill| bill.user_name.as_deref()).map(|name| call.account.key.seal_oaep(name));
        (bill.map(|bill| bill.shown(name.and_then(Result::ok))), event)
    };
    call.state.announce_some(event);
    Ok(Answer::Body(shown.ok_or_else(unknown)?))
}

/// `POST …/transfer-bills/out-bill-no/{out_bill_no}/cancel`, without a body.
pub(super) fn cancel(call: &Call<'_>, out_bill_no: &str) -> Reply {
    call.no_body()?;
    let key = key_of(&call.account.mchid, out_bill_no);
    let event = call.state.world().settle_transfer(&key, call.now);
    call.state.announce_some(event);
    let shown = {
        let mut world = call.state.world();
        let bill = world.transfers.bills.get_mut(&key).ok_or_else(unknown)?;
        match bill.state {
            TransferState::WaitUserConfirm => {
                bill.state = TransferState::Canceling;
                bill.updated_at = call.now;
            }
            TransferState::Canceling | TransferState::Cancelled => {}
            TransferState::Success | TransferState::Fail => {
                return Err(Refusal::invalid("当前转账单状态不允许撤销"));
            }
        }
        json!({"out_bill_no": bill.out_bill_no, "transfer_bill_no": bill.transfer_bill_no,
            "state": bill.state, "update_time": rfc3339(bill.updated_at)})
    };
    call.state.settle_by_itself(move |state| {
        let event = state.world().settle_transfer(&key, state.now());
        state.announce_some(event);
    });
    Ok(Answer::Body(shown))
}

fn unknown() -> Refusal {
    Refusal::new(404, "NOT_FOUND", "记录不存在")
}

/// What a bill tells of a transfer.
pub(super) struct PaidTransfer<'a> {
    pub(super) at: i64,
    pub(super) transfer_bill_no: &'a str,
    pub(super) out_bill_no: &'a str,
    pub(super) amount: i64,
}

impl Transfer {
    fn created(&self) -> Value {
        let mut view = json!({"out_bill_no": self.out_bill_no, "transfer_bill_no": self.transfer_bill_no,
            "create_time": rfc3339(self.created_at), "state": self.state});
        if let Value::Object(members) = &mut view {
            if self.state == TransferState::WaitUserConfirm {
                members.insert("package_info".to_owned(), json!(self.package_info));
            }
            if let Some(reason) = &self.fail_reason {
                members.insert("fail_reason".to_owned(), json!(reason));
            }
        }
        view
    }

    fn shown(&self, sealed_name: Option<String>) -> Value {
        let mut view = self.outcome();
        if let Value::Object(members) = &mut view {
            members.insert("appid".to_owned(), json!(self.appid));
            members.insert("transfer_remark".to_owned(), json!(self.remark));
            if let Some(name) = sealed_name {
                members.insert("user_name".to_owned(), json!(name));
            }
        }
        view
    }

    /// What query and notice have in common.
    fn outcome(&self) -> Value {
        let mut view = json!({"mch_id": self.account, "out_bill_no": self.out_bill_no,
            "transfer_bill_no": self.transfer_bill_no, "state": self.state, "transfer_amount": self.amount,
            "openid": self.openid, "create_time": rfc3339(self.created_at), "update_time": rfc3339(self.updated_at)});
        if let (Some(reason), Value::Object(members)) = (&self.fail_reason, &mut view) {
            members.insert("fail_reason".to_owned(), json!(reason));
        }
        view
    }

    fn event(&self) -> Option<Event> {
        Some(Event {
            account: self.account.clone(),
            subject: self.out_bill_no.clone(),
            url: self.notify_url.clone()?,
            event_type: "MCHTRANSFER.BILL.FINISHED".to_owned(),
            original_type: "mch_payment".to_owned(),
            summary: "商家转账单据终态通知".to_owned(),
            resource: self.outcome(),
        })
    }
}

impl World {
    /// Transfers that users have, for the bill of the operations account.
    pub(super) fn paid_transfers(&self, account: &str) -> impl Iterator<Item = PaidTransfer<'_>> {
        let paid = move |bill: &&Transfer| bill.account == account && bill.state == TransferState::Success;
        self.transfers.bills.values().filter(paid).map(|bill| PaidTransfer {
            at: bill.updated_at,
            transfer_bill_no: &bill.transfer_bill_no,
            out_bill_no: &bill.out_bill_no,
            amount: bill.amount,
        })
    }

    /// Ends what is over by itself: a day without an answer, a cancellation under way.
    pub(super) fn settle_transfer(&mut self, key: &str, now: i64) -> Option<Event> {
        let bill = self.transfers.bills.get(key)?;
        match bill.state {
            TransferState::WaitUserConfirm if now - bill.created_at >= WAITS_S => {
                self.end_transfer(key, TransferState::Fail, Some("OVERDUE_CLOSE"), now)
            }
            TransferState::Canceling => self.end_transfer(key, TransferState::Cancelled, None, now),
            _ => None,
        }
    }

    /// Moves a transfer to a final state and its money with it.
    fn end_transfer(&mut self, key: &str, state: TransferState, reason: Option<&str>, now: i64) -> Option<Event> {
        let bill = self.transfers.bills.get_mut(key)?;
        bill.state = state;
        bill.fail_reason = reason.map(str::to_owned);
        bill.updated_at = now;
        let bill = bill.clone();
        let purse = self.purse(&bill.account);
        purse.locked -= bill.amount;
        if state == TransferState::Success {
            purse.transferred += bill.amount;
            self.user(&bill.openid).transferred += bill.amount;
        } else {
            purse.operations += bill.amount;
        }
        bill.event()
    }
}
