//! An operator tells by which id a marketplace knows a leader.

use kernel::Failure;
use kernel::id::{LeaderId, OperatorId};
use serde_json::json;

use crate::app::App;
use crate::areas::affiliate_orders::channels;
use crate::areas::leaders;
use crate::areas::leaders::error::LeaderError;
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;

/// Names a leader by `channel_id`, or with `None` by nothing any more.
///
/// # Errors
/// `marketplace.unknown`, `marketplace.not_configured`, `leader.not_found`, `market_channel.taken`.
pub async fn name_leader(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    leader: LeaderId,
    marketplace: &str,
    channel_id: Option<&str>,
) -> Result<(), Failure> {
    app.marketplaces.of(shop, marketplace)?;
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            leaders::query::by_id(tx, shop.id, leader).await?.ok_or(LeaderError::NotFound)?;
            match channel_id {
                Some(id) => channels::set(tx, shop.id, marketplace, leader, id, now).await?,
                None => {
                    channels::remove(tx, shop.id, marketplace, leader).await?;
                }
            }
            let what = json!({ "marketplace": marketplace, "channel_id": channel_id });
            audit::note(tx, shop.id, by, "leader.market_channel", leader, what, now).await?;
            Ok(())
        })
        .await
}
