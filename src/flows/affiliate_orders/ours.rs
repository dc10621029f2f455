//! Which lines are this shop's, where shops share one app at a marketplace: the marketplace tells each
//! of them everything that was sold through the app.

use std::sync::Arc;

use gateways::marketplaces::AffiliateOrderLine;
use kernel::Failure;
use sea_orm::ConnectionTrait;

use crate::app::App;
use crate::areas::shops::query::Shop;
use crate::areas::{leaders, members};
use crate::flows::affiliate_mark;

/// A shop that uses the same app, with its promotion position.
struct Sharer {
    shop: Arc<Shop>,
    position: Option<String>,
}

/// The shops that are told of the same lines, the oldest first.
pub(super) struct Sharers(Vec<Sharer>);

impl Sharers {
    /// Finds them; nearly always the shop is alone.
    pub fn of(app: &App, shop: &Shop, marketplace: &str) -> Result<Self, Failure> {
        let own = app.marketplaces.of(shop, marketplace)?;
        let mut sharers = Vec::new();
        for other in app.shops.all().iter() {
            // A shop whose settings are unusable is told nothing.
            let Ok(market) = app.marketplaces.of(other, marketplace) else { continue };
            let connector = market.channel.connector();
            if connector.app() == own.channel.connector().app() {
                sharers.push(Sharer { shop: Arc::clone(other), position: connector.position().map(str::to_owned) });
            }
        }
        sharers.sort_by_key(|sharer| sharer.shop.id);
        Ok(Self(sharers))
    }

    /// Whether a line is `shop`'s: it came through its position; where several have that, the mark
    /// names its people; where it names nobody's, the oldest shop keeps it.
    pub async fn is_ours(
        &self,
        conn: &impl ConnectionTrait,
        shop: &Shop,
        line: &AffiliateOrderLine,
    ) -> Result<bool, Failure> {
        if self.0.len() < 2 {
            return Ok(true);
        }
        let through = |sharer: &&Sharer| sharer.position.is_none() || sharer.position == line.position;
        let mut candidates: Vec<&Sharer> = self.0.iter().filter(through).collect();
        if candidates.is_empty() {
            candidates = self.0.iter().collect();
        }
        for candidate in &candidates {
            if names_one_of(conn, &candidate.shop, line).await? {
                return Ok(candidate.shop.id == shop.id);
            }
        }
        Ok(candidates.first().is_some_and(|first| first.shop.id == shop.id))
    }
}

async fn names_one_of(conn: &impl ConnectionTrait, shop: &Shop, line: &AffiliateOrderLine) -> Result<bool, Failure> {
    let (member, leader) = affiliate_mark::read(line.attributed_to.as_deref(), line.group.as_deref());
    if let Some(id) = member
        && members::query::by_id(conn, shop.id, id).await?.is_some()
    {
        return Ok(true);
    }
    match leader {
        Some(id) => Ok(leaders::query::by_id(conn, shop.id, id).await?.is_some()),
        None => Ok(false),
    }
}
