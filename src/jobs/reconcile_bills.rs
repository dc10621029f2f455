//! Holds WeChat Pay's bills against our books: yesterday's from 10:00 on, and those of the last days
//! that are not done.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::reconcile_bills;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let worked = reconcile_bills::work(app).await?;
    Ok(if worked > 0 { Done::PartOf(worked) } else { Done::AllOf(0) })
}
