//! Making receivers known to the platform, without which nothing can be shared with them, and taking
//! them off its list again.

use gateways::pay::wechat_pay::{self, NewReceiver, PayError};
use kernel::id::ReceiverRemovalId;
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;

use crate::app::App;
use crate::areas::leaders::entity::leader;
use crate::areas::leaders::error::LeaderError;
use crate::areas::payouts::{PayoutError, removals};
use crate::areas::shops::payout::PayoutMode;
use crate::areas::shops::query::Shop;
use crate::areas::suppliers::entity::supplier;
use crate::areas::{leaders, suppliers};
use crate::flows::effects::{Delivery, Effect};
use crate::platform::receiver::{Receiver, ReceiverKind};

/// What a leader is to the merchant.
const LEADER: &str = "DISTRIBUTOR";
/// What a supplier is.
const SUPPLIER: &str = "SUPPLIER";

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

fn at_the_platform(kind: ReceiverKind) -> wechat_pay::ReceiverKind {
    match kind {
        ReceiverKind::Merchant => wechat_pay::ReceiverKind::Merchant,
        ReceiverKind::Person => wechat_pay::ReceiverKind::Person,
        ReceiverKind::SubPerson => wechat_pay::ReceiverKind::SubPerson,
    }
}

/// Registers a leader's receiver at the platform; doing it again changes nothing. When the platform
/// cannot be asked the receiver goes on waiting, and [`register_waiting`] asks again.
///
/// Errors: `sharing.receiver_invalid` with the platform's words.
#[tracing::instrument(skip_all, fields(shop = %shop.id, leader = %row.id))]
pub async fn register_receiver(app: &App, shop: &Shop, row: leader::Model) -> Result<leader::Model, Failure> {
    let waiting = leaders::receiver::of(&app.sealer, &row)?.filter(|_| row.receiver_added_at.is_none());
    if !add(app, shop, waiting, LEADER).await? {
        return Ok(row);
    }
    app.db.write(async |tx| Ok(leaders::receiver::note_added(tx, &row, app.clock.now()).await?)).await?;
    Ok(leaders::query::by_id(app.db.reader(), shop.id, row.id).await?.ok_or(LeaderError::NotFound)?)
}

/// As [`register_receiver`], for a supplier.
#[tracing::instrument(skip_all, fields(shop = %shop.id, supplier = %row.id))]
pub async fn register_supplier(app: &App, shop: &Shop, row: supplier::Model) -> Result<supplier::Model, Failure> {
    let waiting = suppliers::receiver::of(&app.sealer, &row)?.filter(|_| row.receiver_added_at.is_none());
    if !add(app, shop, waiting, SUPPLIER).await? {
        return Ok(row);
    }
    app.db.write(async |tx| Ok(suppliers::receiver::note_added(tx, &row, app.clock.now()).await?)).await?;
    Ok(suppliers::query::by_id(app.db.reader(), shop.id, row.id).await?)
}

/// Asks the platform to know a receiver; `false` when there is none to tell of, or nobody to ask now.
async fn add(app: &App, shop: &Shop, receiver: Option<Receiver>, relation: &str) -> Result<bool, Failure> {
    let Some(receiver) = receiver else { return Ok(false) };
    let clients = app.clients.of(shop);
    let Ok(pay) = clients.pay() else { return Ok(false) };
    let request = NewReceiver {
        kind: at_the_platform(receiver.kind),
        account: receiver.account,
        name: receiver.name,
        relation: relation.to_owned(),
        custom_relation: None,
    };
    match pay.add_receiver(&request).await {
        Ok(()) => Ok(true),
        Err(PayError::Refused(refusal)) => Err(PayoutError::ReceiverInvalid(refusal.message).into()),
        Err(error) => {
            tracing::warn!(%error, "a receiver could not be registered and goes on waiting");
            Ok(false)
        }
    }
}

/// Registers the receivers of a shop that wait, at most `limit` of leaders and as many of suppliers;
/// says how many it tried. Leaders' are of use only where the shop pays them by sharing.
pub async fn register_waiting(app: &App, shop: &Shop, limit: u64) -> Result<u64, Failure> {
    let mut tried = 0;
    for row in suppliers::receiver::waiting(app.db.reader(), shop.id, limit).await? {
        tried += 1;
        let supplier = row.id;
        if let Err(failure) = register_supplier(app, shop, row).await {
            tracing::warn!(%supplier, %failure, "a receiver was refused; an operator has to correct it");
        }
    }
    if shop.profile.payout.mode != PayoutMode::ProfitSharing {
        return Ok(tried);
    }
    for row in leaders::receiver::waiting(app.db.reader(), shop.id, limit).await? {
        tried += 1;
        let leader = row.id;
        if let Err(failure) = register_receiver(app, shop, row).await {
            tracing::warn!(%leader, %failure, "a receiver was refused; an operator has to correct it");
        }
    }
    Ok(tried)
}

/// Has the platform forget a receiver that a party has no more, in the transaction that takes it
/// away. The account may have been told to the platform even where that was never noted.
pub(in crate::flows) async fn leave(
    app: &App,
    tx: &impl ConnectionTrait,
    shop: &Shop,
    old: Option<&Receiver>,
    new: Option<&Receiver>,
) -> Result<(), Failure> {
    let same = |old: &&Receiver| new.is_some_and(|new| new.kind == old.kind && new.account == old.account);
    let Some(old) = old.filter(|old| !same(old)) else { return Ok(()) };
    let row = removals::ask(tx, shop.id, word(old.kind), &old.account, app.clock.now()).await?;
    Effect::ReceiverRemoval { removal: row.id }.put(tx, shop.id, app.clock.wall()).await
}

/// Takes a receiver off the platform's list, once nothing is on its way to it; one that another party
/// of the shop has as well stays.
pub async fn remove_receiver(app: &App, shop: &Shop, id: ReceiverRemovalId) -> Result<Delivery, Failure> {
    let conn = app.db.reader();
    let Some(row) = removals::open(conn, shop.id, id).await? else { return Ok(Delivery::Done) };
    let kind = match row.receiver_type.as_str() {
        "MERCHANT_ID" => ReceiverKind::Merchant,
        "PERSONAL_SUB_OPENID" => ReceiverKind::SubPerson,
        _ => ReceiverKind::Person,
    };
    if leaders::receiver::is_used(conn, shop.id, kind, &row.account).await?
        || suppliers::receiver::is_used(conn, shop.id, kind, &row.account).await?
    {
        return finish(app, &row, "kept", app.clock.now()).await;
    }
    if removals::is_expecting(conn, &row).await? {
        return Ok(Delivery::Later("a share to it has no result yet".to_owned()));
    }
    let clients = app.clients.of(shop);
    let pay = match clients.pay() {
        Ok(pay) => pay,
        Err(error) => return Ok(Delivery::Later(error.to_string())),
    };
    match pay.delete_receiver(at_the_platform(kind), &row.account).await {
        Ok(()) => finish(app, &row, "removed", app.clock.now()).await,
        // It never knew the account, or knows it no more.
        Err(PayError::Refused(refusal) | PayError::NotFound(refusal)) => {
            finish(app, &row, &refusal.message, app.clock.now()).await
        }
        Err(error) => Ok(Delivery::Later(error.to_string())),
    }
}

async fn finish(
    app: &App,
    row: &crate::areas::payouts::entity::receiver_removal::Model,
    outcome: &str,
    now: Time,
) -> Result<Delivery, Failure> {
    app.db.write(async |tx| Ok(removals::finish(tx, row, outcome, now).await?)).await?;
    Ok(Delivery::Done)
}

/// A leader's receiver, once the platform knows it.
pub(super) fn receiver_of(app: &App, row: &leader::Model) -> Result<Option<Receiver>, Failure> {
    if row.receiver_added_at.is_none() {
        return Ok(None);
    }
    Ok(leaders::receiver::of(&app.sealer, row)?)
}
