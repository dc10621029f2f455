//! Notices that a shop must refuse, and honest ones out of turn.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Event, Notice, SignedNotice};
use crate::courier::Delivery;
use crate::crypto::{self, CryptoError, PrivateKey};
use crate::pay::orders::{Order, OrderState};
use crate::pay::payer::{payment_event, pretend_payment, pretended_payment};
use crate::state::SandboxState;

/// What kind of notice to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The true notice once more, freshly signed.
    Duplicate,
    /// Truly signed ten minutes ago.
    Stale,
    /// A signature over other bytes.
    BadSignature,
    /// Signed with a key that is not the platform's, under the platform's name.
    WrongKey,
    /// Truly signed, under a serial nobody knows.
    UnknownSerial,
    /// WeChat's own probe: `WECHATPAY/SIGNTEST/…`.
    SignTest,
    /// Truly signed, then one byte of the body changed.
    TamperedBody,
    /// No signature header.
    MissingHeader,
    /// Truly signed, sealed under another APIv3 key.
    BadCiphertext,
    /// True in everything but the merchant number inside.
    OtherMerchant,
    /// True in everything but the sub-merchant inside, another of the same service provider.
    OtherSubMerchant,
    /// True in everything but the appid inside.
    OtherApp,
    /// True in everything but an amount one fen higher.
    WrongAmount,
    /// True in everything but the payer inside.
    OtherPayer,
    /// True in everything but a number that no order has.
    UnknownOrder,
    /// True in everything, with another `original_type` than its content.
    WrongType,
}

/// Why no such notice could be made.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// No order, refund or transfer has this number.
    #[error("nothing has the number {0}")]
    Unknown(String),
    /// A key failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl SandboxState {
    /// Makes a notice of `kind` about `subject`. For an order that is not paid the content says that
    /// it is: only its forgery can tell.
    pub fn make_notice(&self, subject: &str, kind: NoticeKind) -> Result<SignedNotice, ForgeError> {
        let notice = self.template(subject)?;
        self.made_from(notice, kind)
    }

    /// Makes and sends `times` notices of `kind` about `subject`, at once and side by side.
    pub async fn send_notices(
        &self,
        subject: &str,
        kind: NoticeKind,
        times: usize,
    ) -> Result<Vec<Delivery>, ForgeError> {
        let notice = self.template(subject)?;
        let seq = notice.seq;
        let signed: Vec<SignedNotice> =
            (0..times).map(|_| self.made_from(notice.clone(), kind)).collect::<Result<_, _>>()?;
        let sent = signed.into_iter().map(|signed| self.deliver(seq, signed));
        Ok(futures::future::join_all(sent).await)
    }

    /// The true notice about `subject`, or what it would be.
    fn template(&self, subject: &str) -> Result<Notice, ForgeError> {
        if let Some(notice) = self.newest_notice(subject) {
            return Ok(notice);
        }
        let unknown = || ForgeError::Unknown(subject.to_owned());
        if let Some(event) = self.combined_template(subject) {
            return Ok(self.newest_notice(&event.subject).unwrap_or_else(|| self.unsent(event)));
        }
        let order = self.find_order(subject).ok_or_else(unknown)?;
        let resource = match order.state {
            OrderState::Paid => order.shown(),
            OrderState::NotPaid | OrderState::Closed => pretended_payment(&order, self.now()),
        };
        Ok(self.unsent(Event { resource, ..payment_event(&order) }))
    }

    fn unsent(&self, event: Event) -> Notice {
        let id = "00000000-5ea1-4b0c-8d0e-000000000000".to_owned();
        Notice { seq: 0, id, created_at: self.now(), event, answers: Vec::new() }
    }

    /// What tells of the combined order with this number, or of the one that the order with this number
    /// is part of.
    fn combined_template(&self, subject: &str) -> Option<Event> {
        let (world, now) = (self.world(), self.now());
        let of_order = |(key, order): (&String, &Order)| {
            if order.out_trade_no == subject { world.combination_of(key) } else { None }
        };
        let by_name = || world.combinations.keys().find(|key| key.ends_with(&format!("/{subject}"))).cloned();
        let key = by_name().or_else(|| world.orders.iter().find_map(of_order))?;
        world.combined_event(&key, |order| pretend_payment(order, now))
    }

    fn find_order(&self, out_trade_no: &str) -> Option<Order> {
        self.world().orders.values().find(|order| order.out_trade_no == out_trade_no).cloned()
    }

    fn made_from(&self, mut notice: Notice, kind: NoticeKind) -> Result<SignedNotice, ForgeError> {
        use NoticeKind as K;
        alter(&mut notice.event, kind);
        let account = self.merchant(&notice.event.account).ok_or(CryptoError("merchant"))?;
        let other_key = crypto::random_text(32);
        let sealing = if kind == K::BadCiphertext { &other_key } else { &account.api_v3_key };
        let body = notice.event.envelope(&notice.id, notice.created_at, sealing)?;
        let wall = self.clock().wall();
        let timestamp = if kind == K::Stale { wall - 600 } else { wall };
        let mut signed = self.sign_body(&notice.event.url, body, timestamp)?;
        match kind {
            K::BadSignature => {
                let key = self.0.platform.notices().ok_or(CryptoError("platform key"))?;
                signed.set("Wechatpay-Signature", key.key.sign(b"other bytes")?);
            }
            K::WrongKey => {
                let stranger = PrivateKey::from_pkcs8(&crypto::generate_private_key()?)?;
                signed.set("Wechatpay-Signature", stranger.sign(&signed.message())?);
            }
            K::UnknownSerial => signed.set("Wechatpay-Serial", "PUB_KEY_ID_0000000000000000000000000000".to_owned()),
            K::SignTest => {
                let probe = format!("WECHATPAY/SIGNTEST/{}", STANDARD.encode(crypto::random_text(237)));
                signed.set("Wechatpay-Signature", probe);
            }
            K::TamperedBody => {
                let text = String::from_utf8_lossy(&signed.body).replacen("\"summary\":\"", "\"summary\":\"!", 1);
                signed.body = text.into_bytes();
            }
            K::MissingHeader => signed.headers.retain(|(name, _)| name != "Wechatpay-Signature"),
            _ => {}
        }
        Ok(signed)
    }
}

/// Changes what the notice says, for the kinds that lie inside.
fn alter(event: &mut Event, kind: NoticeKind) {
    let Value::Object(fields) = &mut event.resource else {
        return;
    };
    match kind {
        NoticeKind::OtherMerchant => {
            for name in ["mchid", "sp_mchid", "mch_id", "combine_mchid"] {
                fields.entry(name).and_modify(|value| *value = json!("1900000001"));
            }
        }
        NoticeKind::OtherSubMerchant => {
            fields.entry("sub_mchid").and_modify(|value| *value = json!("1900000002"));
            alter_first_part(fields, "/sub_mchid", |value| *value = json!("1900000002"));
        }
        NoticeKind::OtherApp => {
            for name in ["appid", "sp_appid", "sub_appid", "combine_appid"] {
                fields.entry(name).and_modify(|value| *value = json!("wx0000000000000001"));
            }
        }
        NoticeKind::WrongAmount => {
            let raise = |value: &mut Value| *value = json!(value.as_i64().unwrap_or(0) + 1);
            fields.entry("transfer_amount").and_modify(raise);
            alter_first_part(fields, "/amount/total_amount", raise);
            if let Some(Value::Object(amount)) = fields.get_mut("amount") {
                for name in ["total", "payer_total", "refund", "payer_refund"] {
                    amount.entry(name).and_modify(raise);
                }
            }
        }
        NoticeKind::OtherPayer => {
            let stranger = json!("oStranger00000000000000000000");
            fields.entry("openid").and_modify(|value| *value = stranger.clone());
            for name in ["payer", "combine_payer_info"] {
                if let Some(Value::Object(payer)) = fields.get_mut(name) {
                    payer.values_mut().for_each(|value| *value = stranger.clone());
                }
            }
        }
        NoticeKind::UnknownOrder => {
            for name in ["out_trade_no", "out_refund_no", "out_bill_no"] {
                fields.entry(name).and_modify(|value| *value = json!("nobodyknowsthisnumber"));
            }
            alter_first_part(fields, "/out_trade_no", |value| *value = json!("nobodyknowsthisnumber"));
        }
        NoticeKind::WrongType => {
            let other = if event.original_type == "refund" { "transaction" } else { "refund" };
            event.original_type = other.to_owned();
        }
        _ => {}
    }
}

/// Changes what stands at `pointer` in the first order of a combined payment.
fn alter_first_part(fields: &mut serde_json::Map<String, Value>, pointer: &str, change: impl Fn(&mut Value)) {
    let first = fields.get_mut("sub_orders").and_then(|orders| orders.get_mut(0));
    if let Some(value) = first.and_then(|order| order.pointer_mut(pointer)) {
        change(value);
    }
}

impl SignedNotice {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }

    fn set(&mut self, name: &str, value: String) {
        if let Some((_, old)) = self.headers.iter_mut().find(|(other, _)| other == name) {
            *old = value;
        }
    }

    /// What the platform's signature covers.
    fn message(&self) -> Vec<u8> {
        let mut message =
            format!("{}\n{}\n", self.header("Wechatpay-Timestamp"), self.header("Wechatpay-Nonce")).into_bytes();
        message.extend_from_slice(&self.body);
        message.push(b'\n');
        message
    }
}
