//! What the documents say of calls as a whole: headers, who may call, fields that are always there,
//! examples, and a text that every reader reads alike.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use tuanqiao::api::document;

use crate::contract::{documents, operations};
use crate::json_schema::{Schemas, faults};

fn parameter<'a>(operation: &'a Value, name: &str) -> Option<&'a Value> {
    operation["parameters"]
        .as_array()?
        .iter()
        .find(|parameter| parameter["name"] == name && parameter["in"] == "header")
}

/// Each handler of the documented folders: its call and its text.
fn handlers() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api");
    let mut found = Vec::new();
    for folder in ["storefront", "leader", "console"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let lines: Vec<&str> = text.lines().collect();
            for (place, line) in lines.iter().enumerate() {
                for method in ["get", "post", "put", "patch", "delete"] {
                    let Some(rest) = line.strip_prefix(&format!("#[{method}(\"")) else { continue };
                    let path = rest.split('"').next().unwrap().replace(":.*}", "}");
                    let body: Vec<&str> = lines[place..].iter().copied().take_while(|line| *line != "}").collect();
                    found.push((format!("{method} {path}"), body.join("\n")));
                }
            }
        }
    }
    found
}

#[test]
fn a_handler_takes_the_idempotency_key_where_the_document_says_so() {
    let handlers = handlers();
    let mut keyed = 0;
    for (_, document) in documents() {
        for (path, method, operation) in operations(&document) {
            let call = format!("{method} {path}");
            let (_, text) = handlers.iter().find(|(known, _)| *known == call).unwrap_or_else(|| panic!("{call}"));
            let told = parameter(&operation, "Idempotency-Key");
            assert_eq!(text.contains("IdempotencyKey"), told.is_some(), "{call}: taken and documented, or neither");
            let is_required = text.contains("key.required()");
            assert_eq!(
                is_required,
                told.is_some_and(|told| told["required"] == true),
                "{call}: required in both, or in neither"
            );
            keyed += usize::from(told.is_some());
        }
    }
    assert!(keyed > 20, "{keyed} calls take a key");
    // Whatever is answered with 201 was created, and is created once a key.
    for (_, document) in documents() {
        for (path, method, operation) in operations(&document) {
            let creates = !operation["responses"]["201"].is_null();
            assert!(
                !creates || parameter(&operation, "Idempotency-Key").is_some(),
                "{method} {path} creates without a key"
            );
        }
    }
}

#[test]
fn every_call_says_who_makes_it_and_how() {
    let [(_, miniapp), (_, console)] = documents();
    let bearer = json!({"bearer": []});
    for (path, method, operation) in operations(&miniapp) {
        let call = format!("{method} {path}");
        assert!(parameter(&operation, "X-App-Id").is_some_and(|told| told["required"] == false), "{call}: X-App-Id");
        let open =
            ["goods", "home", "categories", "pickup-points"].iter().any(|part| path.split('/').nth(3) == Some(part));
        if open && method == "get" {
            assert_eq!(operation["security"], json!([{}, bearer]), "{call} may be made signed in or not");
        }
    }
    for (path, method, operation) in operations(&console) {
        let call = format!("{method} {path}");
        let expected = match (path.as_str(), method.as_str()) {
            ("/console/api/v1/session", "post") => json!([{}]),
            (_, "get") => json!([{"session": []}]),
            _ => json!([{"csrf": [], "session": []}]),
        };
        assert_eq!(operation["security"], expected, "{call}");
    }
    for scheme in ["session", "csrf"] {
        assert_eq!(console["components"]["securitySchemes"][scheme]["type"], "apiKey", "{scheme}");
    }
}

#[test]
fn answers_declare_their_headers() {
    for (_, document) in documents() {
        for (path, method, operation) in operations(&document) {
            let call = format!("{method} {path}");
            let has = |status: &str, name: &str| operation["responses"][status]["headers"][name]["schema"].is_object();
            for name in ["Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"] {
                assert!(has("429", name), "{call}: {name}");
            }
            assert!(has("405", "Allow") && !operation["responses"]["406"].is_null(), "{call}: 405 and 406");
            if !operation["responses"]["304"].is_null() {
                assert!(has("200", "ETag") && has("304", "ETag"), "{call}: ETag");
                assert!(parameter(&operation, "If-None-Match").is_some(), "{call}: If-None-Match");
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                for (kind, content) in response["content"].as_object().into_iter().flatten() {
                    let is_file = kind.starts_with("image/") || kind.ends_with("spreadsheetml.sheet");
                    let binary = json!({"type": "string", "format": "binary"});
                    assert!(
                        !is_file || content["schema"] == binary,
                        "{call} {status}: {kind} is {}",
                        content["schema"]
                    );
                }
            }
        }
    }
}

#[test]
fn a_field_that_is_always_there_is_required_also_when_it_may_be_null() {
    for (name, document) in documents() {
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for page in schemas.iter().filter(|(schema, _)| schema.starts_with("ListView_")) {
            assert_eq!(page.1["required"], json!(["items", "next_cursor"]), "{name}: {}", page.0);
        }
        for of in ["OrderView", "CartLineView", "TicketView", "ManagedGoods", "ConsoleWithdrawal", "PickupPointView"] {
            let Some(schema) = schemas.get(of) else { continue };
            for (field, kind) in schema["properties"].as_object().unwrap() {
                let told = schema["required"].as_array().unwrap().contains(&json!(field));
                // A list of orders leaves their timelines out.
                let left_out = of == "OrderView" && field == "timeline";
                assert_eq!(told, !left_out, "{name}: {of}.{field} {kind}");
            }
        }
    }
}

#[test]
fn only_the_listed_fields_of_answers_are_ever_left_out() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut left_out = BTreeSet::new();
    let mut waiting = vec![root.join("src/api"), root.join("src/areas"), root.join("src/flows")];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.contains("skip_serializing_if") {
                let field = lines.find(|line| !line.trim_start().starts_with('#')).unwrap();
                left_out.insert(field.trim().trim_start_matches("pub ").split(':').next().unwrap().to_owned());
            }
        }
    }
    let listed: BTreeSet<String> = document::LEFT_OUT.iter().map(|(_, field)| (*field).to_owned()).collect();
    assert_eq!(left_out, listed);
}

#[test]
fn every_amount_that_is_sent_has_bounds() {
    // Settings are one document for reading and writing; their bounds depend on each other.
    for (name, document) in documents() {
        let schemas = Schemas::of(&document);
        let mut waiting: Vec<Value> = operations(&document)
            .into_iter()
            .filter(|(path, _, _)| !path.ends_with("/settings"))
            .flat_map(|(_, _, operation)| operation["requestBody"]["content"].as_object().cloned().unwrap_or_default())
            .map(|(_, content)| content["schema"].clone())
            .collect();
        let mut amounts = 0;
        while let Some(schema) = waiting.pop() {
            let schema = schemas.resolve(&schema);
            for (field, inner) in schema["properties"].as_object().into_iter().flatten() {
                if field.ends_with("_fen") {
                    amounts += 1;
                    assert!(inner["minimum"].is_i64(), "{name}: {field} has no least value: {inner}");
                }
                waiting.push(inner.clone());
            }
            for part in ["items", "additionalProperties"] {
                waiting.extend(schema.get(part).filter(|inner| inner.is_object()).cloned());
            }
            for part in ["oneOf", "anyOf", "allOf"] {
                waiting.extend(schema[part].as_array().into_iter().flatten().cloned());
            }
        }
        assert!(amounts > 2, "{name}: {amounts} amounts are sent");
    }
}

#[test]
fn every_example_is_of_a_schema_and_fits_it() {
    let documents = documents();
    let mut used = BTreeSet::new();
    for (name, document) in &documents {
        let schemas = Schemas::of(document);
        for (schema, example) in document::examples() {
            let Some(found) = document["components"]["schemas"].get(&schema) else { continue };
            assert_eq!(found["examples"], json!([example]), "{name}: {schema} shows its example");
            assert_eq!(faults(&schemas, found, &example), Vec::<String>::new(), "{name}: {schema}");
            used.insert(schema);
        }
    }
    let all: BTreeSet<String> = document::examples().into_keys().collect();
    assert_eq!(used, all, "an example is of a schema that is there");
    // Every body that is sent has one.
    for (name, document) in &documents {
        for (path, method, operation) in operations(document) {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            if let Some(schema) = schema["$ref"].as_str() {
                let schema = schema.rsplit('/').next().unwrap();
                assert!(
                    used.contains(schema),
                    "{name}: {method} {path} is sent a {schema}, of which there is no example"
                );
            }
        }
    }
    for main in [
        "SessionView",
        "QuoteView",
        "OrderView",
        "PaymentParamsView",
        "CartView",
        "TicketView",
        "WithdrawalView",
        "ManagedGoodsDetail",
        "Problem",
    ] {
        assert!(used.contains(main), "there is no example of {main}");
    }
}

/// What a reader of YAML 1.1 takes for no text, if it stands without quotes.
fn is_no_text_in_yaml_1_1(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let digits = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit() || c == '_' || c == '.');
    let to_the_base_of_60 = parts.len() > 1 && parts.iter().all(digits);
    let a_date = text.len() >= 10 && text.is_char_boundary(10) && text[..10].parse::<chrono::NaiveDate>().is_ok();
    let a_word =
        ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", ""].contains(&text.to_lowercase().as_str());
    to_the_base_of_60 || a_date || a_word || text.replace('_', "").parse::<f64>().is_ok()
}

#[test]
fn no_text_of_the_files_is_misread_by_an_old_reader() {
    let mut texts = BTreeSet::new();
    for (_, document) in documents() {
        collect(&document, &mut texts);
    }
    let odd: BTreeSet<String> = texts.into_iter().filter(|text| is_no_text_in_yaml_1_1(text)).collect();
    assert!(odd.contains("18:00:00") && odd.iter().any(|text| text.starts_with("20")), "there are times to be misread");
    for (file, text) in document::files().unwrap().iter().filter(|(file, _)| file.ends_with(".yaml")) {
        for line in text.lines() {
            let scalar = line.trim_start().trim_start_matches("- ");
            let (key, value) = scalar.split_once(": ").unwrap_or((scalar.trim_end_matches(':'), scalar));
            let is_text = |part: &str| odd.contains(part) && !["true", "false", "null"].contains(&part);
            // A number is one in the document too; only times and words can be meant as text.
            let plain = |part: &str| is_text(part) && part.parse::<f64>().is_err();
            assert!(!plain(key) && !plain(value), "{file}: {line}");
        }
    }
}

/// Every text of a document, names too.
fn collect(value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            texts.insert(text.clone());
        }
        Value::Array(list) => list.iter().for_each(|inner| collect(inner, texts)),
        Value::Object(map) => {
            for (name, inner) in map {
                texts.insert(name.clone());
                collect(inner, texts);
            }
        }
        _ => {}
    }
}
