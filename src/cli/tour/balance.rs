//! Money a member pays in beforehand: a recharge with a gift, an order paid from both, and a refund that
//! goes back to where it came from.

use serde_json::json;

use super::guide::{Guide, yuan};
use super::money::{path_of, refunds};
use crate::cli::caller::{Caller, number, text};

pub(super) async fn balance(guide: &Guide) -> anyhow::Result<()> {
    let plan = json!({"amount_fen": 10_000, "gift_fen": 1_500, "position": 1});
    let plan = guide.operator.post("/console/api/v1/recharge-plans", plan).await?.ok()?;
    guide.tell("operator", "offers a recharge: 15.00 yuan are given to 100.00 yuan");
    let anna = guide.shopper("anna").await?;
    let recharge = anna.post("/api/v1/me/recharges", json!({"plan_id": text(&plan, "/id")?})).await?.ok()?;
    let path = format!("/api/v1/me/recharges/{}", text(&recharge, "/id")?);
    let sheet = anna.post(&format!("{path}/payment"), json!({})).await?.ok()?;
    pays(guide, &text(&sheet, "/package")?).await?;
    guide.wait(&anna, &path, "/state", "paid").await?;
    let before = has(&anna).await?;
    guide.tell("shopper", &format!("pays it in WeChat and has {} and {} given", yuan(before.0), yuan(before.1)));

    let sku = guide.sku("车厘子礼盒", 6_000, 9).await?;
    let mut basket = guide.basket(&sku, 1);
    if let Some(basket) = basket.as_object_mut() {
        basket.insert("balance_fen".to_owned(), json!(4_000));
    }
    let order = anna.post("/api/v1/orders", basket).await?.ok()?;
    let rest = number(&order, "/payable_fen")?;
    guide.tell(
        "shopper",
        &format!("orders for 60.00 yuan: 40.00 yuan of it from the balance, {} by WeChat", yuan(rest)),
    );
    guide.pays(&anna, &order).await?;
    let (principal, gift) = has(&anna).await?;
    guide.tell("shop", &format!("took both in proportion: {} and {} are left", yuan(principal), yuan(gift)));
    let back = refunds(guide, &order, json!({"all": true, "reason": "不想要了"})).await?;
    guide.wait(&anna, &path_of(&order)?, "/refund_status", "full").await?;
    anyhow::ensure!(has(&anna).await? == before, "the balance did not come back as it was");
    guide.tell(
        "shop",
        &format!("gives {} back: what was balance is balance again, the rest is with WeChat", yuan(back)),
    );
    Ok(())
}

async fn pays(guide: &Guide, package: &str) -> anyhow::Result<()> {
    let ticket = package.trim_start_matches("prepay_id=");
    guide.phone.post("/_sandbox/pay", json!({ "prepay_id": ticket, "notify": true })).await?.ok()?;
    Ok(())
}

/// Principal and gift.
async fn has(member: &Caller) -> anyhow::Result<(i64, i64)> {
    let seen = member.get("/api/v1/me/balance").await?.ok()?;
    Ok((number(&seen, "/principal_fen")?, number(&seen, "/gift_fen")?))
}
