//! What members and operators do with balance and points.

use serde_json::{Value, json};

use super::moves::{Move, tell};
use super::walk::{Known, Stage, Walk};

/// A recharge the walk may go on with.
#[derive(Clone, Debug)]
pub struct KnownRecharge {
    pub id: String,
    /// The shopper's place in [`Walk::shoppers`].
    pub who: usize,
    /// What WeChat's order is called, once the pay sheet was opened.
    pub number: Option<String>,
}

/// Everything that can happen to a member's money.
pub const MEMBER_MOVES: &[Move] = &[
    Move { name: "adjust", weight: 3, run: |walk| Box::pin(adjust(walk)) },
    Move { name: "make_recharge", weight: 3, run: |walk| Box::pin(make_recharge(walk)) },
    Move { name: "pay_recharge", weight: 6, run: |walk| Box::pin(pay_recharge(walk)) },
    Move { name: "hear_of_recharge", weight: 3, run: |walk| Box::pin(hear_of_recharge(walk)) },
    Move { name: "refund_recharge", weight: 4, run: |walk| Box::pin(refund_recharge(walk)) },
    Move { name: "order_with_means", weight: 8, run: |walk| Box::pin(order_with_means(walk)) },
];

/// An operator gives or takes; what would go below nothing is refused.
async fn adjust(walk: &mut Walk) -> bool {
    let who = walk.dice.below(walk.shoppers.len());
    let path = format!("/console/api/v1/members/{}/balance/adjustments", walk.shoppers[who].id());
    let body = json!({
        "gift_fen": walk.dice.between(-300, 900), "points": walk.dice.between(-200, 700), "reason": "客服调整",
    });
    let answer = walk.keeper.post_new(&path, body).await;
    walk.taken(&answer)
}

async fn make_recharge(walk: &mut Walk) -> bool {
    let who = walk.dice.below(walk.shoppers.len());
    let plan = walk.dice.pick(&walk.plans.clone()).clone();
    let answer = walk.shoppers[who].post_new("/api/v1/me/recharges", json!({"plan_id": plan})).await;
    if !walk.taken(&answer) {
        return false;
    }
    let id = answer.body["id"].as_str().unwrap().to_owned();
    walk.recharges.push(KnownRecharge { id, who, number: None });
    if walk.recharges.len() > 20 {
        walk.recharges.remove(0);
    }
    true
}

/// A recharge by chance, and its place.
fn any(walk: &mut Walk) -> Option<(usize, KnownRecharge)> {
    if walk.recharges.is_empty() {
        return None;
    }
    let place = walk.dice.below(walk.recharges.len());
    Some((place, walk.recharges[place].clone()))
}

/// The member opens the pay sheet, pays at once or another time, and the shop hears of it or not.
async fn pay_recharge(walk: &mut Walk) -> bool {
    let Some((place, recharge)) = any(walk) else { return false };
    let number = match recharge.number {
        Some(number) => number,
        None => {
            let path = format!("/api/v1/me/recharges/{}/payment", recharge.id);
            let sheet = walk.shoppers[recharge.who].post(&path, json!({})).await;
            if !walk.taken(&sheet) {
                return false;
            }
            let prepay_id = sheet.body["package"].as_str().unwrap().trim_start_matches("prepay_id=").to_owned();
            let there = walk.app.wechat().orders().into_iter().find(|row| row.prepay_id == prepay_id).unwrap();
            walk.recharges[place].number = Some(there.out_trade_no.clone());
            there.out_trade_no
        }
    };
    if walk.dice.once_in(4) || walk.app.wechat().pays_quietly(number.as_str()).is_err() {
        return false;
    }
    if walk.dice.once_in(2) {
        tell(walk, &number).await;
    }
    true
}

async fn hear_of_recharge(walk: &mut Walk) -> bool {
    let Some((_, recharge)) = any(walk) else { return false };
    match recharge.number {
        Some(number) => tell(walk, &number).await,
        None => false,
    }
}

/// An operator gives unspent principal back.
async fn refund_recharge(walk: &mut Walk) -> bool {
    let Some((_, recharge)) = any(walk) else { return false };
    let mut body = json!({"reason": "会员申请退还余额"});
    if !walk.dice.once_in(3) {
        body["amount_fen"] = json!(walk.dice.between(1, 1_500));
    }
    let path = format!("/console/api/v1/recharges/{}/refunds", recharge.id);
    let answer = walk.keeper.post_new(&path, body).await;
    walk.taken(&answer)
}

/// Somebody orders and pays a part of it, or all, by what he has.
async fn order_with_means(walk: &mut Walk) -> bool {
    let who = walk.dice.below(walk.shoppers.len());
    let point = walk.dice.below(walk.points.len());
    let has = walk.shoppers[who].get("/api/v1/me/balance").await.ok();
    let of = |name: &str| has[name].as_i64().unwrap().max(0);
    let (balance, points) = (of("balance_fen"), of("points"));
    let sku = walk.dice.pick(&walk.skus.clone()).clone();
    let mut wish = json!({
        "lines": [{"sku_id": sku, "quantity": walk.dice.between(1, 4)}],
        "fulfilment": {"kind": "pickup", "pickup_point_id": walk.points[point]},
    });
    wish["balance_fen"] = json!(if walk.dice.once_in(3) { balance } else { walk.dice.between(0, balance) });
    wish["points"] = json!(walk.dice.between(0, points.min(300)));
    let mut answer = walk.shoppers[who].post_new("/api/v1/orders", wish.clone()).await;
    if answer.code() == "points.not_enough" {
        // The cap of this order tells how many it takes.
        wish["points"] = answer.body["extra"]["points_max"].clone();
        answer = walk.shoppers[who].post_new("/api/v1/orders", wish).await;
    }
    if !walk.taken(&answer) {
        return false;
    }
    let lines = answer.body["lines"].as_array().unwrap();
    let line = |line: &Value| (line["id"].as_str().unwrap().to_owned(), line["quantity"].as_i64().unwrap());
    let stage = if answer.body["status"] == "paid" { Stage::Paid } else { Stage::Ordered };
    walk.knows(Known {
        id: answer.body["id"].as_str().unwrap().to_owned(),
        who,
        leader: point,
        lines: lines.iter().map(line).collect(),
        number: None,
        stage,
    });
    true
}
