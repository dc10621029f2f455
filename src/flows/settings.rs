//! Changing a shop's settings as one document (docs/rules.md).

use kernel::Failure;
use kernel::failure::Invalid;
use kernel::id::OperatorId;
use kernel::strict::Strict;
use serde_json::{Map, Value, json};

use super::rates;
use crate::app::App;
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::areas::shops::service;
use crate::areas::shops::settings::Settings;

/// Puts `named` over the shop's settings, checks the whole and keeps it. A setting that is not
/// named keeps its value, so that a client older than a setting cannot reset it.
pub async fn change(app: &App, shop: &Shop, by: OperatorId, named: &Map<String, Value>) -> Result<Settings, Failure> {
    let after = app
        .db
        .write(async |tx| {
            let now = app.clock.now();
            let before = service::held_settings(tx, shop.id).await?;
            let after = overlaid(&before, named)?;
            after.check()?;
            rates::check_settings(tx, shop.id, &before, &after).await?;
            if after != before {
                service::set_settings(tx, shop.id, &after, now).await?;
                let detail = json!({ "before": before, "after": after });
                audit::note(tx, shop.id, by, "settings.change", shop.id, detail, now).await?;
            }
            Ok(after)
        })
        .await?;
    app.shops.refresh(&app.db, &app.sealer).await?;
    Ok(after)
}

fn overlaid(before: &Settings, named: &Map<String, Value>) -> Result<Settings, Invalid> {
    let unreadable = |error: serde_json::Error| Invalid::field("settings", "invalid", error.to_string());
    let mut document = serde_json::to_value(before).map_err(unreadable)?;
    if let Some(document) = document.as_object_mut() {
        document.extend(named.clone());
    }
    serde_path_to_error::deserialize(Strict(document)).map_err(|error| {
        let field = error.path().to_string();
        let detail = error.into_inner().to_string();
        let code = if detail.contains("unknown field") { "unknown" } else { "invalid" };
        Invalid::field(field, code, detail)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn named(document: Value) -> Map<String, Value> {
        document.as_object().unwrap().clone()
    }

    #[test]
    fn what_is_not_named_stays_and_null_takes_a_limit_away() {
        let before = Settings { auto_receive_days: 3, withdraw_daily_count: Some(2), ..Settings::default() };
        let after =
            overlaid(&before, &named(json!({ "after_sale_window_s": 0, "withdraw_daily_count": null }))).unwrap();
        assert_eq!(after.auto_receive_days, 3);
        assert_eq!(after.after_sale_window_s, 0);
        assert_eq!(after.withdraw_daily_count, None);
    }

    #[test]
    fn an_unknown_setting_and_a_wrong_type_are_named() {
        let before = Settings::default();
        let fault = |document| overlaid(&before, &named(document)).unwrap_err().0.remove(0);
        assert_eq!(fault(json!({ "pickup_radius": 5 })).code, "unknown");
        let wrong = fault(json!({ "closure_daily": { "from": 7, "to": "06:00:00" } }));
        assert_eq!((wrong.field.as_str(), wrong.code.as_str()), ("closure_daily.from", "invalid"));
    }
}
