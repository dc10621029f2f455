//! The priced breakdown a member agrees to, and the token that says so.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use kernel::id::{GoodsId, MemberId, PickupPointId, SkuId};
use kernel::{Failure, Fen};
use serde::Serialize;

use super::Basket;
use super::basket::{Judged, judge};
use crate::app::App;
use crate::areas::goods::offers::Offer;
use crate::areas::orders::rules::{Priced, PricedLine};
use crate::areas::orders::state::FulfilmentKind;
use crate::areas::shops::query::Shop;

/// A quote with what it was made from.
pub struct Quote {
    pub(super) judged: Judged,
    /// What the member sees.
    pub view: QuoteView,
}

/// The priced breakdown.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct QuoteView {
    /// The lines, each with its share of every reduction.
    pub lines: Vec<QuoteLineView>,
    /// Goods before reductions.
    pub goods_fen: Fen,
    /// The reductions, by cause; those that take nothing are left out.
    pub discounts: Vec<DiscountView>,
    /// Freight.
    pub shipping_fen: Fen,
    /// Packing.
    pub packing_fen: Fen,
    /// Points used.
    pub points_used: i64,
    /// Paid by balance.
    pub balance_fen: Fen,
    /// What is left for WeChat Pay.
    pub payable_fen: Fen,
    /// How the goods come.
    pub fulfilment: FulfilmentKind,
    /// Where they are collected.
    pub pickup_point_id: Option<PickupPointId>,
    /// To be sent with the order: a changed price is then told instead of charged.
    pub quote_token: String,
}

/// A line of the breakdown.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[allow(missing_docs, reason = "amounts are named by what they are; see the price function")]
pub struct QuoteLineView {
    pub sku_id: SkuId,
    pub goods_id: GoodsId,
    pub title: String,
    #[schema(value_type = Object)]
    pub specs: serde_json::Value,
    pub picture: Option<String>,
    pub quantity: i64,
    pub unit_price_fen: Fen,
    pub goods_fen: Fen,
    pub spend_and_save_fen: Fen,
    pub coupon_fen: Fen,
    pub points_fen: Fen,
    pub shipping_fen: Fen,
    pub packing_fen: Fen,
    /// What is paid for the line.
    pub paid_fen: Fen,
}

/// A reduction by its cause.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct DiscountView {
    /// `spend_and_save`, `coupon` or `points`.
    pub cause: String,
    /// How much it takes off.
    pub amount_fen: Fen,
}

/// Prices a basket for a member; nothing is written or reserved.
pub async fn quote(app: &App, shop: &Shop, member: MemberId, basket: &Basket) -> Result<Quote, Failure> {
    let judged = judge(app, shop, member, basket).await?;
    let mut view = view_of(&judged, basket)?;
    let agreed =
        serde_json::to_vec(&(member, &judged.priced, judged.balance, basket.kind, judged.point)).unwrap_or_default();
    let mark = app.sealer.keyed_hash("quote", &agreed);
    view.quote_token = BASE64.encode(mark.get(..18).unwrap_or(&mark));
    Ok(Quote { judged, view })
}

fn view_of(judged: &Judged, basket: &Basket) -> Result<QuoteView, Failure> {
    let priced = &judged.priced;
    let mut lines = Vec::with_capacity(priced.lines.len());
    for (line, offer) in priced.lines.iter().zip(&judged.offers) {
        lines.push(line_view(line, offer)?);
    }
    Ok(QuoteView {
        lines,
        goods_fen: priced.goods,
        discounts: discounts(priced),
        shipping_fen: priced.shipping,
        packing_fen: priced.packing,
        points_used: priced.points_used,
        balance_fen: judged.balance,
        payable_fen: priced.payable.minus(judged.balance)?,
        fulfilment: basket.kind,
        pickup_point_id: judged.point,
        quote_token: String::new(),
    })
}

fn line_view(line: &PricedLine, offer: &Offer) -> Result<QuoteLineView, kernel::MoneyError> {
    Ok(QuoteLineView {
        sku_id: line.sku,
        goods_id: offer.goods.id,
        title: offer.goods.title.clone(),
        specs: offer.sku.specs.clone(),
        picture: picture_of(offer),
        quantity: line.quantity,
        unit_price_fen: line.unit_price,
        goods_fen: line.goods,
        spend_and_save_fen: line.spend_and_save,
        coupon_fen: line.coupon,
        points_fen: line.points,
        shipping_fen: line.shipping,
        packing_fen: line.packing,
        paid_fen: line.paid()?,
    })
}

/// The SKU's picture, else the goods' first.
pub(super) fn picture_of(offer: &Offer) -> Option<String> {
    let first = || offer.goods.pictures.as_array()?.first()?.as_str().map(str::to_owned);
    offer.sku.picture.clone().or_else(first)
}

fn discounts(priced: &Priced) -> Vec<DiscountView> {
    [("spend_and_save", priced.spend_and_save), ("coupon", priced.coupon), ("points", priced.points)]
        .into_iter()
        .filter(|(_, amount)| amount.is_positive())
        .map(|(cause, amount_fen)| DiscountView { cause: cause.to_owned(), amount_fen })
        .collect()
}
