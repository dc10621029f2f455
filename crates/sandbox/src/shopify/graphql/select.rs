//! A selection checked against the schema, and its answer cut out of whole objects.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::parse::Field;
use super::schema::{self, Gives, OF_PARTS};

/// Most rows of one part.
const MOST: u64 = 250;

/// Why a document is refused before anything runs.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Fault {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// A part of a list, made by whoever knows the whole: rows with their cursors.
pub(crate) struct Part {
    /// Rows, each with the word that points at it.
    pub(crate) rows: Vec<(String, Value)>,
    pub(crate) has_next: bool,
    pub(crate) has_previous: bool,
}

impl Part {
    /// As a whole object holds it.
    pub(crate) fn value(self) -> Value {
        let (cursors, nodes): (Vec<String>, Vec<Value>) = self.rows.into_iter().unzip();
        json!({"nodes": nodes, "cursors": cursors, "next": self.has_next, "previous": self.has_previous})
    }
}

/// Refuses fields and arguments that type `kind` does not have.
pub(super) fn check(kind: &str, fields: &[Field]) -> Result<(), Fault> {
    for field in fields.iter().filter(|field| field.name != "__typename") {
        let known = schema::field(kind, &field.name).ok_or_else(|| {
            Fault::new("undefinedField", format!("Field '{}' doesn't exist on type '{kind}'", field.name))
        })?;
        let in_parts = matches!(known.1, Gives::Parts(_));
        let takes = |name: &str| known.2.contains(&name) || (in_parts && OF_PARTS.contains(&name));
        if let Some(name) = field.arguments.keys().find(|name| !takes(name)) {
            let message = format!("Field '{}' doesn't accept argument '{name}'", field.name);
            return Err(Fault::new("argumentNotAccepted", message));
        }
        match known.1 {
            Gives::Scalar if field.fields.is_empty() => {}
            Gives::Scalar => {
                let message = format!("Selections can't be made on scalars (field '{}')", field.name);
                return Err(Fault::new("selectionMismatch", message));
            }
            _ if field.fields.is_empty() => {
                let message = format!("Field must have selections (field '{}' returns {:?})", field.name, known.1);
                return Err(Fault::new("selectionMismatch", message));
            }
            Gives::One(of) | Gives::List(of) => check(of, &field.fields)?,
            Gives::Parts(of) => check_parts(of, field)?,
        }
    }
    Ok(())
}

fn check_parts(of: &str, field: &Field) -> Result<(), Fault> {
    let sizes = ["first", "last"].map(|name| field.arguments.get(name).filter(|value| !value.is_null()));
    let ([Some(size), None] | [None, Some(size)]) = sizes else {
        return Err(Fault::new("BAD_REQUEST", format!("you must provide one of first or last ({})", field.name)));
    };
    if !size.as_u64().is_some_and(|size| (1..=MOST).contains(&size)) {
        let message = format!("first or last must be from 1 to {MOST} ({})", field.name);
        return Err(Fault::new("argumentLiteralsIncompatible", message));
    }
    for inner in &field.fields {
        match inner.name.as_str() {
            "nodes" => check(of, &inner.fields)?,
            "pageInfo" => check("PageInfo", &inner.fields)?,
            "edges" => {
                for part in &inner.fields {
                    match part.name.as_str() {
                        "cursor" => {}
                        "node" => check(of, &part.fields)?,
                        other => return Err(undefined(other, of, "Edge")),
                    }
                }
            }
            other => return Err(undefined(other, of, "Connection")),
        }
    }
    Ok(())
}

fn undefined(name: &str, of: &str, what: &str) -> Fault {
    Fault::new("undefinedField", format!("Field '{name}' doesn't exist on type '{of}{what}'"))
}

/// The size of a part, as [`check`] has let pass.
pub(super) fn size(field: &Field) -> u64 {
    let told = |name: &str| field.arguments.get(name).and_then(Value::as_u64);
    told("first").or_else(|| told("last")).unwrap_or(0)
}

/// What `fields` choose out of the whole object `whole` of type `kind`.
pub(super) fn project(kind: &str, fields: &[Field], whole: &Value) -> Value {
    if !whole.is_object() {
        return Value::Null;
    }
    let mut chosen = Map::new();
    for field in fields {
        let value = whole.get(&field.name).unwrap_or(&Value::Null);
        let shown = match schema::field(kind, &field.name).map(|known| known.1) {
            None => json!(kind),
            Some(Gives::Scalar) => value.clone(),
            Some(Gives::One(of)) => project(of, &field.fields, value),
            Some(Gives::List(of)) => {
                let rows = value.as_array().into_iter().flatten();
                Value::Array(rows.map(|row| project(of, &field.fields, row)).collect())
            }
            Some(Gives::Parts(of)) => part(of, field, value),
        };
        chosen.insert(field.alias.clone(), shown);
    }
    Value::Object(chosen)
}

fn part(of: &str, field: &Field, whole: &Value) -> Value {
    let cut;
    let whole = match whole {
        Value::Array(rows) => {
            cut = cut_out(field, rows).value();
            &cut
        }
        made => made,
    };
    let nodes: Vec<&Value> = whole.get("nodes").and_then(Value::as_array).into_iter().flatten().collect();
    let cursors: Vec<&Value> = whole.get("cursors").and_then(Value::as_array).into_iter().flatten().collect();
    let mut chosen = Map::new();
    for inner in &field.fields {
        let shown = match inner.name.as_str() {
            "nodes" => nodes.iter().map(|node| project(of, &inner.fields, node)).collect(),
            "pageInfo" => {
                let page = json!({"hasNextPage": whole.get("next"), "hasPreviousPage": whole.get("previous"),
                    "startCursor": cursors.first(), "endCursor": cursors.last()});
                project("PageInfo", &inner.fields, &page)
            }
            _ => nodes.iter().zip(&cursors).map(|(node, cursor)| edge(of, &inner.fields, node, cursor)).collect(),
        };
        chosen.insert(inner.alias.clone(), shown);
    }
    Value::Object(chosen)
}

fn edge(of: &str, fields: &[Field], node: &Value, cursor: &Value) -> Value {
    let shown = fields.iter().map(|field| match field.name.as_str() {
        "node" => (field.alias.clone(), project(of, &field.fields, node)),
        _ => (field.alias.clone(), cursor.clone()),
    });
    Value::Object(shown.collect())
}

/// A part of a list that lies whole in an object; its cursors are places.
fn cut_out(field: &Field, rows: &[Value]) -> Part {
    let after = field.arguments.get("after").and_then(Value::as_str).and_then(place).map_or(0, |place| place + 1);
    let size = usize::try_from(size(field)).unwrap_or(0);
    let shown = rows.iter().enumerate().skip(after).take(size);
    let shown: Vec<(String, Value)> = shown.map(|(nth, row)| (STANDARD.encode(nth.to_string()), row.clone())).collect();
    Part { has_next: after + shown.len() < rows.len(), has_previous: after > 0, rows: shown }
}

fn place(cursor: &str) -> Option<usize> {
    String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?.parse().ok()
}
