//! Refunds (sheet §5). Every repeat uses the same number and the same bytes: a new number is a
//! second refund.

use kernel::Fen;
use serde::Serialize;

use super::account::Sub;
use super::call::{encode, to_json};
use super::wire::Refund;
use super::{PayError, WechatPay};

/// A refund to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRefund {
    /// The paid order.
    pub out_trade_no: String,
    /// Our number: at most 64 of `0-9A-Za-z_-|*@`.
    pub out_refund_no: String,
    /// Shown to the user; cut to 80 bytes.
    pub reason: Option<String>,
    /// Where the notice goes; `None` leaves it to the merchant platform's setting.
    pub notify_url: Option<String>,
    /// What goes back, at least 1 fen.
    pub refund: Fen,
    /// The order's total as placed.
    pub total: Fen,
}

/// A card of the payer's to which a refund goes that could not go the way it came.
#[derive(Clone, PartialEq, Eq)]
pub struct PayerCard {
    /// WeChat's short name of the bank, such as `ICBC_DEBIT`.
    pub bank_type: String,
    /// The card's number.
    pub number: String,
    /// Its owner.
    pub real_name: String,
}

impl std::fmt::Debug for PayerCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PayerCard([REDACTED])")
    }
}

/// A request about a refund, to be sent as it stands: encryption never gives the same bytes twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedAbnormal {
    /// The body, card and name in it encrypted.
    pub body: String,
    /// The platform's key it is encrypted for.
    pub serial: String,
}

#[derive(Serialize)]
struct Abnormal<'a> {
    #[serde(flatten)]
    sub: Sub<'a>,
    out_refund_no: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    bank_type: &'a str,
    bank_account: String,
    real_name: String,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    sub: Sub<'a>,
    out_trade_no: &'a str,
    out_refund_no: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_url: Option<&'a str>,
    amount: Amount,
}

#[derive(Serialize)]
struct Amount {
    refund: Fen,
    total: Fen,
    currency: &'static str,
}

impl WechatPay {
    /// The exact request body; pure, so that it can be stored before it is sent.
    ///
    /// Errors: [`PayError::Invalid`] for a number or amounts the partner never accepts.
    pub fn refund_body(&self, refund: &NewRefund) -> Result<Vec<u8>, PayError> {
        let number = refund.out_refund_no.as_bytes();
        let legal = |b: &u8| b.is_ascii_alphanumeric() || b"_-|*@".contains(b);
        if number.is_empty() || number.len() > 64 || !number.iter().all(legal) {
            return Err(PayError::Invalid("out_refund_no must be 1-64 of 0-9A-Za-z_-|*@"));
        }
        if !refund.refund.is_positive() || refund.refund > refund.total {
            return Err(PayError::Invalid("a refund is at least 1 fen and at most the order's total"));
        }
        to_json(&Body {
            sub: self.account().sub(),
            out_trade_no: &refund.out_trade_no,
            out_refund_no: &refund.out_refund_no,
            reason: refund.reason.as_deref().map(|r| cut(r, 80)),
            notify_url: refund.notify_url.as_deref(),
            amount: Amount { refund: refund.refund, total: refund.total, currency: "CNY" },
        })
    }

    /// Asks for the refund whose stored body is `body`. A success means accepted: the state in the
    /// answer, the notice and the query say what became of it.
    pub async fn refund(&self, body: &[u8]) -> Result<Refund, PayError> {
        self.post("/v3/refund/domestic/refunds", body).await
    }

    /// What sends an abnormal refund to a card of the payer's, exactly; to be stored before it is sent.
    /// Names of fields are unconfirmed (sheet §5) and stand here alone.
    pub async fn abnormal_refund_body(
        &self,
        out_refund_no: &str,
        card: &PayerCard,
    ) -> Result<SealedAbnormal, PayError> {
        let (serial, bank_account) = self.encrypt(&card.number).await?;
        let (other, real_name) = self.encrypt(&card.real_name).await?;
        if other != serial {
            return Err(PayError::Unreachable("the platform's key changed meanwhile".to_owned()));
        }
        let body = to_json(&Abnormal {
            sub: self.account().sub(),
            out_refund_no,
            kind: "USER_BANK_CARD",
            bank_type: &card.bank_type,
            bank_account,
            real_name,
        })?;
        Ok(SealedAbnormal { body: String::from_utf8_lossy(&body).into_owned(), serial })
    }

    /// Has an abnormal refund, known to the partner as `refund_id`, sent to the card of `sealed`.
    pub async fn send_abnormal_refund(&self, refund_id: &str, sealed: &SealedAbnormal) -> Result<Refund, PayError> {
        let target = format!("/v3/refund/domestic/refunds/{}/apply-abnormal-refund", encode(refund_id));
        self.post_sealed(&target, sealed.body.as_bytes(), Some(&sealed.serial)).await
    }

    /// The refund as the partner knows it. Errors: [`PayError::NotFound`].
    pub async fn query_refund(&self, out_refund_no: &str) -> Result<Refund, PayError> {
        let target = format!("/v3/refund/domestic/refunds/{}", encode(out_refund_no));
        self.get(&self.account().with_sub(target)).await
    }
}

/// At most `bytes` bytes of `text`, cut between characters.
fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}
