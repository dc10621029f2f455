//! What a question costs in points: an object one, a list in parts two and as many times its rows' cost
//! as the root of its size; a write ten.

use serde_json::Value;

use super::parse::{Field, Operation};
use super::schema::{self, Gives};
use super::select;

const WRITE: u64 = 10;

fn root(operation: &Operation) -> &'static str {
    if operation.is_mutation { "Mutation" } else { "QueryRoot" }
}

/// The cost of an operation when every list is as long as it may be.
pub(super) fn requested(operation: &Operation) -> u64 {
    let kind = root(operation);
    let base = if operation.is_mutation { WRITE } else { 0 };
    base + operation.fields.iter().map(|field| of_field(kind, field, None)).sum::<u64>()
}

/// The cost of an operation by what it answered.
pub(super) fn actual(operation: &Operation, answer: &Value) -> u64 {
    let kind = root(operation);
    let base = if operation.is_mutation { WRITE } else { 0 };
    let of = |field: &Field| of_field(kind, field, Some(answer.get(&field.alias).unwrap_or(&Value::Null)));
    base + operation.fields.iter().map(of).sum::<u64>()
}

fn of_fields(kind: &str, fields: &[Field], answer: Option<&Value>) -> u64 {
    fields
        .iter()
        .map(|field| of_field(kind, field, answer.map(|answer| answer.get(&field.alias).unwrap_or(&Value::Null))))
        .sum()
}

fn of_field(kind: &str, field: &Field, answer: Option<&Value>) -> u64 {
    if answer.is_some_and(Value::is_null) {
        return 0;
    }
    match schema::field(kind, &field.name).map(|known| known.1) {
        None | Some(Gives::Scalar) => 0,
        Some(Gives::One(of)) => 1 + of_fields(of, &field.fields, answer),
        Some(Gives::List(of)) => {
            let first = answer.map(|answer| answer.get(0).unwrap_or(&Value::Null));
            1 + of_fields(of, &field.fields, first)
        }
        Some(Gives::Parts(of)) => of_parts(of, field, answer),
    }
}

fn of_parts(of: &str, field: &Field, answer: Option<&Value>) -> u64 {
    let mut cost = 2;
    for inner in &field.fields {
        let rows = answer.map(|answer| answer.get(&inner.alias).and_then(Value::as_array).cloned().unwrap_or_default());
        let fields = match inner.name.as_str() {
            "nodes" => Some(inner.fields.as_slice()),
            "edges" => inner.fields.iter().find(|part| part.name == "node").map(|node| node.fields.as_slice()),
            _ => {
                cost += 1;
                None
            }
        };
        let Some(fields) = fields else { continue };
        cost += match rows {
            None => damped(select::size(field)) * (1 + of_fields(of, fields, None)),
            Some(rows) => {
                let count = u64::try_from(rows.len()).unwrap_or(0);
                let whole: u64 = rows.iter().map(|row| 1 + of_fields(of, fields, Some(row))).sum();
                (damped(count) * whole).checked_div(count).unwrap_or(0)
            }
        };
    }
    cost
}

/// The root of a size, rounded up.
fn damped(size: u64) -> u64 {
    let root = size.isqrt();
    if root * root < size { root + 1 } else { root }
}
