//! Limits by the class of a call. Signing in, uploads and whatever else writes without
//! being signed in count by address, signed-in calls by member, the console's by its session.
//! Notices and the sandbox's clock are not counted: what they carry is checked before it counts.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use kernel::id::MemberId;
use kernel::{Code, Coded};

use super::auth::claims_of;
use super::auth_console::COOKIE;
use crate::config::Limits;
use crate::platform::seal::token_hash;

/// Calls whose sender proves himself in what he sends, at whatever pace he comes.
const NOT_COUNTED: [&str; 2] = ["/notify/", "/sandbox/"];
/// What tries a login code, a refresh token or a password, whoever else the call says it is from.
const SIGN_IN: [&str; 3] = ["/api/v1/session", "/api/v1/session/refresh", "/console/api/v1/session"];
/// Where the session cookie counts.
const CONSOLE: &str = "/console/";
/// How often idle callers are forgotten.
pub const FORGET_EVERY: Duration = Duration::from_secs(60);

/// The counters of one process; shared by its workers.
pub struct RateLimits {
    members: Option<DefaultKeyedRateLimiter<MemberId>>,
    operators: Option<DefaultKeyedRateLimiter<String>>,
    addresses: Option<DefaultKeyedRateLimiter<IpAddr>>,
    trusted_proxies: Vec<IpAddr>,
    limits: Limits,
}

/// Whom a call counts for.
#[derive(Debug, PartialEq, Eq)]
enum Caller {
    Member(MemberId),
    /// The hash of a console session's cookie.
    Operator(String),
    Address(IpAddr),
}

#[derive(Debug, thiserror::Error)]
#[error("more than {limit} requests a second; try again in {wait_s} seconds")]
pub(super) struct TooMany {
    limit: u32,
    wait_s: u64,
}

impl Coded for TooMany {
    fn code(&self) -> Code {
        Code::RateLimited
    }

    fn extra(&self) -> Option<serde_json::Value> {
        Some(serde_json::json!({ "limit": self.limit, "retry_after_s": self.wait_s }))
    }
}

impl RateLimits {
    /// Limits as configured; 0 is none.
    pub fn new(limits: &Limits) -> Self {
        let quota = |per_s: u32| NonZeroU32::new(per_s).map(Quota::per_second);
        Self {
            members: quota(limits.member_per_s).map(RateLimiter::keyed),
            operators: quota(limits.operator_per_s).map(RateLimiter::keyed),
            addresses: quota(limits.anonymous_per_ip_per_s).map(RateLimiter::keyed),
            trusted_proxies: limits.trusted_proxies.iter().filter_map(|ip| ip.parse().ok()).collect(),
            limits: limits.clone(),
        }
    }

    /// Forgets callers that were not seen lately.
    pub fn retain_recent(&self) {
        self.members.iter().for_each(RateLimiter::retain_recent);
        self.operators.iter().for_each(RateLimiter::retain_recent);
        self.addresses.iter().for_each(RateLimiter::retain_recent);
    }

    /// The refusal, when the caller is over his limit.
    pub(super) fn over(&self, request: &ServiceRequest) -> Option<TooMany> {
        if self.members.is_none() && self.operators.is_none() && self.addresses.is_none() {
            return None;
        }
        let (limited, limit) = match self.caller_of(request)? {
            Caller::Member(id) => (self.members.as_ref()?.check_key(&id).err()?, self.limits.member_per_s),
            Caller::Operator(key) => (self.operators.as_ref()?.check_key(&key).err()?, self.limits.operator_per_s),
            Caller::Address(ip) => (self.addresses.as_ref()?.check_key(&ip).err()?, self.limits.anonymous_per_ip_per_s),
        };
        let wait_s = limited.wait_time_from(DefaultClock::default().now()).as_secs().max(1);
        Some(TooMany { limit, wait_s })
    }

    /// Whom the call counts for; `None` when it is not counted.
    fn caller_of(&self, request: &ServiceRequest) -> Option<Caller> {
        let (path, method) = (request.path(), request.method());
        if NOT_COUNTED.iter().any(|start| path.starts_with(start)) {
            return None;
        }
        let signs_in = *method == Method::POST && SIGN_IN.contains(&path);
        if !signs_in {
            let session = request.cookie(COOKIE).filter(|_| path.starts_with(CONSOLE));
            if let Some(session) = session {
                return Some(Caller::Operator(token_hash(session.value())));
            }
            if let Ok(claims) = claims_of(request.request()) {
                return Some(Caller::Member(claims.member));
            }
            // Whole neighbourhoods of shoppers look around behind one address of their carrier.
            if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
                return None;
            }
        }
        self.address_of(request).map(Caller::Address)
    }

    /// The caller's address: what a trusted proxy says, else the peer.
    fn address_of(&self, request: &ServiceRequest) -> Option<IpAddr> {
        let peer = request.peer_addr()?.ip();
        if !self.trusted_proxies.contains(&peer) {
            return Some(peer);
        }
        let forwarded = request.headers().get("X-Forwarded-For").and_then(|value| value.to_str().ok());
        // The right-most address that is not a proxy of ours was written by one of ours.
        let client = forwarded.into_iter().flat_map(|list| list.rsplit(',')).filter_map(|ip| ip.trim().parse().ok());
        client.into_iter().find(|ip| !self.trusted_proxies.contains(ip)).or(Some(peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn limits(config: &Limits) -> RateLimits {
        RateLimits::new(config)
    }

    fn caller(limits: &RateLimits, request: TestRequest) -> Option<Caller> {
        limits.caller_of(&request.peer_addr(([192, 0, 2, 1], 4000).into()).to_srv_request())
    }

    #[test]
    fn calls_count_by_their_class() {
        let limits = limits(&crate::config::Config::load(None).unwrap().limits);
        let address = Some(Caller::Address([192, 0, 2, 1].into()));
        let console = |request: TestRequest| request.cookie(actix_web::cookie::Cookie::new(COOKIE, "a session"));
        let operator = Some(Caller::Operator(token_hash("a session")));
        let post = |path: &str| TestRequest::post().uri(path);
        assert_eq!(caller(&limits, post("/api/v1/session")), address);
        assert_eq!(caller(&limits, TestRequest::put().uri("/api/v1/uploads/upl_1/file")), address);
        assert_eq!(caller(&limits, console(post("/console/api/v1/session"))), address, "a password is tried");
        assert_eq!(caller(&limits, console(post("/console/api/v1/goods"))), operator);
        assert_eq!(caller(&limits, console(TestRequest::get().uri("/console/api/v1/goods"))), operator);
        assert_eq!(caller(&limits, console(post("/api/v1/session"))), address, "a cookie counts in the console alone");
        assert_eq!(caller(&limits, TestRequest::get().uri("/api/v1/goods")), None);
        assert_eq!(caller(&limits, post("/notify/wechat-pay/demo/payment")), None);
        assert_eq!(caller(&limits, post("/sandbox/clock")), None);
    }

    #[test]
    fn who_does_not_come_again_is_forgotten() {
        let mut config = crate::config::Config::load(None).unwrap().limits;
        config.anonymous_per_ip_per_s = 1_000_000;
        let limits = limits(&config);
        let known = || limits.addresses.as_ref().unwrap().len();
        assert_eq!(
            limits
                .over(&TestRequest::post().peer_addr(([192, 0, 2, 1], 4000).into()).to_srv_request())
                .map(|it| it.limit),
            None
        );
        assert_eq!(known(), 1);
        while known() > 0 {
            limits.retain_recent();
        }
    }
}
