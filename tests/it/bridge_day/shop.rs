//! What happens in the shop itself: people order, pay, change their mind or forget to pay.

use serde_json::{Value, json};

use super::scene::text;
use super::walk::{Day, Ours, moves};

moves! { order_here 14, pay_here 10, cancel_here 5, move_stock 6 }

/// The most orders the day goes on with.
const KNOWN_MAX: usize = 30;

async fn order_here(day: &mut Day) -> bool {
    let who = day.dice.below(day.shoppers.len());
    let first = day.dice.below(day.skus.len());
    let mut lines = vec![json!({"sku_id": day.skus[first], "quantity": day.dice.between(1, 4)})];
    if day.dice.once_in(3) {
        let second = (first + 1) % day.skus.len();
        lines.push(json!({"sku_id": day.skus[second], "quantity": day.dice.between(1, 3)}));
    }
    let wish = json!({"lines": lines, "fulfilment": {"kind": "pickup", "pickup_point_id": day.point}});
    let answer = day.shoppers[who].post_new("/api/v1/orders", wish).await;
    if !day.taken(&answer) {
        return false;
    }
    day.ours.push(Ours { id: text(&answer.body, "id"), who, paid: false });
    if day.ours.len() > KNOWN_MAX {
        day.ours.remove(0);
    }
    true
}

/// Somebody pays; the shop hears of it, or asks some time.
async fn pay_here(day: &mut Day) -> bool {
    let open: Vec<usize> = (0..day.ours.len()).filter(|place| !day.ours[*place].paid).collect();
    if open.is_empty() {
        return false;
    }
    let place = *day.dice.pick(&open);
    let order = day.ours[place].clone();
    let sheet = day.shoppers[order.who].post(&format!("/api/v1/orders/{}/payment", order.id), json!({})).await;
    day.ours[place].paid = true;
    if !day.taken(&sheet) || day.app.wechat().pays(sheet.body["package"].as_str().unwrap_or_default()).is_err() {
        return false;
    }
    if day.dice.once_in(3) {
        return true;
    }
    let prepay = text(&sheet.body, "package");
    let prepay = prepay.trim_start_matches("prepay_id=");
    let number = day.app.wechat().orders().into_iter().find(|row| row.prepay_id == prepay).map(|row| row.out_trade_no);
    match number.and_then(|number| day.app.wechat().notice_about(&number)) {
        Some(notice) => day.app.wechat().post_notice(notice).await.accepted(),
        None => false,
    }
}

async fn cancel_here(day: &mut Day) -> bool {
    if day.ours.is_empty() {
        return false;
    }
    let place = day.dice.below(day.ours.len());
    let order = day.ours.remove(place);
    let answer = day.shoppers[order.who].post_new(&format!("/api/v1/orders/{}/cancel", order.id), json!({})).await;
    day.taken(&answer)
}

/// An operator counts, receives, or writes off.
async fn move_stock(day: &mut Day) -> bool {
    let place = day.dice.below(day.skus.len());
    let sku = day.skus[place];
    let delta = match day.dice.once_in(3) {
        true => day.dice.between(-6, -1),
        false => day.dice.between(1, 9),
    };
    let body: Value = json!({"delta": delta, "reason": "盘点"});
    let answer = day.keeper.post_new(&format!("/console/api/v1/skus/{sku}/stock"), body).await;
    let moved = day.taken(&answer);
    if moved {
        *day.brought.entry(sku).or_default() += delta;
    }
    moved
}
