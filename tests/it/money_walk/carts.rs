//! Carts over several merchants, under a service provider: one order a merchant, placed and paid together.
//! Once they are paid, each order goes on like any other.

use serde_json::{Value, json};

use super::moves::{Move, tell};
use super::walk::{Known, Stage, Walk};

/// Carts the walk goes on with; of more, the oldest is left alone.
const CARTS_MAX: usize = 12;

/// A checkout that was placed.
#[derive(Clone)]
pub struct Cart {
    id: String,
    who: usize,
    orders: Vec<Known>,
    /// What WeChat's combined order is called, once the pay sheet was opened.
    number: Option<String>,
}

macro_rules! moves {
    ($($name:ident $weight:literal),* $(,)?) => {
        /// What happens to carts.
        pub const CART_MOVES: &[Move] =
            &[$(Move { name: stringify!($name), weight: $weight, run: |walk| Box::pin($name(walk)) }),*];
    };
}

moves! { place_cart 8, pay_cart 10, hear_of_cart 5, pay_part_of_cart 1, cancel_cart 2 }

/// Somebody fills a cart with goods of the shop and of suppliers, as it comes.
async fn place_cart(walk: &mut Walk) -> bool {
    let (who, point) = (walk.dice.below(walk.shoppers.len()), walk.dice.below(walk.points.len()));
    let count = walk.skus.len();
    // The suppliers' goods are the last two.
    let mut skus = vec![walk.skus[count - 1].clone(), walk.skus[count - 2].clone()];
    if walk.dice.once_in(3) {
        skus.remove(walk.dice.below(2));
    }
    let own = walk.dice.below(count - 2);
    if skus.len() == 1 || walk.dice.once_in(2) {
        skus.push(walk.skus[own].clone());
    }
    let lines: Vec<Value> =
        skus.iter().map(|sku| json!({"sku_id": sku, "quantity": walk.dice.between(1, 3)})).collect();
    let wish = json!({"lines": lines, "fulfilment": {"kind": "pickup", "pickup_point_id": walk.points[point]}});
    let answer = walk.shoppers[who].post_new("/api/v1/checkouts", wish).await;
    if !walk.taken(&answer) {
        return false;
    }
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |line: &Value| (text(&line["id"]), line["quantity"].as_i64().unwrap());
    let known = |order: &Value| Known {
        id: text(&order["id"]),
        who,
        leader: point,
        lines: order["lines"].as_array().unwrap().iter().map(line).collect(),
        number: None,
        stage: Stage::Ordered,
    };
    let orders = answer.body["orders"].as_array().unwrap().iter().map(known).collect();
    walk.carts.push(Cart { id: text(&answer.body["id"]), who, orders, number: None });
    if walk.carts.len() > CARTS_MAX {
        walk.carts.remove(0);
    }
    true
}

/// A cart by chance, most often the newest, and its place.
fn any(walk: &mut Walk) -> Option<(usize, Cart)> {
    let count = walk.carts.len();
    if count == 0 {
        return None;
    }
    let place = if walk.dice.once_in(3) { walk.dice.below(count) } else { count - 1 };
    Some((place, walk.carts[place].clone()))
}

/// Opens the pay sheet and remembers what the whole is called.
async fn sheet_of(walk: &mut Walk, place: usize) -> Option<String> {
    let cart = walk.carts[place].clone();
    let path = format!("/api/v1/checkouts/{}/payment", cart.id);
    let sheet = walk.shoppers[cart.who].post(&path, json!({})).await;
    if !walk.taken(&sheet) {
        return None;
    }
    let prepay_id = sheet.body["package"].as_str().unwrap().trim_start_matches("prepay_id=").to_owned();
    let there = walk.app.wechat().orders().into_iter().find(|row| row.prepay_id == prepay_id).unwrap();
    let number = there.combined.unwrap_or(there.out_trade_no);
    walk.carts[place].number = Some(number.clone());
    Some(number)
}

/// The shopper pays the whole cart; the shop hears of it at once, or some time, or never.
async fn pay_cart(walk: &mut Walk) -> bool {
    let Some((place, cart)) = any(walk) else { return false };
    let known = if walk.dice.once_in(3) { cart.number.clone() } else { None };
    let number = match known {
        Some(number) => number,
        None => match sheet_of(walk, place).await {
            Some(number) => number,
            None => return false,
        },
    };
    if walk.app.wechat().pays_quietly(number.as_str()).is_err() {
        return false;
    }
    for order in cart.orders {
        walk.knows(Known { stage: Stage::Paid, ..order });
    }
    if walk.dice.once_in(3) { true } else { tell(walk, &number).await }
}

async fn hear_of_cart(walk: &mut Walk) -> bool {
    match any(walk).and_then(|(_, cart)| cart.number) {
        Some(number) => tell(walk, &number).await,
        None => false,
    }
}

/// What WeChat says never happens: it pays one order of a whole alone. The checkout must end all the same.
async fn pay_part_of_cart(walk: &mut Walk) -> bool {
    let Some((place, _)) = any(walk) else { return false };
    let Some(number) = sheet_of(walk, place).await else { return false };
    let parts = walk.app.wechat().orders();
    let parts: Vec<_> = parts.iter().filter(|row| row.combined.as_ref() == Some(&number)).collect();
    if parts.is_empty() {
        return false;
    }
    let part = *walk.dice.pick(&parts);
    let paid = walk.app.wechat().pays_one_alone(&part.mchid, &part.out_trade_no).is_ok();
    walk.remember(format!("  {} of {number} alone: {paid}", part.out_trade_no));
    paid
}

/// One order of a cart is cancelled, and with it all that wait to be paid.
async fn cancel_cart(walk: &mut Walk) -> bool {
    let Some((_, cart)) = any(walk) else { return false };
    let order = walk.dice.pick(&cart.orders).id.clone();
    walk.touched = Some(order.clone());
    let answer = walk.shoppers[cart.who].post_new(&format!("/api/v1/orders/{order}/cancel"), json!({})).await;
    walk.taken(&answer)
}
