//! Messages of platforms: late, twice, in another order, or never.

use super::walk::{Day, moves};

moves! { platform_writes 10, post_arrives 10 }

/// The most messages under way.
const UNDER_WAY_MAX: usize = 30;

/// A platform writes a message about an order or an item; it is under way.
async fn platform_writes(day: &mut Day) -> bool {
    let place = day.any_stall();
    let stores = day.app.wechat().stores();
    let stall = &day.stalls[place];
    let of = stall.of().clone();
    let address = format!("http://{}/notify/market/{}/{}", day.app.address, of.platform.id(), stall.bound.id);
    let notice = match day.dice.once_in(3) {
        true => {
            let items = stores.items(&of);
            let item = items[day.dice.below(items.len())].number;
            stores.stock_message(&of, &address, item)
        }
        false => {
            let orders = stores.orders(&of);
            let recent: Vec<_> = orders.iter().rev().take(5).collect();
            if recent.is_empty() { None } else { stores.order_message(&of, &address, &day.dice.pick(&recent).id) }
        }
    };
    let Some(notice) = notice else { return false };
    day.post.push(notice);
    if day.post.len() > UNDER_WAY_MAX {
        day.post.remove(0);
    }
    true
}

/// One of the messages under way arrives, and may arrive again.
async fn post_arrives(day: &mut Day) -> bool {
    if day.post.is_empty() {
        return false;
    }
    let place = day.dice.below(day.post.len());
    let notice = if day.dice.once_in(2) { day.post[place].clone() } else { day.post.remove(place) };
    let url = notice.url.clone();
    let answer = day.app.wechat().post_notice(notice).await;
    day.remember(format!("  {url} → {answer:?}"));
    let fair = answer.status.is_some_and(|status| status < 500 || status == 503);
    assert!(fair, "{answer:?}\n{}", day.story());
    answer.accepted()
}
