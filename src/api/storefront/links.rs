//! The jump from affiliate goods to their marketplace.

use crate::api::routes::Routes;
use actix_web::{post, web};
use kernel::id::GoodsId;
use serde::Serialize;

use crate::api::auth::SignedInMember;
use crate::api::body::{JsonBody, Nothing, PathId};
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::flows::affiliate_link::{self, AffiliateLink};

pub(super) fn routes(config: &mut Routes) {
    config.service(jump);
}

/// Where affiliate goods are bought. Jump to `we_app` if there is one, else offer `tpwd` or
/// `short_url` to be copied.
#[derive(Serialize, utoipa::ToSchema)]
struct AffiliateLinkView {
    we_app: Option<WeApp>,
    /// An address to copy.
    short_url: Option<String>,
    /// A password text (淘口令) to copy: the platform's own app opens the goods.
    tpwd: Option<String>,
    /// Whether the platform wants this shopper's filing (备案) first: the link leads there, and the
    /// next one to the goods.
    filing: bool,
}

/// The target of `wx.navigateToMiniProgram`, as the platform gave it.
#[derive(Serialize, utoipa::ToSchema)]
struct WeApp {
    app_id: String,
    page_path: String,
}

impl From<AffiliateLink> for AffiliateLinkView {
    fn from(link: AffiliateLink) -> Self {
        Self {
            we_app: link.we_app.map(|(app_id, page_path)| WeApp { app_id, page_path }),
            short_url: link.short_url,
            tpwd: link.tpwd,
            filing: link.filing,
        }
    }
}

/// The member's own link to affiliate goods; what is bought through it counts for him and his leader.
#[utoipa::path(
    tag = "catalogue", operation_id = "affiliate_link", security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = AffiliateLinkView), Failures)
)]
#[post("/api/v1/goods/{id}/link")]
async fn jump(app: web::Data<App>, who: SignedInMember, id: PathId<GoodsId>, _: JsonBody<Nothing>) -> Reply {
    json(&AffiliateLinkView::from(affiliate_link::link(&app, &who.shop, who.member, *id).await?))
}
