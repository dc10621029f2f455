//! Who receives an order: opened for whoever has to send it.

use gateways::marketplaces::{ErrorClass, Priority, Private, Receiver, Revealed};
use kernel::Failure;
use kernel::id::MarketOrderId;
use serde::Serialize;
use serde_json::json;

use super::sight;
use crate::app::App;
use crate::areas::market_accounts::MarketError;
use crate::areas::market_orders::MarketOrderError;
use crate::areas::market_orders::entity::order;
use crate::areas::market_orders::service::{self, Noted, receiver_place};
use crate::areas::market_orders::state::EventKind;
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::areas::stores::entity::store;
use crate::flows::stores::Sight;

/// How a receiver was had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The platform told it in the clear; kept sealed.
    Kept,
    /// The platform opened it now; not kept.
    Opened,
    /// The platform shows no more than this.
    Masked,
    /// The platform told none.
    Absent,
    /// It has been erased.
    Erased,
}

/// A receiver, as far as it can be had.
#[derive(Clone, Debug)]
pub struct Opened {
    /// How.
    pub how: How,
    /// Why not more, where there would be more.
    pub why: Option<&'static str>,
    /// The receiver: what is not plain in it is a mask.
    pub receiver: Receiver,
}

const ONLY_MASKED: &str = "The platform shows nobody more than this.";
const STAYS_SEALED: &str = "The platform opens it inside its own cloud alone: print the label with its own software.";
const REFUSED: &str =
    "The platform does not open it now; orders that were sent, refunded or are under risk control stay closed.";
const ERASED: &str = "It was erased.";
const NOT_TOLD: &str = "The platform tells no receiver of this order.";

/// Opens an order's receiver; who did so is in the audit log and on the order's timeline.
///
/// # Errors
/// `marketplace.unavailable` when the platform would open it and cannot be reached.
pub async fn open(app: &App, shop: &Shop, who: Sight, id: MarketOrderId) -> Result<Opened, Failure> {
    let (order, store) = sight::one(app, who, id).await?;
    let opened = opened(app, shop, &order, &store).await?;
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let what = json!({ "how": opened.how });
            audit::note(tx, shop.id, who.operator, "market_order.receiver", id, what.clone(), now).await?;
            let actor = format!("operator:{}", who.operator);
            let noted = Noted { order: id, kind: EventKind::Revealed, actor, detail: what };
            Ok(service::note(tx, shop.id, &[noted], now).await?)
        })
        .await?;
    Ok(opened)
}

async fn opened(app: &App, shop: &Shop, order: &order::Model, row: &store::Model) -> Result<Opened, Failure> {
    if order.receiver_erased_at.is_some() {
        return Ok(Opened { how: How::Erased, why: Some(ERASED), receiver: Receiver::default() });
    }
    let Some(sealed) = &order.sealed_receiver else {
        return Ok(Opened { how: How::Absent, why: Some(NOT_TOLD), receiver: Receiver::default() });
    };
    let plain = app.sealer.open(&receiver_place(order.id), sealed)?;
    let unreadable = |error| MarketOrderError::Unreadable { what: "receiver", error };
    let mut receiver: Receiver = serde_json::from_slice(&plain).map_err(unreadable)?;
    let ciphers = ciphers(&receiver);
    if ciphers.is_empty() {
        let is_masked = parts(&receiver).iter().any(|part| matches!(part, Private::Masked(_)));
        let how = if is_masked { How::Masked } else { How::Kept };
        return Ok(Opened { how, why: is_masked.then_some(ONLY_MASKED), receiver });
    }
    let store = app.marketplaces.store(shop, row)?;
    let channel = store.channel.clone().with_priority(Priority::Person);
    let why = match store.market.hurried.reveal(&channel, &order.external_id, &ciphers).await {
        Ok(revealed) => {
            put(&mut receiver, &revealed);
            let is_whole = self::ciphers(&receiver).is_empty();
            mask(&mut receiver);
            if is_whole {
                return Ok(Opened { how: How::Opened, why: None, receiver });
            }
            REFUSED
        }
        Err(error) => {
            tracing::info!(order = %order.id, %error, "a receiver was not opened");
            match error.class {
                ErrorClass::Unsupported => STAYS_SEALED,
                ErrorClass::Business | ErrorClass::NotPermitted | ErrorClass::NotFound | ErrorClass::Conflict => {
                    REFUSED
                }
                _ => {
                    let marketplace = store.market.descriptor.id.to_owned();
                    return Err(MarketError::Unavailable { marketplace }.into());
                }
            }
        }
    };
    mask(&mut receiver);
    Ok(Opened { how: How::Masked, why: Some(why), receiver })
}

fn parts(receiver: &Receiver) -> [&Private; 3] {
    [&receiver.name, &receiver.phone, &receiver.address]
}

fn parts_mut(receiver: &mut Receiver) -> [&mut Private; 3] {
    [&mut receiver.name, &mut receiver.phone, &mut receiver.address]
}

fn ciphers(receiver: &Receiver) -> Vec<String> {
    let cipher = |part: &&Private| match part {
        Private::Sealed { cipher, .. } => Some(cipher.clone()),
        _ => None,
    };
    parts(receiver).iter().filter_map(cipher).collect()
}

fn put(receiver: &mut Receiver, revealed: &[Revealed]) {
    for part in parts_mut(receiver) {
        let Private::Sealed { cipher, .. } = part else { continue };
        if let Some(opened) = revealed.iter().find(|one| one.cipher == *cipher) {
            *part = Private::Plain(opened.plain.clone());
        }
    }
}

/// What stays sealed is shown by its mask; a sealed text helps nobody.
fn mask(receiver: &mut Receiver) {
    for part in parts_mut(receiver) {
        if let Private::Sealed { mask, .. } = part {
            *part = mask.take().map_or(Private::Absent, Private::Masked);
        }
    }
}
