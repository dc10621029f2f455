//! From a basket to an order: quote, check, reserve, write. Read [`place`] for what happens at checkout.

mod basket;
pub(super) mod limits;
mod merchants;
mod place;
mod quote;

use kernel::id::{AddressId, CouponId, PickupPointId, SkuId};
use kernel::{Code, Coded, Fen, Time};
use serde_json::json;

pub use place::{Placed, PlacedTogether, place, place_together};
pub use quote::{Quote, QuoteView, quote};

use crate::areas::orders::state::FulfilmentKind;

/// What a member wants to order, already checked for its form.
#[derive(Clone, Debug)]
pub struct Basket {
    /// SKU and units; each SKU once.
    pub lines: Vec<(SkuId, i64)>,
    /// How the goods reach the member.
    pub kind: FulfilmentKind,
    /// Where they are collected; the member's current point when left out.
    pub point: Option<PickupPointId>,
    /// Where a parcel goes.
    pub address: Option<AddressId>,
    /// A coupon to use.
    pub coupon: Option<CouponId>,
    /// Points to use.
    pub points: i64,
    /// Balance to use.
    pub balance: Fen,
}

/// Why a basket cannot become an order.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// Nothing is in it.
    #[error("the basket is empty")]
    Empty,
    /// One order has one merchant; several are placed together.
    #[error("the basket is collected by several merchants")]
    SeveralMerchants,
    /// Points and balance are the shop's, which does not collect this.
    #[error("what a supplier collects is paid by WeChat Pay alone")]
    WechatPayAlone,
    /// The shop takes no orders now.
    #[error("the shop is closed until {0}")]
    Closed(Time),
    /// Neither the request nor the member names a pickup point.
    #[error("no pickup point is chosen")]
    NoPickupPoint,
    /// An address is needed and not named, or not the member's.
    #[error("an address of the member is needed")]
    NoAddress,
    /// Express-only goods come alone and by express.
    #[error("express-only goods are ordered apart and by express")]
    ExpressOnly,
    /// Goods total below the least.
    #[error("the goods total is below the minimum spend of {0} fen")]
    MinimumSpend(Fen),
    /// The coupon is not the member's, or cannot be used here.
    #[error("the coupon cannot be used")]
    Coupon,
    /// More points than the member has.
    #[error("the member has not enough points")]
    Points,
    /// More balance than the member has.
    #[error("the member has not enough balance")]
    Balance,
    /// Too little is free. The gate or the database said so.
    #[error("{0} has too little stock")]
    Short(SkuId),
    /// The quote the member agreed to no longer holds.
    #[error("the price differs from the quote")]
    PriceChanged(Box<QuoteView>),
}

impl Coded for CheckoutError {
    fn code(&self) -> Code {
        match self {
            CheckoutError::Empty => Code::CheckoutEmpty,
            CheckoutError::SeveralMerchants => Code::SeveralMerchants,
            CheckoutError::WechatPayAlone => Code::WechatPayAlone,
            CheckoutError::Closed(_) => Code::ShopClosed,
            CheckoutError::NoPickupPoint => Code::PickupPointRequired,
            CheckoutError::NoAddress => Code::AddressNotFound,
            CheckoutError::ExpressOnly => Code::GoodsExpressOnly,
            CheckoutError::MinimumSpend(_) => Code::MinimumSpend,
            CheckoutError::Coupon => Code::CouponNotUsable,
            CheckoutError::Points => Code::PointsNotEnough,
            CheckoutError::Balance => Code::BalanceNotEnough,
            CheckoutError::Short(_) => Code::StockShort,
            CheckoutError::PriceChanged(_) => Code::PriceChanged,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            CheckoutError::Closed(until) => Some(json!({ "opens_at": until })),
            CheckoutError::MinimumSpend(least) => Some(json!({ "minimum_spend_fen": least })),
            CheckoutError::SeveralMerchants => Some(json!({ "place_with": "POST /api/v1/checkouts" })),
            CheckoutError::Short(sku) => Some(json!({ "sku_id": sku })),
            CheckoutError::PriceChanged(quote) => serde_json::to_value(quote).ok(),
            _ => None,
        }
    }
}
