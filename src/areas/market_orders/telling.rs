//! What a platform tells of an order, and what the order is after it. Pure: nothing is read or written.

use std::collections::HashMap;

use kernel::Time;
use kernel::id::{MarketOrderId, MarketOrderLineId, ShopId, StoreId};
use serde::Serialize;
use serde_json::{Value, json};

use super::entity::{line, order};
use super::rules::wanted;
use super::state::{EndedBy, EventKind, OrderEvent, OrderState, RemoteState};

/// An order as its platform tells it, with nothing in it that a database cannot keep.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    /// The platform's number.
    pub external_id: String,
    /// Where it came from.
    pub origin: Option<String>,
    /// Where it stands there.
    pub state: RemoteState,
    /// In the platform's own words.
    pub wire_state: String,
    /// What the buyer pays, in minor units.
    pub total_minor: i64,
    /// Of it for shipping.
    pub shipping_minor: Option<i64>,
    /// ISO 4217.
    pub currency: String,
    /// The buyer's opaque id.
    pub buyer: Option<String>,
    /// What he wrote.
    pub buyer_note: Option<String>,
    /// Parcels the platform knows of.
    pub parcels: Value,
    /// Further facts.
    pub extra: Value,
    /// The platform's times.
    pub placed_at: Option<Time>,
    /// Paid.
    pub paid_at: Option<Time>,
    /// Sent.
    pub sent_at: Option<Time>,
    /// Received or closed.
    pub over_at: Option<Time>,
    /// When it must have been sent.
    pub ship_before: Option<Time>,
    /// Last changed.
    pub modified_at: Option<Time>,
    /// What was bought.
    pub lines: Vec<ToldLine>,
}

/// One line of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ToldLine {
    /// The platform's id of the line, unique in the order.
    pub line_key: String,
    /// The item's id.
    pub external_item_id: Option<String>,
    /// The variant's id.
    pub external_sku_id: Option<String>,
    /// The merchant's own code.
    pub sku_code: Option<String>,
    /// Title as sold.
    pub title: String,
    /// The variant in words.
    pub spec: Option<String>,
    /// Pieces.
    pub quantity: i64,
    /// Price of a piece.
    pub unit_minor: Option<i64>,
    /// What the buyer pays for the line.
    pub paid_minor: Option<i64>,
    /// Where the line stands, when it may differ.
    pub state: Option<RemoteState>,
}

/// The receiver as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiverKept {
    /// What lists may show.
    pub shown: Value,
    /// The whole of it, sealed.
    pub sealed: Option<String>,
}

/// An order after a telling.
#[derive(Clone, Debug)]
pub struct After {
    /// The order.
    pub order: order::Model,
    /// All its lines, in the platform's order; those it no longer names at the end.
    pub lines: Vec<line::Model>,
    /// What its timeline gets.
    pub events: Vec<(EventKind, Value)>,
}

/// Whether `told` is older than what is known: then it says nothing.
pub fn is_old(known: &order::Model, told: &Told) -> bool {
    matches!((told.modified_at, known.modified_at), (Some(told), Some(known)) if told < known)
}

/// An order that nobody has seen yet.
pub fn first_seen(id: MarketOrderId, shop: ShopId, store: StoreId, told: &Told, now: Time) -> order::Model {
    order::Model {
        id,
        shop_id: shop,
        store_id: store,
        external_id: told.external_id.clone(),
        origin: None,
        state: OrderState::Draft,
        remote_state: told.state,
        wire_state: String::new(),
        held: false,
        refunding: false,
        ended_by: None,
        total_minor: 0,
        shipping_minor: None,
        currency: String::new(),
        buyer: None,
        buyer_note: None,
        note: None,
        receiver: json!({}),
        sealed_receiver: None,
        receiver_erased_at: None,
        parcels: json!([]),
        extra: Value::Null,
        placed_at: None,
        paid_at: None,
        sent_at: None,
        over_at: None,
        ship_before: None,
        modified_at: None,
        fingerprint: String::new(),
        is_open: true,
        read_at: now,
        confirmed_at: None,
        shipped_at: None,
        ended_at: None,
        created_at: now,
        updated_at: now,
    }
}

/// What an order and its lines are once the platform has told this. `receiver` is left as it is when
/// the platform tells none, as many do once an order was sent.
pub fn after(
    known: &order::Model,
    lines: Vec<line::Model>,
    told: &Told,
    receiver: Option<ReceiverKept>,
    fingerprint: String,
    now: Time,
) -> After {
    let is_new = known.fingerprint.is_empty();
    let mut events = Vec::new();
    if is_new {
        events.push((EventKind::Seen, json!({ "remote_state": told.state })));
    } else if told.state != known.remote_state {
        events.push((EventKind::Changed, json!({ "from": known.remote_state, "to": told.state })));
    }
    let mut order = facts(known, told, receiver, fingerprint, now);
    for _ in 0..2 {
        let Some(event) = moved_by(&order) else { break };
        let Some(next) = order.state.after(event) else { break };
        let (kind, _) = come(&mut order, event, next, Some(EndedBy::Platform), now);
        events.push((kind, json!({ "from": known.state })));
    }
    let lines = lines_after(&order, lines, told, &mut events, now);
    After { order, lines, events }
}

/// Puts `order` into the state after `event`; says how its timeline calls that.
pub fn come(
    order: &mut order::Model,
    event: OrderEvent,
    next: OrderState,
    by: Option<EndedBy>,
    now: Time,
) -> (EventKind, OrderState) {
    order.state = next;
    order.updated_at = now;
    order.ended_at = if next.is_over() { Some(now) } else { None };
    order.ended_by = if next == OrderState::Cancelled { by } else { None };
    let kind = match event {
        OrderEvent::Confirmed => {
            order.confirmed_at = Some(now);
            EventKind::Confirmed
        }
        OrderEvent::Shipped => {
            order.shipped_at = Some(now);
            EventKind::Shipped
        }
        OrderEvent::Done => EventKind::Done,
        OrderEvent::Cancelled => EventKind::Cancelled,
        OrderEvent::Reopened => EventKind::Reopened,
    };
    (kind, next)
}

fn facts(
    known: &order::Model,
    told: &Told,
    receiver: Option<ReceiverKept>,
    fingerprint: String,
    now: Time,
) -> order::Model {
    let mut order = order::Model {
        origin: told.origin.clone(),
        remote_state: told.state,
        wire_state: told.wire_state.clone(),
        held: told.state == RemoteState::Held,
        refunding: told.state == RemoteState::Refunding,
        total_minor: told.total_minor,
        shipping_minor: told.shipping_minor,
        currency: told.currency.clone(),
        buyer: told.buyer.clone().or_else(|| known.buyer.clone()),
        buyer_note: told.buyer_note.clone().or_else(|| known.buyer_note.clone()),
        parcels: told.parcels.clone(),
        extra: told.extra.clone(),
        // A platform may leave out a time it told before.
        placed_at: told.placed_at.or(known.placed_at),
        paid_at: told.paid_at.or(known.paid_at),
        sent_at: told.sent_at.or(known.sent_at),
        over_at: told.over_at.or(known.over_at),
        ship_before: told.ship_before.or(known.ship_before),
        modified_at: told.modified_at.or(known.modified_at),
        fingerprint,
        is_open: !matches!(told.state, RemoteState::Done | RemoteState::Cancelled),
        read_at: now,
        updated_at: now,
        ..known.clone()
    };
    // What was erased does not come back.
    if let (Some(receiver), None) = (receiver, known.receiver_erased_at) {
        order.receiver = receiver.shown;
        order.sealed_receiver = receiver.sealed;
    }
    order
}

/// What the platform's state makes of ours, if anything. It never takes an order back, except one that
/// it had cancelled itself.
fn moved_by(order: &order::Model) -> Option<OrderEvent> {
    use RemoteState as S;
    match (order.remote_state, order.state) {
        (S::Cancelled | S::Unpaid | S::Unknown, OrderState::Cancelled) => None,
        (_, OrderState::Cancelled) => (order.ended_by == Some(EndedBy::Platform)).then_some(OrderEvent::Reopened),
        (S::Shipped, OrderState::Draft | OrderState::Confirmed) => Some(OrderEvent::Shipped),
        (S::Done, _) => Some(OrderEvent::Done),
        (S::Cancelled, _) => Some(OrderEvent::Cancelled),
        _ => None,
    }
}

fn lines_after(
    order: &order::Model,
    known: Vec<line::Model>,
    told: &Told,
    events: &mut Vec<(EventKind, Value)>,
    now: Time,
) -> Vec<line::Model> {
    let mut left: HashMap<String, line::Model> = known.into_iter().map(|row| (row.line_key.clone(), row)).collect();
    let mut lines = Vec::with_capacity(told.lines.len());
    for (position, one) in (0_i32..).zip(&told.lines) {
        let known = left.remove(&one.line_key);
        let before = known.as_ref().map(|row| row.quantity);
        if before.is_some_and(|before| before != one.quantity) {
            let what = json!({ "line": one.line_key, "quantity": { "from": before, "to": one.quantity } });
            events.push((EventKind::Changed, what));
        }
        lines.push(line_after(order, known, one, position, now));
    }
    let mut gone: Vec<_> = left.into_values().collect();
    gone.sort_by_key(|row| row.position);
    for (position, row) in (i32::try_from(lines.len()).unwrap_or(i32::MAX)..).zip(gone) {
        lines.push(line::Model {
            position,
            quantity: 0,
            wants: wanted(false, 0, row.shipped),
            remote_state: Some(RemoteState::Cancelled),
            updated_at: now,
            ..row
        });
    }
    lines
}

fn line_after(
    order: &order::Model,
    known: Option<line::Model>,
    told: &ToldLine,
    position: i32,
    now: Time,
) -> line::Model {
    let known = known.unwrap_or_else(|| new_line(order, now));
    let is_cancelled = told.state == Some(RemoteState::Cancelled);
    let is_sent = matches!(told.state, Some(RemoteState::Shipped | RemoteState::Done))
        || matches!(order.state, OrderState::Shipped | OrderState::Done);
    let shipped = if is_sent && !is_cancelled { known.shipped.max(told.quantity) } else { known.shipped };
    let claims = if order.state == OrderState::Cancelled { Some(false) } else { order.remote_state.claims() };
    line::Model {
        position,
        line_key: told.line_key.clone(),
        external_item_id: told.external_item_id.clone(),
        external_sku_id: told.external_sku_id.clone(),
        sku_code: told.sku_code.clone(),
        title: told.title.clone(),
        spec: told.spec.clone(),
        quantity: told.quantity,
        unit_minor: told.unit_minor,
        paid_minor: told.paid_minor,
        remote_state: told.state,
        shipped,
        wants: claims.map_or(known.wants, |claims| wanted(claims && !is_cancelled, told.quantity, shipped)),
        updated_at: now,
        ..known
    }
}

fn new_line(order: &order::Model, now: Time) -> line::Model {
    line::Model {
        id: MarketOrderLineId::new(),
        shop_id: order.shop_id,
        store_id: order.store_id,
        order_id: order.id,
        position: 0,
        line_key: String::new(),
        external_item_id: None,
        external_sku_id: None,
        sku_code: None,
        title: String::new(),
        spec: None,
        quantity: 0,
        unit_minor: None,
        paid_minor: None,
        remote_state: None,
        sku_id: None,
        matched_by: None,
        wants: 0,
        taken: 0,
        given_back: 0,
        shipped: 0,
        unlimited: false,
        shortage: None,
        created_at: now,
        updated_at: now,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use RemoteState as S;

    fn at(second: i64) -> Time {
        Time::from_timestamp(1_795_400_000 + second, 0).unwrap()
    }

    fn told(state: RemoteState, quantity: i64, second: i64) -> Told {
        Told {
            external_id: "1".to_owned(),
            origin: None,
            state,
            wire_state: String::new(),
            total_minor: 100,
            shipping_minor: None,
            currency: "CNY".to_owned(),
            buyer: None,
            buyer_note: None,
            parcels: json!([]),
            extra: Value::Null,
            placed_at: None,
            paid_at: None,
            sent_at: None,
            over_at: None,
            ship_before: None,
            modified_at: Some(at(second)),
            lines: vec![ToldLine {
                line_key: "a".to_owned(),
                external_item_id: None,
                external_sku_id: None,
                sku_code: None,
                title: "苹果".to_owned(),
                spec: None,
                quantity,
                unit_minor: None,
                paid_minor: None,
                state: None,
            }],
        }
    }

    /// The order after these tellings: its state and what its line wants.
    fn told_all(tellings: &[Told]) -> (order::Model, Vec<line::Model>, Vec<EventKind>) {
        let mut order = first_seen(MarketOrderId::new(), ShopId::new(), StoreId::new(), &tellings[0], at(0));
        let (mut lines, mut kinds) = (Vec::new(), Vec::new());
        for one in tellings {
            let after = after(&order, lines, one, None, "x".to_owned(), at(1));
            (order, lines) = (after.order, after.lines);
            kinds.extend(after.events.into_iter().map(|(kind, _)| kind));
        }
        (order, lines, kinds)
    }

    #[test]
    fn an_order_is_claimed_once_it_is_paid_and_not_before() {
        let (order, lines, _) = told_all(&[told(S::Unpaid, 3, 1)]);
        assert_eq!((order.state, lines[0].wants), (OrderState::Draft, 0));
        let (order, lines, kinds) = told_all(&[told(S::Unpaid, 3, 1), told(S::PaidUnshipped, 3, 2)]);
        assert_eq!((order.state, lines[0].wants), (OrderState::Draft, 3));
        assert_eq!(kinds, [EventKind::Seen, EventKind::Changed]);
    }

    #[test]
    fn what_others_sent_is_sent_and_stays_taken_when_it_is_refunded_later() {
        let (order, lines, _) = told_all(&[told(S::PaidUnshipped, 3, 1), told(S::Shipped, 3, 2)]);
        assert_eq!((order.state, lines[0].shipped, lines[0].wants), (OrderState::Shipped, 3, 3));
        let (order, lines, _) =
            told_all(&[told(S::PaidUnshipped, 3, 1), told(S::Shipped, 3, 2), told(S::Cancelled, 3, 3)]);
        assert_eq!((order.state, lines[0].wants), (OrderState::Cancelled, 3));
    }

    #[test]
    fn what_is_cancelled_before_it_is_sent_wants_nothing_and_may_go_on() {
        let (order, lines, _) = told_all(&[told(S::PaidUnshipped, 3, 1), told(S::Cancelled, 3, 2)]);
        assert_eq!((order.state, order.ended_by, lines[0].wants), (OrderState::Cancelled, Some(EndedBy::Platform), 0));
        assert!(!order.is_open && order.ended_at.is_some());
        let (order, lines, kinds) =
            told_all(&[told(S::PaidUnshipped, 3, 1), told(S::Cancelled, 3, 2), told(S::Shipped, 2, 3)]);
        assert_eq!((order.state, order.ended_by, lines[0].wants), (OrderState::Shipped, None, 2));
        assert!(kinds.contains(&EventKind::Reopened));
    }

    #[test]
    fn a_refund_under_way_and_an_odd_word_leave_everything_where_it_was() {
        for odd in [S::Refunding, S::Held, S::Unknown] {
            let (order, lines, _) = told_all(&[told(S::PaidUnshipped, 3, 1), told(odd, 3, 2)]);
            assert_eq!((order.state, lines[0].wants), (OrderState::Draft, 3), "{odd:?}");
            assert_eq!((order.held, order.refunding), (odd == S::Held, odd == S::Refunding));
        }
        let (order, lines, _) = told_all(&[told(S::Unknown, 3, 1)]);
        assert_eq!((order.state, lines[0].wants), (OrderState::Draft, 0));
    }

    #[test]
    fn an_older_telling_says_nothing_and_a_line_left_out_wants_nothing() {
        let (order, lines, _) = told_all(&[told(S::PaidUnshipped, 3, 5)]);
        assert!(is_old(&order, &told(S::Unpaid, 3, 4)) && !is_old(&order, &told(S::Unpaid, 3, 5)));
        let mut without = told(S::PaidUnshipped, 1, 6);
        without.lines[0].line_key = "b".to_owned();
        let after = after(&order, lines, &without, None, "x".to_owned(), at(1));
        let wants: Vec<_> = after.lines.iter().map(|row| (row.line_key.as_str(), row.quantity, row.wants)).collect();
        assert_eq!(wants, [("b", 1, 1), ("a", 0, 0)]);
    }
}
