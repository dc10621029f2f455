//! Makes leaders' parts of settled affiliate orders available once the shop's hold is over.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::affiliate_orders;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let (released, more) = affiliate_orders::release_due(app).await?;
    Ok(if more { Done::PartOf(released) } else { Done::AllOf(released) })
}
