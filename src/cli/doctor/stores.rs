//! Merchants' stores: those that must be authorised again, and consents that end soon.

use kernel::Time;

use super::Findings;
use crate::app::App;
use crate::areas::shops::query::Shop;
use crate::areas::stores::entity::store;
use crate::areas::stores::query;
use crate::areas::stores::state::StoreState;
use crate::flows::stores::ASKED_BEFORE;

pub(super) async fn check(app: &App, shop: &Shop, findings: &mut Findings) {
    let rows = match query::list(app.db.reader(), shop.id).await {
        Ok(rows) => rows,
        Err(error) => {
            findings.bad(&format!("{}: the stores cannot be read: {error}", shop.code), "check the database");
            return;
        }
    };
    for row in &rows {
        judge(&shop.code, row, app.clock.wall(), findings);
    }
}

fn judge(code: &str, row: &store::Model, wall: Time, findings: &mut Findings) {
    let named = format!("{code}: the store {} ({})", row.name, row.marketplace);
    match row.state {
        StoreState::Reauthorize => findings.bad(
            &format!(
                "{named} must be authorised again: {}",
                row.trouble.as_deref().unwrap_or("the platform refused it")
            ),
            "have its merchant authorise in the console; its orders and stock stand still until then",
        ),
        StoreState::Draft => findings.odd(&format!("{named} waits for its merchant"), "authorise it in the console"),
        StoreState::Active | StoreState::Paused => match row.consent_ends_at {
            Some(end) if end <= wall + ASKED_BEFORE => findings.odd(
                &format!("{named}: its authorisation ends on {}", end.date_naive()),
                "have its merchant authorise again before that day",
            ),
            _ => findings.good(&format!("{named} is authorised")),
        },
        StoreState::Removed => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chrono::Duration;
    use kernel::id::{ShopId, StoreId};
    use serde_json::json;

    use super::*;

    fn judged(state: StoreState, ends_in: Option<Duration>) -> (usize, usize) {
        let wall: Time = "2026-11-23T10:00:00Z".parse().unwrap();
        let row = store::Model {
            id: StoreId::new(),
            shop_id: ShopId::new(),
            marketplace: "pinduoduo".to_owned(),
            name: "linli".to_owned(),
            display_name: "邻里".to_owned(),
            kind: "third_party".to_owned(),
            site: String::new(),
            expected_id: None,
            external_id: None,
            former_id: None,
            external_name: None,
            data: json!({}),
            told: json!({}),
            scopes: json!([]),
            legal_subject: None,
            state,
            trouble: None,
            sealed_tokens: None,
            token_version: 0,
            tokens_end_at: None,
            renew_at: None,
            consent_ends_at: ends_in.map(|left| wall + left),
            renewing_until: None,
            renewal_failures: 0,
            renewal_rests_until: None,
            authorised_by: None,
            authorised_at: None,
            created_at: wall,
            updated_at: wall,
        };
        let mut findings = Findings::default();
        judge("demo", &row, wall, &mut findings);
        (findings.odd, findings.bad)
    }

    #[test]
    fn consents_that_end_soon_are_told_and_ended_ones_are_bad() {
        assert_eq!(judged(StoreState::Active, None), (0, 0));
        assert_eq!(judged(StoreState::Active, Some(ASKED_BEFORE + Duration::days(1))), (0, 0));
        assert_eq!(judged(StoreState::Active, Some(ASKED_BEFORE)), (1, 0));
        assert_eq!(judged(StoreState::Reauthorize, None), (0, 1));
        assert_eq!(judged(StoreState::Removed, Some(Duration::days(1))), (0, 0));
    }
}
