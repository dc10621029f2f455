//! The way from affiliate goods to their marketplace, marked with who takes it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateways::marketplaces::{ApiError, ErrorClass, LinkRequest, Mark, Priority};
use kernel::id::{GoodsId, MemberId};
use kernel::{Failure, ListingKind};
use uuid::Uuid;

use crate::app::{App, Jump, Market};
use crate::areas::goods::GoodsError;
use crate::areas::goods::draft::read;
use crate::areas::goods::terms::Source;
use crate::areas::market_accounts::MarketError;
use crate::areas::market_accounts::remote::{self, Origin};
use crate::areas::members::error::MemberError;
use crate::areas::shops::query::Shop;
use crate::areas::{goods, members};

/// Where a shopper goes to buy affiliate goods. Any of the three may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AffiliateLink {
    /// App id and page for `wx.navigateToMiniProgram`.
    pub we_app: Option<(String, String)>,
    /// A short address to copy.
    pub short_url: Option<String>,
    /// A password text (淘口令) to copy.
    pub tpwd: Option<String>,
    /// Whether the link leads to the platform's filing (备案), which it wants from this shopper first.
    pub filing: bool,
}

/// The link of a member to affiliate goods. What he buys comes back with his mark and his leader's.
///
/// # Errors
/// `goods.not_found`, `goods.not_affiliate`, `marketplace.not_configured`, `marketplace.unavailable`.
#[tracing::instrument(skip_all, fields(shop = %shop.id, goods = %goods))]
pub async fn link(app: &App, shop: &Shop, member: MemberId, goods: GoodsId) -> Result<AffiliateLink, Failure> {
    let conn = app.db.reader();
    let who = members::query::by_id(conn, shop.id, member).await?.ok_or(MemberError::TokenInvalid)?;
    let row = goods::query::on_sale(conn, shop.id, goods, who.pickup_point_id, app.clock.now()).await?;
    let source: Option<Source> = read(row.id, "source", row.source.as_ref())?;
    let (ListingKind::Affiliate, Some(source)) = (row.kind, source) else {
        return Err(GoodsError::NotAffiliate(goods).into());
    };
    let key = (shop.id, member, goods);
    if let Some(known) = app.marketplaces.links.get(&key).await {
        return Ok(shown(&known));
    }
    let market = app.marketplaces.of(shop, &source.marketplace)?;
    let origin = Origin { shop: shop.id, marketplace: &source.marketplace, listing: row.kind };
    let tie = remote::known(conn, origin, &[&source.external_id]).await?.remove(&source.external_id);
    let wanted = LinkRequest {
        external_id: source.external_id,
        extra: tie.and_then(|tie| tie.snapshot.get("extra").cloned()).unwrap_or_default(),
        mark: Some(mark(member.uuid(), who.leader_id.map(|leader| leader.uuid()))),
    };
    let jump = Arc::new(make(&market, &wanted).await.map_err(|error| {
        tracing::error!(marketplace = market.descriptor.id, %error, "no promotion link");
        MarketError::Unavailable { marketplace: market.descriptor.id.to_owned() }
    })?);
    // A filing is done once; the next tap must see that.
    if !jump.filing {
        app.marketplaces.links.insert(key, Arc::clone(&jump)).await;
    }
    Ok(shown(&jump))
}

/// The goods' link, or the one to the filing where the platform wants that first.
async fn make(market: &Market, wanted: &LinkRequest) -> Result<Jump, ApiError> {
    let channel = market.channel.clone().with_priority(Priority::Person);
    let refused = match market.hurried.link(&channel, wanted).await {
        Ok(link) => return Ok(Jump { link, filing: false }),
        Err(error) => error,
    };
    let filing = channel.connector().filing().filter(|_| refused.class == ErrorClass::FilingNeeded);
    let Some(filing) = filing else { return Err(refused) };
    let link = market.hurried.first(&channel, filing.filing_link(wanted.mark.as_ref())).await?;
    Ok(Jump { link: link.ok_or(refused)?, filing: true })
}

/// Whom an order shall be attributed to: the member, and in place of the group his leader at this
/// moment. Both ids in their shortest form, because Pinduoduo takes 64 bytes for the whole mark.
fn mark(member: Uuid, leader: Option<Uuid>) -> Mark {
    Mark { uid: short(member), sid: leader.map(short), channel_id: None }
}

fn short(id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}

fn shown(jump: &Jump) -> AffiliateLink {
    let link = &jump.link;
    AffiliateLink {
        we_app: link.we_app_info.as_ref().map(|app| (app.app_id.clone(), app.page_path.clone())),
        // The long address does where no short one was given.
        short_url: link.short_url.clone().or_else(|| link.url.clone()),
        tpwd: link.tpwd.clone(),
        filing: jump.filing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mark_fits_the_platforms_64_bytes() {
        let mark = mark(Uuid::now_v7(), Some(Uuid::now_v7()));
        let text = serde_json::json!({"uid": mark.uid, "sid": mark.sid}).to_string();
        assert!(text.len() <= 64, "{text} has {} bytes", text.len());
    }
}
