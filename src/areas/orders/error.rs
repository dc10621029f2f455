//! What can go wrong with orders.

use kernel::id::{CheckoutId, OrderId};
use kernel::words::wire;
use kernel::{Code, Coded};
use serde_json::json;

use super::rules::PriceError;
use super::state::{OrderEvent, OrderStatus};

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// No such order of this caller.
    #[error("order {0} does not exist")]
    NotFound(OrderId),
    /// No such checkout of this caller.
    #[error("checkout {0} does not exist")]
    NoSuchCheckout(CheckoutId),
    /// The event cannot happen in this state; a lost race answers the same.
    #[error("order {order} is {}; {} is not possible now", wire(.status), wire(.event))]
    WrongState {
        /// The order.
        order: OrderId,
        /// Where it stands.
        status: OrderStatus,
        /// What was tried.
        event: OrderEvent,
    },
    /// The price cannot be made.
    #[error(transparent)]
    Price(#[from] PriceError),
    /// A status asked for is none.
    #[error("{0} is not an order status")]
    NoSuchStatus(String),
    /// An amount left the range.
    #[error(transparent)]
    Money(#[from] kernel::MoneyError),
    /// A stored snapshot cannot be read or written.
    #[error("a snapshot of an order cannot be read: {0}")]
    Snapshot(#[from] serde_json::Error),
    /// The database failed.
    #[error("order storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for OrderError {
    fn code(&self) -> Code {
        match self {
            OrderError::NotFound(_) => Code::OrderNotFound,
            OrderError::NoSuchCheckout(_) => Code::CheckoutNotFound,
            OrderError::WrongState { .. } => Code::OrderWrongState,
            OrderError::Price(PriceError::CouponDoesNotFit) => Code::CouponNotUsable,
            OrderError::Price(PriceError::TooManyPoints(_)) => Code::PointsNotEnough,
            OrderError::Price(PriceError::Money(_)) | OrderError::Money(_) => Code::AmountOutOfRange,
            OrderError::NoSuchStatus(_) => Code::ValidationFailed,
            OrderError::Snapshot(_) | OrderError::Db(_) => Code::Internal,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            OrderError::WrongState { status, .. } => Some(json!({ "status": status })),
            OrderError::Price(PriceError::TooManyPoints(most)) => Some(json!({ "points_max": most })),
            _ => None,
        }
    }
}
