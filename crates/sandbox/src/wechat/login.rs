//! `wx.login` codes and the users behind them.
//!
//! A code is `code-NAME` or `code-NAME.ANYTHING` and names the user: the same name under the same
//! appid is always the same openid. Codes minted by the control API have that form too and live
//! five minutes. Each code works once.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Answer, Call, Errcode, Reply, refuse};
use crate::crypto;
use crate::state::SandboxState;

/// A minted code lives five minutes of wall time.
const CODE_LIFE_S: i64 = 300;

/// A user of one mini-program.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// The name in the codes.
    pub name: String,
    /// The mini-program.
    pub appid: String,
    /// The user's id under that appid.
    pub openid: String,
    /// Logins so far.
    pub logins: u32,
    /// Wall time of the last login, unix seconds.
    pub last_login: i64,
}

/// A code that the control API handed out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Minted {
    expires_wall: i64,
}

/// `GET /sns/jscode2session`.
pub(super) fn code_to_session(call: &Call<'_>) -> Reply {
    let Some(appid) = call.param("appid") else {
        return refuse(41002, "appid missing");
    };
    let Some(secret) = call.param("secret") else {
        return refuse(41004, "appsecret missing");
    };
    let Some(code) = call.param("js_code") else {
        return refuse(41008, "missing code");
    };
    if call.param("grant_type") != Some("authorization_code") {
        return refuse(40002, "invalid grant_type");
    }
    check_secret(call.state, appid, secret)?;
    let Some(name) = name_in("code-", code) else {
        return refuse(40029, "invalid code");
    };
    if name == "highrisk" {
        return refuse(40226, "code blocked");
    }
    let wall = call.state.clock().wall();
    let openid = openid_of(appid, name);
    let mut world = call.state.world();
    let tables = &mut world.wechat;
    if tables.login_codes.get(code).is_some_and(|minted| wall >= minted.expires_wall) {
        return refuse(40029, "invalid code");
    }
    if !tables.used_codes.insert(format!("{appid}/{code}")) {
        return refuse(40163, "code been used");
    }
    let user = tables.users.entry(openid.clone()).or_insert_with(|| User {
        name: name.to_owned(),
        appid: appid.to_owned(),
        openid: openid.clone(),
        logins: 0,
        last_login: wall,
    });
    user.logins += 1;
    user.last_login = wall;
    let session_key = session_key(&openid, user.logins);
    Ok(Answer::Json(json!({"openid": openid, "session_key": session_key})))
}

/// Refuses an appid nobody has and a secret that is not its.
pub(super) fn check_secret(state: &SandboxState, appid: &str, secret: &str) -> Result<(), Errcode> {
    match state.merchant_of_app(appid) {
        None => refuse(40013, "invalid appid"),
        Some(app) if app.secret != secret => refuse(40125, "invalid appsecret"),
        Some(_) => Ok(()),
    }
}

/// The user's name in a code with this `prefix`.
pub(super) fn name_in<'a>(prefix: &str, code: &'a str) -> Option<&'a str> {
    let name = code.strip_prefix(prefix)?.split('.').next()?;
    if name.is_empty() || name.len() > 64 { None } else { Some(name) }
}

/// The openid of `name` under `appid`: 28 characters beginning with `o`, the last seven of them a
/// check over the rest, so that an openid of another appid is noticed without any memory.
pub(super) fn openid_of(appid: &str, name: &str) -> String {
    let body: String = letters(&format!("{appid}\n{name}")).chars().take(20).collect();
    let check = check_of(appid, &body);
    format!("o{body}{check}")
}

/// Whether `openid` is one of `appid`'s.
pub(crate) fn openid_belongs(appid: &str, openid: &str) -> bool {
    let parts = openid.strip_prefix('o').and_then(|rest| rest.split_at_checked(20));
    parts.is_some_and(|(body, check)| check == check_of(appid, body))
}

fn check_of(appid: &str, body: &str) -> String {
    letters(&format!("{appid}\t{body}")).chars().take(7).collect()
}

fn letters(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(crypto::sha256_hex(text)).replace(['-', '_'], "x").chars().rev().collect()
}

fn session_key(openid: &str, login: u32) -> String {
    let bytes: Vec<u8> = crypto::sha256_hex(&format!("{openid}/{login}")).bytes().take(16).collect();
    STANDARD.encode(bytes)
}

impl SandboxState {
    /// Mints a login code for the user `name`, good once and for five minutes; with `expired` it is
    /// too old already.
    pub fn login_code(&self, name: &str, expired: bool) -> String {
        let wall = self.clock().wall();
        let mut world = self.world();
        let code = format!("code-{name}.{}", world.next_number());
        let expires_wall = if expired { wall } else { wall + CODE_LIFE_S };
        world.wechat.login_codes.insert(code.clone(), Minted { expires_wall });
        code
    }

    /// The openid that the user `name` has under `appid`.
    pub fn openid(&self, appid: &str, name: &str) -> String {
        openid_of(appid, name)
    }

    /// Everybody who ever signed in.
    pub fn users(&self) -> Vec<User> {
        self.world().wechat.users.values().cloned().collect()
    }
}
