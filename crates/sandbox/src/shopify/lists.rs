//! Lists of products and orders: searched, sorted, cut by cursor.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::graphql::{Field, Part};
use super::search::{self, Term};
use super::{Call, Failure, ids, rows};
use crate::stores::{OrderStage, StoreItem, StoreOrder};

/// Older orders need a right that is granted apart.
const ORDERS_REACH_S: i64 = 60 * 86_400;

/// `products`.
pub(super) fn products(call: &Call<'_>, field: &Field) -> Result<Value, Failure> {
    let terms = terms(field, &["updated_at", "created_at", "status"])?;
    let fits = |item: &&StoreItem| {
        terms.iter().all(|term| match term.name.as_str() {
            "updated_at" => term.fits_time(item.changed_at),
            "created_at" => term.fits_time(item.created_at),
            _ => term.fits_word(if item.on_sale { "active" } else { "draft" }),
        })
    };
    let world = call.state.world();
    let store = call.store(&world)?;
    let by = sort_key(field)?;
    let found = store.shelf.all().filter(fits).map(|item| {
        let at = if by == Sort::Updated { item.changed_at } else { 0 };
        (Key(at, item.number), item)
    });
    let part = cut(field, found.collect())?;
    Ok(shown(part, |item| rows::product(call.state, store, item)))
}

/// `product`.
pub(super) fn product(call: &Call<'_>, field: &Field) -> Result<Value, Failure> {
    let id = field.arguments.get("id").and_then(Value::as_str).unwrap_or_default();
    let number = ids::counted("Product", id).ok_or_else(|| Failure::bad_id(field, id))?;
    let world = call.state.world();
    let store = call.store(&world)?;
    Ok(store.shelf.item(number).map_or(Value::Null, |item| rows::product(call.state, store, item)))
}

/// `orders`.
pub(super) fn orders(call: &Call<'_>, field: &Field) -> Result<Value, Failure> {
    let terms = terms(field, &["updated_at", "created_at", "financial_status", "fulfillment_status", "name"])?;
    let world = call.state.world();
    let store = call.store(&world)?;
    let by = sort_key(field)?;
    let reaches = |order: &&StoreOrder| call.now - order.created_at <= ORDERS_REACH_S;
    let fits = |order: &&StoreOrder| terms.iter().all(|term| fits_order(term, order));
    let keyed = store.orders.values().filter(reaches).filter(fits).map(|order| {
        let at = if by == Sort::Updated { order.changed_at } else { 0 };
        (Key(at, order.seq), order)
    });
    let part = cut(field, keyed.collect())?;
    Ok(shown(part, |order| rows::order(store, order)))
}

fn fits_order(term: &Term, order: &StoreOrder) -> bool {
    match term.name.as_str() {
        "updated_at" => term.fits_time(order.changed_at),
        "created_at" => term.fits_time(order.created_at),
        "financial_status" => term.fits_word(if order.paid_at.is_some() { "paid" } else { "pending" }),
        "fulfillment_status" => term.fits_word(match order.stage {
            OrderStage::PartShipped => "partial",
            OrderStage::Shipped | OrderStage::Done => "shipped",
            _ => "unshipped",
        }),
        _ => term.fits_word(&format!("#{}", 1_000 + order.seq)),
    }
}

/// `order`.
pub(super) fn order(call: &Call<'_>, field: &Field) -> Result<Value, Failure> {
    let id = field.arguments.get("id").and_then(Value::as_str).unwrap_or_default();
    let number = ids::number("Order", id).ok_or_else(|| Failure::bad_id(field, id))?;
    let world = call.state.world();
    let store = call.store(&world)?;
    Ok(store.orders.get(number).map_or(Value::Null, |order| rows::order(store, order)))
}

/// `locations`: the one there is.
pub(super) fn locations() -> Value {
    json!([rows::location()])
}

fn terms(field: &Field, known: &[&str]) -> Result<Vec<Term>, Failure> {
    let Some(text) = field.arguments.get("query").and_then(Value::as_str) else { return Ok(Vec::new()) };
    search::read(text, known).map_err(|why| Failure::new("BAD_REQUEST", why))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Updated,
    Id,
}

fn sort_key(field: &Field) -> Result<Sort, Failure> {
    match field.arguments.get("sortKey").and_then(Value::as_str) {
        None | Some("ID") => Ok(Sort::Id),
        Some("UPDATED_AT") => Ok(Sort::Updated),
        Some(other) => Err(Failure::new("argumentLiteralsIncompatible", format!("sortKey {other} is not played"))),
    }
}

/// Where a row stands in a sorted list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key(i64, u64);

impl Key {
    fn cursor(self) -> String {
        STANDARD.encode(json!({"last_value": self.0, "last_id": self.1}).to_string())
    }

    fn read(cursor: &str) -> Option<Key> {
        let told: Value = serde_json::from_slice(&STANDARD.decode(cursor).ok()?).ok()?;
        Some(Key(told.get("last_value")?.as_i64()?, told.get("last_id")?.as_u64()?))
    }
}

type Keyed<'a, T> = Vec<(Key, &'a T)>;

struct Cut<'a, T> {
    rows: Keyed<'a, T>,
    has_next: bool,
    has_previous: bool,
}

fn cut<'a, T>(field: &Field, mut rows: Keyed<'a, T>) -> Result<Cut<'a, T>, Failure> {
    for name in ["before", "last", "reverse"] {
        if field.arguments.get(name).is_some_and(|value| !value.is_null() && value != &Value::Bool(false)) {
            return Err(Failure::new("argumentLiteralsIncompatible", format!("{name} is not played")));
        }
    }
    let after = match field.arguments.get("after").filter(|after| !after.is_null()) {
        None => None,
        Some(cursor) => {
            let key = cursor.as_str().and_then(Key::read);
            Some(key.ok_or_else(|| Failure::new("BAD_REQUEST", "Invalid cursor for current pagination sort."))?)
        }
    };
    rows.sort_by_key(|(key, _)| *key);
    rows.retain(|(key, _)| after.is_none_or(|after| *key > after));
    let first = field.arguments.get("first").and_then(Value::as_u64).unwrap_or(0);
    let first = usize::try_from(first).unwrap_or(0);
    let has_next = rows.len() > first;
    rows.truncate(first);
    Ok(Cut { rows, has_next, has_previous: after.is_some() })
}

fn shown<T>(cut: Cut<'_, T>, row: impl Fn(&T) -> Value) -> Value {
    let rows = cut.rows.iter().map(|(key, one)| (key.cursor(), row(one))).collect();
    Part { rows, has_next: cut.has_next, has_previous: cut.has_previous }.value()
}
