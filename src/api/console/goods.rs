//! Goods, as operators keep them.

use std::collections::{BTreeMap, HashMap};

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{delete, get, patch, post, put, web};
use chrono::{DateTime, NaiveTime, Utc};
use kernel::failure::Invalid;
use kernel::id::{CategoryId, GoodsId, PickupPointId, SkuId, SupplierId};
use kernel::page::Page;
use kernel::{Failure, Fen, ListingKind};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId, QueryOf, page_request};
use crate::api::console::goods_body::GoodsBody;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json, no_content};
use crate::api::storefront::goods::search_words;
use crate::app::App;
use crate::areas::goods::draft::{GoodsDraft, specs_of};
use crate::areas::goods::entity::{goods, sku};
use crate::areas::goods::listing::{self, Managed};
use crate::areas::goods::terms::{CommissionTerms, PickupRule, PurchaseLimit, Source};
use crate::areas::goods::{GoodsError, categories, query};
use crate::areas::stock;
use crate::flows;
use crate::flows::goods::Described;

pub(super) fn routes(config: &mut Routes) {
    config
        .service(list_console_goods)
        .service(create_goods)
        .service(show_console_goods)
        .service(patch_goods)
        .service(put_goods)
        .service(delete_goods);
}

/// A SKU, with what shoppers do not see.
#[derive(Serialize, utoipa::ToSchema)]
struct ManagedSku {
    id: SkuId,
    /// Dimension → value.
    specs: BTreeMap<String, String>,
    #[schema(value_type = i64)]
    price_fen: Fen,
    #[schema(value_type = Option<i64>)]
    original_price_fen: Option<Fen>,
    #[schema(value_type = Option<i64>)]
    cost_fen: Option<Fen>,
    #[schema(value_type = Option<i64>)]
    member_price_fen: Option<Fen>,
    /// What the supplier gets for one unit, where its terms are a settlement price.
    #[schema(value_type = Option<i64>)]
    settlement_price_fen: Option<Fen>,
    /// Units that can be sold; null is unlimited.
    stock: Option<i64>,
    /// Units that unpaid orders hold beside them.
    reserved: i64,
    barcode: Option<String>,
    weight_g: Option<i64>,
    picture: Option<String>,
}

/// Goods, with what shoppers do not see.
#[derive(Serialize, utoipa::ToSchema)]
struct ManagedGoods {
    id: GoodsId,
    listing: ListingKind,
    /// Where imported goods come from.
    source: Option<Source>,
    title: String,
    subtitle: Option<String>,
    category_id: Option<CategoryId>,
    pictures: Vec<String>,
    video: Option<String>,
    tags: Vec<String>,
    on_shelf: bool,
    sale_from: Option<DateTime<Utc>>,
    sale_until: Option<DateTime<Utc>>,
    /// Days after the day of the order; 0 is the same day.
    pickup_days: Option<u16>,
    /// From this Beijing time an order counts as one of the next day.
    #[schema(value_type = Option<String>, example = "18:00:00")]
    pickup_cut_off: Option<NaiveTime>,
    /// In place of days: the shop's own words.
    pickup_text: Option<String>,
    purchase_limit: Option<PurchaseLimit>,
    commission: Option<CommissionTerms>,
    supplier_id: Option<SupplierId>,
    express_only: bool,
    new_buyer_only: bool,
    /// Which pickup points alone sell the goods; null is everywhere. A list of goods leaves it out.
    pickup_point_ids: Option<Vec<PickupPointId>>,
    position: i32,
    /// Grows with every change; name it when changing to be told of another's change.
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    skus: Vec<ManagedSku>,
}

/// Goods with their description.
#[derive(Serialize, utoipa::ToSchema)]
struct ManagedGoodsDetail {
    #[serde(flatten)]
    goods: ManagedGoods,
    detail: String,
}

impl ManagedSku {
    fn of(row: sku::Model, reserved: &HashMap<SkuId, i64>) -> Result<Self, GoodsError> {
        Ok(Self {
            id: row.id,
            specs: specs_of(&row)?,
            price_fen: row.price_fen,
            original_price_fen: row.original_price_fen,
            cost_fen: row.cost_fen,
            member_price_fen: row.member_price_fen,
            settlement_price_fen: row.settlement_price_fen,
            stock: row.free,
            reserved: reserved.get(&row.id).copied().unwrap_or_default(),
            barcode: row.barcode,
            weight_g: row.weight_g,
            picture: row.picture,
        })
    }
}

impl ManagedGoods {
    fn of(row: goods::Model, points: Vec<PickupPointId>, skus: Vec<ManagedSku>) -> Result<Self, GoodsError> {
        let draft = GoodsDraft::of(&row, points)?;
        let (pickup_days, pickup_cut_off, pickup_text) = match draft.pickup {
            Some(PickupRule::Days { days, cut_off }) => (Some(days), cut_off, None),
            Some(PickupRule::Words { text }) => (None, None, Some(text)),
            None => (None, None, None),
        };
        Ok(Self {
            id: row.id,
            listing: row.kind,
            source: draft.source,
            title: draft.title,
            subtitle: draft.subtitle,
            category_id: draft.category_id,
            pictures: draft.pictures,
            video: draft.video,
            tags: draft.tags,
            on_shelf: draft.on_shelf,
            sale_from: draft.sale_from,
            sale_until: draft.sale_until,
            pickup_days,
            pickup_cut_off,
            pickup_text,
            purchase_limit: draft.purchase_limit,
            commission: draft.commission,
            supplier_id: draft.supplier_id,
            express_only: draft.express_only,
            new_buyer_only: draft.new_buyer_only,
            pickup_point_ids: draft.pickup_point_ids,
            position: draft.position,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            skus,
        })
    }
}

impl ManagedGoodsDetail {
    fn of(described: Described) -> Result<Self, GoodsError> {
        let Described { goods, points, skus, reserved } = described;
        let skus = skus.into_iter().map(|row| ManagedSku::of(row, &reserved)).collect::<Result<_, _>>()?;
        let detail = goods.detail.clone();
        Ok(Self { goods: ManagedGoods::of(goods, points, skus)?, detail })
    }
}

/// What a list of goods is asked with.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ManagedQuery {
    /// A category's id; a category of the first level includes those under it.
    #[param(value_type = Option<String>)]
    category: Option<CategoryId>,
    /// Words of the title, subtitle and tags; all of them must occur.
    #[param(max_length = 64)]
    q: Option<String>,
    /// On the shelf or off it.
    on_shelf: Option<bool>,
    /// Ours or a marketplace's.
    listing: Option<ListingKind>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    #[param(value_type = Option<String>)]
    cursor: Option<String>,
}

/// The shop's goods, the newest first, without their descriptions.
#[utoipa::path(tag = "goods", security(("session" = [])), params(ManagedQuery),
    responses((status = 200, body = ListView<ManagedGoods>), Failures))]
#[get("/console/api/v1/goods")]
async fn list_console_goods(app: web::Data<App>, who: Operator, asked: QueryOf<ManagedQuery>) -> Reply {
    let (conn, shop, asked) = (app.db.reader(), who.shop.id, asked.0);
    let page = page_request(asked.limit, asked.cursor)?;
    let wanted = Managed {
        categories: match asked.category {
            Some(category) => Some(categories::with_children(conn, shop, category).await?),
            None => None,
        },
        words: search_words(asked.q.as_deref())?,
        on_shelf: asked.on_shelf,
        kind: asked.listing,
    };
    let rows = listing::managed(conn, shop, &wanted, &page).await?;
    let ids: Vec<GoodsId> = rows.items.iter().map(|row| row.id).collect();
    let mut skus = query::skus_of(conn, shop, &ids).await?;
    let sku_ids: Vec<SkuId> = skus.values().flatten().map(|sku| sku.id).collect();
    let reserved = stock::query::reserved(conn, shop, &sku_ids).await?;
    let mut view = |row: goods::Model| {
        let skus = skus.remove(&row.id).unwrap_or_default();
        let skus = skus.into_iter().map(|sku| ManagedSku::of(sku, &reserved)).collect::<Result<_, _>>()?;
        let listed = ManagedGoods::of(row, Vec::new(), skus)?;
        Ok::<_, GoodsError>(ManagedGoods { pickup_point_ids: None, ..listed })
    };
    let items = rows.items.into_iter().map(&mut view).collect::<Result<Vec<_>, _>>()?;
    json(&ListView::from(Page { items, next_cursor: rows.next_cursor }))
}

/// Adds goods with their SKUs; answers them with their ids.
#[utoipa::path(tag = "goods", security(("session" = [])), request_body = GoodsBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 201, body = ManagedGoodsDetail), Failures))]
#[post("/console/api/v1/goods")]
async fn create_goods(app: web::Data<App>, who: Operator, key: IdempotencyKey, body: JsonBody<GoodsBody>) -> Reply {
    who.may(Permission::Goods)?;
    let mut draft = GoodsDraft::default();
    body.value.edit(&mut draft)?;
    let skus = body.value.skus()?.ok_or_else(|| Invalid::field("skus", "required", "at least one SKU"))?;
    let view = |described: &Described| ManagedGoodsDetail::of(described.clone()).ok();
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view, async |once| {
        flows::goods::create(&app, &who.shop, Some(who.operator), &draft, &skus, once).await
    })
    .await
}

/// Goods with their description.
#[utoipa::path(tag = "goods", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ManagedGoodsDetail), Failures))]
#[get("/console/api/v1/goods/{id}")]
async fn show_console_goods(app: web::Data<App>, who: Operator, id: PathId<GoodsId>) -> Reply {
    let row = query::by_id(app.db.reader(), who.shop.id, *id).await?.ok_or(GoodsError::NotFound(*id))?;
    json(&ManagedGoodsDetail::of(flows::goods::describe(app.db.reader(), row).await?)?)
}

/// Changes what is named; the rest stays. With `skus`, those not named are no longer sold.
#[utoipa::path(tag = "goods", security(("session" = [])), params(("id" = String, Path)), request_body = GoodsBody,
    responses((status = 200, body = ManagedGoodsDetail), Failures))]
#[patch("/console/api/v1/goods/{id}")]
async fn patch_goods(app: web::Data<App>, who: Operator, id: PathId<GoodsId>, body: JsonBody<GoodsBody>) -> Reply {
    change(&app, &who, *id, &body.value).await
}

/// As `PATCH`, for clients that have none.
#[utoipa::path(tag = "goods", security(("session" = [])), params(("id" = String, Path)), request_body = GoodsBody,
    responses((status = 200, body = ManagedGoodsDetail), Failures))]
#[put("/console/api/v1/goods/{id}")]
async fn put_goods(app: web::Data<App>, who: Operator, id: PathId<GoodsId>, body: JsonBody<GoodsBody>) -> Reply {
    change(&app, &who, *id, &body.value).await
}

async fn change(app: &App, who: &Operator, id: GoodsId, body: &GoodsBody) -> Reply {
    who.may(Permission::Goods)?;
    let skus = body.skus()?;
    let edit = |draft: &mut GoodsDraft| body.edit(draft).map_err(Failure::from);
    let changed = flows::goods::change(app, &who.shop, who.operator, id, body.version(), edit, skus.as_deref()).await?;
    json(&ManagedGoodsDetail::of(changed)?)
}

/// Takes goods away for good; orders keep what they copied.
#[utoipa::path(tag = "goods", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 204), Failures))]
#[delete("/console/api/v1/goods/{id}")]
async fn delete_goods(app: web::Data<App>, who: Operator, id: PathId<GoodsId>) -> Reply {
    who.may(Permission::Goods)?;
    flows::goods::remove(&app, &who.shop, who.operator, *id).await?;
    no_content()
}
