//! The public contract is what the code says: the files in the repository, the annotations and the
//! codes agree.

use std::collections::BTreeSet;
use std::path::Path;

use kernel::Code;
use serde_json::Value;
use tuanqiao::api::document;

use crate::json_schema::{Schemas, faults};

/// The two documents as JSON.
pub fn documents() -> [(&'static str, Value); 2] {
    let json = |document| serde_json::to_value(document).unwrap();
    [("miniapp", json(document::miniapp())), ("console", json(document::console()))]
}

#[test]
fn the_files_are_what_the_code_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (file, text) in document::files().unwrap() {
        let kept = std::fs::read_to_string(root.join(file)).unwrap_or_default();
        let place = kept.lines().zip(text.lines()).position(|(ours, theirs)| ours != theirs);
        assert!(kept == text, "{file} differs from the code (line {:?}): run `make contract`", place.map(|n| n + 1));
    }
}

#[test]
fn every_route_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api");
    let [(_, miniapp), (_, console)] = documents();
    let mut undocumented = Vec::new();
    let mut routes = 0;
    for folder in ["storefront", "leader", "console"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let file = path.strip_prefix(&root).unwrap().display().to_string();
            for word in [".route(", "web::resource(", "web::scope("] {
                assert!(!text.contains(word), "{file}: {word} adds a route that no document knows; use #[get(…)]");
            }
            let mut annotated = false;
            for line in text.lines() {
                annotated |= line.starts_with("#[utoipa::path(");
                for method in ["get", "post", "put", "patch", "delete"] {
                    let Some(rest) = line.strip_prefix(&format!("#[{method}(\"")) else { continue };
                    let route = rest.split('"').next().unwrap();
                    let document = if folder == "console" { &console } else { &miniapp };
                    // A wildcard is written {name:.*} in the route and {name} in the document.
                    let in_document = route.replace(":.*}", "}");
                    if !annotated || document["paths"][&in_document][method].is_null() {
                        undocumented.push(format!("{file}: {method} {route}"));
                    }
                    (annotated, routes) = (false, routes + 1);
                }
            }
        }
    }
    assert!(undocumented.is_empty(), "without an annotation, or not registered:\n{}", undocumented.join("\n"));
    let documented = [&miniapp, &console].iter().flat_map(|document| operations(document)).count();
    assert_eq!(routes, documented, "each operation of the documents is one route in the sources");
}

/// Every operation of a document: its path, its method and what it says.
pub fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let methods = |(path, item): (&String, &Value)| {
        let item = item.as_object().unwrap().clone();
        let path = path.clone();
        item.into_iter().map(move |(method, operation)| (path.clone(), method, operation)).collect::<Vec<_>>()
    };
    paths.iter().flat_map(methods).collect()
}

#[test]
fn every_operation_says_who_may_call_it_and_how_it_fails() {
    // What may be called without a token; the catalogue shows more to a member.
    let open = ["/api/v1/session", "/api/v1/session/refresh", "/console/api/v1/session"];
    for (name, document) in documents() {
        let mut ids = BTreeSet::new();
        for (path, method, operation) in operations(&document) {
            let start = if name == "miniapp" { "/api/v1/" } else { "/console/api/v1/" };
            assert!(path.starts_with(start), "{method} {path}");
            let call = format!("{method} {path}");
            assert!(operation["summary"].is_string() || operation["description"].is_string(), "{call} says nothing");
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{call} has one tag");
            assert!(ids.insert(format!("{} {method}", operation["operationId"])), "{call} shares its operation id");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{call} never succeeds");
            for status in ["400", "401", "404", "405", "409", "422", "429", "500", "503"] {
                let content = &responses.get(status).unwrap_or(&Value::Null)["content"];
                assert!(content["application/problem+json"].is_object(), "{call} does not document {status}");
            }
            if method != "get" && !open.contains(&path.as_str()) {
                assert!(operation["security"].is_array(), "{call} writes and does not say who may");
            }
        }
    }
}

#[test]
fn every_schema_named_is_there() {
    for (name, document) in documents() {
        let schemas = Schemas::of(&document);
        let mut named = 0;
        each(&document, &mut |value| {
            if value.get("$ref").is_some_and(Value::is_string) {
                schemas.resolve(value);
                named += 1;
            }
        });
        assert!(named > 0, "{name} names no schema");
    }
}

#[test]
fn examples_are_valid() {
    for (name, document) in documents() {
        let schemas = Schemas::of(&document);
        let mut wrong = Vec::new();
        each(&document, &mut |schema| {
            let several = schema["examples"].as_array().cloned().unwrap_or_default();
            for example in schema.get("example").cloned().into_iter().chain(several) {
                for fault in faults(&schemas, schema, &example) {
                    wrong.push(format!("{name}: {example}: {fault}"));
                }
            }
        });
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// Visits every object of a document.
fn each(value: &Value, visit: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(map) => {
            visit(value);
            map.values().for_each(|inner| each(inner, visit));
        }
        Value::Array(list) => list.iter().for_each(|inner| each(inner, visit)),
        _ => {}
    }
}

#[test]
fn every_code_is_a_stable_word_with_two_titles() {
    let mut words = BTreeSet::new();
    for code in Code::ALL {
        let text = code.text();
        assert!(words.insert(text), "{text} stands twice");
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c);
        assert!(!text.is_empty() && text.chars().all(fits), "{text} is no word");
        assert!(!code.title_en().is_empty() && code.title_en().is_ascii(), "{text}: its English title");
        assert!(code.title_zh().chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{text}: its Chinese title");
        assert!(tuanqiao::api::problem::status_of(*code).as_u16() >= 400, "{text}: its status");
    }
}
