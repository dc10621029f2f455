//! Notices: sealed, signed, delivered, repeated — and forged on order.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::sign_headers;
use crate::clock::rfc3339;
use crate::courier::Delivery;
use crate::crypto::{self, CryptoError};
use crate::state::SandboxState;

mod forge;

pub use forge::{ForgeError, NoticeKind};

/// Something a shop is to be told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) account: String,
    /// The shop's own number of what happened: out_trade_no, out_refund_no, out_bill_no.
    pub(crate) subject: String,
    pub(crate) url: String,
    pub(crate) event_type: String,
    pub(crate) original_type: String,
    pub(crate) summary: String,
    /// What is sealed inside.
    pub(crate) resource: Value,
}

/// An event with its id and the story of its deliveries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(crate) seq: u64,
    pub(crate) id: String,
    pub(crate) created_at: i64,
    pub(crate) event: Event,
    /// HTTP status of each delivery; 0 = unreachable or too slow.
    pub(crate) answers: Vec<u16>,
}

/// A notice ready to be posted: URL, headers and the exact bytes.
#[derive(Debug, Clone)]
pub struct SignedNotice {
    /// Where it goes.
    pub url: String,
    /// All headers, the signature's among them.
    pub headers: Vec<(String, String)>,
    /// The raw body that the signature covers.
    pub body: Vec<u8>,
}

/// One notice as the control API lists it.
#[derive(Debug, Clone, Serialize)]
pub struct NoticeView {
    /// Its id, the same in every repetition.
    pub id: String,
    /// RFC 3339.
    pub create_time: String,
    /// Merchant that is told.
    pub mchid: String,
    /// `TRANSACTION.SUCCESS`, …
    pub event_type: String,
    /// The shop's number of what happened.
    pub subject: String,
    /// Where it goes.
    pub url: String,
    /// HTTP status of each delivery so far; 0 = unreachable or too slow.
    pub answers: Vec<u16>,
}

impl Event {
    /// The envelope with the resource sealed under `api_v3_key`.
    fn envelope(&self, id: &str, created_at: i64, api_v3_key: &str) -> Result<String, CryptoError> {
        let nonce = crypto::random_text(12);
        let plain = self.resource.to_string();
        let ciphertext = crypto::seal_aes_gcm(api_v3_key, &nonce, &self.original_type, plain.as_bytes())?;
        let envelope = json!({
            "id": id,
            "create_time": rfc3339(created_at),
            "resource_type": "encrypt-resource",
            "event_type": self.event_type,
            "summary": self.summary,
            "resource": {"original_type": self.original_type, "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": ciphertext, "associated_data": self.original_type, "nonce": nonce},
        });
        Ok(envelope.to_string())
    }
}

impl SandboxState {
    /// Keeps `event` as a notice and, with `after`, sends it by the schedule once that time is over.
    pub(crate) fn announce(&self, event: Event, after: Option<Duration>) {
        let notice = {
            let mut world = self.world();
            let seq = world.next_number();
            let id = format!("{seq:08x}-5ea1-4b0c-8d0e-{:012x}", seq.wrapping_mul(2_654_435_761) & 0xffff_ffff_ffff);
            let notice = Notice { seq, id, created_at: self.now(), event, answers: Vec::new() };
            world.keep_notice(notice.clone());
            notice
        };
        if let Some(wait) = after {
            let state = self.clone();
            self.0.courier.run(async move {
                tokio::time::sleep(wait).await;
                state.deliver_by_schedule(notice).await;
            });
        }
    }

    /// As [`SandboxState::announce`] by the configured switch, when there is something to tell.
    pub(crate) fn announce_some(&self, event: Option<Event>) {
        if let Some(event) = event {
            self.announce(event, self.config().notify.then_some(Duration::ZERO));
        }
    }

    async fn deliver_by_schedule(&self, notice: Notice) {
        for wait in &self.config().notice_schedule_ms {
            tokio::time::sleep(Duration::from_millis(*wait)).await;
            let Ok(signed) = self.sign_notice(&notice) else {
                return;
            };
            if self.deliver(notice.seq, signed).await.accepted() {
                return;
            }
        }
    }

    /// Posts `signed` and writes the answer beside the notice it repeats.
    async fn deliver(&self, seq: u64, signed: SignedNotice) -> Delivery {
        let delivery = self.0.courier.post(signed).await;
        if let Some(notice) = self.world().notices.get_mut(&seq) {
            notice.answers.push(delivery.status.unwrap_or(0));
        }
        delivery
    }

    /// The notice as it is sent now: fresh timestamp, nonce and signature.
    fn sign_notice(&self, notice: &Notice) -> Result<SignedNotice, CryptoError> {
        let account = self.merchant(&notice.event.account).ok_or(CryptoError("merchant"))?;
        let body = notice.event.envelope(&notice.id, notice.created_at, &account.api_v3_key)?;
        self.sign_body(&notice.event.url, body, self.clock().wall())
    }

    fn sign_body(&self, url: &str, body: String, timestamp: i64) -> Result<SignedNotice, CryptoError> {
        let key = self.0.platform.notices();
        let mut headers = sign_headers(key.as_deref(), timestamp, &body)?;
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        Ok(SignedNotice { url: url.to_owned(), headers, body: body.into_bytes() })
    }

    /// The newest notice about `subject` (out_trade_no, out_refund_no, out_bill_no), signed now and
    /// not sent: for tests and benchmarks that deliver by hand.
    pub fn notice_about(&self, subject: &str) -> Option<SignedNotice> {
        let notice = self.newest_notice(subject)?;
        self.sign_notice(&notice).ok()
    }

    /// A notice to merchant `mchid` with any content, sealed and signed now and not sent: for kinds the
    /// sandbox has no story of. The same `id` is the same notice again.
    pub fn notice_of(
        &self,
        mchid: &str,
        url: &str,
        id: &str,
        (event_type, original_type): (&str, &str),
        resource: Value,
    ) -> Option<SignedNotice> {
        let event = Event {
            account: mchid.to_owned(),
            subject: String::new(),
            url: url.to_owned(),
            event_type: event_type.to_owned(),
            original_type: original_type.to_owned(),
            summary: "通知".to_owned(),
            resource,
        };
        self.sign_notice(&Notice { seq: 0, id: id.to_owned(), created_at: self.now(), event, answers: Vec::new() }).ok()
    }

    /// Sends `notice` and answers what the shop said.
    pub async fn post_notice(&self, notice: SignedNotice) -> Delivery {
        self.0.courier.post(notice).await
    }

    fn newest_notice(&self, subject: &str) -> Option<Notice> {
        let world = self.world();
        world.notices.values().rev().find(|notice| notice.event.subject == subject).cloned()
    }

    /// Every notice remembered, newest first.
    pub fn notices(&self) -> Vec<NoticeView> {
        let view = |notice: &Notice| NoticeView {
            id: notice.id.clone(),
            create_time: rfc3339(notice.created_at),
            mchid: notice.event.account.clone(),
            event_type: notice.event.event_type.clone(),
            subject: notice.event.subject.clone(),
            url: notice.event.url.clone(),
            answers: notice.answers.clone(),
        };
        self.world().notices.values().rev().map(view).collect()
    }
}
