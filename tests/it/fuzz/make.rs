//! Values from schemas, and values with something wrong.

use serde_json::{Map, Value, json};

use super::dice::Dice;
use crate::json_schema::Schemas;

/// How deep a made value may nest.
const DEPTH_MAX: usize = 6;

/// Text that has broken somebody's program before.
const ODD_TEXTS: [&str; 20] = [
    "",
    " ",
    "\0",
    "a\0b",
    "\u{feff}",
    "\u{202e}txt",
    "e\u{301}",
    "👩‍👩‍👧‍👦",
    "𠮷野家",
    "'; DROP TABLE orders; --",
    "%",
    "_%\\",
    "{\"a\":1}",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "null",
    "NaN",
    "-0",
    "\u{ffff}",
    "\r\nSet-Cookie: a=b",
];

/// Numbers at the edges of machines.
const ODD_NUMBERS: [i64; 14] = [
    0,
    -1,
    1,
    i64::MIN,
    i64::MAX,
    i32::MAX as i64,
    i32::MAX as i64 + 1,
    i32::MIN as i64 - 1,
    u32::MAX as i64,
    9_007_199_254_740_993,
    -9_007_199_254_740_993,
    100,
    101,
    10_001,
];

/// Texts seen in answers: real ids, tokens, cursors.
#[derive(Default)]
pub struct Known(Vec<String>);

impl Known {
    /// Remembers what an answer named.
    pub fn learn(&mut self, body: &Value) {
        match body {
            Value::String(text) if is_telling(text) && !self.0.contains(text) && self.0.len() < 400 => {
                self.0.push(text.clone());
            }
            Value::Array(list) => list.iter().for_each(|inner| self.learn(inner)),
            Value::Object(map) => map.values().for_each(|inner| self.learn(inner)),
            _ => {}
        }
    }

    /// One that begins so.
    pub fn like(&self, dice: &mut Dice, start: &str) -> Option<String> {
        let fitting: Vec<_> = self.0.iter().filter(|text| text.starts_with(start)).collect();
        if fitting.is_empty() { None } else { Some((*dice.pick(&fitting)).clone()) }
    }
}

/// A value that fits `schema`.
pub fn good(dice: &mut Dice, schemas: &Schemas, schema: &Value, known: &Known, depth: usize) -> Value {
    let schema = schemas.resolve(schema);
    // What the schema cannot say stands in the document's own example.
    if let Some(example) = schema["examples"].get(0).filter(|_| depth == 0)
        && dice.once_in(2)
    {
        return lived(dice, example, known);
    }
    if let Some(kinds) = schema.get("oneOf").or_else(|| schema.get("anyOf")) {
        let kind = dice.pick(kinds.as_array().unwrap()).clone();
        return good(dice, schemas, &kind, known, depth);
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut whole = Map::new();
        for part in parts {
            if let Value::Object(more) = good(dice, schemas, part, known, depth) {
                whole.extend(more);
            }
        }
        return Value::Object(whole);
    }
    if let Some(values) = schema["enum"].as_array() {
        return dice.pick(values).clone();
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => dice.pick(kinds).clone(),
        kind => kind.clone(),
    };
    match kind.as_str() {
        Some("null") => Value::Null,
        Some("boolean") => json!(dice.once_in(2)),
        Some("integer" | "number") => integer(dice, schema),
        Some("string") => string(dice, schema, known),
        Some("array") => {
            let least = schema["minItems"].as_u64().unwrap_or(0) as usize;
            let most = schema["maxItems"].as_u64().map_or(least + 3, |most| most.min(least as u64 + 3) as usize);
            let count = if depth > DEPTH_MAX { least } else { least + dice.below(most - least + 1) };
            (0..count).map(|_| good(dice, schemas, &schema["items"], known, depth + 1)).collect()
        }
        _ => object(dice, schemas, schema, known, depth),
    }
}

/// An example whose ids are of things that are there.
fn lived(dice: &mut Dice, example: &Value, known: &Known) -> Value {
    match example {
        Value::String(text) if is_id(text) => {
            json!(known.like(dice, &text[..4]).unwrap_or_else(|| text.clone()))
        }
        Value::Array(list) => list.iter().map(|inner| lived(dice, inner, known)).collect(),
        Value::Object(map) => map.iter().map(|(name, inner)| (name.clone(), lived(dice, inner, known))).collect(),
        other => other.clone(),
    }
}

/// An id, a token or a cursor.
fn is_telling(text: &str) -> bool {
    (is_id(text) || text.len() > 60) && text.len() < 600
}

fn is_id(text: &str) -> bool {
    text.len() == 30 && text.is_ascii() && text.as_bytes()[3] == b'_'
}

fn integer(dice: &mut Dice, schema: &Value) -> Value {
    let least = schema["minimum"].as_i64().unwrap_or(0);
    let most = schema["maximum"].as_i64().unwrap_or(least.saturating_add(5_000));
    match dice.below(6) {
        0 => json!(least),
        1 => json!(most),
        2 | 3 => json!(dice.between(least, most.min(least.saturating_add(5)))),
        _ => json!(dice.between(least, most)),
    }
}

fn string(dice: &mut Dice, schema: &Value, known: &Known) -> Value {
    match schema["format"].as_str() {
        Some("date-time") => return json!(*dice.pick(&["2026-11-23T12:00:00+08:00", "2027-01-01T00:00:00Z"])),
        Some("date") => return json!("2026-11-23"),
        Some("time") => return json!("08:30:00"),
        Some("uri") => return json!("https://example.com/a.png"),
        _ => {}
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        let start = pattern.trim_start_matches('^').split('[').next().unwrap_or("");
        let fresh = format!("{start}01jq{:022x}", u128::from(dice.next()));
        return json!(known.like(dice, start).filter(|_| !dice.once_in(4)).unwrap_or(fresh));
    }
    if dice.once_in(3)
        && let Some(seen) = known.like(dice, "")
    {
        return json!(seen);
    }
    let least = schema["minLength"].as_u64().unwrap_or(1).max(1) as usize;
    let most = schema["maxLength"].as_u64().unwrap_or(40).min(2_000) as usize;
    let length = if dice.once_in(8) { most } else { least + dice.below(most.saturating_sub(least).min(12) + 1) };
    let letters: Vec<char> = "abcxyz0189 -团购橙子".chars().collect();
    json!((0..length.max(least)).map(|_| *dice.pick(&letters)).collect::<String>())
}

fn object(dice: &mut Dice, schemas: &Schemas, schema: &Value, known: &Known, depth: usize) -> Value {
    let mut made = Map::new();
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        if required.contains(&name.as_str()) || (depth <= DEPTH_MAX && dice.once_in(2)) {
            let value = match name.as_str() {
                // What the schema cannot say: the platform's own grammar of codes.
                "code" if dice.once_in(2) => json!(format!("{}-fuzz.{:x}", dice.pick(&["code", "phone"]), dice.next())),
                _ => good(dice, schemas, inner, known, depth + 1),
            };
            made.insert(name.clone(), value);
        }
    }
    if schema["additionalProperties"].is_object() && dice.once_in(2) {
        made.insert("规格".to_owned(), good(dice, schemas, &schema["additionalProperties"], known, depth + 1));
    }
    Value::Object(made)
}

/// Changes one thing somewhere in `value`, so that it may no longer fit.
pub fn spoil(dice: &mut Dice, value: &mut Value) {
    let inner = match value {
        Value::Object(map) if !map.is_empty() && !dice.once_in(4) => {
            let place = dice.below(map.len());
            map.values_mut().nth(place)
        }
        Value::Array(list) if !list.is_empty() && !dice.once_in(4) => {
            let place = dice.below(list.len());
            list.get_mut(place)
        }
        _ => None,
    };
    if let Some(inner) = inner {
        return spoil(dice, inner);
    }
    match value {
        Value::Object(map) if dice.once_in(2) => {
            if dice.once_in(2) {
                map.insert("unheard_of".to_owned(), json!(1));
            } else if let Some(name) = map.keys().nth(dice.below(map.len())).cloned() {
                map.remove(&name);
            }
        }
        Value::Array(list) if dice.once_in(3) => {
            let one = list.first().cloned().unwrap_or(json!(0));
            list.extend(std::iter::repeat_n(one, 400));
        }
        other => *other = odd(dice),
    }
}

/// Puts a list of its values in the place of `value`, or of an object within it.
pub fn list_for_object(dice: &mut Dice, value: &mut Value) {
    let Value::Object(map) = value else { return };
    let nested: Vec<&mut Value> = map.values_mut().filter(|inner| inner.is_object()).collect();
    if !nested.is_empty() && dice.once_in(2) {
        let place = dice.below(nested.len());
        return nested.into_iter().nth(place).into_iter().for_each(|inner| list_for_object(dice, inner));
    }
    *value = Value::Array(map.values().cloned().collect());
}

/// A cursor that no list gave out, though it may look like one.
pub fn odd_cursor(dice: &mut Dice) -> String {
    use base64::Engine;
    let keys = [
        "null",
        "{}",
        "[]",
        "[1,2]",
        "\"x\"",
        "[\"2026-11-23T00:00:00Z\",\"ord_1\"]",
        "[1e999,null]",
        "0",
        "-1",
        "\u{0}",
    ];
    match dice.below(3) {
        0 => odd_text(dice),
        1 => "A".repeat(1 << dice.below(13)),
        _ => base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(dice.pick(&keys)),
    }
}

/// A value nobody expects.
pub fn odd(dice: &mut Dice) -> Value {
    match dice.below(10) {
        0 => Value::Null,
        1 => json!(dice.once_in(2)),
        2 => json!([]),
        3 => json!({}),
        4 => json!(1.5e300),
        5 => json!("x".repeat(1 << dice.below(16))),
        6 => serde_json::from_str("123456789012345678901234567890").unwrap(),
        7 | 8 => json!(*dice.pick(&ODD_NUMBERS)),
        _ => json!(*dice.pick(&ODD_TEXTS)),
    }
}

/// Text nobody expects.
pub fn odd_text(dice: &mut Dice) -> String {
    match odd(dice) {
        Value::String(text) => text.chars().take(8_000).collect(),
        other => other.to_string(),
    }
}
