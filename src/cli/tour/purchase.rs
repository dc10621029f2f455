//! One purchase through everything.

use serde_json::{Value, json};

use super::guide::{Guide, yuan};
use crate::cli::caller::{number, text};

/// A little more than the window in which a member may complain.
pub(super) const EIGHT_DAYS_S: i64 = 8 * 86_400;

pub(super) async fn purchase(guide: &Guide) -> anyhow::Result<()> {
    let sku = guide.sku("脐橙", 2_990, 10).await?;
    let anna = guide.shopper("anna").await?;
    guide.tell("shopper", "signs in with a wx.login code");
    let points = anna.get("/api/v1/pickup-points?lat=23.13&lng=113.265&limit=3").await?.ok()?;
    let nearest = format!("{} ({} m)", text(&points, "/items/0/name")?, number(&points, "/items/0/distance_m")?);
    guide.tell("shopper", &format!("looks for pickup points; the nearest is {nearest}"));
    anna.put("/api/v1/me/pickup-point", json!({ "pickup_point_id": guide.point })).await?.ok()?;
    let found = anna.get(&format!("/api/v1/goods?q={}", guide.word())).await?.ok()?;
    guide.tell("shopper", &format!("searches the goods and finds {}", text(&found, "/items/0/title")?));
    anna.put(&format!("/api/v1/cart/items/{sku}"), json!({ "quantity": 2, "selected": true })).await?.ok()?;
    let cart = anna.get("/api/v1/cart").await?.ok()?;
    guide.tell("shopper", &format!("puts 2 into the cart: {}", yuan(number(&cart, "/selected/goods_fen")?)));
    let mut basket = guide.basket(&sku, 2);
    let quote = anna.post("/api/v1/checkout/quote", basket.clone()).await?.ok()?;
    guide.tell("shopper", &format!("asks for a quote: {}", yuan(number(&quote, "/payable_fen")?)));
    if let Some(basket) = basket.as_object_mut() {
        basket.insert("quote_token".to_owned(), json!(text(&quote, "/quote_token")?));
    }
    let order = anna.post("/api/v1/orders", basket).await?.ok()?;
    let left = guide.stock(&sku).await?;
    guide.tell("shopper", &format!("orders at that price; {left} of 10 are left for others"));
    guide.pays(&anna, &order).await?;

    deliver(guide).await?;
    guide.until(&anna, &order, "arrived").await?;
    let code = anna.get(&format!("/api/v1/orders/{}/pickup-code", text(&order, "/id")?)).await?.ok()?;
    let code = text(&code, "/code")?;
    guide.tell("shopper", &format!("comes with the pickup code {code}"));
    guide.leader.post("/api/v1/leader/redemptions", json!({ "code": code })).await?.ok()?;
    guide
        .leader
        .post("/api/v1/leader/redemptions", json!({ "code": code }))
        .await?
        .refused("pickup.already_redeemed")?;
    guide.tell("leader", "redeems it and hands the goods over; a second use is refused");
    guide.until(&anna, &order, "received").await?;
    withdraw(guide, &anna, &order).await
}

/// Everything paid goes to the leader on one delivery list.
pub(super) async fn deliver(guide: &Guide) -> anyhow::Result<()> {
    // Until the far end of business time: everything that is paid.
    let body = json!({ "leader_id": guide.leader_id, "until": "2099-01-01T00:00:00Z" });
    let list = guide.operator.post("/console/api/v1/delivery-lists", body).await?.ok()?;
    let path = format!("/console/api/v1/delivery-lists/{}", text(&list, "/id")?);
    let on_it = guide.operator.post(&format!("{path}/depart"), json!({})).await?.ok()?;
    let lines = on_it.get("lines").and_then(Value::as_array).map_or(0, Vec::len);
    guide.tell("operator", &format!("sends a delivery list of {lines} line(s): the order is shipped"));
    guide.operator.post(&format!("{path}/deliver"), json!({})).await?.ok()?;
    guide.tell("operator", "notes its arrival at the pickup point");
    Ok(())
}

/// The window ends, the commission is the leader's, and he takes it.
async fn withdraw(guide: &Guide, anna: &crate::cli::caller::Caller, order: &Value) -> anyhow::Result<()> {
    let dashboard = guide.leader.get("/api/v1/leader/dashboard").await?.ok()?;
    let (pending, before) = money(&dashboard)?;
    guide.tell("leader", &format!("has {} pending and {} available", yuan(pending), yuan(before)));
    guide.later(EIGHT_DAYS_S, "eight days").await?;
    guide.until(anna, order, "completed").await?;
    let (_, available) = money(&guide.leader.get("/api/v1/leader/dashboard").await?.ok()?)?;
    anyhow::ensure!(available >= before + 598, "commission should be available: {available} fen");
    guide.tell("leader", &format!("after the after-sale window {} are available", yuan(available)));
    let ask = json!({ "amount_fen": available, "channel": "wechat_transfer" });
    let withdrawal = guide.leader.post("/api/v1/leader/withdrawals", ask).await?.ok()?;
    guide.tell("leader", &format!("asks for {}", yuan(available)));
    let path = format!("/api/v1/leader/withdrawals/{}", text(&withdrawal, "/id")?);
    guide.wait(&guide.leader, &path, "/transfer_state", "waiting_for_user").await?;
    let transfers = guide.phone.get("/_sandbox/transfers").await?.ok()?;
    let bill = text(&transfers, "/transfers/0/out_bill_no")?;
    guide.tell("shop", &format!("has sent merchant transfer {bill}; WeChat waits for the leader"));
    guide.phone.post(&format!("/_sandbox/transfers/{bill}/confirm"), json!({})).await?.ok()?;
    guide.wait(&guide.leader, &path, "/state", "paid").await?;
    guide.tell("leader", &format!("confirms in WeChat: {} are paid out", yuan(available)));
    Ok(())
}

fn money(dashboard: &Value) -> anyhow::Result<(i64, i64)> {
    Ok((number(dashboard, "/commission/pending_fen")?, number(dashboard, "/commission/available_fen")?))
}
