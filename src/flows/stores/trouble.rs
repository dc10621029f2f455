//! What a platform's refusal means for a store, and what to do about it.

use chrono::Duration;
use gateways::marketplaces::{ApiError, ErrorClass};
use kernel::{Failure, Time};

use crate::areas::market_accounts::MarketError;
use crate::areas::stores::StoreError;
use crate::areas::stores::consents::Outcome;
use crate::areas::stores::entity::store;
use crate::areas::stores::state::StoreState;

/// What to do, in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// For Chinese readers.
    pub zh: &'static str,
    /// For English ones.
    pub en: &'static str,
}

/// What an operator can do about a failed call.
pub fn advice(error: &ApiError) -> Advice {
    let (zh, en) = match error.class {
        ErrorClass::TokenExpired | ErrorClass::ReauthorizeNeeded => {
            ("请让商家重新授权。", "Have the merchant authorise again.")
        }
        ErrorClass::RateLimited => ("调用过快，稍后会自动重试。", "Too fast; it is tried again by itself."),
        ErrorClass::QuotaSpent => (
            "今日调用次数已用完，次日自动恢复；如平台已提高额度，请在店铺文件中修改 calls_per_day。",
            "The day's calls are spent; it goes on tomorrow. If the platform grants more, set calls_per_day.",
        ),
        ErrorClass::NotPermitted | ErrorClass::Retired => {
            ("请在平台后台为应用申请该接口权限。", "Apply for the right to this call in the platform's console.")
        }
        ErrorClass::FilingNeeded => ("请先在平台完成备案。", "File (备案) with the platform first."),
        ErrorClass::BadSignature => ("请检查应用密钥。", "Check the app's secret."),
        ErrorClass::BadConfiguration => (
            "请检查应用的 key、平台的 IP 白名单和回调地址，以及服务器时间。",
            "Check the app's key, the platform's lists of addresses and callbacks, and this machine's clock.",
        ),
        ErrorClass::Stopped => (
            "平台风控：先在平台查明原因，再在“调用额度”中解除停止。",
            "The platform sees a risk: find the cause there, then lift the stop of its quota.",
        ),
        ErrorClass::Upstream | ErrorClass::Malformed => (
            "平台没有可用的应答，稍后会自动重试；若持续，请检查网络与平台公告。",
            "No usable answer; it is tried again. If it lasts, check the network and the platform's notices.",
        ),
        ErrorClass::Unsupported => ("该平台不提供此功能。", "The platform does not offer this."),
        _ => ("平台的说明见上。", "See what the platform says."),
    };
    Advice { zh, en }
}

/// How long before a consent ends its merchant is asked for the next one.
pub const ASKED_BEFORE: Duration = Duration::days(14);

/// What the merchant is to be asked for, if anything: to authorise, to do so again, or to do so soon.
pub fn prompt(row: &store::Model, wall: Time) -> Option<Advice> {
    let soon = row.consent_ends_at.is_some_and(|end| end <= wall + ASKED_BEFORE);
    match row.state {
        StoreState::Draft => Some(Advice { zh: "请商家授权。", en: "Have the merchant authorise." }),
        StoreState::Reauthorize => Some(Advice {
            zh: "授权已失效，请商家重新授权；在此之前不读取订单，也不同步库存与发货。",
            en: "The authorisation is over: have the merchant authorise again. Until then no order is read and neither \
                 stock nor shipments are told.",
        }),
        StoreState::Active | StoreState::Paused if soon => Some(Advice {
            zh: "授权即将到期，请商家在到期前重新授权。",
            en: "The authorisation ends soon: have the merchant authorise again before it does.",
        }),
        StoreState::Active | StoreState::Paused | StoreState::Removed => None,
    }
}

/// What came of a consent that the platform's answer ended.
pub(super) fn outcome(error: &ApiError) -> Outcome {
    match error.class {
        ErrorClass::Conflict => Outcome::OtherAccount,
        ErrorClass::BadConfiguration | ErrorClass::BadSignature | ErrorClass::NotPermitted | ErrorClass::Retired => {
            Outcome::Misconfigured
        }
        class if class.may_pass() => Outcome::Unavailable,
        ErrorClass::QuotaSpent | ErrorClass::Stopped => Outcome::Unavailable,
        _ => Outcome::Refused,
    }
}

/// The failure that a request is answered with.
pub(super) fn failure(marketplace: &str, error: &ApiError) -> Failure {
    let marketplace = marketplace.to_owned();
    match outcome(error) {
        Outcome::OtherAccount => StoreError::OtherAccount(error.message.clone()).into(),
        Outcome::Misconfigured => MarketError::NotConfigured { marketplace, detail: error.to_string() }.into(),
        Outcome::Unavailable => {
            tracing::warn!(marketplace, %error, "a marketplace gave no usable answer about a store");
            MarketError::Unavailable { marketplace }.into()
        }
        _ => StoreError::Refused(error.to_string()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_merchant_is_told_from_a_refusal_and_from_a_platform_that_is_away() {
        let of = |class| outcome(&ApiError::new(class, "x", "y"));
        assert_eq!(of(ErrorClass::Conflict), Outcome::OtherAccount);
        assert_eq!(of(ErrorClass::ReauthorizeNeeded), Outcome::Refused);
        assert_eq!(of(ErrorClass::BadSignature), Outcome::Misconfigured);
        assert_eq!(of(ErrorClass::Upstream), Outcome::Unavailable);
    }
}
