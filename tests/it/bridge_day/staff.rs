//! What operators do with the orders, the stock and the goods of stores.

use sandbox::stores::StorePlatform as P;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::goods::entity::goods;
use tuanqiao::areas::market_orders::entity::{line, order, shipment};
use tuanqiao::areas::market_orders::state::{OrderState, ShipmentState};

use super::scene::takes_stock;
use super::walk::{Day, Part, moves};
use crate::market_orders::desk::ORDERS;

moves! {
    confirm 20, send 16, send_a_part 4, correct 3, cancel_order 1, see_receiver 2, pull_orders 5, change_rule 3,
    say_oversold 1, compare_stock 2, import_again 4, edit_title 2, replay 2,
}

/// A parcel can be a part there, and its orders name their parcels: else a part whose answer was lost needs
/// an operator, who can see which of them is there.
fn takes_parts(platform: P) -> bool {
    platform == P::Taobao
}

/// A parcel told before can be corrected there.
fn takes_corrections(platform: P) -> bool {
    matches!(platform, P::Pinduoduo | P::Wish)
}

impl Day {
    pub fn platform_of(&self, store: kernel::id::StoreId) -> P {
        self.stalls.iter().find(|stall| stall.id == store).unwrap().platform()
    }

    /// An order of a store by chance, in this state.
    async fn order_at(&mut self, state: OrderState) -> Option<order::Model> {
        let fit = order::in_shop(self.app.shop().id).filter(order::Column::State.eq(state));
        let fit = fit.all(self.app.app.db.reader()).await.unwrap();
        if fit.is_empty() { None } else { Some(self.dice.pick(&fit).clone()) }
    }

    async fn does(&mut self, order: &order::Model, what: &str, body: Value) -> bool {
        let answer = self.keeper.post(&format!("{ORDERS}/{}/{what}", order.id), body).await;
        let done = self.taken(&answer);
        self.remember(format!("  {what} {} → {done}", order.external_id));
        done
    }

    /// Sends a parcel with a number of its own; the carrier is one that the platform knows.
    async fn sends(&mut self, order: &order::Model, more: Value) -> bool {
        self.parcels += 1;
        let mut parcel = json!({"carrier": "SF", "tracking_no": format!("SF{:08}", self.parcels)});
        parcel.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let path = format!("{ORDERS}/{}/ship", order.id);
        let mut answer = self.keeper.post(&path, parcel.clone()).await;
        if answer.code() == "market_order.carrier_unknown" {
            parcel["carrier"] = answer.body["extra"]["carriers"][0]["name"].clone();
            answer = self.keeper.post(&path, parcel.clone()).await;
        }
        let sent = self.taken(&answer);
        self.remember(format!("  send {} {parcel} → {sent}", order.external_id));
        sent
    }
}

async fn confirm(day: &mut Day) -> bool {
    let Some(order) = day.order_at(OrderState::Draft).await else { return false };
    day.does(&order, "confirm", json!({})).await
}

async fn send(day: &mut Day) -> bool {
    let Some(order) = day.order_at(OrderState::Confirmed).await else { return false };
    day.sends(&order, json!({})).await
}

async fn send_a_part(day: &mut Day) -> bool {
    let Some(order) = day.order_at(OrderState::Confirmed).await else { return false };
    if !takes_parts(day.platform_of(order.store_id)) {
        return false;
    }
    let lines = line::in_shop(day.app.shop().id).filter(line::Column::OrderId.eq(order.id));
    let lines = lines.all(day.app.app.db.reader()).await.unwrap();
    let open: Vec<_> = lines.iter().filter(|row| row.quantity > row.shipped).collect();
    if open.is_empty() {
        return false;
    }
    let row = *day.dice.pick(&open);
    let pieces = day.dice.between(1, row.quantity - row.shipped);
    day.sends(&order, json!({"lines": [{"line_id": row.id, "quantity": pieces}]})).await
}

/// The number was wrong.
async fn correct(day: &mut Day) -> bool {
    let rows = shipment::in_shop(day.app.shop().id).filter(shipment::Column::State.eq(ShipmentState::Told));
    let rows = rows.filter(shipment::Column::Corrects.is_null()).all(day.app.app.db.reader()).await.unwrap();
    let fit: Vec<_> = rows.iter().filter(|row| takes_corrections(day.platform_of(row.store_id))).collect();
    if fit.is_empty() {
        return false;
    }
    let row = (*day.dice.pick(&fit)).clone();
    let order = order::Entity::find_by_id(row.order_id).one(day.app.app.db.reader()).await.unwrap().unwrap();
    day.sends(&order, json!({"corrects": row.id})).await
}

async fn cancel_order(day: &mut Day) -> bool {
    let Some(order) = day.order_at(OrderState::Draft).await else { return false };
    day.does(&order, "cancel", json!({"reason": "无货"})).await
}

async fn see_receiver(day: &mut Day) -> bool {
    let Some(order) = day.order_at(OrderState::Confirmed).await else { return false };
    let answer = day.keeper.get(&format!("{ORDERS}/{}/receiver", order.id)).await;
    day.taken(&answer)
}

async fn pull_orders(day: &mut Day) -> bool {
    let place = day.any_stall();
    let path = day.stalls[place].bound.path("/orders/pull");
    let answer = day.keeper.post(&path, json!({})).await;
    day.taken(&answer)
}

async fn change_rule(day: &mut Day) -> bool {
    let place = day.any_stall();
    if !takes_stock(day.stalls[place].platform()) {
        return false;
    }
    let part = match day.dice.below(4) {
        0 => Part::All,
        1 => Part::Share(day.dice.between(10, 100)),
        2 => Part::KeepBack(day.dice.between(0, 12)),
        _ => Part::Fixed(day.dice.between(1, 50)),
    };
    let answer = day.keeper.put(&day.stalls[place].bound.path("/stock-rule"), part.rule()).await;
    let done = day.taken(&answer);
    if done {
        day.stalls[place].part = part;
    }
    done
}

async fn say_oversold(day: &mut Day) -> bool {
    let place = day.any_stall();
    let word = *day.dice.pick(&["wait", "review", "cancel"]);
    let path = day.stalls[place].bound.path("/order-feed");
    let answer = day.keeper.patch(&path, json!({"oversold": word})).await;
    day.taken(&answer)
}

async fn compare_stock(day: &mut Day) -> bool {
    let place = day.any_stall();
    let answer = day.keeper.post(&day.stalls[place].bound.path("/stock/reconcile"), json!({})).await;
    day.taken(&answer)
}

/// Goods are imported again; the job does it in its time.
async fn import_again(day: &mut Day) -> bool {
    let place = day.any_stall();
    day.imports_whole(place).await.is_some()
}

/// The merchant writes a title of his own.
async fn edit_title(day: &mut Day) -> bool {
    let rows = goods::in_shop(day.app.shop().id).all(day.app.app.db.reader()).await.unwrap();
    let row = day.dice.pick(&rows).clone();
    let title = format!("我家的好货 {}", day.dice.between(1, 9_999));
    let answer = day.keeper.patch(&format!("/console/api/v1/goods/{}", row.id), json!({"title": title})).await;
    let done = day.taken(&answer);
    if done {
        day.edited.insert(row.id, title);
    }
    done
}

/// An operator has what the outbox gave up tried once more.
pub async fn replay(day: &mut Day) -> bool {
    let dead = day.keeper.get("/console/api/v1/outbox?state=dead&limit=100").await.ok();
    let mut any = false;
    for row in dead["items"].as_array().unwrap() {
        let path = format!("/console/api/v1/outbox/{}/replay", row["id"].as_str().unwrap());
        let answer = day.keeper.post(&path, json!({})).await;
        any |= day.taken(&answer);
    }
    any
}
