//! Parameters of a gateway call: a form, or a flat JSON object.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Refusal;

/// Names and their texts exactly as they came.
#[derive(Debug, Default)]
pub(crate) struct Params(BTreeMap<String, String>);

/// Reads a body; a name that comes twice is refused.
pub(super) fn read(json_body: bool, body: &[u8]) -> Result<Params, Refusal> {
    let pairs: Vec<(String, String)> = if json_body {
        let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
            return Err(Refusal(10_000, "参数错误:body".to_owned()));
        };
        members.into_iter().map(|(name, value)| (name, text_of(value))).collect()
    } else {
        url::form_urlencoded::parse(body).into_owned().collect()
    };
    Params::unique(pairs).map_err(|name| Refusal(10_000, format!("参数重复:{name}")))
}

fn text_of(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

impl Params {
    /// The parameters, or the name that came twice.
    pub(crate) fn unique(pairs: Vec<(String, String)>) -> Result<Self, String> {
        let mut params = BTreeMap::new();
        for (name, value) in pairs {
            if params.insert(name.clone(), value).is_some() {
                return Err(name);
            }
        }
        Ok(Self(params))
    }

    /// Names and values in byte order.
    pub(crate) fn sorted(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// A value that is neither absent nor empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// An integer, `None` when absent.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let parse = |text: &str| text.parse().map_err(|_| Refusal(21_001, format!("业务参数错误:{name}")));
        self.text(name).map(parse).transpose()
    }

    /// `true` or `false`, `None` when absent.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.text(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Refusal(21_001, format!("业务参数错误:{name}"))),
        }
    }

    /// A JSON list of texts, empty when absent.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, Refusal> {
        let parse =
            |text: &str| serde_json::from_str(text).map_err(|_| Refusal(21_001, format!("业务参数错误:{name}")));
        self.text(name).map_or_else(|| Ok(Vec::new()), parse)
    }

    /// A text that must be there.
    pub(crate) fn needed(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name).ok_or_else(|| Refusal(21_002, format!("业务参数缺失:{name}")))
    }
}
