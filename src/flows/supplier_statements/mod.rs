//! Suppliers' statements: made at the end of a cycle or by hand, found right by the supplier, paid, and
//! exported. What was shared is a line of the statement and is not paid again by it.

mod export;
mod lines;
mod pay;
mod transfer;

use chrono::{Days, NaiveDate};
use kernel::clock::beijing_day;
use kernel::id::{OperatorId, SupplierId, SupplierStatementId};
use kernel::{Failure, Time};
use serde_json::json;

pub use export::{csv, xlsx};
pub use lines::{Line, lines_of, parts_of};
pub use pay::{failed, paid, pay};
pub use transfer::cancel;
pub(in crate::flows) use transfer::{not_transferred, payer_of, transferred};

use crate::app::App;
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::areas::suppliers::entity::{statement, supplier};
use crate::areas::suppliers::state::StatementEvent;
use crate::areas::suppliers::statements::{self, Note};
use crate::areas::suppliers::{query, service};
use crate::platform::request_keys::Once;

/// Makes a supplier's next statement by hand.
///
/// # Errors
/// `supplier_statement.empty` when nothing moved since the last.
pub async fn make(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: SupplierId,
    once: &Once<statement::Model>,
) -> Result<statement::Model, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let supplier = service::held(tx, shop.id, id).await?;
            let made = statements::make(tx, &supplier, now).await?;
            audit::note(tx, shop.id, by, "supplier_statement.make", made.id, json!({ "no": made.no }), now).await?;
            once.keep(tx, &made, app.clock.wall()).await?;
            Ok(made)
        })
        .await
}

/// Makes the statements of a shop whose cycle has ended; says how many.
pub async fn make_due(app: &App, shop: &Shop) -> Result<u64, Failure> {
    let conn = app.db.reader();
    let moved = statements::unstated(conn, shop.id).await?;
    let mut made = 0;
    for supplier in query::by_ids(conn, shop.id, &moved).await? {
        let newest = statements::newest(conn, shop.id, supplier.id).await?;
        let since = newest.map_or(supplier.created_at, |newest| newest.until_at);
        if !is_due(since, supplier.settlement_days, app.clock.now()) {
            continue;
        }
        let outcome = app
            .db
            .write(async |tx| {
                let held = service::held(tx, shop.id, supplier.id).await?;
                // Another worker may have been first.
                let newest = statements::newest(tx, shop.id, held.id).await?;
                if newest.is_some_and(|newest| newest.until_at > since) {
                    return Ok(false);
                }
                statements::make(tx, &held, app.clock.now()).await?;
                Ok(true)
            })
            .await;
        match outcome {
            Ok(new) => made += u64::from(new),
            Err(failure) => tracing::error!(supplier = %supplier.id, %failure, "a statement could not be made"),
        }
    }
    Ok(made)
}

/// Whether a cycle of `days` Beijing days that began at `since` has ended.
fn is_due(since: Time, days: i32, now: Time) -> bool {
    let begun: NaiveDate = beijing_day(since);
    let days = Days::new(u64::try_from(days).unwrap_or(1));
    begun.checked_add_days(days).is_some_and(|ends| beijing_day(now) >= ends)
}

/// The supplier, or an operator in its name, found a statement right.
pub async fn confirm(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: SupplierStatementId,
) -> Result<statement::Model, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let known = statements::by_id(tx, shop.id, id).await?;
            let note = Note { confirmed_by: Some(by), ..Note::default() };
            let row = statements::advance(tx, &known, StatementEvent::Confirmed, note, now).await?;
            audit::note(tx, shop.id, by, "supplier_statement.confirm", id, json!({}), now).await?;
            Ok(row)
        })
        .await
}

/// The supplier a statement is of, read with it.
pub async fn of(
    app: &App,
    shop: &Shop,
    id: SupplierStatementId,
) -> Result<(statement::Model, supplier::Model), Failure> {
    let row = statements::by_id(app.db.reader(), shop.id, id).await?;
    let supplier = query::by_id(app.db.reader(), shop.id, row.supplier_id).await?;
    Ok((row, supplier))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_cycle_ends_with_a_day_of_beijing() {
        let at = |text: &str| text.parse::<Time>().unwrap();
        // 15:59 UTC is the last minute of the day in Beijing.
        let begun = at("2026-11-01T02:00:00Z");
        assert!(!is_due(begun, 7, at("2026-11-07T15:59:00Z")));
        assert!(is_due(begun, 7, at("2026-11-07T16:00:00Z")));
    }
}
