//! Forgets what is no longer needed: answered keys and renewals of imported goods after seven days,
//! messages of platforms too, delivered effects after three, what readings of stores found after ninety.

use chrono::Duration;
use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::areas::channels::drifts;
use crate::areas::{market_accounts, stores};
use crate::platform::{outbox, request_keys};

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let wall = app.clock.wall();
    let gone = app
        .db
        .write(async |tx| {
            let keys = request_keys::sweep(tx, wall - Duration::days(7)).await?;
            let renewals = market_accounts::service::sweep_renewals(tx, app.clock.now() - Duration::days(7)).await?;
            let notices = stores::notices::sweep(tx, wall).await?;
            let drifts = drifts::sweep(tx, app.clock.now() - Duration::days(90)).await?;
            Ok(keys + renewals + notices + drifts + outbox::sweep(tx, wall - Duration::days(3)).await?)
        })
        .await?;
    Ok(Done::AllOf(gone))
}
