//! The cart.

use std::collections::BTreeMap;

use crate::api::routes::Routes;
use actix_web::{delete, get, put, web};
use kernel::Fen;
use kernel::failure::Invalid;
use kernel::id::{GoodsId, SkuId};
use serde::{Deserialize, Serialize};

use crate::api::auth::SignedInMember;
use crate::api::body::{JsonBody, PathId};
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json, no_content};
use crate::app::App;
use crate::areas::goods::GoodsError;
use crate::areas::goods::draft::{read, specs_of};
use crate::flows::cart::{self, Cart, Line, Trouble};

/// Most units of a line.
const QUANTITY_MAX: i64 = 9_999;

pub(super) fn routes(config: &mut Routes) {
    config.service(show_cart).service(put_cart_item).service(remove_cart_item);
}

/// Why a line cannot be bought now.
#[derive(Serialize, utoipa::ToSchema)]
struct TroubleView {
    /// `off_shelf`, `sale_not_started`, `sale_ended`, `out_of_region`, `affiliate`, `new_buyers_only`,
    /// `sold_out`, `short`, `above_limit` or `below_minimum`.
    reason: &'static str,
    /// The most units that could be bought.
    at_most: Option<i64>,
    /// The least units that could be bought.
    at_least: Option<i64>,
}

/// A line of the cart.
#[derive(Serialize, utoipa::ToSchema)]
struct CartLineView {
    sku_id: SkuId,
    goods_id: GoodsId,
    title: String,
    /// Dimension → value.
    specs: BTreeMap<String, String>,
    picture: Option<String>,
    #[schema(value_type = i64)]
    price_fen: Fen,
    quantity: i64,
    selected: bool,
    /// Price × quantity.
    #[schema(value_type = i64)]
    goods_fen: Fen,
    /// Units left; null is unlimited.
    stock: Option<i64>,
    /// Ordered with other express-only goods alone.
    express_only: bool,
    /// Whether the line can be bought now.
    available: bool,
    /// Why not.
    unavailable: Option<TroubleView>,
}

/// What ordering the selected lines would come to, before reductions and shipping.
#[derive(Serialize, utoipa::ToSchema)]
struct SelectedView {
    /// Units of the selected lines that can be bought.
    quantity: i64,
    #[schema(value_type = i64)]
    goods_fen: Fen,
}

/// The member's cart.
#[derive(Serialize, utoipa::ToSchema)]
struct CartView {
    /// The latest first. A line that can no longer be bought stays and says why.
    lines: Vec<CartLineView>,
    selected: SelectedView,
}

impl CartLineView {
    fn of(line: Line) -> Result<Self, GoodsError> {
        let (sku, goods) = (&line.offer.sku, &line.offer.goods);
        let pictures: Vec<String> = read(goods.id, "pictures", Some(&goods.pictures))?.unwrap_or_default();
        Ok(Self {
            sku_id: sku.id,
            goods_id: goods.id,
            title: goods.title.clone(),
            specs: specs_of(sku)?,
            picture: sku.picture.clone().or(pictures.into_iter().next()),
            price_fen: sku.price_fen,
            quantity: line.item.quantity,
            selected: line.item.selected,
            goods_fen: line.goods_fen,
            stock: sku.free,
            express_only: goods.express_only,
            available: line.trouble.is_none(),
            unavailable: line.trouble.map(|trouble| {
                let Trouble { reason, at_most, at_least } = trouble;
                TroubleView { reason, at_most, at_least }
            }),
        })
    }
}

impl CartView {
    fn of(cart: Cart) -> Result<Self, GoodsError> {
        let lines = cart.lines.into_iter().map(CartLineView::of).collect::<Result<_, _>>()?;
        Ok(Self { lines, selected: SelectedView { quantity: cart.quantity, goods_fen: cart.goods_fen } })
    }
}

/// The member's cart as it stands now.
#[utoipa::path(tag = "cart", security(("bearer" = [])), responses((status = 200, body = CartView), Failures))]
#[get("/api/v1/cart")]
async fn show_cart(app: web::Data<App>, who: SignedInMember) -> Reply {
    json(&CartView::of(cart::show(&app, &who.shop, who.member).await?)?)
}

/// A line as it shall be.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PutItem {
    /// Units.
    #[schema(minimum = 1, maximum = 9_999)]
    quantity: i64,
    /// Whether it goes into the next order; it does when left out.
    #[serde(default = "yes")]
    selected: bool,
}

fn yes() -> bool {
    true
}

/// Adds a line or changes it; answers the whole cart.
#[utoipa::path(tag = "cart", security(("bearer" = [])), params(("sku_id" = String, Path)), request_body = PutItem,
    responses((status = 200, body = CartView), Failures))]
#[put("/api/v1/cart/items/{sku_id}")]
async fn put_cart_item(app: web::Data<App>, who: SignedInMember, sku: PathId<SkuId>, body: JsonBody<PutItem>) -> Reply {
    let PutItem { quantity, selected } = body.value;
    if !(1..=QUANTITY_MAX).contains(&quantity) {
        return Err(Invalid::field("quantity", "out_of_range", format!("1 to {QUANTITY_MAX}")).into());
    }
    cart::put(&app, &who.shop, who.member, *sku, quantity, selected).await?;
    json(&CartView::of(cart::show(&app, &who.shop, who.member).await?)?)
}

/// Removes a line; one that is not there is no fault.
#[utoipa::path(tag = "cart", security(("bearer" = [])), params(("sku_id" = String, Path)),
    responses((status = 204), Failures))]
#[delete("/api/v1/cart/items/{sku_id}")]
async fn remove_cart_item(app: web::Data<App>, who: SignedInMember, sku: PathId<SkuId>) -> Reply {
    cart::remove(&app, &who.shop, who.member, *sku).await?;
    no_content()
}
