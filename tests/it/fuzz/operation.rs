//! What a document says about one call.

use reqwest::Method;
use serde_json::Value;

use crate::contract::operations;

/// One call of a document.
pub struct Operation {
    pub method: Method,
    pub path: String,
    /// Methods that this address does not offer.
    pub not_offered: Vec<Method>,
    /// Parameters in path, query and headers.
    pub parameters: Vec<Parameter>,
    /// The body's kind and schema.
    pub body: Option<(String, Value)>,
    /// By status.
    responses: Value,
}

/// One parameter of a call.
pub struct Parameter {
    pub name: String,
    /// `path`, `query` or `header`.
    pub place: String,
    pub required: bool,
    pub schema: Value,
}

impl Operation {
    /// Every call of a document.
    pub fn all(document: &Value) -> Vec<Self> {
        let offered = |path: &str| document["paths"][path].as_object().unwrap().clone();
        let one = |(path, method, operation): (String, String, Value)| {
            let known = offered(&path);
            let others = ["get", "post", "put", "patch", "delete", "options", "trace", "purge"];
            let not_offered = others.into_iter().filter(|other| !known.contains_key(*other));
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let body = operation["requestBody"]["content"].as_object().and_then(|content| content.iter().next());
            Self {
                method: method.to_uppercase().parse().unwrap(),
                not_offered: not_offered.map(|other| other.to_uppercase().parse().unwrap()).collect(),
                path,
                parameters: parameters.iter().map(Parameter::of).collect(),
                body: body.map(|(kind, content)| (kind.clone(), content["schema"].clone())),
                responses: operation["responses"].clone(),
            }
        };
        operations(document).into_iter().map(one).collect()
    }

    /// What the document says about answers with this status: kinds with their schemas.
    pub fn response(&self, status: u16) -> Option<&Value> {
        self.responses.get(status.to_string())
    }

    /// Whether it signs the caller out.
    pub fn ends_the_session(&self) -> bool {
        self.method == Method::DELETE && self.path.ends_with("/session")
    }
}

impl Parameter {
    fn of(parameter: &Value) -> Self {
        let text = |name: &str| parameter[name].as_str().unwrap().to_owned();
        Self {
            name: text("name"),
            place: text("in"),
            required: parameter["required"] == true,
            schema: parameter["schema"].clone(),
        }
    }
}
