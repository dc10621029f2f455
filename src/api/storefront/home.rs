//! The home page in one call.

use crate::api::routes::Routes;
use actix_web::{HttpRequest, get, web};
use kernel::page::PageRequest;
use serde::{Deserialize, Serialize};

use super::categories::{self, CategoryView};
use super::goods::{GoodsCard, cards};
use super::shown::shown;
use crate::api::auth::Visitor;
use crate::api::body::parse_query;
use crate::api::problem::Failures;
use crate::api::reply::Reply;
use crate::app::App;
use crate::areas::goods::listing::{self, Wanted};
use kernel::id::PickupPointId;

/// How many goods the home page recommends.
const RECOMMENDED: u64 = 10;

pub(super) fn routes(config: &mut Routes) {
    config.service(show_home);
}

/// Something shown on the home page: a picture or a text that leads somewhere.
#[derive(Serialize, utoipa::ToSchema)]
struct BlockView {
    title: String,
    picture: Option<String>,
    /// A page of the mini-program.
    link: Option<String>,
}

/// The blocks of the home page. One without content is empty, never absent.
#[derive(Serialize, utoipa::ToSchema)]
struct HomeView {
    banners: Vec<BlockView>,
    notices: Vec<BlockView>,
    categories: Vec<CategoryView>,
    flash_sales: Vec<GoodsCard>,
    group_purchases: Vec<GoodsCard>,
    topics: Vec<BlockView>,
    /// The first goods of the shop's own order.
    recommended: Vec<GoodsCard>,
}

/// Where the shopper is.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HomeQuery {
    /// What this pickup point sells; without it, the member's own.
    #[param(value_type = Option<String>)]
    pickup_point_id: Option<PickupPointId>,
}

/// The home page's blocks.
#[utoipa::path(tag = "catalogue", params(HomeQuery),
    responses((status = 200, body = HomeView), (status = 304, description = "Not modified"), Failures))]
#[get("/api/v1/home")]
async fn show_home(app: web::Data<App>, visitor: Visitor, request: HttpRequest) -> Reply {
    shown(&app, &visitor, &request, async |viewer| {
        let (conn, shop, now) = (app.db.reader(), visitor.shop.id, app.clock.now());
        let asked: HomeQuery = parse_query(request.query_string())?;
        let wanted = Wanted {
            point: asked.pickup_point_id.or(viewer.point),
            without_new_buyer_goods: viewer.has_paid,
            ..Wanted::default()
        };
        let page = PageRequest { limit: RECOMMENDED, cursor: None };
        let rows = listing::on_sale(conn, shop, &wanted, &page, now).await?;
        Ok(HomeView {
            banners: Vec::new(),
            notices: Vec::new(),
            categories: categories::tree(conn, shop).await?,
            flash_sales: Vec::new(),
            group_purchases: Vec::new(),
            topics: Vec::new(),
            recommended: cards(conn, shop, rows, now).await?.items,
        })
    })
    .await
}
