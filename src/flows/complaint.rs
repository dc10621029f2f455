//! A member complained at WeChat. Complaints are answered in WeChat's merchant platform; here one is
//! kept for the operator, once.

use kernel::Failure;
use serde_json::Value;

use crate::app::App;
use crate::areas::payments::service::{Kept, keep_notice};
use crate::areas::shops::query::Shop;

/// Keeps a verified notice of a complaint.
pub async fn heard(app: &App, shop: &Shop, notice_id: &str, content: &Value) -> Result<(), Failure> {
    tracing::warn!(shop = %shop.id, notice_id, "a member complained at WeChat");
    metrics::counter!("complaints_total").increment(1);
    let of = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or("?");
    let detail = format!("complaint {}: {}", of("complaint_id"), of("action_type"));
    app.db
        .write(async |tx| {
            let (key, platform_id, detail) = (notice_id.to_owned(), notice_id, Some(detail.clone()));
            let kept = Kept { kind: "complaint", key, platform_id, outcome: "open", detail };
            keep_notice(tx, shop.id, kept, app.clock.wall()).await?;
            Ok(())
        })
        .await
}
