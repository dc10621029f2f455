//! What may go another way.

use serde_json::{Value, json};

use super::guide::{Guide, yuan};
use crate::cli::caller::{number, text};

/// A little more than the time to pay.
const SIXTEEN_MINUTES_S: i64 = 16 * 60;

pub(super) async fn timeout(guide: &Guide) -> anyhow::Result<()> {
    let sku = guide.sku("苹果", 1_000, 3).await?;
    let anna = guide.shopper("anna").await?;
    let order = guide.order(&anna, &sku, 2).await?;
    guide.pay_sheet(&anna, &order).await?;
    guide.tell("shopper", "opens the pay sheet and walks away");
    guide.later(SIXTEEN_MINUTES_S, "sixteen minutes").await?;
    let closed = guide.until(&anna, &order, "closed").await?;
    anyhow::ensure!(text(&closed, "/closed_reason")? == "timed_out", "closed for another reason: {closed}");
    let stock = guide.stock(&sku).await?;
    anyhow::ensure!(stock == 3, "{stock} of 3 units are back");
    guide.tell("shop", "asked WeChat, closed the order there and here; all 3 units are on sale again");
    Ok(())
}

pub(super) async fn notices(guide: &Guide) -> anyhow::Result<()> {
    let sku = guide.sku("香梨", 1_880, 9).await?;
    let anna = guide.shopper("anna").await?;
    let order = guide.order(&anna, &sku, 1).await?;
    let (_, unpaid) = guide.pay_sheet(&anna, &order).await?;
    let kinds = ["bad_signature", "wrong_key", "tampered_body", "stale", "wrong_amount", "other_merchant"];
    for kind in kinds {
        let answers = send_notice(guide, &unpaid, kind, 1).await?;
        anyhow::ensure!(answers.iter().all(|status| *status >= 400), "{kind} was answered {answers:?}");
    }
    guide.until(&anna, &order, "pending_payment").await?;
    guide.tell("forger", &format!("sends {} notifications; every one is refused", kinds.len()));
    let number_paid = guide.pays(&anna, &order).await?;
    let answers = send_notice(guide, &number_paid, "duplicate", 20).await?;
    let paid = guide.until(&anna, &order, "paid").await?;
    let timeline = paid.get("timeline").and_then(Value::as_array).cloned().unwrap_or_default();
    let times = timeline.iter().filter(|entry| entry.get("status").is_some_and(|status| status == "paid")).count();
    anyhow::ensure!(times == 1, "paid {times} times: {paid}");
    guide.tell("wechat", &format!("repeats it {} times at once; it has one effect", answers.len()));
    late_payment(guide, &sku).await
}

/// WeChat takes an order whose answer is lost, and does not know it for a moment; so the shop closes
/// it, and the user pays afterwards.
async fn late_payment(guide: &Guide, sku: &str) -> anyhow::Result<()> {
    let ben = guide.shopper("ben").await?;
    let order = guide.order(&ben, sku, 1).await?;
    let path = format!("/api/v1/orders/{}", text(&order, "/id")?);
    let lost = json!({
        "path_prefix": "/v3/pay/transactions/jsapi", "method": "POST", "status": 500, "after_effect": true, "times": 3,
    });
    let unknown = json!({ "path_prefix": "/v3/pay/transactions/out-trade-no/", "method": "GET", "status": 404 });
    guide.phone.post("/_sandbox/faults", lost).await?.ok()?;
    ben.post(&format!("{path}/payment"), json!({})).await?.refused("payment.unavailable")?;
    guide.phone.post("/_sandbox/faults", unknown).await?.ok()?;
    ben.post(&format!("{path}/cancel"), json!({})).await?.ok()?;
    guide.until(&ben, &order, "closed").await?;
    guide.tell("shopper", "meets a WeChat in trouble and cancels; a moment later he pays all the same");
    let orders = guide.phone.get("/_sandbox/orders?limit=1").await?.ok()?;
    let number = text(&orders, "/orders/0/out_trade_no")?;
    guide.phone.post("/_sandbox/pay", json!({ "out_trade_no": number, "notify": true })).await?.ok()?;
    let refunded = guide.wait(&ben, &path, "/refund_status", "full").await?;
    anyhow::ensure!(text(&refunded, "/status")? == "closed", "the order stays closed: {refunded}");
    guide.tell("shop", "keeps the order closed and refunds the late payment in full");
    Ok(())
}

/// Sends notices of a kind; answers the shop's statuses.
async fn send_notice(guide: &Guide, out_trade_no: &str, kind: &str, times: u32) -> anyhow::Result<Vec<i64>> {
    let wish = json!({ "out_trade_no": out_trade_no, "kind": kind, "times": times });
    let sent = guide.phone.post("/_sandbox/notices", wish).await?.ok()?;
    let answers = sent.get("answers").and_then(Value::as_array).cloned().unwrap_or_default();
    answers.iter().map(|answer| number(answer, "/status")).collect()
}

pub(super) async fn race(guide: &Guide) -> anyhow::Result<()> {
    let sku = guide.sku("最后一箱蜜柚", 1_590, 1).await?;
    let (anna, ben) = (guide.shopper("anna").await?, guide.shopper("ben").await?);
    let order = |who: &crate::cli::caller::Caller| {
        let (who, basket) = (who.clone(), guide.basket(&sku, 1));
        async move { who.post("/api/v1/orders", basket).await }
    };
    let (first, second) = futures::join!(order(&anna), order(&ben));
    let (first, second) = (first?, second?);
    anyhow::ensure!([first.status, second.status].contains(&201), "one of them gets it");
    let (winner, loser) = if first.status == 201 { ("anna", second) } else { ("ben", first) };
    loser.refused("stock.short")?;
    guide.tell("shop", &format!("{winner} gets the last unit, the other is told that stock is short"));
    Ok(())
}

pub(super) async fn cancel(guide: &Guide) -> anyhow::Result<()> {
    let sku = guide.sku("土豆", 890, 4).await?;
    let anna = guide.shopper("anna").await?;
    let order = guide.order(&anna, &sku, 4).await?;
    anna.post(&format!("/api/v1/orders/{}/cancel", text(&order, "/id")?), json!({})).await?.ok()?;
    guide.until(&anna, &order, "closed").await?;
    let stock = guide.stock(&sku).await?;
    anyhow::ensure!(stock == 4, "{stock} of 4 units are back");
    guide.tell("shopper", "cancels before paying; all 4 units are back");
    Ok(())
}

pub(super) async fn refund(guide: &Guide) -> anyhow::Result<()> {
    let sku = guide.sku("鲜牛奶", 1_490, 6).await?;
    let anna = guide.shopper("anna").await?;
    let order = guide.order(&anna, &sku, 2).await?;
    guide.pays(&anna, &order).await?;
    let path = format!("/api/v1/orders/{}", text(&order, "/id")?);
    anna.post(&format!("{path}/cancel"), json!({})).await?.ok()?;
    let refunded = guide.wait(&anna, &path, "/refund_status", "full").await?;
    let back = number(&refunded, "/refunded_fen")?;
    anyhow::ensure!(back == number(&order, "/payable_fen")?, "refunded in part: {refunded}");
    let stock = guide.stock(&sku).await?;
    anyhow::ensure!(stock == 6, "{stock} of 6 units are back");
    guide.tell("shop", &format!("refunds {} whole and puts the goods back; no commission stays", yuan(back)));
    Ok(())
}
