//! A checker for the part of JSON Schema that the documents use. A word it does not know fails the
//! test, so nothing goes unchecked.

use serde_json::{Map, Value};

/// The named schemas of a document.
pub struct Schemas(Value);

impl Schemas {
    pub fn of(document: &Value) -> Self {
        Self(document["components"]["schemas"].clone())
    }

    /// The schema itself, behind any `$ref`.
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            None => schema,
            Some(name) => {
                let name = name.strip_prefix("#/components/schemas/").unwrap();
                let found = &self.0[name];
                assert!(!found.is_null(), "the document has no schema {name}");
                self.resolve(found)
            }
        }
    }
}

/// Words that describe and do not restrict.
const NOTES: [&str; 8] =
    ["description", "title", "default", "example", "examples", "deprecated", "readOnly", "writeOnly"];

/// What is wrong with `value`: places with reasons, none when it fits.
///
/// Where a schema lists properties, a property it does not list is a fault, since a field that nobody
/// documented is not part of the contract.
pub fn faults(schemas: &Schemas, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schemas, schema, value, "$", &mut found);
    found
}

fn check(schemas: &Schemas, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let words = match schema {
        Value::Bool(true) => return,
        Value::Object(words) => words,
        other => panic!("{at}: not a schema: {other}"),
    };
    if words.contains_key("$ref") {
        return check(schemas, schemas.resolve(schema), value, at, found);
    }
    if words.contains_key("allOf") {
        let flat = flattened(schemas, schema);
        return check(schemas, &flat, value, at, found);
    }
    for (word, rule) in words {
        if let Some(fault) = broken(schemas, words, word, rule, value, at, found) {
            found.push(format!("{at}: {fault}"));
        }
    }
}

/// The fault of `value` under one word of a schema; faults of its parts go into `found`.
fn broken(
    schemas: &Schemas,
    words: &Map<String, Value>,
    word: &str,
    rule: &Value,
    value: &Value,
    at: &str,
    found: &mut Vec<String>,
) -> Option<String> {
    let length = || value.as_str().map(|text| text.chars().count() as f64);
    let items = || value.as_array().map(|list| list.len() as f64);
    let limit = |number: Option<f64>, fits: fn(f64, f64) -> bool| {
        let number = number?;
        (!fits(number, rule.as_f64().unwrap())).then(|| format!("{number} breaks {word} {rule}"))
    };
    match word {
        "type" => (!has_type(rule, value)).then(|| format!("{value} is not {rule}")),
        "enum" => (!rule.as_array().unwrap().contains(value)).then(|| format!("{value} is none of {rule}")),
        "const" => (rule != value).then(|| format!("{value} is not {rule}")),
        "minimum" => limit(value.as_f64(), |v, r| v >= r),
        "maximum" => limit(value.as_f64(), |v, r| v <= r),
        "exclusiveMinimum" => limit(value.as_f64(), |v, r| v > r),
        "exclusiveMaximum" => limit(value.as_f64(), |v, r| v < r),
        "minLength" => limit(length(), |v, r| v >= r),
        "maxLength" => limit(length(), |v, r| v <= r),
        "minItems" => limit(items(), |v, r| v >= r),
        "maxItems" => limit(items(), |v, r| v <= r),
        "pattern" => {
            let text = value.as_str()?;
            (!fits_pattern(rule.as_str().unwrap(), text)).then(|| format!("{text:?} is not like {rule}"))
        }
        "format" => value_of_format(rule.as_str().unwrap(), value),
        "required" => {
            let object = value.as_object()?;
            let missing = rule.as_array().unwrap().iter().find(|name| !object.contains_key(name.as_str().unwrap()));
            missing.map(|name| format!("{name} is missing"))
        }
        "properties" => {
            let extra = words.get("additionalProperties");
            for (name, inner) in value.as_object()? {
                let at = format!("{at}.{name}");
                match (rule.get(name), extra) {
                    (Some(schema), _) => check(schemas, schema, inner, &at, found),
                    (None, Some(Value::Object(_) | Value::Bool(true))) => {}
                    (None, _) => found.push(format!("{at}: not documented")),
                }
            }
            None
        }
        "additionalProperties" => {
            let known = words.get("properties").and_then(Value::as_object);
            for (name, inner) in value.as_object()? {
                if rule.is_object() && !known.is_some_and(|known| known.contains_key(name)) {
                    check(schemas, rule, inner, &format!("{at}.{name}"), found);
                }
            }
            None
        }
        "propertyNames" => {
            for name in value.as_object()?.keys() {
                check(schemas, rule, &Value::String(name.clone()), &format!("{at}.{name}"), found);
            }
            None
        }
        "items" => {
            for (place, inner) in value.as_array()?.iter().enumerate() {
                check(schemas, rule, inner, &format!("{at}[{place}]"), found);
            }
            None
        }
        "oneOf" | "anyOf" => {
            let kinds: Vec<_> = rule.as_array().unwrap().iter().map(|kind| faults(schemas, kind, value)).collect();
            if kinds.iter().any(Vec::is_empty) {
                return None;
            }
            Some(format!("{value} is none of {} kinds: {}", kinds.len(), kinds.concat().join("; ")))
        }
        word if NOTES.contains(&word) => None,
        other => panic!("{at}: the checker does not know the word {other:?}"),
    }
}

/// One object schema for all parts of an `allOf`.
fn flattened(schemas: &Schemas, schema: &Value) -> Value {
    let mut whole = schema.as_object().unwrap().clone();
    let parts = whole.remove("allOf").unwrap();
    for part in parts.as_array().unwrap() {
        let part = schemas.resolve(part);
        let part = if part.get("allOf").is_some() { flattened(schemas, part) } else { part.clone() };
        for (word, rule) in part.as_object().unwrap() {
            match (whole.get_mut(word), rule) {
                (Some(Value::Object(known)), Value::Object(more)) => known.extend(more.clone()),
                (Some(Value::Array(known)), Value::Array(more)) => known.extend(more.clone()),
                (Some(_), _) => {}
                (None, rule) => {
                    whole.insert(word.clone(), rule.clone());
                }
            }
        }
    }
    Value::Object(whole)
}

fn has_type(rule: &Value, value: &Value) -> bool {
    match rule {
        Value::Array(kinds) => kinds.iter().any(|kind| has_type(kind, value)),
        Value::String(kind) => match kind.as_str() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("the checker does not know the type {other:?}"),
        },
        other => panic!("not a type: {other}"),
    }
}

fn value_of_format(format: &str, value: &Value) -> Option<String> {
    let text = value.as_str();
    let wrong = match format {
        "date-time" => text.is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_err()),
        "date" => text.is_some_and(|text| text.parse::<chrono::NaiveDate>().is_err()),
        "time" => text.is_some_and(|text| text.parse::<chrono::NaiveTime>().is_err()),
        "uri" => text.is_some_and(|text| url::Url::parse(text).is_err()),
        "int32" => value.is_number() && value.as_i64().is_none_or(|number| i32::try_from(number).is_err()),
        "int64" => value.is_number() && value.as_i64().is_none(),
        "binary" | "password" | "double" | "float" => false,
        other => panic!("the checker does not know the format {other:?}"),
    };
    wrong.then(|| format!("{value} is not a {format}"))
}

/// The patterns in use are all `^prefix[class]…{n}$`: literals and classes with counts.
fn fits_pattern(pattern: &str, text: &str) -> bool {
    let body = pattern.strip_prefix('^').and_then(|p| p.strip_suffix('$')).expect("a pattern is anchored");
    let (mut rule, mut rest) = (body.chars().peekable(), text.chars().peekable());
    while let Some(first) = rule.next() {
        let mut class = String::from(first);
        if first == '[' {
            class = rule.by_ref().take_while(|c| *c != ']').collect();
        } else if first == '\\' && rule.next_if_eq(&'d').is_some() {
            class = "0-9".to_owned();
        }
        let mut count = (1, 1);
        if rule.next_if_eq(&'{').is_some() {
            let told: String = rule.by_ref().take_while(|c| *c != '}').collect();
            let (least, most) = told.split_once(',').unwrap_or((&told, &told));
            count = (least.parse().unwrap(), most.parse().unwrap());
        }
        let mut seen = 0;
        while seen < count.1 && rest.next_if(|c| in_class(&class, *c)).is_some() {
            seen += 1;
        }
        if seen < count.0 {
            return false;
        }
    }
    rest.next().is_none()
}

fn in_class(class: &str, c: char) -> bool {
    let letters: Vec<char> = class.chars().collect();
    let mut place = 0;
    while place < letters.len() {
        if letters.get(place + 1) == Some(&'-') && place + 2 < letters.len() {
            if (letters[place]..=letters[place + 2]).contains(&c) {
                return true;
            }
            place += 3;
        } else {
            if letters[place] == c {
                return true;
            }
            place += 1;
        }
    }
    false
}

#[test]
fn the_checker_sees_what_does_not_fit() {
    use serde_json::json;
    let document = json!({"components": {"schemas": {"Id": {"type": "string", "pattern": "^mem_[0-7][0-9a-h]{3}$"}}}});
    let schemas = Schemas::of(&document);
    let schema = json!({
        "allOf": [
            {"type": "object", "required": ["id"], "properties": {"id": {"$ref": "#/components/schemas/Id"}}},
            {"type": "object", "properties": {"n": {"type": ["integer", "null"], "format": "int32", "minimum": 1}}},
        ],
    });
    for good in [json!({"id": "mem_7a0h"}), json!({"id": "mem_0000", "n": null}), json!({"id": "mem_0000", "n": 1})] {
        assert_eq!(faults(&schemas, &schema, &good), Vec::<String>::new());
    }
    let bad = [
        json!({}),
        json!({"id": "mem_8a0h"}),
        json!({"id": "mem_7a0hh"}),
        json!({"id": "mem_7a0"}),
        json!({"id": "mem_0000", "n": 0}),
        json!({"id": "mem_0000", "n": 3_000_000_000_i64}),
        json!({"id": "mem_0000", "m": 1}),
        json!([]),
    ];
    for bad in bad {
        assert_eq!(faults(&schemas, &schema, &bad).len(), 1, "{bad}");
    }
}
