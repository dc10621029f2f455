//! Asking after shares that are under way, so that who decides about a refund knows what came of them:
//! what a merchant has received is asked back, what is only on its way to it could not be.

use kernel::Failure;
use kernel::id::OrderId;

use super::exchange::ask;
use crate::app::App;
use crate::areas::payouts::state::SharingState;
use crate::areas::payouts::{query, sharings};
use crate::areas::shops::query::Shop;

/// Asks once after each share of the order that the platform may have, and sends none. It never stands
/// in the way: what cannot be asked now stays as it is known.
pub async fn hear_out(app: &App, shop: &Shop, order: OrderId) -> Result<(), Failure> {
    let all = query::sharings_of(app.db.reader(), shop.id, order).await?;
    for (row, _) in all.iter().filter(|(row, _)| row.state == SharingState::Processing) {
        let wall = app.clock.wall();
        app.db.write(async |tx| Ok(sharings::ask_soon(tx, shop.id, row.id, wall).await?)).await?;
        if let Err(failure) = ask(app, shop, row.id).await {
            tracing::warn!(sharing = %row.id, %failure, "a share could not be asked after before a refund");
        }
    }
    Ok(())
}
