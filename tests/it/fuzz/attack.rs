//! One request, and what must hold about its answer.

use std::fmt;

use kernel::Code;
use tuanqiao::api::problem::status_of;

use super::dice::Dice;
use super::make::{Known, good, odd_text, spoil};
use super::operation::Operation;
use crate::answer::Answer;
use crate::json_schema::{Schemas, faults};
use crate::shopper::Client;

/// Headers that some calls look at, with odd values.
const ODD_HEADERS: [(&str, &str); 9] = [
    ("Authorization", "Bearer x"),
    ("Authorization", "Bearer"),
    ("X-App-Id", "wx0"),
    ("X-App-Id", ""),
    ("Accept-Language", ";;;,en;q=x"),
    ("If-None-Match", "W/\"x\", \"\", *"),
    ("Accept-Encoding", "br;q=0, *;q=x"),
    ("Idempotency-Key", ""),
    ("X-Forwarded-For", "unknown, 1.2.3, ::1"),
];

/// One request.
pub struct Attack {
    method: reqwest::Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<(String, Vec<u8>)>,
}

impl Attack {
    /// A request for `operation`: a good one, or one with something wrong.
    pub fn make(dice: &mut Dice, schemas: &Schemas, operation: &Operation, known: &Known) -> Self {
        let mut headers = Vec::new();
        if operation.method != reqwest::Method::GET && !dice.once_in(6) {
            let key = if dice.once_in(4) { "the same".to_owned() } else { format!("key-{:x}", dice.next()) };
            headers.push(("Idempotency-Key", key));
        }
        if dice.once_in(8) {
            let (name, value) = dice.pick(&ODD_HEADERS);
            headers.push((*name, (*value).to_owned()));
        }
        Self {
            method: operation.method.clone(),
            path: path(dice, schemas, operation, known),
            headers,
            body: body(dice, schemas, operation, known),
        }
    }

    /// Sends it as `caller`.
    pub async fn send(&self, caller: &Client) -> Answer {
        let mut caller = caller.clone();
        for (name, value) in &self.headers {
            caller = caller.sending(name, value);
        }
        let body = self.body.as_ref().map(|(kind, bytes)| (kind.as_str(), bytes.clone()));
        caller.send(self.method.clone(), &self.path, body).await
    }

    /// What is wrong with the answer.
    pub fn judge(&self, schemas: &Schemas, operation: &Operation, answer: &Answer) -> Vec<String> {
        let mut found = Vec::new();
        if answer.status >= 500 {
            found.push(format!("our fault: {}", answer.code()));
        }
        let Some(response) = operation.response(answer.status) else {
            found.push(format!("status {} is not documented", answer.status));
            return found;
        };
        let kind = answer.header("content-type").split(';').next().unwrap_or("");
        let content = response["content"].as_object();
        match content.and_then(|content| content.get(kind)) {
            Some(content) if kind.ends_with("json") => {
                if answer.body.is_null() {
                    found.push("the body is not JSON".to_owned());
                }
                found.extend(faults(schemas, &content["schema"], &answer.body));
            }
            Some(_) => {}
            None if content.is_none_or(serde_json::Map::is_empty) && answer.bytes.is_empty() => {}
            None => found.push(format!("a body of kind {kind:?} is not documented for {}", answer.status)),
        }
        if answer.status >= 400 {
            let code = Code::ALL.iter().find(|code| code.text() == answer.code());
            if code.is_none_or(|code| status_of(*code).as_u16() != answer.status) {
                found.push(format!("the code {:?} does not go with {}", answer.code(), answer.status));
            }
        }
        found
    }
}

/// The path with its ids and its query.
fn path(dice: &mut Dice, schemas: &Schemas, operation: &Operation, known: &Known) -> String {
    let mut path = operation.path.clone();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for parameter in &operation.parameters {
        let made = good(dice, schemas, &parameter.schema, known, 0);
        let mut text = made.as_str().map_or_else(|| made.to_string(), str::to_owned);
        if dice.once_in(8) {
            text = odd_text(dice);
        }
        match parameter.place.as_str() {
            "path" => {
                let escaped: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
                let escaped = escaped.replace('+', "%20");
                // An empty part or a dot would name another path.
                let escaped = if escaped.trim_matches('.').is_empty() { "x".to_owned() } else { escaped };
                path = path.replace(&format!("{{{}}}", parameter.name), &escaped);
            }
            "query" if ((parameter.required && !dice.once_in(8)) || dice.once_in(2)) && !made.is_null() => {
                query.append_pair(&parameter.name, &text);
            }
            _ => {}
        }
    }
    if dice.once_in(15) {
        query.append_pair("unheard_of", "1");
    }
    let query = query.finish();
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

fn body(dice: &mut Dice, schemas: &Schemas, operation: &Operation, known: &Known) -> Option<(String, Vec<u8>)> {
    let (kind, schema) = operation.body.as_ref()?;
    if dice.once_in(25) {
        return None;
    }
    if !kind.ends_with("json") {
        let bytes = odd_text(dice).into_bytes();
        return Some((dice.pick(&["image/png", "multipart/form-data; boundary=x", kind]).to_string(), bytes));
    }
    let mut value = good(dice, schemas, schema, known, 0);
    for _ in 0..dice.below(3) {
        spoil(dice, &mut value);
    }
    let mut bytes = value.to_string().into_bytes();
    match dice.below(40) {
        0 => bytes.truncate(bytes.len() / 2),
        1 => bytes = vec![0xff, 0xfe, b'{', b'}'],
        2 => bytes = "[".repeat(3_000).into_bytes(),
        3 => bytes = b"{\"a\":1,\"a\":2}".to_vec(),
        _ => {}
    }
    let kind = if dice.once_in(40) { "text/plain" } else { kind };
    Some((kind.to_owned(), bytes))
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {:?}", self.method, self.path, self.headers)?;
        if let Some((kind, bytes)) = &self.body {
            let text: String = String::from_utf8_lossy(bytes).chars().take(1_000).collect();
            write!(f, "\n  {kind}: {text}")?;
        }
        Ok(())
    }
}
