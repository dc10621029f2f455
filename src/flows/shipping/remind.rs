//! The buyer of a parcel is reminded once, some days before it is received by time, to confirm it:
//! his word sets the money free at once.

use gateways::wechat::{PaymentKey, WechatError};
use kernel::Failure;
use kernel::id::PaymentId;

use crate::app::App;
use crate::areas::shipping::holds;
use crate::areas::shops::query::Shop;
use crate::flows::effects::{Delivery, Effect};
use crate::flows::wechat_tokens;

/// Reminders planned in one run.
const AT_MOST: u64 = 100;

/// Plans the reminders that are due; how many, and whether more may be.
pub async fn plan_reminders(app: &App) -> Result<(u64, bool), Failure> {
    let due = holds::to_remind(app.db.reader(), app.clock.now(), AT_MOST).await?;
    let count = u64::try_from(due.len()).unwrap_or(AT_MOST);
    for row in &due {
        app.db
            .write(async |tx| {
                let wall = app.clock.wall();
                if holds::remind(tx, row.payment_id, wall).await? {
                    Effect::ReceiptReminder { payment: row.payment_id }.put(tx, row.shop_id, wall).await?;
                }
                Ok(())
            })
            .await?;
    }
    if count > 0 {
        app.bell.ring();
    }
    Ok((count, count == AT_MOST))
}

/// Has WeChat remind the buyer. It is a courtesy: what WeChat refuses is left.
#[tracing::instrument(skip_all, fields(%payment))]
pub async fn remind(app: &App, shop: &Shop, payment: PaymentId) -> Result<Delivery, Failure> {
    let hold = holds::of_payment(app.db.reader(), shop.id, payment).await?;
    let Some(hold) = hold.filter(|hold| hold.received_at.is_none()) else { return Ok(Delivery::Done) };
    let Some(at) = hold.reminded_at else { return Ok(Delivery::Done) };
    let clients = app.clients.of(shop);
    let key = PaymentKey::Transaction(hold.transaction_id.clone());
    let call = async |token: String| clients.miniprogram.remind_to_confirm(&token, &key, at.timestamp()).await;
    match wechat_tokens::with_token(app, shop, call).await {
        Ok(()) => Ok(Delivery::Done),
        Err(WechatError::Refused(why)) => {
            tracing::warn!(%why, "WeChat does not remind a buyer to confirm receipt");
            Ok(Delivery::Done)
        }
        Err(error) => Ok(Delivery::Later(error.to_string())),
    }
}
