//! Makes the statements of suppliers whose cycle has ended.

use kernel::Failure;

use super::Done;
use crate::app::App;
use crate::flows::supplier_statements;

pub(super) async fn run(app: &App) -> Result<Done, Failure> {
    let mut made = 0;
    for shop in app.shops.all().iter() {
        made += supplier_statements::make_due(app, shop).await?;
    }
    Ok(Done::AllOf(made))
}
