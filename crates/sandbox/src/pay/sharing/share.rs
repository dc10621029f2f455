//! A sharing or an unfreezing: what is kept, how it ends, how it is shown.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::receivers::ReceiverType;
use crate::clock::rfc3339;
use crate::pay::Call;
use crate::pay::answer::{Answer, Refusal, Reply};
use crate::pay::notices::Event;
use crate::pay::orders::seller_of;
use crate::state::SandboxState;
use crate::world::{World, key_of};

/// One request to share or to unfreeze.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sharing {
    pub(super) account: String,
    pub(super) seller: String,
    pub(super) partner: bool,
    pub(super) order_key: String,
    pub(super) transaction_id: String,
    pub(super) order_id: String,
    pub(super) out_order_no: String,
    pub(super) finished: bool,
    pub(super) parts: Vec<Part>,
    pub(super) request: Value,
    pub(super) created_at: i64,
    pub(super) returns: u32,
}

/// What one receiver gets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) kind: ReceiverType,
    pub(super) account: String,
    pub(super) amount: i64,
    pub(super) description: String,
    pub(super) detail_id: String,
    pub(super) result: PartResult,
    pub(super) fail_reason: Option<String>,
    pub(super) finished_at: i64,
    /// Already returned out of it.
    pub(super) returned: i64,
}

/// How a receiver fared; the names are WeChat's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum PartResult {
    Pending,
    Success,
    Closed,
}

impl Sharing {
    pub(super) fn shown(&self) -> Value {
        let part = |part: &Part| {
            let mut view = json!({"type": part.kind, "account": part.account, "amount": part.amount,
                "description": part.description, "result": part.result, "detail_id": part.detail_id,
                "create_time": rfc3339(self.created_at)});
            if let Value::Object(members) = &mut view {
                if part.result != PartResult::Pending {
                    members.insert("finish_time".to_owned(), json!(rfc3339(part.finished_at)));
                }
                if let Some(reason) = &part.fail_reason {
                    members.insert("fail_reason".to_owned(), json!(reason));
                }
            }
            view
        };
        let mut view = json!({"transaction_id": self.transaction_id, "out_order_no": self.out_order_no,
            "order_id": self.order_id, "state": if self.finished { "FINISHED" } else { "PROCESSING" },
            "receivers": self.parts.iter().map(part).collect::<Vec<_>>()});
        if let (true, Value::Object(members)) = (self.partner, &mut view) {
            members.insert("sub_mchid".to_owned(), json!(self.seller));
        }
        view
    }
}

impl World {
    /// Ends the sharing under `key`: pays each receiver, gives failed parts back, unfreezes the rest
    /// if that was asked. Answers what receiving merchants are to be told.
    pub(super) fn finish_sharing(&mut self, key: &str, now: i64) -> Vec<Event> {
        let Some(sharing) = self.sharing.shares.get(key).filter(|sharing| !sharing.finished) else {
            return Vec::new();
        };
        let mut sharing = sharing.clone();
        sharing.finished = true;
        let mut failed = 0;
        for part in &mut sharing.parts {
            part.finished_at = now;
            let reason = self.sharing.failing.get(&part.account).cloned();
            let success = reason.is_none() || part.account == sharing.seller;
            part.result = if success { PartResult::Success } else { PartResult::Closed };
            if success {
                self.receive(&sharing.seller, part);
            } else {
                part.fail_reason = reason;
                failed += part.amount;
            }
        }
        self.give_back(&sharing, failed);
        let events = sharing.parts.iter().filter_map(|part| self.sharing_event(&sharing, part, now)).collect();
        self.sharing.shares.insert(key.to_owned(), sharing);
        events
    }

    fn receive(&mut self, seller: &str, part: &Part) {
        match part.kind {
            ReceiverType::MerchantId if part.account == seller => self.purse(seller).available += part.amount,
            ReceiverType::MerchantId => {
                let purse = self.purse(&part.account);
                purse.available += part.amount;
                purse.shared_in += part.amount;
                self.purse(seller).shared_out += part.amount;
            }
            ReceiverType::PersonalOpenid | ReceiverType::PersonalSubOpenid => {
                self.user(&part.account).shared += part.amount;
                self.purse(seller).shared_out += part.amount;
            }
        }
    }

    /// Failed parts are frozen again while sharing goes on; with its end everything left is free.
    fn give_back(&mut self, sharing: &Sharing, failed: i64) {
        let Some(order) = self.orders.get_mut(&sharing.order_key) else {
            return;
        };
        order.frozen += failed;
        let own = |part: &&Part| part.result == PartResult::Closed;
        order.shared -= sharing.parts.iter().filter(own).map(|part| part.amount).sum::<i64>();
        let freed = if order.sharing_ended { std::mem::take(&mut order.frozen) } else { 0 };
        let purse = self.purse(&sharing.seller);
        purse.frozen += failed - freed;
        purse.available += freed;
    }

    fn sharing_event(&self, sharing: &Sharing, part: &Part, now: i64) -> Option<Event> {
        let url = self.sharing.notify_urls.get(&part.account)?.clone();
        if part.kind != ReceiverType::MerchantId || part.result != PartResult::Success {
            return None;
        }
        let mut resource = json!({"transaction_id": sharing.transaction_id, "order_id": sharing.order_id,
            "out_order_no": sharing.out_order_no, "success_time": rfc3339(now),
            "receiver": {"type": part.kind, "account": part.account, "amount": part.amount,
                "description": part.description}});
        if let Value::Object(members) = &mut resource {
            if sharing.partner {
                members.insert("sp_mchid".to_owned(), json!(sharing.account));
                members.insert("sub_mchid".to_owned(), json!(sharing.seller));
            } else {
                members.insert("mchid".to_owned(), json!(sharing.account));
            }
        }
        Some(Event {
            account: part.account.clone(),
            subject: sharing.out_order_no.clone(),
            url,
            event_type: "PROFITSHARING.SUCCESS".to_owned(),
            original_type: "profitsharing".to_owned(),
            summary: "分账".to_owned(),
            resource,
        })
    }
}

/// `GET /v3/profitsharing/orders/{out_order_no}?transaction_id=[&sub_mchid=]`. Asking finishes what is being
/// processed, unless settling is left to the control API.
pub(in crate::pay) fn query(call: &Call<'_>, out_order_no: &str) -> Reply {
    let [transaction_id, sub_mchid] = call.query_of(["transaction_id", "sub_mchid"])?;
    let transaction_id = transaction_id.ok_or_else(|| Refusal::query("transaction_id", "缺少参数"))?;
    let seller = seller_of(call, sub_mchid.as_deref())?;
    let key = key_of(&call.account.mchid, out_order_no);
    if call.state.config().settle_after_ms.is_some() {
        call.state.finish_sharing_under(&key);
    }
    let world = call.state.world();
    let found = world.sharing.shares.get(&key);
    match found.filter(|sharing| sharing.transaction_id == transaction_id && sharing.seller == seller) {
        Some(sharing) => Ok(Answer::Body(sharing.shown())),
        None => Err(Refusal::new(404, "RESOURCE_NOT_EXISTS", "分账单不存在")),
    }
}

impl SandboxState {
    pub(super) fn finish_sharing_under(&self, key: &str) {
        let now = self.now();
        let events = self.world().finish_sharing(key, now);
        events.into_iter().for_each(|event| self.announce_some(Some(event)));
    }

    /// Ends a sharing that is being processed; `false` when there is none under this number.
    pub fn finish_sharing(&self, out_order_no: &str) -> bool {
        let open = |sharing: &&Sharing| sharing.out_order_no == out_order_no && !sharing.finished;
        let key = self.world().sharing.shares.values().find(open).map(|it| key_of(&it.account, out_order_no));
        key.map(|key| self.finish_sharing_under(&key)).is_some()
    }

    /// Lets the shares of a receiver fail with `reason` (`ACCOUNT_ABNORMAL`, …), or no longer.
    pub fn fail_receiver(&self, account: &str, reason: Option<&str>) {
        let failing = &mut self.world().sharing.failing;
        match reason {
            Some(reason) => failing.insert(account.to_owned(), reason.to_owned()),
            None => failing.remove(account),
        };
    }

    /// Says where a receiving merchant wants to be told of its shares.
    pub fn tell_receiver(&self, mchid: &str, url: &str) {
        self.world().sharing.notify_urls.insert(mchid.to_owned(), url.to_owned());
    }

    /// Every sharing and unfreezing as WeChat shows it.
    pub fn sharings(&self) -> Vec<Value> {
        let world = self.world();
        let mut shares: Vec<&Sharing> = world.sharing.shares.values().collect();
        shares.sort_by(|a, b| b.order_id.cmp(&a.order_id));
        shares.into_iter().map(Sharing::shown).collect()
    }
}
