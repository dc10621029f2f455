//! Goes on with after-sale tickets whose deadline has passed.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::after_sale;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    after_sale::deadlines_pass(app).await.map(|(done, more)| if more { Done::PartOf(done) } else { Done::AllOf(done) })
}
