//! Buyers on the marketplaces.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::refused;
use crate::catalogue::orders::{AffiliateStage, Marketplace};
use crate::state::SandboxState;

/// All affiliate orders.
pub(super) async fn orders(state: Data<SandboxState>) -> Json<Value> {
    Json(json!({"orders": state.affiliate_orders()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Buy {
    marketplace: Marketplace,
    listing: u64,
    #[serde(default)]
    mark: String,
}

/// `{marketplace: pinduoduo | taobao | jd, listing, mark?}`: a buyer buys through a link that carries the
/// mark (`custom_parameters`, `relation_id` or `subUnionId`) → `{number}`.
pub(super) async fn buy(state: Data<SandboxState>, body: Json<Buy>) -> HttpResponse {
    match state.affiliate_buys(body.marketplace, body.listing, &body.mark) {
        Some(number) => HttpResponse::Ok().json(json!({"number": number})),
        None => refused(StatusCode::NOT_FOUND, "no listing has this number"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Move {
    stage: AffiliateStage,
}

/// `{stage}` moves an affiliate order on.
pub(super) async fn advance(state: Data<SandboxState>, number: Path<String>, body: Json<Move>) -> HttpResponse {
    if state.affiliate_moves(&number, body.stage) {
        HttpResponse::Ok().json(json!({"ok": true}))
    } else {
        refused(StatusCode::NOT_FOUND, "no affiliate order has this number")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filing {
    pid: String,
    #[serde(default)]
    custom_parameters: String,
    filed: bool,
}

/// `{pid, custom_parameters?, filed}`: whether a Pinduoduo user's filing is there.
pub(super) async fn filing(state: Data<SandboxState>, body: Json<Filing>) -> Json<Value> {
    state.file_member(&body.pid, &body.custom_parameters, body.filed);
    Json(json!({"ok": true}))
}

/// The catalogue in a few words each: number, title, ids, prices.
pub(super) async fn catalogue(state: Data<SandboxState>) -> Json<Value> {
    let now = state.now();
    let row = |listing: &crate::catalogue::Listing| {
        json!({"listing": listing.number, "title": listing.title, "category": listing.category.name,
            "goods_sign": listing.goods_sign, "item_id": listing.item_id, "price": listing.price_fen,
            "final": listing.final_fen(now), "rate": listing.rate, "gone": listing.gone})
    };
    Json(json!({"listings": state.0.catalogue.iter().map(row).collect::<Vec<_>>()}))
}
