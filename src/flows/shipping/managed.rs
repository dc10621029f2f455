//! Whether a shop's mini-program is under trade management, and how WeChat names carriers.

use chrono::Duration;
use gateways::wechat::WechatError;
use kernel::Failure;

use crate::app::App;
use crate::areas::shipping::management;
use crate::areas::shops::query::Shop;
use crate::flows::wechat_tokens;

/// How long the list of carriers is good.
const CARRIERS_AGE: Duration = Duration::hours(24);

/// Whether WeChat keeps this shop's money until it is shipped: as remembered for a day, else asked.
///
/// `None` while WeChat cannot be asked and nothing is remembered. Where it refuses the question the
/// shop counts as managed, because telling too much costs a refusal and telling too little the money.
pub async fn is_managed(app: &App, shop: &Shop) -> Result<Option<bool>, Failure> {
    let known = management::of(app.db.reader(), shop.id).await?;
    let wall = app.clock.wall();
    if let Some(row) = known.as_ref().filter(|row| wall < row.asked_at + management::AGE_MOST) {
        return Ok(Some(row.managed));
    }
    let clients = app.clients.of(shop);
    let answer =
        wechat_tokens::with_token(app, shop, async |token: String| clients.miniprogram.is_trade_managed(&token).await);
    match answer.await {
        Ok(managed) => {
            app.db.write(async |tx| Ok(management::keep(tx, shop.id, managed, wall).await?)).await?;
            tracing::info!(shop = %shop.id, managed, "WeChat was asked whether it keeps the shop's money");
            Ok(Some(managed))
        }
        Err(WechatError::Refused(why)) => {
            tracing::warn!(shop = %shop.id, %why, "WeChat does not say whether it keeps the shop's money");
            Ok(Some(known.is_none_or(|row| row.managed)))
        }
        Err(error) => {
            tracing::warn!(shop = %shop.id, %error, "WeChat cannot be asked whether it keeps the shop's money");
            Ok(known.map(|row| row.managed))
        }
    }
}

/// The carriers as WeChat names them, as pairs of id and name; none where it cannot be asked.
pub(super) async fn carriers(app: &App, shop: &Shop) -> Result<Vec<(String, String)>, Failure> {
    let Some(known) = management::of(app.db.reader(), shop.id).await? else { return Ok(Vec::new()) };
    let wall = app.clock.wall();
    if known.carriers_at.is_some_and(|at| wall < at + CARRIERS_AGE) {
        return Ok(known.known_carriers());
    }
    let clients = app.clients.of(shop);
    let answer = wechat_tokens::with_token(app, shop, async |token: String| clients.miniprogram.carriers(&token).await);
    match answer.await {
        Ok(list) => {
            let pairs: Vec<_> = list.into_iter().map(|one| (one.delivery_id, one.delivery_name)).collect();
            app.db.write(async |tx| Ok(management::keep_carriers(tx, shop.id, &pairs, wall).await?)).await?;
            Ok(pairs)
        }
        Err(error) => {
            tracing::warn!(shop = %shop.id, %error, "WeChat's carriers cannot be read; the given names are used");
            Ok(known.known_carriers())
        }
    }
}
