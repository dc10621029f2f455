//! What buyers and merchants do at the platforms, of which the shop knows nothing.

use sandbox::stores::{OrderStage, Purchase, RefundStage, StoreOrder, StorePlatform as P};

use super::walk::{Day, moves};

moves! {
    buy_there 26, pay_there 8, cancel_there 7, ask_refund 4, end_refund 5, hold 2, release 3, receive 4, edit_goods 4,
    set_stock_there 2,
}

/// A buyer buys what a store shows.
async fn buy_there(day: &mut Day) -> bool {
    let place = day.any_stall();
    let of = day.stalls[place].of().clone();
    let shown: Vec<(u64, i64)> = {
        let items = day.app.wechat().stores().items(&of);
        let variants = items.iter().filter(|item| item.on_sale).flat_map(|item| &item.variants);
        variants.filter(|one| one.quantity > 0).map(|one| (one.number, one.quantity)).collect()
    };
    if shown.is_empty() {
        return false;
    }
    let first = day.dice.below(shown.len());
    let pieces = |day: &mut Day, most: i64| day.dice.between(1, most.min(6));
    let mut basket = vec![(shown[first].0, pieces(day, shown[first].1))];
    // An order of Wish is one line.
    if of.platform != P::Wish && shown.len() > 1 && day.dice.once_in(3) {
        let second = (first + 1) % shown.len();
        basket.push((shown[second].0, pieces(day, shown[second].1)));
    }
    let purchase = Purchase { unpaid: day.dice.once_in(5), ..Purchase::default() };
    let bought = day.app.wechat().stores().buy(&of, &basket, &purchase);
    day.remember(format!("  {} {basket:?} → {bought:?}", of.platform.id()));
    bought.is_ok()
}

/// Something happens to an order of any store for which `fits`.
fn happens(day: &mut Day, fits: impl Fn(&StoreOrder) -> bool, what: impl Fn(&mut Day, usize, &str) -> bool) -> bool {
    let mut all = Vec::new();
    for (place, stall) in day.stalls.iter().enumerate() {
        let orders = day.app.wechat().stores().orders(stall.of());
        all.extend(orders.into_iter().filter(&fits).map(|order| (place, order.id)));
    }
    if all.is_empty() {
        return false;
    }
    let (place, id) = day.dice.pick(&all).clone();
    let done = what(day, place, &id);
    day.remember(format!("  {} {id} → {done}", day.stalls[place].platform().id()));
    done
}

async fn pay_there(day: &mut Day) -> bool {
    let unpaid = |order: &StoreOrder| order.stage == OrderStage::Unpaid;
    happens(day, unpaid, |day, place, id| day.app.wechat().stores().pay(day.stalls[place].of(), id).is_ok())
}

async fn cancel_there(day: &mut Day) -> bool {
    let early = |order: &StoreOrder| matches!(order.stage, OrderStage::Unpaid | OrderStage::Paid);
    happens(day, early, |day, place, id| day.app.wechat().stores().cancel(day.stalls[place].of(), id).is_ok())
}

async fn ask_refund(day: &mut Day) -> bool {
    let paid = |order: &StoreOrder| {
        order.refund == RefundStage::None
            && matches!(order.stage, OrderStage::Paid | OrderStage::PartShipped | OrderStage::Shipped)
    };
    happens(day, paid, |day, place, id| day.app.wechat().stores().ask_refund(day.stalls[place].of(), id).is_ok())
}

pub async fn end_refund(day: &mut Day) -> bool {
    let asked = |order: &StoreOrder| order.refund == RefundStage::Asked;
    let granted = day.dice.once_in(2);
    happens(day, asked, |day, place, id| {
        day.app.wechat().stores().end_refund(day.stalls[place].of(), id, granted).is_ok()
    })
}

/// The platform's risk control holds an order back.
async fn hold(day: &mut Day) -> bool {
    let free = |order: &StoreOrder| order.stage == OrderStage::Paid && !order.held;
    happens(day, free, |day, place, id| day.app.wechat().stores().hold(day.stalls[place].of(), id, true).is_ok())
}

pub async fn release(day: &mut Day) -> bool {
    let held = |order: &StoreOrder| order.held;
    happens(day, held, |day, place, id| day.app.wechat().stores().hold(day.stalls[place].of(), id, false).is_ok())
}

async fn receive(day: &mut Day) -> bool {
    let sent = |order: &StoreOrder| order.stage == OrderStage::Shipped && order.refund == RefundStage::None;
    happens(day, sent, |day, place, id| day.app.wechat().stores().receive(day.stalls[place].of(), id).is_ok())
}

/// The merchant gives goods another title and another price on the platform.
async fn edit_goods(day: &mut Day) -> bool {
    let place = day.any_stall();
    let stores = day.app.wechat().stores();
    let of = day.stalls[place].of().clone();
    let items = stores.items(&of);
    let number = items[day.dice.below(items.len())].number;
    let (nth, more) = (day.dice.between(1, 999), day.dice.between(1, 50));
    let edited = stores.edit(&of, number, |item| {
        item.title = format!("新鲜好货 {nth}");
        for variant in &mut item.variants {
            variant.price_minor += more;
        }
    });
    edited.is_ok()
}

/// The merchant sets his stock on the platform by hand.
async fn set_stock_there(day: &mut Day) -> bool {
    let place = day.any_stall();
    let of = day.stalls[place].of().clone();
    let stores = day.app.wechat().stores();
    let items = stores.items(&of);
    let item = &items[day.dice.below(items.len())];
    let variant = item.variants[0].number;
    let units = day.dice.between(0, 60);
    stores.set_quantity(&of, variant, units).is_ok()
}
