//! Every effect on the outside world, and the one `match` that delivers it.

use chrono::Duration;
use kernel::id::{
    ComplaintActionId, ComplaintId, MarketShipmentId, PaymentId, ReceiverRemovalId, RefundId, RemedyId,
    ShippingUploadId, ShopId,
};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::flows::refund::{self, Sent};
use crate::flows::{complaints, market_orders, profit_sharing, shipping};
use crate::platform::entity::effect;
use crate::platform::outbox::{self, Patience};

/// An effect: written with the state change that wants it, delivered at least once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// Ask WeChat to send money back.
    Refund {
        /// Which.
        refund: RefundId,
    },
    /// Have WeChat send a refund to another card.
    RefundRemedy {
        /// Which remedy.
        remedy: RemedyId,
    },
    /// Tell WeChat of a payment's shipping, a recharge's too.
    ShippingUpload {
        /// What is to be told.
        upload: ShippingUploadId,
    },
    /// Have WeChat remind the buyer of a parcel to confirm it.
    ReceiptReminder {
        /// Of which payment.
        payment: PaymentId,
    },
    /// Read a complaint at WeChat.
    ComplaintRefresh {
        /// Which.
        complaint: ComplaintId,
    },
    /// Tell WeChat what the shop says or does about a complaint.
    ComplaintAction {
        /// What.
        action: ComplaintActionId,
    },
    /// Tell a marketplace of a parcel.
    MarketShipment {
        /// Which.
        shipment: MarketShipmentId,
    },
    /// Have WeChat forget a receiver of shares.
    ReceiverRemoval {
        /// Which.
        removal: ReceiverRemovalId,
    },
}

/// What came of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Done for good.
    Done,
    /// To be tried again, and why.
    Later(String),
    /// The same, after a pause of its own.
    After(String, Duration),
    /// Cannot be read or done: an operator has to look.
    Dead(String),
}

impl Effect {
    fn name(self) -> &'static str {
        match self {
            Effect::Refund { .. } => "refund",
            Effect::RefundRemedy { .. } => "refund_remedy",
            Effect::ShippingUpload { .. } => "shipping_upload",
            Effect::ReceiptReminder { .. } => "receipt_reminder",
            Effect::ComplaintRefresh { .. } => "complaint_refresh",
            Effect::ComplaintAction { .. } => "complaint_action",
            Effect::MarketShipment { .. } => "market_shipment",
            Effect::ReceiverRemoval { .. } => "receiver_removal",
        }
    }

    /// One effect a thing: writing it twice writes it once.
    fn dedupe_key(self) -> String {
        match self {
            Effect::Refund { refund } => format!("refund:{refund}"),
            Effect::RefundRemedy { remedy } => format!("refund_remedy:{remedy}"),
            Effect::ShippingUpload { upload } => format!("shipping_upload:{upload}"),
            Effect::ReceiptReminder { payment } => format!("receipt_reminder:{payment}"),
            Effect::ComplaintRefresh { complaint } => format!("complaint_refresh:{complaint}"),
            Effect::ComplaintAction { action } => format!("complaint_action:{action}"),
            Effect::MarketShipment { shipment } => format!("market_shipment:{shipment}"),
            Effect::ReceiverRemoval { removal } => format!("receiver_removal:{removal}"),
        }
    }

    /// Writes the effect in the caller's transaction.
    pub async fn put(self, conn: &impl ConnectionTrait, shop: ShopId, wall: Time) -> Result<(), Failure> {
        let payload = serde_json::to_value(self).map_err(|error| sea_orm::DbErr::Json(error.to_string()))?;
        outbox::put(conn, shop, self.name(), payload, Some(self.dedupe_key()), wall).await?;
        Ok(())
    }
}

impl Effect {
    /// Writes the effect once more, after an operator has mended what stopped it.
    pub async fn put_again(self, conn: &impl ConnectionTrait, shop: ShopId, wall: Time) -> Result<(), Failure> {
        let payload = serde_json::to_value(self).map_err(|error| sea_orm::DbErr::Json(error.to_string()))?;
        outbox::put(conn, shop, self.name(), payload, None, wall).await?;
        Ok(())
    }
}

/// How long an effect that fails is tried. A refund is owed to a member until WeChat says that it
/// arrived, so it is never given up by itself; nor is shipping, without which WeChat keeps
/// the shop's money, nor an answer to a complaint, which has a day, nor a parcel that a
/// marketplace has not heard of.
pub fn patience(row: &effect::Model) -> Patience {
    match serde_json::from_value(row.payload.clone()) {
        Ok(
            Effect::Refund { .. }
            | Effect::RefundRemedy { .. }
            | Effect::ShippingUpload { .. }
            | Effect::MarketShipment { .. }
            | Effect::ComplaintAction { .. },
        ) => Patience::Endless,
        Ok(Effect::ReceiptReminder { .. } | Effect::ComplaintRefresh { .. } | Effect::ReceiverRemoval { .. })
        | Err(_) => Patience::Limited,
    }
}

/// Delivers one effect.
pub async fn deliver(app: &App, row: &effect::Model) -> Result<Delivery, Failure> {
    let effect: Effect = match serde_json::from_value(row.payload.clone()) {
        Ok(effect) => effect,
        Err(error) => return Ok(Delivery::Dead(format!("the payload cannot be read: {error}"))),
    };
    let shop = app.shops.by_id(row.shop_id)?;
    match effect {
        Effect::Refund { refund } => Ok(match refund::send(app, &shop, refund).await? {
            Sent::Done => Delivery::Done,
            Sent::Later(why) => Delivery::Later(why),
        }),
        Effect::RefundRemedy { remedy } => refund::remedy::deliver(app, &shop, remedy).await,
        Effect::ShippingUpload { upload } => shipping::send(app, &shop, upload).await,
        Effect::ReceiptReminder { payment } => shipping::remind(app, &shop, payment).await,
        Effect::ComplaintRefresh { complaint } => complaints::refresh(app, &shop, complaint).await,
        Effect::ComplaintAction { action } => complaints::send(app, &shop, action).await,
        Effect::MarketShipment { shipment } => market_orders::tell(app, &shop, shipment).await,
        Effect::ReceiverRemoval { removal } => profit_sharing::remove_receiver(app, &shop, removal).await,
    }
}
