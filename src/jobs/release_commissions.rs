//! Settles lines whose after-sale window has ended: their commissions become available.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let (settled, more) = flows::commission::release_due(app).await?;
    Ok(if more { Done::PartOf(settled) } else { Done::AllOf(settled) })
}
