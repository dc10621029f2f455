//! Who receives a leader's shares: registered at the platform first, stored after.

use gateways::pay::wechat_pay::{NewReceiver, PayError, ReceiverKind};
use kernel::id::LeaderId;
use kernel::{Code, Coded, Failure};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::areas::leaders;
use crate::areas::leaders::entity::leader;
use crate::areas::leaders::error::LeaderError;
use crate::areas::payouts::PayoutError;
use crate::areas::shops::query::Shop;

/// What a receiver's account is; the platform's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum ReceiverType {
    /// A merchant number.
    #[serde(rename = "MERCHANT_ID", alias = "merchant_id")]
    MerchantId,
    /// A person's openid in the shop's mini-program.
    #[serde(rename = "PERSONAL_OPENID", alias = "personal_openid")]
    PersonalOpenid,
    /// The same where the shop's mini-program is not the service provider's.
    #[serde(rename = "PERSONAL_SUB_OPENID", alias = "personal_sub_openid")]
    PersonalSubOpenid,
}

impl ReceiverType {
    /// The platform's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::MerchantId => "MERCHANT_ID",
            Self::PersonalOpenid => "PERSONAL_OPENID",
            Self::PersonalSubOpenid => "PERSONAL_SUB_OPENID",
        }
    }

    /// Reads the platform's word.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        [Self::MerchantId, Self::PersonalOpenid, Self::PersonalSubOpenid].into_iter().find(|kind| kind.word() == word)
    }

    pub(super) fn kind(self) -> ReceiverKind {
        match self {
            Self::MerchantId => ReceiverKind::Merchant,
            Self::PersonalOpenid => ReceiverKind::Person,
            Self::PersonalSubOpenid => ReceiverKind::SubPerson,
        }
    }
}

/// A receiver as stored with a leader; a name is told to the platform alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receiver {
    /// Merchant or person.
    #[serde(rename = "type")]
    pub kind: ReceiverType,
    /// Merchant number or openid.
    pub account: String,
}

/// The platform could not be asked; nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("the payment service could not be asked")]
struct NotAsked(#[source] PayError);

impl Coded for NotAsked {
    fn code(&self) -> Code {
        Code::PaymentUnavailable
    }
}

/// Registers a leader's receiver at the platform and stores it; doing it again changes nothing.
///
/// `name` is a merchant's full legal name (required), or a person's (checked when given).
/// Errors: `leader.not_found`, `sharing.receiver_invalid`, `payment.not_configured`, `payment.unavailable`.
#[tracing::instrument(skip_all, fields(shop = %shop.id, leader = %id))]
pub async fn register_receiver(
    app: &App,
    shop: &Shop,
    id: LeaderId,
    receiver: &Receiver,
    name: Option<&str>,
) -> Result<leader::Model, Failure> {
    leaders::query::by_id(app.db.reader(), shop.id, id).await?.ok_or(LeaderError::NotFound)?;
    if receiver.kind == ReceiverType::MerchantId && name.is_none_or(|name| name.trim().is_empty()) {
        return Err(PayoutError::ReceiverInvalid("a merchant's full legal name is needed".to_owned()).into());
    }
    let request = NewReceiver {
        kind: receiver.kind.kind(),
        account: receiver.account.clone(),
        name: name.map(str::to_owned),
        relation: "DISTRIBUTOR".to_owned(),
        custom_relation: None,
    };
    let clients = app.clients.of(shop);
    if let Err(error) = clients.pay()?.add_receiver(&request).await {
        return Err(match error {
            PayError::Refused(refusal) => PayoutError::ReceiverInvalid(refusal.message).into(),
            other => NotAsked(other).into(),
        });
    }
    let stored = serde_json::to_value(receiver).map_err(|error| PayoutError::Unreadable(error.to_string()))?;
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            leader::Entity::update_many()
                .col_expr(leader::Column::Receiver, Expr::value(stored.clone()))
                .col_expr(leader::Column::ReceiverAddedAt, Expr::value(now))
                .col_expr(leader::Column::UpdatedAt, Expr::value(now))
                .filter(leader::Column::ShopId.eq(shop.id))
                .filter(leader::Column::Id.eq(id))
                .exec(tx)
                .await?;
            Ok(leaders::query::by_id(tx, shop.id, id).await?.ok_or(LeaderError::NotFound)?)
        })
        .await
}

/// A leader's receiver, once the platform knows it.
pub(super) fn receiver_of(leader: &leader::Model) -> Option<Receiver> {
    leader.receiver_added_at?;
    serde_json::from_value(leader.receiver.clone()?).ok()
}
