//! Every effect on the outside world, and the one `match` that delivers it.

use kernel::id::{RefundId, ShopId};
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::flows::refund::{self, Sent};
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
}

/// What came of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Done for good.
    Done,
    /// To be tried again, and why.
    Later(String),
    /// Cannot be read or done: an operator has to look.
    Dead(String),
}

impl Effect {
    fn name(self) -> &'static str {
        match self {
            Effect::Refund { .. } => "refund",
        }
    }

    /// One effect a thing: writing it twice writes it once.
    fn dedupe_key(self) -> String {
        match self {
            Effect::Refund { refund } => format!("refund:{refund}"),
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
/// arrived, so it is never given up by itself.
pub fn patience(row: &effect::Model) -> Patience {
    match serde_json::from_value(row.payload.clone()) {
        Ok(Effect::Refund { .. }) => Patience::Endless,
        Err(_) => Patience::Limited,
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
    }
}
