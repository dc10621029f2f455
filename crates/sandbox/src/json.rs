//! Joining JSON objects.

use serde_json::Value;

/// `object` with the members of `more` added.
pub(crate) fn joined(mut object: Value, more: Value) -> Value {
    if let (Value::Object(members), Value::Object(more)) = (&mut object, more) {
        members.extend(more);
    }
    object
}
