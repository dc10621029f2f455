//! Keeps what requests need without a database read: the shops, and who may no longer act.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::areas::members::sessions;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    app.shops.refresh(&app.db, &app.sealer).await?;
    let (barred, banned) = sessions::barred(app.db.reader(), app.clock.wall()).await?;
    app.barred.replace(barred, banned);
    Ok(Done::AllOf(0))
}
