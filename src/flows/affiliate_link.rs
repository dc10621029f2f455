//! The way from affiliate goods to their marketplace, marked with who takes it.

use std::sync::Arc;

use gateways::marketplaces::{ApiError, ErrorClass, LinkRequest, Priority};
use kernel::id::{GoodsId, MemberId};
use kernel::{Failure, ListingKind};

use crate::app::{App, Jump, Market};
use crate::areas::affiliate_orders::channels;
use crate::areas::goods::GoodsError;
use crate::areas::goods::draft::read;
use crate::areas::goods::terms::Source;
use crate::areas::market_accounts::MarketError;
use crate::areas::market_accounts::remote::{self, Origin};
use crate::areas::members::error::MemberError;
use crate::areas::shops::query::Shop;
use crate::areas::{goods, members};
use crate::flows::affiliate_mark;

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
    // Whoever has another leader since gets another link.
    let key = (shop.id, member, goods, who.leader_id);
    if let Some(known) = app.marketplaces.links.get(&key).await {
        return Ok(shown(&known));
    }
    let market = app.marketplaces.of(shop, &source.marketplace)?;
    let origin = Origin { shop: shop.id, marketplace: &source.marketplace, account: "", listing: row.kind };
    let tie = remote::known(conn, origin, &[&source.external_id]).await?.remove(&source.external_id);
    let channel = match who.leader_id {
        Some(leader) => channels::of_leader(conn, shop.id, leader).await?,
        None => Vec::new(),
    };
    let channel = channel.into_iter().find(|channel| channel.marketplace == source.marketplace);
    let wanted = LinkRequest {
        external_id: source.external_id,
        extra: tie.and_then(|tie| tie.snapshot.get("extra").cloned()).unwrap_or_default(),
        mark: Some(affiliate_mark::of(member, who.leader_id, channel.map(|channel| channel.channel_id))),
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
