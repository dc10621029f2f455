//! Applying a shop file: the command line, the demo and the tests create shops this way.

use std::sync::Arc;

use kernel::Failure;
use secrecy::SecretString;

use crate::app::{App, marketplaces};
use crate::areas::payments;
use crate::areas::shops::profile::ShopFile;
use crate::areas::shops::query::{self, Shop};
use crate::areas::shops::service;
use crate::areas::shops::settings::Settings;

/// Creates or updates the shop that the file's `text` describes, once its keys are found to work. A
/// file with any fault is refused with all of them, and nothing is written. Once a payment was begun the
/// account that takes the money stays; its keys may change.
///
/// `resolve` reads secrets given as `env:NAME` or `file:PATH`. Applying a file twice changes nothing.
pub async fn apply(
    app: &App,
    text: &str,
    resolve: impl Fn(&str) -> Result<SecretString, String>,
) -> Result<Arc<Shop>, Failure> {
    let draft = ShopFile::parse(text)?.into_draft(resolve, marketplaces::faults_of)?;
    let defaults = Settings {
        payment_window_s: app.config.orders.payment_window_s,
        after_sale_window_s: app.config.orders.after_sale_window_s,
        ..Settings::default()
    };
    app.clients.check(&draft.appid, &draft.profile, &draft.secrets)?;
    let id = app
        .db
        .write(async |tx| {
            let has_payments = match query::id_of(tx, &draft.code).await? {
                Some(shop) => payments::query::any(tx, shop).await?,
                None => false,
            };
            service::apply(tx, &app.sealer, &draft, &defaults, has_payments, app.clock.now()).await
        })
        .await?;
    app.shops.refresh(&app.db, &app.sealer).await?;
    Ok(app.shops.by_id(id)?)
}
