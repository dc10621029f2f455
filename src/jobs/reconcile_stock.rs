//! Compares the stock gate with the database and mends what differs.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::areas::stock::reconcile;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let mut mended = 0;
    for shop in app.shops.all().iter() {
        let drift = reconcile::reconcile(app.db.reader(), &app.gate, shop.id).await?;
        if !drift.is_clean() {
            mended += 1;
            tracing::info!(shop = %shop.id, ?drift, "the stock gate was brought back to the database");
        }
    }
    Ok(Done::AllOf(mended))
}
