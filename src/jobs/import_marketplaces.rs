//! Works on imports, a page at a time, so that a long one does not hold up the others.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::import_goods;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let pages = import_goods::work(app).await?;
    Ok(if pages > 0 { Done::PartOf(pages) } else { Done::AllOf(0) })
}
