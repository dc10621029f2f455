//! Units are gone from a store that no order told of: its orders are read before anything else is believed.

use kernel::Failure;

use crate::app::App;
use crate::areas::stores::entity::store;
use crate::areas::stores::hints;
use crate::areas::stores::state::HintKind;

/// Lets the orders of a store be read now.
pub(super) async fn read_soon(app: &App, row: &store::Model) -> Result<(), Failure> {
    metrics::counter!("stock_unknown_sales_total", "marketplace" => row.marketplace.clone()).increment(1);
    tracing::info!(store = %row.id, marketplace = row.marketplace, "a store has sold units that no order told of yet");
    let now = app.clock.now();
    app.db.write(async |tx| Ok(hints::put(tx, (row.shop_id, row.id), HintKind::Orders, &[], true, now).await?)).await
}
