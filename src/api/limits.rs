//! Middleware: limits per member once signed in, per address for anonymous writes.

use std::net::IpAddr;
use std::num::NonZeroU32;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{ResponseError, web};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use kernel::id::MemberId;
use kernel::{Code, Coded};

use super::auth::bearer;
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
#[error("more than {limit} requests a second; try again in {wait_s} seconds")]
struct TooMany {
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

    /// The refusal, when the caller is over his limit.
    fn over(&self, request: &ServiceRequest) -> Option<TooMany> {
        let wait = |until: governor::NotUntil<governor::clock::QuantaInstant>| {
            until.wait_time_from(DefaultClock::default().now()).as_secs().max(1)
        };
        if self.members.is_none() && self.addresses.is_none() {
            return None;
        }
        if let Some(member) = member_of(request) {
            let limited = self.members.as_ref()?.check_key(&member).err()?;
            return Some(TooMany { limit: self.limits.member_per_s, wait_s: wait(limited) });
        }
        if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
            return None;
        }
        let limited = self.addresses.as_ref()?.check_key(&self.address_of(request)?).err()?;
        Some(TooMany { limit: self.limits.anonymous_per_ip_per_s, wait_s: wait(limited) })
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
    let token = bearer(request.headers())?;
    let app = request.app_data::<web::Data<App>>()?;
    tokens::open_access(&app.sealer, token, app.clock.wall()).ok().map(|claims| claims.member)
}

/// Refuses callers that are over their limit, with the time to wait.
pub async fn limit_rate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let limits = request.app_data::<web::Data<RateLimits>>().cloned();
    let Some(too_many) = limits.and_then(|limits| limits.over(&request)) else {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    };
    let response = ApiError::from(too_many).error_response();
    Ok(request.into_response(response))
}
