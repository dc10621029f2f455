//! What can go wrong with stores' orders.

use kernel::id::StoreId;
use kernel::words::wire;
use kernel::{Code, Coded};
use serde::Serialize;
use serde_json::{Value, json};

use super::entity::{line, order};
use super::state::{OrderState, RemoteState};
use kernel::id::MarketOrderLineId;

/// A line that stands in the way.
#[derive(Clone, Debug, Serialize)]
pub struct LineTold {
    /// The line.
    pub line_id: MarketOrderLineId,
    /// Its title there.
    pub title: String,
    /// Units that are not there; null where the line matches nothing.
    pub missing: Option<i64>,
}

impl LineTold {
    /// A line that lacks `missing` units, or matches nothing.
    pub fn of(line: &line::Model, missing: Option<i64>) -> Self {
        Self { line_id: line.id, title: line.title.clone(), missing }
    }
}

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum MarketOrderError {
    /// No such order, line or parcel in this shop, or not one of this operator's.
    #[error("the order does not exist")]
    NotFound,
    /// The order stands where this cannot happen.
    #[error("the order is {}, and {} at the platform", wire(.state), wire(.remote))]
    WrongState {
        /// Here.
        state: OrderState,
        /// There.
        remote: RemoteState,
    },
    /// Lines match no SKU of ours.
    #[error("{} lines match no SKU", .0.len())]
    Unmatched(Vec<LineTold>),
    /// Lines lack units.
    #[error("{} lines lack units", .0.len())]
    Short(Vec<LineTold>),
    /// The platform has no such carrier.
    #[error("the platform does not know this carrier")]
    CarrierUnknown(Value),
    /// The platform takes an order in one parcel, and this is a part of one.
    #[error("the platform takes the order in one parcel")]
    OneParcel(Vec<LineTold>),
    /// Another worker has taken the feed over; roll back.
    #[error("the orders of store {0} are read by another worker")]
    LeaseLost(StoreId),
    /// Another transaction was faster; roll back.
    #[error("the order was changed by another transaction")]
    Changed,
    /// What was given is not valid.
    #[error(transparent)]
    Invalid(#[from] kernel::failure::Invalid),
    /// What is stored cannot be read.
    #[error("the stored {what} cannot be read: {error}")]
    Unreadable {
        /// The column.
        what: &'static str,
        /// Why.
        error: serde_json::Error,
    },
    /// The database failed.
    #[error("storage of stores' orders failed")]
    Db(#[from] sea_orm::DbErr),
}

impl MarketOrderError {
    /// What was asked for cannot happen to `order` as it stands.
    pub fn wrong_state(order: &order::Model) -> Self {
        MarketOrderError::WrongState { state: order.state, remote: order.remote_state }
    }
}

impl Coded for MarketOrderError {
    fn code(&self) -> Code {
        match self {
            MarketOrderError::NotFound => Code::MarketOrderNotFound,
            MarketOrderError::WrongState { .. } => Code::MarketOrderWrongState,
            MarketOrderError::Unmatched(_) => Code::MarketOrderUnmatched,
            MarketOrderError::Short(_) => Code::MarketOrderShort,
            MarketOrderError::OneParcel(_) => Code::MarketOneParcel,
            MarketOrderError::CarrierUnknown(_) => Code::MarketCarrierUnknown,
            MarketOrderError::LeaseLost(_) | MarketOrderError::Changed => Code::Busy,
            MarketOrderError::Invalid(_) => Code::ValidationFailed,
            MarketOrderError::Unreadable { .. } | MarketOrderError::Db(_) => Code::Internal,
        }
    }

    fn fields(&self) -> Vec<kernel::FieldFault> {
        match self {
            MarketOrderError::Invalid(invalid) => invalid.fields(),
            _ => Vec::new(),
        }
    }

    fn extra(&self) -> Option<Value> {
        match self {
            MarketOrderError::WrongState { state, remote } => Some(json!({ "state": state, "remote_state": remote })),
            MarketOrderError::Unmatched(lines)
            | MarketOrderError::Short(lines)
            | MarketOrderError::OneParcel(lines) => Some(json!({ "lines": lines })),
            MarketOrderError::CarrierUnknown(carriers) => Some(json!({ "carriers": carriers })),
            _ => None,
        }
    }
}
