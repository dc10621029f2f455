//! Access tokens: the stable kind, and the plain one that replaces itself at each call.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Answer, Call, Errcode, Reply, login, refuse};
use crate::crypto;
use crate::state::SandboxState;

/// Life of a token, in seconds of wall time.
const LIFE_S: i64 = 7_200;

/// Old and new token live side by side for five minutes.
const OVERLAP_S: i64 = 300;

/// Forced refreshes a day.
const FORCED_A_DAY: u32 = 20;

/// Seconds between two forced refreshes.
const FORCED_APART_S: i64 = 30;

/// The tokens of one mini-program.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Tokens {
    stable: Option<Token>,
    plain: Option<Token>,
    /// Replaced tokens that are still good for a moment, or known to be expired.
    older: Vec<Token>,
    forced_day: i64,
    forced_count: u32,
    forced_at: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Token {
    value: String,
    until: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StableRequest {
    grant_type: String,
    appid: String,
    secret: String,
    #[serde(default)]
    force_refresh: bool,
}

/// `POST /cgi-bin/stable_token`.
pub(super) fn stable(call: &Call<'_>) -> Reply {
    let body: StableRequest = call.json()?;
    if body.grant_type != "client_credential" {
        return refuse(40002, "invalid grant_type");
    }
    login::check_secret(call.state, &body.appid, &body.secret)?;
    let wall = call.state.clock().wall();
    let mut world = call.state.world();
    let number = world.next_number();
    let tokens = world.wechat.tokens.entry(body.appid.clone()).or_default();
    if body.force_refresh {
        tokens.force(wall)?;
    }
    let current = match tokens.stable.clone().filter(|token| token.until - wall > OVERLAP_S) {
        Some(token) => token,
        None => {
            let fresh = Token::fresh("stable", &body.appid, number, wall);
            if let Some(old) = tokens.stable.replace(fresh.clone()) {
                tokens.retire(old, wall);
            }
            fresh
        }
    };
    Ok(Answer::Json(json!({"access_token": current.value, "expires_in": current.until - wall})))
}

/// `GET /cgi-bin/token`: a new token each time, the older one good for five minutes more.
pub(super) fn plain(call: &Call<'_>) -> Reply {
    if call.param("grant_type") != Some("client_credential") {
        return refuse(40002, "invalid grant_type");
    }
    let Some(appid) = call.param("appid") else {
        return refuse(41002, "appid missing");
    };
    let Some(secret) = call.param("secret") else {
        return refuse(41004, "appsecret missing");
    };
    login::check_secret(call.state, appid, secret)?;
    let wall = call.state.clock().wall();
    let mut world = call.state.world();
    let number = world.next_number();
    let tokens = world.wechat.tokens.entry(appid.to_owned()).or_default();
    let fresh = Token::fresh("plain", appid, number, wall);
    if let Some(old) = tokens.plain.replace(fresh.clone()) {
        tokens.retire(Token { until: old.until.min(wall + OVERLAP_S), ..old }, wall);
    }
    Ok(Answer::Json(json!({"access_token": fresh.value, "expires_in": LIFE_S})))
}

/// The appid a token belongs to; 40001 for a stranger's, 42001 for an expired one.
pub(super) fn owner(state: &SandboxState, token: &str) -> Result<String, Errcode> {
    let wall = state.clock().wall();
    let world = state.world();
    for (appid, tokens) in &world.wechat.tokens {
        let all = tokens.stable.iter().chain(&tokens.plain).chain(&tokens.older);
        if let Some(found) = all.into_iter().find(|known| known.value == token) {
            return if found.until > wall { Ok(appid.clone()) } else { refuse(42001, "access_token expired") };
        }
    }
    refuse(40001, "invalid credential, access_token is invalid or not latest")
}

impl Token {
    fn fresh(kind: &str, appid: &str, number: u64, wall: i64) -> Self {
        let text = format!("{kind}/{appid}/{number}/{wall}");
        let value = format!("{number}_{}{}", crypto::sha256_hex(&text), crypto::sha256_hex(&format!("{text}/2")));
        Self { value, until: wall + LIFE_S }
    }
}

impl Tokens {
    /// Kills the stable token; sooner than 30 s after the last time nothing happens.
    fn force(&mut self, wall: i64) -> Result<(), Errcode> {
        let today = wall.div_euclid(86_400);
        if self.forced_day != today {
            self.forced_day = today;
            self.forced_count = 0;
        }
        if wall - self.forced_at < FORCED_APART_S {
            return Ok(());
        }
        if self.forced_count >= FORCED_A_DAY {
            return refuse(45009, "reach max api daily quota limit");
        }
        self.forced_count += 1;
        self.forced_at = wall;
        self.stable = None;
        Ok(())
    }

    fn retire(&mut self, old: Token, wall: i64) {
        self.older.retain(|token| wall - token.until < LIFE_S);
        self.older.push(old);
    }
}

impl SandboxState {
    /// Ends every access token of `appid` before its time, as a changed secret would.
    pub fn expire_tokens(&self, appid: &str) {
        if let Some(tokens) = self.world().wechat.tokens.get_mut(appid) {
            let all = tokens.stable.iter_mut().chain(&mut tokens.plain).chain(&mut tokens.older);
            all.for_each(|token| token.until = 0);
        }
    }
}
