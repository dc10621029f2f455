//! Messages that are WeChat's by their signature and still cannot be true: another merchant,
//! another app, another amount. They are kept for the operator, an alarm is raised, and WeChat is
//! refused, so that nothing is delivered and nothing is forgotten.

use kernel::crypto::digest;
use kernel::{Code, Coded, Failure};

use crate::app::App;
use crate::areas::payments::service::{self, Kept};
use crate::areas::shops::query::Shop;

/// A message that was kept and refused.
#[derive(Debug, thiserror::Error)]
#[error("kept and refused: {0}")]
pub struct Suspicious(String);

impl Coded for Suspicious {
    fn code(&self) -> Code {
        Code::NoticeRefused
    }
}

/// What of a message is not as we asked it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    what: &'static str,
    seen: String,
}

impl Difference {
    /// Something that may be shown: an amount, a number.
    pub fn new(what: &'static str, seen: impl ToString) -> Self {
        Self { what, seen: seen.to_string() }
    }

    /// Somebody's account: two can be told apart, and neither can be read.
    pub fn of_person(what: &'static str, account: &str) -> Self {
        Self { what, seen: digest::sha256_hex(account.as_bytes()).chars().take(16).collect() }
    }
}

/// Refuses a message about `id` that differs from what we asked. Each difference is kept once, so
/// that a second, other one is not taken for a repeat of the first.
pub async fn refuse_difference(
    app: &App,
    shop: &Shop,
    kind: &str,
    id: impl std::fmt::Display,
    difference: &Difference,
) -> Failure {
    let Difference { what, seen } = difference;
    refuse(app, shop, kind, format!("{id}:{what}:{seen}"), &format!("{kind} {id} differs: {what} is {seen}")).await
}

/// Keeps the message under `key`, once, raises the alarm and gives the refusal to answer with.
pub async fn refuse(app: &App, shop: &Shop, kind: &str, key: String, detail: &str) -> Failure {
    tracing::error!(shop = %shop.id, kind, key, detail, "ALARM: a message differs from what we know; nothing was delivered");
    metrics::counter!("payment_alarms_total", "kind" => "mismatch").increment(1);
    let kept = app
        .db
        .write(async |tx| {
            let key = key.clone();
            let kept = Kept { kind, key, platform_id: "", outcome: "mismatch", detail: Some(detail.to_owned()) };
            Ok(service::keep_notice(tx, shop.id, kept, app.clock.wall()).await?)
        })
        .await;
    match kept {
        Ok(_) => Suspicious(detail.to_owned()).into(),
        Err(failure) => failure,
    }
}
