//! Asking WeChat whether a payment is received and its money free. The event says the same, where it
//! arrives.

use gateways::wechat::{PaymentKey, ShippedOrder, ShippingState, WechatError};
use kernel::Failure;

use crate::app::App;
use crate::areas::shipping::entity::hold;
use crate::areas::shipping::holds::{self, Told};
use crate::areas::shops::query::Shop;
use crate::flows::wechat_tokens;

/// Payments asked about in one run.
const AT_MOST: u64 = 50;

/// Asks about what is due, over all shops; how many, and whether more may be.
pub async fn look(app: &App) -> Result<(u64, bool), Failure> {
    let due = holds::due(app.db.reader(), app.clock.wall(), AT_MOST).await?;
    let count = u64::try_from(due.len()).unwrap_or(AT_MOST);
    for row in &due {
        app.db.write(async |tx| Ok(holds::put_off(tx, row, app.clock.wall()).await?)).await?;
        let shop = app.shops.by_id(row.shop_id)?;
        match asked(app, &shop, row).await? {
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(payment = %row.payment_id, %error, "WeChat does not say whether money is free")
            }
        }
    }
    Ok((count, count == AT_MOST))
}

/// What WeChat says of a payment now, noted.
pub(super) async fn asked(
    app: &App,
    shop: &Shop,
    row: &hold::Model,
) -> Result<Result<ShippingState, WechatError>, Failure> {
    let clients = app.clients.of(shop);
    let payment = PaymentKey::Transaction(row.transaction_id.clone());
    let call = async |token: String| clients.miniprogram.get_order(&token, &payment).await;
    let order: ShippedOrder = match wechat_tokens::with_token(app, shop, call).await {
        Ok(order) => order,
        Err(error) => return Ok(Err(error)),
    };
    let told = told(order.order_state);
    app.db.write(async |tx| Ok(holds::heard(tx, shop.id, row.payment_id, &told, app.clock.wall()).await?)).await?;
    Ok(Ok(order.order_state))
}

fn told(state: ShippingState) -> Told {
    let number = match state {
        ShippingState::ToShip => 1,
        ShippingState::Shipped => 2,
        ShippingState::Received => 3,
        ShippingState::Settled => 4,
        ShippingState::Refunded => holds::REFUNDED,
        ShippingState::AwaitingSettlement => 6,
        ShippingState::Other(number) => number,
    };
    let settled = state == ShippingState::Settled;
    let received = settled || matches!(state, ShippingState::Received | ShippingState::AwaitingSettlement);
    Told { state: Some(number), received, settled, event: None }
}
