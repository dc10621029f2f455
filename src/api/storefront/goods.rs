//! Goods as shoppers see them: only what is on sale now, and here.

use std::collections::{BTreeMap, HashMap};

use crate::api::routes::Routes;
use actix_web::{HttpRequest, get, web};
use chrono::{DateTime, Utc};
use kernel::failure::Invalid;
use kernel::id::{CategoryId, GoodsId, PickupPointId, ShopId, SkuId};
use kernel::page::Page;
use kernel::{Failure, Fen, ListingKind, Time};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use super::shown::shown;
use crate::api::auth::Visitor;
use crate::api::body::{PathId, page_request, parse_query};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::Reply;
use crate::app::App;
use crate::areas::goods::draft::{read, specs_of};
use crate::areas::goods::entity::{goods, sku};
use crate::areas::goods::listing::{self, Sort, Wanted};
use crate::areas::goods::rules::expected_pickup;
use crate::areas::goods::terms::{PurchaseLimit, Source};
use crate::areas::goods::{GoodsError, categories, query, words};

/// The longest search text.
const SEARCH_MAX: usize = 64;

pub(super) fn routes(config: &mut Routes) {
    config.service(list_goods).service(show_goods);
}

/// One variant of goods.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SkuView {
    id: SkuId,
    /// Dimension → value.
    specs: BTreeMap<String, String>,
    #[schema(value_type = i64)]
    price_fen: Fen,
    /// The price struck through beside it.
    #[schema(value_type = Option<i64>)]
    original_price_fen: Option<Fen>,
    /// Units left; null is unlimited.
    stock: Option<i64>,
    weight_g: Option<i64>,
    picture: Option<String>,
}

/// Goods in a list.
#[derive(Serialize, utoipa::ToSchema)]
pub struct GoodsCard {
    id: GoodsId,
    /// `affiliate` goods are bought on their own marketplace: they have no cart and no order here.
    listing: ListingKind,
    /// The marketplace of affiliate goods.
    marketplace: Option<String>,
    category_id: Option<CategoryId>,
    title: String,
    subtitle: Option<String>,
    /// The first picture.
    picture: Option<String>,
    tags: Vec<String>,
    /// The cheapest SKU's price.
    #[schema(value_type = i64)]
    price_from_fen: Fen,
    /// Units left of all SKUs; null is unlimited.
    stock: Option<i64>,
    /// Whether no SKU has a unit left.
    sold_out: bool,
    sale_from: Option<DateTime<Utc>>,
    sale_until: Option<DateTime<Utc>>,
    /// When an order made now can be collected: a day such as `2026-11-25`, or the shop's words.
    expected_pickup: Option<String>,
    purchase_limit: Option<PurchaseLimit>,
    /// Ordered with other express-only goods alone.
    express_only: bool,
    /// For members without a paid order.
    new_buyer_only: bool,
    skus: Vec<SkuView>,
}

/// Goods with everything to decide by.
#[derive(Serialize, utoipa::ToSchema)]
struct GoodsView {
    #[serde(flatten)]
    card: GoodsCard,
    pictures: Vec<String>,
    video: Option<String>,
    /// The description, rich text.
    detail: String,
}

impl SkuView {
    fn of(row: sku::Model) -> Result<Self, GoodsError> {
        Ok(Self {
            id: row.id,
            specs: specs_of(&row)?,
            price_fen: row.price_fen,
            original_price_fen: row.original_price_fen,
            stock: row.free,
            weight_g: row.weight_g,
            picture: row.picture,
        })
    }
}

impl GoodsCard {
    fn of(row: &goods::Model, skus: Vec<sku::Model>, now: Time) -> Result<Self, GoodsError> {
        let source: Option<Source> = read(row.id, "source", row.source.as_ref())?;
        let pictures: Vec<String> = read(row.id, "pictures", Some(&row.pictures))?.unwrap_or_default();
        let rule = read(row.id, "pickup", row.pickup.as_ref())?;
        let unlimited = skus.iter().any(|sku| sku.free.is_none());
        let left = skus.iter().fold(0_i64, |sum, sku| sum.saturating_add(sku.free.unwrap_or_default()));
        Ok(Self {
            id: row.id,
            listing: row.kind,
            marketplace: source.filter(|_| row.kind == ListingKind::Affiliate).map(|source| source.marketplace),
            category_id: row.category_id,
            title: row.title.clone(),
            subtitle: row.subtitle.clone(),
            picture: pictures.into_iter().next(),
            tags: read(row.id, "tags", Some(&row.tags))?.unwrap_or_default(),
            price_from_fen: row.price_from_fen,
            stock: (!unlimited).then_some(left),
            sold_out: !unlimited && left == 0,
            sale_from: row.sale_from,
            sale_until: row.sale_until,
            expected_pickup: rule.map(|rule| expected_pickup(&rule, now)),
            purchase_limit: read(row.id, "purchase_limit", row.purchase_limit.as_ref())?,
            express_only: row.express_only,
            new_buyer_only: row.new_buyer_only,
            skus: skus.into_iter().map(SkuView::of).collect::<Result<_, _>>()?,
        })
    }
}

/// What is on sale, as cards with their SKUs.
pub(super) async fn cards(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    page: Page<goods::Model>,
    now: Time,
) -> Result<Page<GoodsCard>, GoodsError> {
    let ids: Vec<GoodsId> = page.items.iter().map(|row| row.id).collect();
    let mut skus: HashMap<_, _> = query::skus_of(conn, shop, &ids).await?;
    let card = |row: &goods::Model| GoodsCard::of(row, skus.remove(&row.id).unwrap_or_default(), now);
    let items = page.items.iter().map(card).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// What a list of goods is asked with.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct GoodsQuery {
    /// A category's id; a category of the first level includes those under it.
    #[param(value_type = Option<String>)]
    category: Option<CategoryId>,
    /// Words of the title, subtitle and tags; all of them must occur.
    #[param(max_length = 64)]
    q: Option<String>,
    /// The order of the list.
    #[param(inline)]
    sort: Option<Sort>,
    /// What this pickup point sells; without it, the member's own.
    #[param(value_type = Option<String>)]
    pickup_point_id: Option<PickupPointId>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    #[param(value_type = Option<String>)]
    cursor: Option<String>,
}

/// Goods on sale now: all, of a category, or found by words.
#[utoipa::path(tag = "catalogue", params(GoodsQuery),
    responses((status = 200, body = ListView<GoodsCard>), (status = 304, description = "Not modified"), Failures))]
#[get("/api/v1/goods")]
async fn list_goods(app: web::Data<App>, visitor: Visitor, request: HttpRequest) -> Reply {
    shown(&app, &visitor, &request, async |viewer| {
        let (conn, shop, now) = (app.db.reader(), visitor.shop.id, app.clock.now());
        let asked: GoodsQuery = parse_query(request.query_string())?;
        let page = page_request(asked.limit, asked.cursor)?;
        let wanted = Wanted {
            categories: match asked.category {
                Some(category) => Some(categories::with_children(conn, shop, category).await?),
                None => None,
            },
            words: search_words(asked.q.as_deref())?,
            point: asked.pickup_point_id.or(viewer.point),
            without_new_buyer_goods: viewer.has_paid,
            sort: asked.sort.unwrap_or_default(),
        };
        let rows = listing::on_sale(conn, shop, &wanted, &page, now).await?;
        Ok(ListView::from(cards(conn, shop, rows, now).await?))
    })
    .await
}

/// The words of a search; a blank one is none.
pub(crate) fn search_words(text: Option<&str>) -> Result<Option<Vec<words::Asked>>, Failure> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > SEARCH_MAX {
        return Err(Invalid::field("q", "too_long", format!("at most {SEARCH_MAX} characters")).into());
    }
    Ok(Some(words::asked(text)))
}

/// Where goods are looked at.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PlaceQuery {
    /// As this pickup point sells them; without it, the member's own.
    #[param(value_type = Option<String>)]
    pickup_point_id: Option<PickupPointId>,
}

/// Goods on sale now, with their description.
#[utoipa::path(tag = "catalogue", params(("id" = String, Path), PlaceQuery),
    responses((status = 200, body = GoodsView), (status = 304, description = "Not modified"), Failures))]
#[get("/api/v1/goods/{id}")]
async fn show_goods(app: web::Data<App>, visitor: Visitor, id: PathId<GoodsId>, request: HttpRequest) -> Reply {
    shown(&app, &visitor, &request, async |viewer| {
        let (conn, shop, now) = (app.db.reader(), visitor.shop.id, app.clock.now());
        let asked: PlaceQuery = parse_query(request.query_string())?;
        let row = query::on_sale(conn, shop, *id, asked.pickup_point_id.or(viewer.point), now).await?;
        if row.new_buyer_only && viewer.has_paid {
            return Err(GoodsError::NotFound(row.id).into());
        }
        let skus = query::skus_of(conn, shop, &[row.id]).await?.remove(&row.id).unwrap_or_default();
        Ok(GoodsView {
            card: GoodsCard::of(&row, skus, now)?,
            pictures: read(row.id, "pictures", Some(&row.pictures))?.unwrap_or_default(),
            video: row.video,
            detail: row.detail,
        })
    })
    .await
}
