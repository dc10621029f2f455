//! Making a leader's receiver known to the platform, without which nothing can be shared with it.

use gateways::pay::wechat_pay::{self, NewReceiver, PayError};
use kernel::Failure;

use crate::app::App;
use crate::areas::leaders;
use crate::areas::leaders::entity::leader;
use crate::areas::leaders::error::LeaderError;
use crate::areas::leaders::receiver::{self, Receiver, ReceiverKind};
use crate::areas::payouts::PayoutError;
use crate::areas::shops::payout::PayoutMode;
use crate::areas::shops::query::Shop;

/// The platform's word for a kind of receiver, as stored with a part.
pub(super) fn word(kind: ReceiverKind) -> &'static str {
    match kind {
        ReceiverKind::Merchant => "MERCHANT_ID",
        ReceiverKind::Person => "PERSONAL_OPENID",
        ReceiverKind::SubPerson => "PERSONAL_SUB_OPENID",
    }
}

/// Reads what [`word`] wrote.
pub(super) fn from_word(word: &str) -> Option<wechat_pay::ReceiverKind> {
    match word {
        "MERCHANT_ID" => Some(wechat_pay::ReceiverKind::Merchant),
        "PERSONAL_OPENID" => Some(wechat_pay::ReceiverKind::Person),
        "PERSONAL_SUB_OPENID" => Some(wechat_pay::ReceiverKind::SubPerson),
        _ => None,
    }
}

/// Registers a leader's receiver at the platform; doing it again changes nothing. When the platform
/// cannot be asked the receiver goes on waiting, and [`register_waiting`] asks again.
///
/// Errors: `sharing.receiver_invalid` with the platform's words.
#[tracing::instrument(skip_all, fields(shop = %shop.id, leader = %row.id))]
pub async fn register_receiver(app: &App, shop: &Shop, row: leader::Model) -> Result<leader::Model, Failure> {
    let Some(receiver) = receiver::of(&app.sealer, &row)?.filter(|_| row.receiver_added_at.is_none()) else {
        return Ok(row);
    };
    let clients = app.clients.of(shop);
    let Ok(pay) = clients.pay() else { return Ok(row) };
    let request = NewReceiver {
        kind: from_word(word(receiver.kind)).unwrap_or(wechat_pay::ReceiverKind::Person),
        account: receiver.account,
        name: receiver.name,
        relation: "DISTRIBUTOR".to_owned(),
        custom_relation: None,
    };
    match pay.add_receiver(&request).await {
        Ok(()) => {
            let added = async |tx: &_| Ok(receiver::note_added(tx, &row, app.clock.now()).await?);
            app.db.write(added).await?;
            Ok(leaders::query::by_id(app.db.reader(), shop.id, row.id).await?.ok_or(LeaderError::NotFound)?)
        }
        Err(PayError::Refused(refusal)) => Err(PayoutError::ReceiverInvalid(refusal.message).into()),
        Err(error) => {
            tracing::warn!(%error, "a receiver could not be registered and goes on waiting");
            Ok(row)
        }
    }
}

/// Registers the receivers of a shop that wait, at most `limit`; says how many it tried.
pub async fn register_waiting(app: &App, shop: &Shop, limit: u64) -> Result<u64, Failure> {
    if shop.profile.payout.mode != PayoutMode::ProfitSharing {
        return Ok(0);
    }
    let mut tried = 0;
    for row in receiver::waiting(app.db.reader(), shop.id, limit).await? {
        tried += 1;
        let leader = row.id;
        if let Err(failure) = register_receiver(app, shop, row).await {
            tracing::warn!(%leader, %failure, "a receiver was refused; an operator has to correct it");
        }
    }
    Ok(tried)
}

/// A leader's receiver, once the platform knows it.
pub(super) fn receiver_of(app: &App, row: &leader::Model) -> Result<Option<Receiver>, Failure> {
    if row.receiver_added_at.is_none() {
        return Ok(None);
    }
    Ok(receiver::of(&app.sealer, row)?)
}
