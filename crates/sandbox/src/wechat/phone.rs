//! Phone numbers by code.
//!
//! A phone code is `phone-NAME[.ANYTHING]` (the number is made of the name) or `phone-13800001234`.

use serde::Deserialize;
use serde_json::json;

use super::{Answer, Call, Reply, login, refuse};
use crate::crypto;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    code: String,
    openid: Option<String>,
}

/// `POST /wxa/business/getuserphonenumber`.
pub(super) fn number(call: &Call<'_>) -> Reply {
    let app = call.app()?;
    let body: Body = call.json()?;
    let Some(name) = login::name_in("phone-", &body.code) else {
        return refuse(40029, "invalid code");
    };
    let digits = name.len() == 11 && name.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(openid) = &body.openid {
        let own = digits && login::openid_belongs(&app.appid, openid);
        if !own && *openid != login::openid_of(&app.appid, name) {
            return refuse(40003, "invalid openid");
        }
    }
    if !call.state.world().wechat.used_codes.insert(format!("{}/{}", app.appid, body.code)) {
        return refuse(40029, "invalid code");
    }
    let number = if digits { name.to_owned() } else { number_of(name) };
    let info = json!({
        "phoneNumber": number,
        "purePhoneNumber": number,
        "countryCode": "86",
        "watermark": {"timestamp": call.state.clock().wall(), "appid": app.appid},
    });
    Ok(Answer::Json(json!({"errcode": 0, "errmsg": "ok", "phone_info": info})))
}

/// A number of the range 138, made of the user's name.
fn number_of(name: &str) -> String {
    let hash = crypto::sha256_hex(name);
    let digits: String = hash.bytes().map(|byte| char::from(b'0' + byte % 10)).take(8).collect();
    format!("138{digits}")
}
