//! Profit sharing: receivers, sharing, unfreezing, returns (sheet §6, R-71 to R-74).
//!
//! Sharing is asynchronous and the sharer gets no notice: after every call the query is asked
//! until it is final. A repeat under the same number and content is the same order.

use kernel::{BasisPoints, Fen};
use serde::Serialize;

use super::account::{Apps, Sub};
use super::call::{Outgoing, encode, to_json};
use super::wire::{RatioAnswer, SharingOrder, SharingReturn, UnsplitAnswer};
use super::{PayError, WechatPay};

/// What a receiver's account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ReceiverKind {
    /// A merchant number; can return money.
    #[serde(rename = "MERCHANT_ID")]
    Merchant,
    /// A person's openid under our appid; can never return money.
    #[serde(rename = "PERSONAL_OPENID")]
    Person,
    /// A person's openid under the sub-merchant's appid.
    #[serde(rename = "PERSONAL_SUB_OPENID")]
    SubPerson,
}

/// A receiver to register before the first share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReceiver {
    /// Merchant or person.
    pub kind: ReceiverKind,
    /// Merchant number or openid.
    pub account: String,
    /// Full legal name, required for merchants; checked when given. Sent encrypted.
    pub name: Option<String>,
    /// `DISTRIBUTOR`, `SUPPLIER`, `STAFF`, …
    pub relation: String,
    /// At most 10 characters, with relation `CUSTOM`.
    pub custom_relation: Option<String>,
}

/// One receiver's share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Merchant or person.
    pub kind: ReceiverKind,
    /// Merchant number or openid.
    pub account: String,
    /// Checked against the account when given; sent encrypted.
    pub name: Option<String>,
    /// At least 1 fen.
    pub amount: Fen,
    /// At most 80 characters, shown in bills.
    pub description: String,
}

/// A sharing order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSharing {
    /// The payment, the partner's number.
    pub transaction_id: String,
    /// Our number, at most 64 characters; one namespace with unfreezing.
    pub out_order_no: String,
    /// 1–50 shares.
    pub shares: Vec<Share>,
    /// Ends sharing of this payment and frees the rest.
    pub unfreeze_rest: bool,
}

/// A return of shared money by a merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReturn {
    /// Our number of the sharing order.
    pub out_order_no: String,
    /// Our number of the return, at most 64 characters.
    pub out_return_no: String,
    /// Who gives back.
    pub return_mchid: String,
    /// At most what that receiver got.
    pub amount: Fen,
    /// At most 80 characters.
    pub description: String,
}

#[derive(Serialize)]
struct ReceiverBody<'a> {
    #[serde(flatten)]
    apps: Apps<'a>,
    r#type: ReceiverKind,
    account: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relation_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_relation: Option<&'a str>,
}

#[derive(Serialize)]
struct SharingBody<'a> {
    #[serde(flatten)]
    apps: Apps<'a>,
    transaction_id: &'a str,
    out_order_no: &'a str,
    receivers: Vec<ShareBody<'a>>,
    unfreeze_unsplit: bool,
}

#[derive(Serialize)]
struct ShareBody<'a> {
    r#type: ReceiverKind,
    account: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    amount: Fen,
    description: &'a str,
}

#[derive(Serialize)]
struct UnfreezeBody<'a> {
    #[serde(flatten)]
    sub: Sub<'a>,
    transaction_id: &'a str,
    out_order_no: &'a str,
    description: &'a str,
}

#[derive(Serialize)]
struct ReturnBody<'a> {
    #[serde(flatten)]
    sub: Sub<'a>,
    out_order_no: &'a str,
    out_return_no: &'a str,
    return_mchid: &'a str,
    amount: Fen,
    description: &'a str,
}

impl WechatPay {
    /// Registers a receiver; registering it again changes nothing.
    pub async fn add_receiver(&self, receiver: &NewReceiver) -> Result<(), PayError> {
        let (serial, mut names) = self.encrypt_all([receiver.name.as_deref()]).await?;
        let body = to_json(&ReceiverBody {
            apps: self.account().apps(),
            r#type: receiver.kind,
            account: &receiver.account,
            name: names.pop().flatten(),
            relation_type: Some(&receiver.relation),
            custom_relation: receiver.custom_relation.as_deref(),
        })?;
        let call = Outgoing {
            platform_serial: serial.as_deref(),
            ..Outgoing::post("/v3/profitsharing/receivers/add", Some(&body))
        };
        self.call(&call).await.map(|_| ())
    }

    /// Removes a receiver; the partner may need up to a day.
    pub async fn delete_receiver(&self, kind: ReceiverKind, account: &str) -> Result<(), PayError> {
        let body = to_json(&ReceiverBody {
            apps: self.account().apps(),
            r#type: kind,
            account,
            name: None,
            relation_type: None,
            custom_relation: None,
        })?;
        self.call(&Outgoing::post("/v3/profitsharing/receivers/delete", Some(&body))).await.map(|_| ())
    }

    /// Asks for a sharing order. Too early after payment, or before settlement, it is refused and
    /// asked for again later under the same number.
    pub async fn share(&self, sharing: &NewSharing) -> Result<SharingOrder, PayError> {
        if sharing.shares.is_empty() || sharing.shares.len() > 50 {
            return Err(PayError::Invalid("a sharing order has 1-50 receivers"));
        }
        if sharing.shares.iter().any(|s| !s.amount.is_positive()) {
            return Err(PayError::Invalid("a share is at least 1 fen"));
        }
        let (serial, names) = self.encrypt_all(sharing.shares.iter().map(|s| s.name.as_deref())).await?;
        let receivers = sharing.shares.iter().zip(names).map(|(share, name)| ShareBody {
            r#type: share.kind,
            account: &share.account,
            name,
            amount: share.amount,
            description: &share.description,
        });
        let body = to_json(&SharingBody {
            apps: self.account().apps(),
            transaction_id: &sharing.transaction_id,
            out_order_no: &sharing.out_order_no,
            receivers: receivers.collect(),
            unfreeze_unsplit: sharing.unfreeze_rest,
        })?;
        self.post_sealed("/v3/profitsharing/orders", &body, serial.as_deref()).await
    }

    /// A sharing or unfreezing order as it stands. Errors: [`PayError::NotFound`].
    pub async fn query_sharing(&self, transaction_id: &str, out_order_no: &str) -> Result<SharingOrder, PayError> {
        let (number, payment) = (encode(out_order_no), encode(transaction_id));
        let target = format!("/v3/profitsharing/orders/{number}?transaction_id={payment}");
        self.get(&self.account().with_sub(target)).await
    }

    /// Ends sharing of a payment and frees what is left, under a number of its own.
    pub async fn unfreeze(
        &self,
        transaction_id: &str,
        out_order_no: &str,
        description: &str,
    ) -> Result<SharingOrder, PayError> {
        let sub = self.account().sub();
        let body = to_json(&UnfreezeBody { sub, transaction_id, out_order_no, description })?;
        self.post("/v3/profitsharing/orders/unfreeze", &body).await
    }

    /// Asks a merchant receiver for its share back. While it is processing the number stays.
    pub async fn return_shared(&self, back: &NewReturn) -> Result<SharingReturn, PayError> {
        let body = to_json(&ReturnBody {
            sub: self.account().sub(),
            out_order_no: &back.out_order_no,
            out_return_no: &back.out_return_no,
            return_mchid: &back.return_mchid,
            amount: back.amount,
            description: &back.description,
        })?;
        self.post("/v3/profitsharing/return-orders", &body).await
    }

    /// A return as it stands. Errors: [`PayError::NotFound`].
    pub async fn query_return(&self, out_order_no: &str, out_return_no: &str) -> Result<SharingReturn, PayError> {
        let (number, order) = (encode(out_return_no), encode(out_order_no));
        let target = format!("/v3/profitsharing/return-orders/{number}?out_order_no={order}");
        self.get(&self.account().with_sub(target)).await
    }

    /// What of a payment is still frozen and can be shared.
    pub async fn unsplit_amount(&self, transaction_id: &str) -> Result<Fen, PayError> {
        let target = format!("/v3/profitsharing/transactions/{}/amounts", encode(transaction_id));
        let answer: UnsplitAnswer = self.get(&target).await?;
        Ok(answer.unsplit_amount)
    }

    /// The most of an order's amount that may be shared in all, as granted to the sub-merchant; `None`
    /// for a direct merchant, whom the platform does not tell.
    pub async fn sharing_ceiling(&self) -> Result<Option<BasisPoints>, PayError> {
        let Some(sub) = self.account().sub_mchid() else { return Ok(None) };
        let answer: RatioAnswer = self.get(&format!("/v3/profitsharing/merchant-configs/{}", encode(sub))).await?;
        if !(0..=BasisPoints::WHOLE.bp()).contains(&answer.max_ratio) {
            return Err(PayError::Malformed("a ratio that is none".to_owned()));
        }
        Ok(Some(BasisPoints::new(answer.max_ratio)))
    }

    /// Encrypts the names there are, all for one key, whose serial comes first.
    async fn encrypt_all<'a>(
        &self,
        names: impl IntoIterator<Item = Option<&'a str>>,
    ) -> Result<(Option<String>, Vec<Option<String>>), PayError> {
        let mut used: Option<String> = None;
        let mut out = Vec::new();
        for name in names {
            let Some(name) = name else {
                out.push(None);
                continue;
            };
            let (serial, sealed) = self.encrypt(name).await?;
            if used.as_ref().is_some_and(|first| *first != serial) {
                return Err(PayError::Unreachable("the platform key changed meanwhile".to_owned()));
            }
            used = Some(serial);
            out.push(Some(sealed));
        }
        Ok((used, out))
    }
}
