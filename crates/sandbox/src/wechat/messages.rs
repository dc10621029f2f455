//! Subscription messages: templates' word limits, grants, and what was sent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Answer, Call, Errcode, Reply, login, refuse};
use crate::clock::rfc3339;
use crate::state::SandboxState;

/// Messages remembered.
const KEPT: usize = 200;

/// A message that a user got.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SentMessage {
    /// RFC 3339, sandbox time.
    pub at: String,
    /// The user.
    pub touser: String,
    /// The template.
    pub template_id: String,
    /// Where a tap leads.
    pub page: Option<String>,
    /// Keyword → text.
    pub data: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    touser: String,
    template_id: String,
    page: Option<String>,
    data: BTreeMap<String, Keyword>,
    miniprogram_state: Option<String>,
    lang: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keyword {
    value: String,
}

/// `POST /cgi-bin/message/subscribe/send`.
pub(super) fn send(call: &Call<'_>) -> Reply {
    let app = call.app()?;
    let body: Body = call.json()?;
    if !login::openid_belongs(&app.appid, &body.touser) {
        return refuse(40003, "invalid openid");
    }
    if body.template_id.is_empty() {
        return refuse(40037, "invalid template_id");
    }
    let allowed = |value: &Option<String>, words: &[&str]| value.as_deref().is_none_or(|it| words.contains(&it));
    if !allowed(&body.miniprogram_state, &["developer", "trial", "formal"])
        || !allowed(&body.lang, &["zh_CN", "en_US", "zh_HK", "zh_TW"])
    {
        return refuse(40097, "invalid args");
    }
    if body.data.is_empty() {
        return refuse(47003, "argument invalid! data is empty");
    }
    for (name, keyword) in &body.data {
        judge(name, &keyword.value)?;
    }
    let mut world = call.state.world();
    if call.state.config().message_grants {
        let grants = world.wechat.grants.entry(format!("{}/{}", body.touser, body.template_id)).or_default();
        if *grants == 0 {
            return refuse(43101, "user refuse to accept the msg");
        }
        *grants -= 1;
    }
    let data = body.data.into_iter().map(|(name, keyword)| (name, keyword.value)).collect();
    let message = SentMessage {
        at: rfc3339(call.now),
        touser: body.touser,
        template_id: body.template_id,
        page: body.page,
        data,
    };
    world.wechat.messages.push_front(message);
    world.wechat.messages.truncate(KEPT);
    let msgid = world.next_number();
    Ok(Answer::Json(json!({"errcode": 0, "errmsg": "ok", "msgid": msgid})))
}

/// The limits of each kind of keyword.
fn judge(name: &str, value: &str) -> Result<(), Errcode> {
    let kind = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let length = value.chars().count();
    let ascii = value.is_ascii();
    let fits = match kind {
        "thing" => length <= 20,
        "name" => length <= if ascii { 20 } else { 10 },
        "phrase" => length <= 5 && !value.chars().any(|c| c.is_ascii()),
        "character_string" => length <= 32 && ascii,
        "number" => length <= 32 && value.chars().all(|c| c.is_ascii_digit() || c == '.'),
        "amount" => length <= 12 && value.chars().any(|c| c.is_ascii_digit()),
        "time" | "date" => length <= 40 && value.chars().any(|c| c.is_ascii_digit()),
        "phone_number" => length <= 17 && ascii,
        "letter" => length <= 32 && value.chars().all(|c| c.is_ascii_alphabetic()),
        "symbol" => length <= 5,
        "car_number" => length <= 8,
        "enum" => true,
        _ => false,
    };
    if fits && !value.is_empty() && name != kind {
        return Ok(());
    }
    Err(Errcode(47003, format!("argument invalid! data.{name}.value invalid")))
}

impl SandboxState {
    /// The user accepts `count` messages of a template.
    pub fn grant_messages(&self, openid: &str, template_id: &str, count: u32) {
        *self.world().wechat.grants.entry(format!("{openid}/{template_id}")).or_default() += count;
    }

    /// The last messages, newest first.
    pub fn messages(&self) -> Vec<SentMessage> {
        self.world().wechat.messages.iter().cloned().collect()
    }
}
