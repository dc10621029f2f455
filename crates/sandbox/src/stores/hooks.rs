//! What happens in stores, and the addresses that want to hear of it.

use serde::{Deserialize, Serialize};

use super::keep::Stores;
use super::orders::{OrderStage, RefundStage};
use super::{StorePlatform, StoreRef};
use crate::courier::Delivery;
use crate::pay::SignedNotice;
use crate::state::SandboxState;

/// Pushes remembered.
const PUSHES_KEPT: usize = 300;

/// Something that happened in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoreEvent {
    pub(crate) store: StoreRef,
    pub(crate) what: Happening,
    /// The platform's number of the order or item; empty for the store as a whole.
    pub(crate) number: String,
}

/// What it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Happening {
    OrderPlaced,
    OrderPaid,
    OrderSent,
    OrderDone,
    OrderCancelled,
    OrderChanged,
    RefundAsked,
    ItemChanged,
    StockChanged,
    Uninstalled,
}

/// An address registered for messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hook {
    pub(crate) id: u64,
    pub(crate) platform: StorePlatform,
    /// The store it is for; all stores of the application where absent.
    pub(crate) store: Option<StoreRef>,
    /// The platform's word for what is told; empty for everything.
    pub(crate) topic: String,
    pub(crate) address: String,
}

/// A message as it was sent and answered.
#[derive(Debug, Clone, Serialize)]
pub struct SentPush {
    /// The platform that sent it.
    pub platform: StorePlatform,
    /// Where to.
    pub address: String,
    /// The platform's word for what it tells.
    pub topic: String,
    /// What the message is about.
    pub number: String,
    /// The answer to each try.
    pub answers: Vec<Delivery>,
}

/// Whether a platform takes an answer for "received".
fn is_taken(platform: StorePlatform, answer: &Delivery) -> bool {
    let said_so = platform != StorePlatform::Youzan || answer.answer.contains("success");
    said_so && answer.status.is_some_and(|status| (200..300).contains(&status))
}

impl Stores {
    /// The message about an order as it stands now, as its platform sends it to `address`; `None` where it
    /// sends none. Whether it arrives, how often and how late is the caller's.
    pub fn order_message(&self, store: &StoreRef, address: &str, id: &str) -> Option<SignedNotice> {
        let what = match self.order(store, id)? {
            order if order.refund == RefundStage::Asked => Happening::RefundAsked,
            order => match order.stage {
                OrderStage::Unpaid => Happening::OrderPlaced,
                OrderStage::Paid => Happening::OrderPaid,
                OrderStage::PartShipped | OrderStage::Shipped => Happening::OrderSent,
                OrderStage::Done => Happening::OrderDone,
                OrderStage::Cancelled => Happening::OrderCancelled,
            },
        };
        self.message(store, address, what, id)
    }

    /// The same about the stock of an item.
    pub fn stock_message(&self, store: &StoreRef, address: &str, item: u64) -> Option<SignedNotice> {
        self.message(store, address, Happening::StockChanged, &item.to_string())
    }

    fn message(&self, store: &StoreRef, address: &str, what: Happening, number: &str) -> Option<SignedNotice> {
        let hook = Hook {
            id: self.0.world().next_number(),
            platform: store.platform,
            store: Some(store.clone()),
            topic: String::new(),
            address: address.to_owned(),
        };
        let event = StoreEvent { store: store.clone(), what, number: number.to_owned() };
        self.0.push_for(&hook, &event).map(|(_, notice)| notice)
    }
}

impl SandboxState {
    /// Tells everybody who registered for it.
    pub(super) fn announce_store(&self, event: &StoreEvent) {
        let hooks: Vec<Hook> = {
            let world = self.world();
            let wants = |hook: &&Hook| {
                hook.platform == event.store.platform && hook.store.as_ref().is_none_or(|store| *store == event.store)
            };
            world.stores.hooks.iter().filter(wants).cloned().collect()
        };
        for hook in hooks {
            if let Some((topic, notice)) = self.push_for(&hook, event)
                && self.config().notify
            {
                self.send_push(&hook, topic, &event.number, notice);
            }
        }
    }

    /// The message in the platform's words, signed as it signs; `None` where it says nothing of this.
    fn push_for(&self, hook: &Hook, event: &StoreEvent) -> Option<(String, SignedNotice)> {
        match hook.platform {
            StorePlatform::Shopify => crate::shopify::push(self, hook, event),
            StorePlatform::Ebay => crate::ebay::push(self, hook, event),
            StorePlatform::Wish => crate::wish::push(self, hook, event),
            StorePlatform::Shoplazza => crate::shoplazza::push(self, hook, event),
            StorePlatform::Youzan => crate::youzan::message(self, hook, event),
            StorePlatform::Weimob => crate::weimob::message(self, hook, event),
            _ => None,
        }
    }

    /// Sends a message until it is answered well, as often as notices are sent.
    pub(crate) fn send_push(&self, hook: &Hook, topic: String, number: &str, notice: SignedNotice) {
        let sent = SentPush {
            platform: hook.platform,
            address: hook.address.clone(),
            topic,
            number: number.to_owned(),
            answers: Vec::new(),
        };
        let state = self.clone();
        self.0.courier.run(async move {
            let mut sent = sent;
            for wait in state.config().notice_schedule_ms.clone() {
                tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
                let answer = state.0.courier.post(notice.clone()).await;
                let accepted = is_taken(sent.platform, &answer);
                sent.answers.push(answer);
                if accepted {
                    break;
                }
            }
            let mut world = state.world();
            world.stores.pushes.push_front(sent);
            world.stores.pushes.truncate(PUSHES_KEPT);
        });
    }
}
