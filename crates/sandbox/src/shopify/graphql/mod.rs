//! A small GraphQL: one operation a document, no fragments, against the part of the schema that is played.

mod cost;
mod parse;
mod schema;
mod select;
mod words;

use serde_json::{Map, Value};

pub(crate) use parse::Field;
pub(crate) use select::{Fault, Part};

/// A document that has been read and may run.
pub(crate) struct Question(parse::Operation);

impl Question {
    /// Reads a document with the values of its variables and checks it against the schema.
    pub(crate) fn read(text: &str, variables: &Map<String, Value>) -> Result<Self, Fault> {
        let operation = parse::parse(text, variables).map_err(|message| Fault::new("BAD_REQUEST", message))?;
        select::check(kind(&operation), &operation.fields)?;
        Ok(Self(operation))
    }

    /// What it asks for at the top.
    pub(crate) fn fields(&self) -> &[Field] {
        &self.0.fields
    }

    /// Points it may cost.
    pub(crate) fn requested(&self) -> u64 {
        cost::requested(&self.0)
    }

    /// Points that `answer` has cost.
    pub(crate) fn actual(&self, answer: &Value) -> u64 {
        cost::actual(&self.0, answer).min(self.requested())
    }

    /// The answer out of `whole`, which has the whole object of each field at the top under its alias.
    pub(crate) fn answer(&self, whole: &Map<String, Value>) -> Value {
        let shown = self.0.fields.iter().map(|field| {
            let named = Map::from_iter([(field.name.clone(), whole.get(&field.alias).cloned().unwrap_or_default())]);
            let one = select::project(kind(&self.0), std::slice::from_ref(field), &Value::Object(named));
            (field.alias.clone(), one.get(&field.alias).cloned().unwrap_or_default())
        });
        Value::Object(shown.collect())
    }
}

fn kind(operation: &parse::Operation) -> &'static str {
    if operation.is_mutation { "Mutation" } else { "QueryRoot" }
}
