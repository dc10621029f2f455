//! What a store lists, which SKU of ours each variant sells, and the rule for its prices.

use actix_web::guard::GuardContext;
use actix_web::http::StatusCode;
use actix_web::{get, post, put, web};
use chrono::{DateTime, Utc};
use kernel::Failure;
use kernel::checks::Checks;
use kernel::failure::Invalid;
use kernel::id::{SkuId, StoreId, StoreSkuId};
use kernel::page::Page;
use serde::{Deserialize, Serialize};

use super::imports::ImportView;
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PathId, QueryOf, page_request};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::api::routes::Routes;
use crate::app::App;
use crate::areas::market_accounts::entity::import_run;
use crate::areas::market_accounts::mappings;
use crate::areas::market_accounts::prices::PriceRule;
use crate::areas::stores::entity::store_sku;
use crate::areas::stores::skus;
use crate::areas::stores::state::MatchedBy;
use crate::flows::import_goods;
use crate::flows::stores::{Sight, one};

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(match_all).service(tie).service(price_rule).service(set_price_rule);
}

fn sight(who: &Operator) -> Sight {
    Sight { shop: who.shop.id, operator: who.operator, role: who.role }
}

/// One variant as a store lists it.
#[derive(Serialize, utoipa::ToSchema)]
struct StoreSkuView {
    id: StoreSkuId,
    external_item_id: String,
    /// Empty for goods without variants.
    external_sku_id: String,
    /// The merchant's own code.
    sku_code: Option<String>,
    barcode: Option<String>,
    title: String,
    spec: Option<String>,
    /// The SKU of ours that it sells; null as long as nothing matches.
    sku_id: Option<SkuId>,
    /// How it was matched; `hand` beside no SKU: an operator says that it sells none.
    matched_by: Option<MatchedBy>,
    on_sale: bool,
    /// Units the store shows, as it last said or was told.
    shown: Option<i64>,
    shown_at: Option<DateTime<Utc>>,
}

impl From<store_sku::Model> for StoreSkuView {
    fn from(row: store_sku::Model) -> Self {
        Self {
            id: row.id,
            external_item_id: row.external_item_id,
            external_sku_id: row.external_sku_id,
            sku_code: row.sku_code,
            barcode: row.barcode,
            title: row.title,
            spec: row.spec,
            sku_id: row.sku_id,
            matched_by: row.matched_by,
            on_sale: row.on_sale,
            shown: row.shown,
            shown_at: row.shown_at,
        }
    }
}

/// Which variants.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StoreSkusQuery {
    /// Only those that sell no SKU of ours.
    unmatched: Option<bool>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// What a store lists, oldest first.
#[utoipa::path(
    tag = "stores", operation_id = "store_skus", security(("session" = [])),
    params(("id" = String, Path), StoreSkusQuery),
    responses((status = 200, body = ListView<StoreSkuView>), Failures)
)]
#[get("/console/api/v1/stores/{id}/skus")]
async fn list(app: web::Data<App>, who: Operator, id: PathId<StoreId>, asked: QueryOf<StoreSkusQuery>) -> Reply {
    let StoreSkusQuery { unmatched, limit, cursor } = asked.0;
    let store = one(&app, sight(&who), *id, None).await?;
    let page = page_request(limit, cursor)?;
    let unmatched = unmatched.unwrap_or(false);
    let page = skus::list(app.db.reader(), who.shop.id, store.id, unmatched, &page).await?;
    let items = page.items.into_iter().map(StoreSkuView::from).collect();
    json(&ListView::from(Page { items, next_cursor: page.next_cursor }))
}

/// Begins to read all that a store lists and to match it with the shop's SKUs, by the merchant's own code
/// and by barcode. No goods are made; the run is one of the imports.
#[utoipa::path(
    tag = "stores", operation_id = "match_store_skus", security(("session" = [])),
    params(("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 201, body = ImportView), Failures)
)]
#[post("/console/api/v1/stores/{id}/skus/match")]
async fn match_all(
    app: web::Data<App>,
    who: Operator,
    key: IdempotencyKey,
    id: PathId<StoreId>,
    body: JsonBody<Nothing>,
) -> Reply {
    who.may(Permission::Goods)?;
    let (sight, store) = (sight(&who), *id);
    let view = |row: &import_run::Model| ImportView::of(row, import_goods::matching());
    let work = async |once: &_| import_goods::match_store(&app, &who.shop, sight, store, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view, work).await
}

/// Which SKU a variant sells.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TiedSku {
    /// One of ours; null: none, whatever codes and barcodes say.
    #[serde(default, deserialize_with = "crate::api::fields::null_or")]
    #[schema(value_type = Option<String>, required)]
    sku_id: Option<Option<SkuId>>,
}

/// The matching of all lies where variants do and is none of them.
fn names_a_variant(request: &GuardContext<'_>) -> bool {
    !request.head().uri.path().ends_with("/match")
}

/// Says by hand which SKU of ours a listed variant sells.
#[utoipa::path(
    tag = "stores", operation_id = "tie_store_sku", security(("session" = [])),
    params(("id" = String, Path), ("sku" = String, Path)), request_body = TiedSku,
    responses((status = 200, body = StoreSkuView), Failures)
)]
#[put("/console/api/v1/stores/{id}/skus/{sku}", guard = "names_a_variant")]
async fn tie(app: web::Data<App>, who: Operator, path: web::Path<(String, String)>, body: JsonBody<TiedSku>) -> Reply {
    who.may(Permission::Goods)?;
    let (store, sku) = path.into_inner();
    let none = || Failure::from(crate::areas::stores::StoreError::NotFound);
    let (store, sku): (StoreId, StoreSkuId) = (store.parse().map_err(|_| none())?, sku.parse().map_err(|_| none())?);
    let ours = body.value.sku_id.ok_or_else(|| Invalid::field("sku_id", "required", "a SKU, or null for none"))?;
    json(&StoreSkuView::from(import_goods::tie_by_hand(&app, sight(&who), store, sku, ours).await?))
}

/// How a store's prices become ours.
#[utoipa::path(
    tag = "stores", operation_id = "store_price_rule", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = PriceRule), Failures)
)]
#[get("/console/api/v1/stores/{id}/price-rule")]
async fn price_rule(app: web::Data<App>, who: Operator, id: PathId<StoreId>) -> Reply {
    let store = one(&app, sight(&who), *id, None).await?;
    json(&mappings::price_rule(app.db.reader(), who.shop.id, store.id).await?)
}

/// Sets how a store's prices become ours, for imports that say nothing else.
#[utoipa::path(
    tag = "stores", operation_id = "set_store_price_rule", security(("session" = [])),
    params(("id" = String, Path)), request_body = PriceRule,
    responses((status = 200, body = PriceRule), Failures)
)]
#[put("/console/api/v1/stores/{id}/price-rule")]
async fn set_price_rule(app: web::Data<App>, who: Operator, id: PathId<StoreId>, body: JsonBody<PriceRule>) -> Reply {
    who.may(Permission::Goods)?;
    let mut checks = Checks::default();
    body.value.check("price_rule", &mut checks);
    checks.done()?;
    import_goods::set_price_rule(&app, sight(&who), *id, &body.value).await?;
    json(&body.value)
}
