//! Content safety of texts.

use serde::Deserialize;
use serde_json::json;

use super::{Answer, Call, Reply, login, refuse};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    version: u32,
    scene: u32,
    openid: String,
    content: String,
    title: Option<String>,
    nickname: Option<String>,
    signature: Option<String>,
}

/// `POST /wxa/msg_sec_check`: `违规` in a text is risky, `可疑` wants a second look, the rest passes.
pub(super) fn check_text(call: &Call<'_>) -> Reply {
    let app = call.app()?;
    let body: Body = call.json()?;
    if body.version != 2 {
        return refuse(40097, "invalid args: version");
    }
    if !(1..=4).contains(&body.scene) {
        return refuse(40129, "invalid scene");
    }
    if body.content.is_empty() {
        return refuse(44002, "empty content");
    }
    if body.content.chars().count() > 2_500 || (body.signature.is_some() && body.scene != 1) {
        return refuse(47001, "data format error");
    }
    if !login::openid_belongs(&app.appid, &body.openid) {
        return refuse(40003, "invalid openid");
    }
    let recent = |last: i64| call.state.clock().wall() - last < 7_200;
    let used = call.state.world().wechat.users.get(&body.openid).is_some_and(|user| recent(user.last_login));
    if !used {
        return refuse(61010, "code is expired: the user has not used the mini-program in two hours");
    }
    let all = [Some(body.content), body.title, body.nickname, body.signature];
    let says = |word: &str| all.iter().flatten().any(|text| text.contains(word));
    let (suggest, label) = match (says("违规"), says("可疑")) {
        (true, _) => ("risky", 20006),
        (_, true) => ("review", 21000),
        _ => ("pass", 100),
    };
    let detail = json!([{"strategy": "content_model", "errcode": 0, "suggest": suggest, "label": label, "prob": 90}]);
    let trace_id = format!("{:08x}-sandbox", call.now);
    Ok(Answer::Json(json!({"errcode": 0, "errmsg": "ok", "trace_id": trace_id,
        "result": {"suggest": suggest, "label": label}, "detail": detail})))
}
