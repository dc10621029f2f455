//! One request, and what must hold about its answer.

use std::fmt;

use kernel::Code;
use tuanqiao::api::problem::status_of;

use super::dice::Dice;
use super::make::{Known, good, list_for_object, odd_cursor, odd_text, spoil};
use super::operation::{Operation, Parameter};
use crate::answer::Answer;
use crate::bodies::kind_of_id;
use crate::json_schema::{Schemas, faults};
use crate::shopper::Client;

/// Headers that some calls look at, with odd values.
const ODD_HEADERS: [(&str, &str); 23] = [
    ("Authorization", "Bearer x"),
    ("Authorization", "Bearer"),
    ("X-App-Id", "wx0"),
    ("X-App-Id", ""),
    ("Accept-Language", ";;;,en;q=x"),
    ("If-None-Match", "W/\"x\", \"\", *"),
    ("Accept-Encoding", "br;q=0, *;q=x"),
    ("Idempotency-Key", ""),
    ("X-Forwarded-For", "unknown, 1.2.3, ::1"),
    ("Authorization", "bearer x.y.z"),
    ("Authorization", "令牌"),
    ("X-App-Id", "微信"),
    ("X-CSRF-Token", ""),
    ("X-CSRF-Token", "令牌"),
    ("Cookie", "tuanqiao_session=x"),
    ("Cookie", ";;=; tuanqiao_session"),
    ("Accept-Encoding", "identity;q=0"),
    ("Accept-Language", "*;q=9e9, en;q=-1, zh;q=NaN"),
    ("Idempotency-Key", "钥匙"),
    ("If-None-Match", "*"),
    ("Content-Encoding", "gzip"),
    ("Range", "bytes=0-1"),
    ("Accept", "text/plain;q=x"),
];

/// Kinds of bodies that no call takes for JSON.
const OTHER_KINDS: [&str; 6] = [
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/jsonx",
    ";",
];

/// What is wrong with a request, so that it can never be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    /// The address does not offer the method.
    Method,
    /// A list stands in an object's place.
    ListForObject,
    /// The body says it is no JSON.
    Kind,
    /// A parameter of the query comes twice.
    Twice,
}

/// One request.
pub struct Attack {
    method: reqwest::Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<(String, Vec<u8>)>,
    wrong: Option<Wrong>,
}

impl Attack {
    /// A request for `operation`: a good one, or one with something wrong.
    pub fn make(dice: &mut Dice, schemas: &Schemas, operation: &Operation, known: &Known) -> Self {
        let mut headers = Vec::new();
        // Some requests have nothing odd about them, so that what follows from good ones is seen too.
        let plain = dice.once_in(3);
        if operation.method != reqwest::Method::GET && !dice.once_in(6) {
            let key = if dice.once_in(4) { "the same".to_owned() } else { format!("key-{:x}", dice.next()) };
            headers.push(("Idempotency-Key", key));
        }
        if !plain && dice.once_in(8) {
            let (name, value) = dice.pick(&ODD_HEADERS);
            headers.push((*name, (*value).to_owned()));
        }
        if !plain && dice.once_in(60) {
            headers.push((*dice.pick(&["Idempotency-Key", "X-App-Id", "If-None-Match"]), "x".repeat(4_000)));
        }
        let (path, twice) = path(dice, schemas, operation, known, plain);
        let (body, wrong_body) = body(dice, schemas, operation, known, plain);
        let mut attack = Self {
            method: operation.method.clone(),
            path,
            headers,
            body,
            wrong: twice.then_some(Wrong::Twice).or(wrong_body),
        };
        if plain {
            return attack;
        }
        if dice.once_in(12) {
            attack.method = dice.pick(&operation.not_offered).clone();
            attack.wrong = Some(Wrong::Method);
        } else if attack.method == reqwest::Method::GET && dice.once_in(12) {
            attack.method = reqwest::Method::HEAD;
        }
        attack
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
        let let_pass = match self.wrong {
            // An encoding we do not have is told before anybody looks at the method.
            Some(Wrong::Method) => !matches!(answer.status, 405 | 406),
            Some(_) => answer.status < 400,
            None => false,
        };
        if let_pass {
            found.push(format!("{:?} was let pass", self.wrong));
        }
        if answer.status == 405 && answer.header("allow").is_empty() {
            found.push("405 does not say what is offered".to_owned());
        }
        if self.method == reqwest::Method::HEAD {
            if !answer.bytes.is_empty() {
                found.push("HEAD was answered with a body".to_owned());
            }
            return found;
        }
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

/// The path with its ids and its query, and whether a parameter comes twice.
fn path(dice: &mut Dice, schemas: &Schemas, operation: &Operation, known: &Known, plain: bool) -> (String, bool) {
    let mut twice = false;
    let mut path = operation.path.clone();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for parameter in &operation.parameters {
        let made = good(dice, schemas, &parameter.schema, known, 0);
        let mut text = made.as_str().map_or_else(|| made.to_string(), str::to_owned);
        if let Some(there) = thing_of(dice, operation, &parameter.place, known) {
            text = there;
        }
        if !plain && dice.once_in(8) {
            text = odd_text(dice);
        }
        if parameter.name == "cursor" && dice.once_in(2) {
            if plain {
                continue;
            }
            text = odd_cursor(dice);
        }
        match parameter.place.as_str() {
            "path" => {
                let escaped: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
                let escaped = escaped.replace('+', "%20");
                // An empty part or a dot would name another path.
                let escaped = if escaped.trim_matches('.').is_empty() { "x".to_owned() } else { escaped };
                path = path.replace(&format!("{{{}}}", parameter.name), &escaped);
            }
            "query" if is_asked(dice, parameter, plain) && !made.is_null() => {
                query.append_pair(&parameter.name, &text);
                if !plain && dice.once_in(20) {
                    query.append_pair(&parameter.name, &text);
                    twice = true;
                }
            }
            _ => {}
        }
    }
    if !plain && dice.once_in(15) {
        query.append_pair("unheard_of", "1");
    }
    let query = query.finish();
    (if query.is_empty() { path } else { format!("{path}?{query}") }, twice)
}

/// Whether a parameter of the query is sent along.
fn is_asked(dice: &mut Dice, parameter: &Parameter, plain: bool) -> bool {
    match (parameter.required, plain) {
        (true, plain) => plain || !dice.once_in(8),
        (false, true) => dice.once_in(4),
        (false, false) => dice.once_in(2),
    }
}

/// A thing of the kind that the path is about, mostly, if one was seen.
fn thing_of(dice: &mut Dice, operation: &Operation, place: &str, known: &Known) -> Option<String> {
    let kind = kind_of_id(&operation.path).filter(|_| place == "path" && operation.path.contains("{id}"))?;
    if dice.once_in(4) { None } else { known.like(dice, &format!("{kind}_")) }
}

/// The body, and what is wrong with it, when it can never be taken.
fn body(
    dice: &mut Dice,
    schemas: &Schemas,
    operation: &Operation,
    known: &Known,
    plain: bool,
) -> (Option<(String, Vec<u8>)>, Option<Wrong>) {
    let Some((kind, schema)) = &operation.body else { return (None, None) };
    if !plain && dice.once_in(25) {
        return (None, None);
    }
    if !kind.ends_with("json") {
        let bytes = odd_text(dice).into_bytes();
        let kind = dice.pick(&["image/png", "multipart/form-data; boundary=x", kind]).to_string();
        return (Some((kind, bytes)), None);
    }
    let mut value = good(dice, schemas, schema, known, 0);
    if plain {
        return (Some((kind.clone(), value.to_string().into_bytes())), None);
    }
    if dice.once_in(15) {
        list_for_object(dice, &mut value);
        return (Some((kind.clone(), value.to_string().into_bytes())), Some(Wrong::ListForObject));
    }
    if dice.once_in(30) {
        let kind = (*dice.pick(&OTHER_KINDS)).to_owned();
        return (Some((kind, value.to_string().into_bytes())), Some(Wrong::Kind));
    }
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
    (Some((kind.clone(), bytes)), None)
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
