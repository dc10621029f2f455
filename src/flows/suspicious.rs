//! Messages that are WeChat's by their signature and still cannot be true: another merchant,
//! another app, another amount. They are kept for the operator, an alarm is raised, and WeChat is
//! refused, so that nothing is delivered and nothing is forgotten.

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
