//! How answers look: their headers, files, and fields that are always there.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::schema::{ArrayItems, KnownFormat, Object, SchemaFormat};
use utoipa::openapi::{ObjectBuilder, OpenApi, Ref, RefOr, Response, Schema, Type};

use super::callers::add_header;
use super::{operations, operations_mut};

/// Fields of answers that are left out where they have nothing to say; every other field is always
/// there, if only as null.
pub const LEFT_OUT: [(&str, &str); 7] = [
    ("OrderView", "timeline"),
    ("Problem", "errors"),
    ("Problem", "extra"),
    ("Source", "shop_name"),
    ("Source", "coupon_fen"),
    ("Source", "rate_bp"),
    ("Source", "estimated_commission_fen"),
];

/// Completes what the annotations leave out.
pub fn complete(document: &mut OpenApi) {
    for (_, path, operation) in operations_mut(document) {
        let signs_in_with_a_cookie = path.ends_with("/console/api/v1/session");
        let cacheable = operation.responses.responses.contains_key("304");
        if cacheable {
            add_header(operation, "If-None-Match", "An earlier answer's `ETag`; the same answer is then a bare 304.");
        }
        for (status, response) in &mut operation.responses.responses {
            let RefOr::T(response) = response else { continue };
            binary_files(response);
            let mut tell = |name: &str, header: Header| {
                response.headers.insert(name.to_owned(), RefOr::T(header));
            };
            match status.as_str() {
                "200" | "304" if cacheable => {
                    tell("ETag", text("Names this answer, whatever its encoding."));
                    tell("Cache-Control", text("`private, no-cache`: ask again with `If-None-Match`."));
                }
                "200" | "204" if signs_in_with_a_cookie => tell("Set-Cookie", text("The session cookie.")),
                "405" => tell("Allow", text("The methods offered here.")),
                "429" => {
                    tell("Retry-After", number("Seconds to wait."));
                    tell("RateLimit-Limit", number("Requests in a second, or attempts in a row."));
                    tell("RateLimit-Remaining", number("How many are left: 0."));
                    tell("RateLimit-Reset", number("Seconds to wait."));
                }
                _ => {}
            }
        }
    }
    require_what_is_always_there(document);
}

fn text(description: &str) -> Header {
    header(Type::String, description)
}

fn number(description: &str) -> Header {
    header(Type::Integer, description)
}

fn header(kind: Type, description: &str) -> Header {
    HeaderBuilder::new().schema(Some(Object::with_type(kind))).description(Some(description)).build()
}

/// A picture or a workbook is bytes, not a list of numbers.
fn binary_files(response: &mut Response) {
    for (kind, content) in &mut response.content {
        if let RefOr::T(content) = content
            && (kind.starts_with("image/") || kind.ends_with("spreadsheetml.sheet"))
        {
            let bytes = ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
            content.schema = Some(bytes.into());
        }
    }
}

/// In what is only answered and never sent, every field but those of [`LEFT_OUT`] is required.
fn require_what_is_always_there(document: &mut OpenApi) {
    let bodies: Vec<Value> =
        operations(document).filter_map(|(_, _, operation)| json(operation.request_body.as_ref()?)).collect();
    let Some(components) = &mut document.components else { return };
    let sent = everything_named(&bodies, &components.schemas);
    for (name, schema) in &mut components.schemas {
        let RefOr::T(schema) = schema else { continue };
        if sent.contains(name) {
            continue;
        }
        for object in objects(schema) {
            name_what_is_listed(name, object);
            let always = object.properties.keys().filter(|field| !LEFT_OUT.contains(&(name, field)));
            object.required = always.cloned().collect();
        }
    }
}

fn objects(schema: &mut Schema) -> Vec<&mut Object> {
    match schema {
        Schema::Object(object) => vec![object],
        Schema::AllOf(all) => {
            fn own(part: &mut RefOr<Schema>) -> Option<&mut Object> {
                if let RefOr::T(Schema::Object(object)) = part { Some(object) } else { None }
            }
            all.items.iter_mut().filter_map(own).collect()
        }
        _ => Vec::new(),
    }
}

/// A list names what it lists: the exporter spells it out once more in each.
fn name_what_is_listed(name: &str, object: &mut Object) {
    if let Some(listed) = name.strip_prefix("ListView_")
        && let Some(RefOr::T(Schema::Array(items))) = object.properties.get_mut("items")
    {
        items.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(listed).into()));
    }
}

/// The names of all schemas that `roots` lead to.
fn everything_named(roots: &[Value], schemas: &std::collections::BTreeMap<String, RefOr<Schema>>) -> BTreeSet<String> {
    let mut waiting: Vec<String> = roots.iter().flat_map(named).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if seen.insert(name.clone())
            && let Some(schema) = schemas.get(&name).and_then(json)
        {
            waiting.extend(named(&schema));
        }
    }
    seen
}

fn json(part: &impl Serialize) -> Option<Value> {
    serde_json::to_value(part).ok()
}

fn named(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => {
            let own = map.get("$ref").and_then(Value::as_str).and_then(|place| place.rsplit('/').next());
            own.map(str::to_owned).into_iter().chain(map.values().flat_map(named)).collect()
        }
        Value::Array(list) => list.iter().flat_map(named).collect(),
        _ => Vec::new(),
    }
}
