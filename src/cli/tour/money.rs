//! The money's other roads: it goes back in parts, by a ticket, through a WeChat in trouble, after the
//! leader was paid; a payout that nobody confirms returns; balance is paid in and spent; and a shop under a service
//! provider shares.

use serde_json::{Value, json};

use super::balance::balance;
use super::guide::{Guide, yuan};
use super::provider::provider;
use super::purchase::{EIGHT_DAYS_S, deliver};
use crate::cli::caller::{number, text};

pub(super) async fn money(guide: &Guide) -> anyhow::Result<()> {
    in_parts(guide).await?;
    by_ticket(guide).await?;
    lost_answer(guide).await?;
    after_settlement(guide).await?;
    unconfirmed(guide).await?;
    balance(guide).await?;
    provider(guide.config()).await
}

/// Three refunds of one order add up to what was paid, to the fen.
async fn in_parts(guide: &Guide) -> anyhow::Result<()> {
    let sku = guide.sku("小青柠", 333, 9).await?;
    let anna = guide.shopper("anna").await?;
    let order = guide.order(&anna, &sku, 3).await?;
    guide.pays(&anna, &order).await?;
    let line = text(&order, "/lines/0/id")?;
    let wishes = [
        ("one unit of three", json!({"lines": [{"line_id": line, "quantity": 1}], "reason": "少一份"})),
        ("half a yuan for a bruise", json!({"lines": [{"line_id": line, "amount_fen": 50}], "reason": "有压痕"})),
        ("all that is left", json!({"all": true, "reason": "都退"})),
    ];
    let mut sum = 0;
    for (what, wish) in wishes {
        let back = refunds(guide, &order, wish).await?;
        sum += back;
        guide.tell("operator", &format!("gives back {what}: {}", yuan(back)));
    }
    let seen = guide.wait(&anna, &path_of(&order)?, "/refund_status", "full").await?;
    let paid = number(&order, "/payable_fen")?;
    anyhow::ensure!(sum == paid && number(&seen, "/refunded_fen")? == paid, "{sum} of {paid} went back: {seen}");
    guide.tell("shopper", &format!("has all of {} back, in three parts", yuan(paid)));
    Ok(())
}

/// The member asks, the operator grants, WeChat pays.
async fn by_ticket(guide: &Guide) -> anyhow::Result<()> {
    let sku = guide.sku("水蜜桃", 1_999, 9).await?;
    let anna = guide.shopper("anna").await?;
    let order = guide.order(&anna, &sku, 2).await?;
    guide.pays(&anna, &order).await?;
    let claim = json!({
        "lines": [{"line_id": text(&order, "/lines/0/id")?, "quantity": 1}],
        "kind": "refund_only", "reason": "有一个坏了", "photos": [],
    });
    let ticket = anna.post(&format!("{}/after-sales", path_of(&order)?), claim).await?.ok()?;
    guide.tell("shopper", "opens an after-sale ticket for one unit");
    let ticket = text(&ticket, "/id")?;
    guide.operator.post(&format!("/console/api/v1/after-sales/{ticket}/approve"), json!({})).await?.ok()?;
    let seen = guide.wait(&anna, &path_of(&order)?, "/refund_status", "partial").await?;
    guide.tell("operator", &format!("grants it: {} went back", yuan(number(&seen, "/refunded_fen")?)));
    Ok(())
}

/// WeChat takes a refund and fails to say so: the same number is asked about, and paid once.
async fn lost_answer(guide: &Guide) -> anyhow::Result<()> {
    let sku = guide.sku("山药", 1_250, 9).await?;
    let anna = guide.shopper("anna").await?;
    let order = guide.order(&anna, &sku, 2).await?;
    guide.pays(&anna, &order).await?;
    let lost = json!({
        "path_prefix": "/v3/refund/domestic/refunds", "method": "POST", "status": 500, "after_effect": true,
    });
    guide.phone.post("/_sandbox/faults", lost).await?.ok()?;
    guide.tell("wechat", "takes the next refund and answers SYSTEM_ERROR all the same");
    let back = refunds(guide, &order, json!({"all": true, "reason": "不想要了"})).await?;
    guide.wait(&anna, &path_of(&order)?, "/refund_status", "full").await?;
    let console = guide.operator.get(&format!("/console/api/v1/orders/{}", text(&order, "/id")?)).await?.ok()?;
    let made = console.pointer("/refunds").and_then(Value::as_array).map_or(0, Vec::len);
    anyhow::ensure!(made == 1, "{made} refunds were made: {console}");
    guide.tell("shop", &format!("asks under the same number: {} went back, once", yuan(back)));
    Ok(())
}

/// What was released already: the shop's rule says who bears it, and the preview says so first.
async fn after_settlement(guide: &Guide) -> anyhow::Result<()> {
    let sku = guide.sku("红薯", 2_000, 9).await?;
    let anna = guide.shopper("anna").await?;
    let order = guide.order(&anna, &sku, 1).await?;
    guide.pays(&anna, &order).await?;
    deliver(guide).await?;
    let code = anna.get(&format!("{}/pickup-code", path_of(&order)?)).await?.ok()?;
    guide.leader.post("/api/v1/leader/redemptions", json!({ "code": text(&code, "/code")? })).await?.ok()?;
    guide.later(EIGHT_DAYS_S, "eight days").await?;
    guide.until(&anna, &order, "completed").await?;
    guide.tell("leader", "has earned the commission for good");
    let wish = json!({"all": true, "reason": "客诉补偿", "restock": false});
    let path = format!("/console/api/v1/orders/{}/refunds/preview", text(&order, "/id")?);
    let preview = guide.operator.post(&path, wish.clone()).await?.ok()?;
    let (lost, taken) = (number(&preview, "/parties/0/lost_fen")?, number(&preview, "/parties/0/returned_fen")?);
    let who = format!("the platform bears {}, the leader gives back {}", yuan(lost), yuan(taken));
    guide.tell("operator", &format!("looks first what a refund would do: {who}"));
    let back = refunds(guide, &order, wish).await?;
    guide.wait(&anna, &path_of(&order)?, "/refund_status", "full").await?;
    guide.tell("operator", &format!("refunds {} after the leader was paid", yuan(back)));
    Ok(())
}

/// A transfer that nobody confirms in a day comes back, and may be asked for again.
async fn unconfirmed(guide: &Guide) -> anyhow::Result<()> {
    let before = available(guide).await?;
    anyhow::ensure!(before >= 100, "the leader should have something to withdraw: {before} fen");
    let ask = json!({ "amount_fen": before, "channel": "wechat_transfer" });
    let withdrawal = guide.leader.post("/api/v1/leader/withdrawals", ask).await?.ok()?;
    let path = format!("/api/v1/leader/withdrawals/{}", text(&withdrawal, "/id")?);
    guide.wait(&guide.leader, &path, "/transfer_state", "waiting_for_user").await?;
    let bill = text(&guide.phone.get("/_sandbox/transfers").await?.ok()?, "/transfers/0/out_bill_no")?;
    guide.phone.post(&format!("/_sandbox/transfers/{bill}/expire"), json!({})).await?.ok()?;
    guide.tell("leader", &format!("asks for {} and forgets to confirm it for a day", yuan(before)));
    guide.wait(&guide.leader, &path, "/state", "failed").await?;
    let after = available(guide).await?;
    anyhow::ensure!(after == before, "{after} of {before} fen are back");
    guide.tell("shop", &format!("has {} available for the leader again; nothing was paid twice", yuan(after)));
    Ok(())
}

/// An operator refunds; answers how much goes back.
pub(super) async fn refunds(guide: &Guide, order: &Value, wish: Value) -> anyhow::Result<i64> {
    let path = format!("/console/api/v1/orders/{}/refunds", text(order, "/id")?);
    number(&guide.operator.post(&path, wish).await?.ok()?, "/amount_fen")
}

async fn available(guide: &Guide) -> anyhow::Result<i64> {
    number(&guide.leader.get("/api/v1/leader/dashboard").await?.ok()?, "/commission/available_fen")
}

pub(super) fn path_of(order: &Value) -> anyhow::Result<String> {
    Ok(format!("/api/v1/orders/{}", text(order, "/id")?))
}
