//! A shop that sells under a service provider and shares its money, on a stage of its own: shares and
//! what comes back of them, a complaint, and a bill that differs from the books.

use anyhow::Context;
use kernel::clock::beijing_day;
use sandbox::BillPlant;
use serde_json::{Value, json};

use super::guide::{Guide, yuan};
use super::merchants;
use super::money::{path_of, refunds};
use super::purchase::{EIGHT_DAYS_S, deliver};
use super::stage::{COMPANY, Stage};
use crate::cli::caller::{number, text};
use crate::cli::embedded::OPERATOR;
use crate::config::Config;

const DAY_S: i64 = 86_400;

pub(super) async fn provider(config: &Config) -> anyhow::Result<()> {
    let stage = Stage::open(config).await?;
    let played = play(config, &stage).await;
    stage.close().await?;
    played
}

async fn play(config: &Config, stage: &Stage) -> anyhow::Result<()> {
    let sandbox = stage.sandbox.base_url();
    let guide = Guide::meet(config.clone(), &stage.product.base(), &sandbox, OPERATOR, &stage.product.password).await?;
    guide.tell("provider", &format!("a second shop opens for this: sub-merchant {} of {}", stage.sub, stage.provider));
    let order = shared(stage, &guide).await?;
    taken_back(stage, &guide, &order).await?;
    complained(stage, &guide, &order).await?;
    reconciled(stage, &guide).await?;
    merchants::together(stage, &guide).await?;
    guide.books_add_up().await
}

/// A purchase whose commission is shared once the window is over; the rest is unfrozen.
async fn shared(stage: &Stage, guide: &Guide) -> anyhow::Result<Value> {
    let receiver = json!({"type": "MERCHANT_ID", "account": COMPANY, "name": "王小团商贸"});
    let path = format!("/console/api/v1/leaders/{}/sharing-receiver", guide.leader_id);
    guide.operator.put(&path, receiver).await?.ok()?;
    guide.tell("operator", "names the leader's company as who receives his shares");
    let sku = guide.sku("蓝莓", 5_000, 9).await?;
    let anna = guide.shopper("anna").await?;
    let order = guide.order(&anna, &sku, 2).await?;
    guide.pays(&anna, &order).await?;
    deliver(guide).await?;
    let code = anna.get(&format!("{}/pickup-code", path_of(&order)?)).await?.ok()?;
    guide.leader.post("/api/v1/leader/redemptions", json!({ "code": text(&code, "/code")? })).await?.ok()?;
    let (lies, _) = stage.purses();
    guide.tell("wechat", &format!("holds {} of it frozen until it is shared", yuan(lies)));
    guide.later(EIGHT_DAYS_S, "eight days").await?;
    guide.until(&anna, &order, "completed").await?;
    guide.comes_to("the share", || stage.purses() == (8_940, 1_000)).await?;
    guide.wait(&guide.leader, "/api/v1/leader/dashboard", "/commission/available_fen", 0).await?;
    let (lies, got) = stage.purses();
    guide.tell(
        "shop",
        &format!("shares {} with the company; {} are free for the shop, WeChat's fee taken off", yuan(got), yuan(lies)),
    );
    Ok(order)
}

/// Half of a shared order goes back: the company returns its part first.
async fn taken_back(stage: &Stage, guide: &Guide, order: &Value) -> anyhow::Result<()> {
    let wish = json!({"lines": [{"line_id": text(order, "/lines/0/id")?, "quantity": 1}], "reason": "压坏了"});
    let path = format!("/console/api/v1/orders/{}/refunds/preview", text(order, "/id")?);
    let preview = guide.operator.post(&path, wish.clone()).await?.ok()?;
    let (amount, returned) = (number(&preview, "/amount_fen")?, number(&preview, "/parties/0/returned_fen")?);
    guide.tell("operator", &format!("would refund {}: the company returns {} first", yuan(amount), yuan(returned)));
    let back = refunds(guide, order, wish).await?;
    let refunded = || stage.sandbox.state().purse(&stage.sub).refunded == back && stage.purses().1 == 1_000 - returned;
    guide.comes_to("the return and the refund", refunded).await?;
    let (lies, got) = stage.purses();
    let left = format!("{} are left with the company, {} with the shop", yuan(got), yuan(lies));
    guide.tell("wechat", &format!("takes {} back and pays {} to the shopper; {left}", yuan(returned), yuan(back)));
    Ok(())
}

/// The payer complains at WeChat; the shop answers in time and ends it.
async fn complained(stage: &Stage, guide: &Guide, order: &Value) -> anyhow::Result<()> {
    let payment = stage.sandbox.state().orders().into_iter().next().context("nothing was paid")?.out_trade_no;
    let words = "蓝莓压坏了一半，退款还没到";
    stage.sandbox.state().files_complaint(&payment, words, "13800000417").context("nobody may complain")?;
    let seen = guide.wait(&guide.operator, "/console/api/v1/complaints", "/items/0/state", "pending").await?;
    let deadline = text(&seen, "/items/0/deadline_at")?;
    anyhow::ensure!(text(&seen, "/items/0/order_id")? == text(order, "/id")?, "about another order: {seen}");
    guide.tell("shopper", &format!("complains at WeChat: {words}; to be answered until {deadline}"));
    let path = format!("/console/api/v1/complaints/{}", text(&seen, "/items/0/id")?);
    let answer = json!({"text": "已退一份，1 至 3 天到账，给您添麻烦了"});
    guide.operator.post(&format!("{path}/replies"), answer).await?.ok()?;
    guide.wait(&guide.operator, &path, "/actions/0/state", "done").await?;
    guide.operator.post(&format!("{path}/complete"), json!({})).await?.ok()?;
    guide.wait(&guide.operator, &path, "/complaint/state", "processed").await?;
    guide.tell("operator", "answers, and says that it is dealt with; WeChat knows both");
    Ok(())
}

/// A day's bills with two differences put into them: each becomes a case that names its cause.
async fn reconciled(stage: &Stage, guide: &Guide) -> anyhow::Result<()> {
    let sku = guide.sku("车厘子", 8_880, 9).await?;
    let anna = guide.shopper("anna").await?;
    let order = guide.order(&anna, &sku, 1).await?;
    let number = guide.pays(&anna, &order).await?;
    let now = stage.sandbox.state().clock().now();
    let day = beijing_day(chrono::DateTime::from_timestamp(now, 0).context("no such time")?);
    let plants = [
        BillPlant::Amount { number, fen: 8_800 },
        BillPlant::UnknownOrder { day: day.to_string(), number: "20260101000001".to_owned(), fen: 1_234 },
    ];
    for plant in plants {
        stage.sandbox.state().plant_in_bills(plant);
    }
    guide.tell("wechat", "tells 88.00 for 88.80 yuan in its bill of the day, and 12.34 yuan nobody ordered");
    guide.later(DAY_S + DAY_S / 2, "a day and a half").await?;
    let cases = format!("/console/api/v1/bill-cases?day={day}");
    let found = guide.wait(&guide.operator, &cases, "/items/1/state", "open").await?;
    for case in found.get("items").and_then(Value::as_array).into_iter().flatten() {
        let fen = |side: &str| case.get(side).and_then(Value::as_i64).map_or("nothing".to_owned(), yuan);
        let sides = format!("ours {}, the bill's {}", fen("ours_fen"), fen("theirs_fen"));
        guide.tell("books", &format!("a case: {} ({sides})", text(case, "/cause")?));
        let path = format!("/console/api/v1/bill-cases/{}/resolve", text(case, "/id")?);
        guide.operator.post(&path, json!({"note": "put there by the tour"})).await?.ok()?;
    }
    guide.tell("operator", "settles them with a note; both stay in the books of cases");
    Ok(())
}
