//! Middleware: limits per member once signed in, per address for anonymous writes.

use std::net::IpAddr;
use std::num::NonZeroU32;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::middleware::Next;
use actix_web::{ResponseError, web};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use kernel::id::MemberId;
use kernel::{Code, Coded};

use super::problem::ApiError;
use crate::app::App;
use crate::areas::members::tokens;
use crate::config::Limits;

/// The counters of one process; shared by its workers.
pub struct RateLimits {
    members: Option<DefaultKeyedRateLimiter<MemberId>>,
    addresses: Option<DefaultKeyedRateLimiter<IpAddr>>,
    trusted_proxies: Vec<IpAddr>,
    limits: Limits,
}

#[derive(Debug, thiserror::Error)]
#[error("more than {0} requests a second")]
struct TooMany(u32);

impl Coded for TooMany {
    fn code(&self) -> Code {
        Code::RateLimited
    }
}

impl RateLimits {
    /// Limits as configured; 0 is none.
    pub fn new(limits: &Limits) -> Self {
        let quota = |per_s: u32| NonZeroU32::new(per_s).map(Quota::per_second);
        Self {
            members: quota(limits.member_per_s).map(RateLimiter::keyed),
            addresses: quota(limits.anonymous_per_ip_per_s).map(RateLimiter::keyed),
            trusted_proxies: limits.trusted_proxies.iter().filter_map(|ip| ip.parse().ok()).collect(),
            limits: limits.clone(),
        }
    }

    /// Forgets callers that were not seen lately.
    pub fn retain_recent(&self) {
        if let Some(members) = &self.members {
            members.retain_recent();
        }
        if let Some(addresses) = &self.addresses {
            addresses.retain_recent();
        }
    }

    /// Seconds to wait and the limit, when the caller is over it.
    fn over(&self, request: &ServiceRequest) -> Option<(u64, u32)> {
        let wait = |until: governor::NotUntil<governor::clock::QuantaInstant>| {
            until.wait_time_from(DefaultClock::default().now()).as_secs().max(1)
        };
        if self.members.is_none() && self.addresses.is_none() {
            return None;
        }
        if let Some(member) = member_of(request) {
            let limited = self.members.as_ref()?.check_key(&member).err()?;
            return Some((wait(limited), self.limits.member_per_s));
        }
        if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
            return None;
        }
        let limited = self.addresses.as_ref()?.check_key(&self.address_of(request)?).err()?;
        Some((wait(limited), self.limits.anonymous_per_ip_per_s))
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

fn member_of(request: &ServiceRequest) -> Option<MemberId> {
    let token = request.headers().get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    let app = request.app_data::<web::Data<App>>()?;
    tokens::open_access(&app.sealer, token, app.clock.wall()).ok().map(|claims| claims.member)
}

/// Refuses callers that are over their limit, with the time to wait.
pub async fn limit_rate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let limits = request.app_data::<web::Data<RateLimits>>().cloned();
    let Some((wait_s, limit)) = limits.and_then(|limits| limits.over(&request)) else {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    };
    let mut response = ApiError::from(TooMany(limit)).error_response();
    let headers = [("ratelimit-limit", u64::from(limit)), ("ratelimit-remaining", 0), ("ratelimit-reset", wait_s)];
    for (name, value) in headers {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait_s));
    Ok(request.into_response(response))
}
