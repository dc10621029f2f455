//! Asking WeChat whether a payment is received and its money free. The event says the same, where it
//! arrives, and what the buyer of a parcel confirmed there is receipt here.

use gateways::wechat::{PaymentKey, ShippedOrder, ShippingState, WechatError};
use kernel::Failure;

use crate::app::App;
use crate::areas::shipping::entity::hold;
use crate::areas::shipping::holds::{self, Told};
use crate::areas::shops::query::Shop;
use crate::flows::{receipt, wechat_tokens};

/// Payments asked about in one run.
const AT_MOST: u64 = 50;

/// Asks about what is due, over all shops; how many, and whether more may be.
pub async fn look(app: &App) -> Result<(u64, bool), Failure> {
    let due = holds::due(app.db.reader(), app.clock.wall(), AT_MOST).await?;
    let count = u64::try_from(due.len()).unwrap_or(AT_MOST);
    let mut failed = None;
    for row in &due {
        app.db.write(async |tx| Ok(holds::put_off(tx, row, app.clock.wall()).await?)).await?;
        let shop = app.shops.by_id(row.shop_id)?;
        match state_of(app, &shop, row).await {
            // One order that cannot be received must not keep the others waiting.
            Ok(state) => {
                if let Err(failure) = follow(app, &shop, row, state).await {
                    tracing::error!(payment = %row.payment_id, %failure, "what WeChat says of a payment is not noted");
                    failed = Some(failure);
                }
            }
            Err(error) => {
                tracing::warn!(payment = %row.payment_id, %error, "WeChat does not say whether money is free")
            }
        }
    }
    failed.map_or(Ok((count, count == AT_MOST)), Err)
}

/// Notes what WeChat says, and receives an order whose buyer has confirmed there.
async fn follow(app: &App, shop: &Shop, row: &hold::Model, state: ShippingState) -> Result<(), Failure> {
    let told = told(state);
    app.db
        .write(async |tx| {
            let times = (app.clock.now(), app.clock.wall());
            // The order's row is held first, as by whoever sends it.
            if let Some(order) = row.order_id.filter(|_| told.received) {
                receipt::confirmed_at_wechat(tx, shop, order, times).await?;
            }
            Ok(holds::heard(tx, shop.id, row.payment_id, &told, times.1).await?)
        })
        .await
}

/// What WeChat says of a payment now, noted. The order stays where it is: the member is about to say
/// himself that he has it.
pub(super) async fn asked(
    app: &App,
    shop: &Shop,
    row: &hold::Model,
) -> Result<Result<ShippingState, WechatError>, Failure> {
    let state = match state_of(app, shop, row).await {
        Ok(state) => state,
        Err(error) => return Ok(Err(error)),
    };
    let told = told(state);
    app.db.write(async |tx| Ok(holds::heard(tx, shop.id, row.payment_id, &told, app.clock.wall()).await?)).await?;
    Ok(Ok(state))
}

async fn state_of(app: &App, shop: &Shop, row: &hold::Model) -> Result<ShippingState, WechatError> {
    let clients = app.clients.of(shop);
    let payment = PaymentKey::Transaction(row.transaction_id.clone());
    let call = async |token: String| clients.miniprogram.get_order(&token, &payment).await;
    let order: ShippedOrder = wechat_tokens::with_token(app, shop, call).await?;
    Ok(order.order_state)
}

pub(super) fn told(state: ShippingState) -> Told {
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
