//! A cart over two merchants: goods of the shop's own and of a supplier who collects himself.

use anyhow::Context;
use serde_json::{Value, json};

use super::guide::{Guide, yuan};
use super::purchase::{EIGHT_DAYS_S, deliver};
use super::stage::{ORCHARD, Stage};
use crate::cli::caller::{number, text};

/// One payment pays both; each merchant's money lies with him, and the shop gets its fee by sharing.
pub(super) async fn together(stage: &Stage, guide: &Guide) -> anyhow::Result<()> {
    let terms = json!({"name": "东山果园", "sub_mchid": ORCHARD, "service_fee_bp": 500});
    let supplier = guide.operator.post("/console/api/v1/suppliers", terms).await?.ok()?;
    guide.tell("operator", "takes a supplier on: five per cent for the shop, the rest is collected by himself");
    let own = guide.sku("鸡蛋", 1_000, 9).await?;
    let theirs = guide.goods("脐橙", 2_000, 9, json!({"supplier_id": text(&supplier, "/id")?})).await?;
    let anna = guide.shopper("anna").await?;
    let mut basket = guide.basket(&own, 1);
    if let Some(lines) = basket.pointer_mut("/lines").and_then(Value::as_array_mut) {
        lines.push(json!({"sku_id": theirs, "quantity": 2}));
    }
    anna.post("/api/v1/orders", basket.clone()).await?.refused("checkout.several_merchants")?;
    let checkout = anna.post("/api/v1/checkouts", basket).await?.ok()?;
    let orders = checkout.get("orders").and_then(Value::as_array).context("a checkout has orders")?;
    let all = yuan(number(&checkout, "/payable_fen")?);
    guide.tell("shopper", &format!("puts goods of both into one cart: {} orders, {all} together", orders.len()));
    let path = format!("/api/v1/checkouts/{}", text(&checkout, "/id")?);
    let sheet = anna.post(&format!("{path}/payment"), json!({})).await?.ok()?;
    let ticket = text(&sheet, "/package")?.trim_start_matches("prepay_id=").to_owned();
    guide.phone.post("/_sandbox/pay", json!({ "prepay_id": ticket, "notify": true })).await?.ok()?;
    for order in orders {
        guide.until(&anna, order, "paid").await?;
    }
    let collected = stage.sandbox.state().purse(ORCHARD).paid;
    guide.tell("wechat", &format!("takes one payment; {} of it lie with the supplier", yuan(collected)));
    deliver(guide).await?;
    for order in orders {
        let code = anna.get(&format!("/api/v1/orders/{}/pickup-code", text(order, "/id")?)).await?.ok()?;
        guide.leader.post("/api/v1/leader/redemptions", json!({ "code": text(&code, "/code")? })).await?.ok()?;
    }
    guide.later(EIGHT_DAYS_S, "eight days").await?;
    for order in orders {
        guide.until(&anna, order, "completed").await?;
    }
    // Ten per cent of 40.00 yuan for the leader, five for the shop.
    let shared = || stage.sandbox.state().purse(ORCHARD).shared_out == 600;
    guide.comes_to("the share of the supplier's order", shared).await?;
    guide.tell("wechat", "shares 6.00 yuan of the supplier's: the leader's commission and the shop's fee");
    Ok(())
}
