//! Examples of the main requests and answers, by the name of their schema: `examples.json`.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::{OpenApi, RefOr, Schema};

const EXAMPLES: &str = include_str!("examples.json");

/// Every example by its schema's name. A test holds each against its schema.
pub fn all() -> BTreeMap<String, Value> {
    // A file that cannot be read has no example, which a test notices.
    serde_json::from_str(EXAMPLES).unwrap_or_default()
}

/// Puts the examples beside the schemas they are of.
pub fn add(document: &mut OpenApi) {
    let Some(components) = &mut document.components else { return };
    for (name, example) in all() {
        let Some(RefOr::T(schema)) = components.schemas.get_mut(&name) else { continue };
        match schema {
            Schema::Object(object) => object.examples.push(example),
            Schema::AllOf(all) => all.examples.push(example),
            _ => {}
        }
    }
}
