//! How much of an order may be shared in all: what the shop allows itself, and never more than the
//! platform grants its merchant.

use std::time::{Duration, Instant};

use kernel::BasisPoints;

use crate::app::App;
use crate::areas::shops::query::Shop;

/// How long the platform's word is taken for its latest.
const FRESH: Duration = Duration::from_secs(3600);

/// The lower of both. Where the platform cannot be asked its last word counts, else the shop's alone:
/// a share above the ratio is refused there and stays owed.
pub(super) async fn of(app: &App, shop: &Shop) -> BasisPoints {
    let own = shop.settings.sharing_ceiling_bp;
    let clients = app.clients.of(shop);
    let Ok(pay) = clients.pay() else { return own };
    let mut known = clients.sharing_ceiling.lock().await;
    if known.is_none_or(|(asked, _)| asked.elapsed() > FRESH) {
        match pay.sharing_ceiling().await {
            Ok(granted) => *known = granted.map(|granted| (Instant::now(), granted)),
            Err(error) => tracing::warn!(shop = %shop.id, %error, "the ratio of sharing is not known"),
        }
    }
    known.map_or(own, |(_, granted)| own.min(granted))
}
