//! Looks again at goods shown from marketplaces, within each platform's quota.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::import_goods;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    Ok(Done::AllOf(import_goods::begin_due(app).await?))
}
