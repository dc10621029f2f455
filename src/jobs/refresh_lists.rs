//! Keeps what every process remembers of the database: the shops, who may no longer act, and where
//! business time stands.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::business_time;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    app.refresh_lists().await?;
    business_time::catch_up(app).await?;
    Ok(Done::AllOf(0))
}
