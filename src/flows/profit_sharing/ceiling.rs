//! How much of an order may be shared in all: what the shop allows itself, and never more than the
//! platform grants its merchant.

use std::time::{Duration, Instant};

use kernel::BasisPoints;

use crate::app::App;
use crate::areas::shops::query::Shop;

/// How long the platform's word is taken for its latest.
const FRESH: Duration = Duration::from_secs(3600);

/// The lower of both, for the merchant whose money it is (the shop's own where none is named). Where the platform cannot be asked its last word counts, else the shop's alone:
/// a share above the ratio is refused there and stays owed.
pub(super) async fn of(app: &App, shop: &Shop, merchant_no: Option<&str>) -> BasisPoints {
    let own = shop.settings.sharing_ceiling_bp;
    let clients = app.clients.of(shop);
    let Ok(pay) = clients.pay_for(merchant_no) else { return own };
    let merchant = merchant_no.map(str::to_owned);
    let mut known = clients.sharing_ceiling.lock().await;
    if known.get(&merchant).is_none_or(|(asked, _)| asked.elapsed() > FRESH) {
        match pay.sharing_ceiling().await {
            Ok(Some(granted)) => drop(known.insert(merchant.clone(), (Instant::now(), granted))),
            Ok(None) => drop(known.remove(&merchant)),
            Err(error) => tracing::warn!(shop = %shop.id, %error, "the ratio of sharing is not known"),
        }
    }
    known.get(&merchant).map_or(own, |(_, granted)| own.min(*granted))
}
