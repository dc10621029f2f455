//! The shapes of answers, to be held against the fixtures.

use std::collections::BTreeSet;

use serde_json::Value;

/// The body of a fixture.
pub fn fixture(platform: &str, method: &str, place: usize) -> Value {
    let text = include_str!("../../../../tests/vectors/marketplaces-cn.json");
    let all: Value = serde_json::from_str(text).unwrap();
    all["fixtures"][platform][method][place]["body"].clone()
}

/// Every path to a leaf, list places left out, with the kind of the leaf.
pub fn shape(value: &Value) -> BTreeSet<String> {
    fn walk(value: &Value, path: &str, into: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, value)| walk(value, &format!("{path}.{name}"), into))
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, &format!("{path}[]"), into)),
            Value::String(_) => drop(into.insert(format!("{path}: text"))),
            Value::Number(_) => drop(into.insert(format!("{path}: number"))),
            Value::Bool(_) => drop(into.insert(format!("{path}: flag"))),
            Value::Null => {}
        }
    }
    let mut paths = BTreeSet::new();
    walk(value, "", &mut paths);
    paths
}

/// Nothing more and nothing less than theirs.
pub fn same_shape(ours: &Value, theirs: &Value) {
    let (ours, theirs) = (shape(ours), shape(theirs));
    let extra: Vec<_> = ours.difference(&theirs).collect();
    let missing: Vec<_> = theirs.difference(&ours).collect();
    assert!(extra.is_empty() && missing.is_empty(), "extra {extra:?} missing {missing:?}");
}

/// Everything that the fixture tells is told here too.
pub fn tells_all_of(ours: &Value, theirs: &Value) {
    let (ours, theirs) = (shape(ours), shape(theirs));
    let missing: Vec<_> = theirs.difference(&ours).collect();
    assert!(missing.is_empty(), "missing {missing:?}");
}

/// The body of a fixture of the platforms outside the great three.
pub fn global_fixture(id: &str) -> Value {
    let text = include_str!("../../../../tests/vectors/marketplaces-global.json");
    let all: Value = serde_json::from_str(text).unwrap();
    let found = all["fixtures"].as_array().unwrap().iter().find(|fixture| fixture["id"] == id);
    found.unwrap()["body"].clone()
}
