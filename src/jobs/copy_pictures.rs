//! Copies the pictures of imported goods, some at a time.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::import_goods;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let (count, more) = import_goods::copy_due(app).await?;
    Ok(if more { Done::PartOf(count) } else { Done::AllOf(count) })
}
