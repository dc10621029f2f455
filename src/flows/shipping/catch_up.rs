//! Once a day WeChat is asked which payments it has no shipping of, a day after they were made: what
//! got lost on the way is told again.

use chrono::Duration;
use gateways::wechat::ShippedOrdersWanted;
use kernel::Failure;

use super::queue::{self, Again};
use crate::app::App;
use crate::areas::payments::query::by_transaction;
use crate::areas::shipping::management;
use crate::areas::shops::query::Shop;
use crate::flows::wechat_tokens;

/// How often.
const EVERY: Duration = Duration::hours(24);
/// Younger payments are still on their way.
const NOT_BEFORE: Duration = Duration::hours(24);
/// Older ones WeChat has set free or given back.
const NOT_AFTER: Duration = Duration::days(30);
/// The state of an order whose shipping WeChat does not know.
const TO_SHIP: u8 = 1;
/// Pages of a hundred in one run; the next day sees the rest.
const PAGES_MOST: usize = 50;

/// Asks for every managed shop whose day is over; how many payments are told again.
pub async fn catch_up(app: &App) -> Result<u64, Failure> {
    let mut queued = 0;
    for shop in app.shops.all().iter() {
        let Some(known) = management::of(app.db.reader(), shop.id).await? else { continue };
        let wall = app.clock.wall();
        if !known.managed || wall < known.listed_at + EVERY {
            continue;
        }
        let ours = app.db.write(async |tx| Ok(management::listed(tx, &known, wall).await?)).await?;
        if ours {
            queued += missing_of(app, shop).await?;
        }
    }
    Ok(queued)
}

async fn missing_of(app: &App, shop: &Shop) -> Result<u64, Failure> {
    let wall = app.clock.wall();
    let mut wanted = ShippedOrdersWanted {
        paid_from: (wall - NOT_AFTER).timestamp(),
        paid_until: (wall - NOT_BEFORE).timestamp(),
        state: TO_SHIP,
        last_index: None,
    };
    let (mut queued, mut late) = (0, 0);
    for _ in 0..PAGES_MOST {
        let clients = app.clients.of(shop);
        let call = async |token: String| clients.miniprogram.get_orders(&token, &wanted).await;
        let page = match wechat_tokens::with_token(app, shop, call).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(shop = %shop.id, %error, "WeChat does not list what is not shipped");
                return Ok(queued);
            }
        };
        for order in &page.order_list {
            match tell_again(app, shop, &order.transaction_id).await? {
                Some(Again::Queued) => queued += 1,
                Some(Again::NotSent) => late += 1,
                Some(Again::NotNeeded) | None => {}
            }
        }
        if !page.has_more || page.order_list.is_empty() {
            break;
        }
        wanted.last_index = Some(page.last_index);
    }
    if late > 0 {
        metrics::counter!("shipping_alarms_total", "kind" => "not_sent").increment(late);
        tracing::error!(shop = %shop.id, late, "ALARM: payments older than a day are not sent; WeChat keeps the money");
    }
    if queued > 0 {
        app.bell.ring();
    }
    Ok(queued)
}

async fn tell_again(app: &App, shop: &Shop, transaction_id: &str) -> Result<Option<Again>, Failure> {
    app.db
        .write(async |tx| {
            let Some(payment) = by_transaction(tx, shop.id, transaction_id).await? else { return Ok(None) };
            Ok(Some(queue::again(tx, &payment, app.clock.wall()).await?))
        })
        .await
}
