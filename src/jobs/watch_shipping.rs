//! Asks WeChat whether shipped payments are free, has buyers reminded, and once a day looks for
//! shipping that WeChat has not heard of.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::shipping;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let (asked, more) = shipping::look(app).await?;
    let (reminded, also) = shipping::plan_reminders(app).await?;
    let queued = shipping::catch_up(app).await?;
    let done = asked + reminded + queued;
    Ok(if more || also { Done::PartOf(done) } else { Done::AllOf(done) })
}
