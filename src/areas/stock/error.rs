//! What can go wrong with stock.

use kernel::id::{GoodsId, OrderId, SkuId};
use kernel::{Code, Coded, FieldFault};
use serde_json::json;

use super::purchases::Period;
use crate::platform::redis::RedisFault;

/// Why a change of stock was refused.
#[derive(Debug, thiserror::Error)]
pub enum StockError {
    /// Fewer units are free than wanted, or the SKU is no longer sold.
    #[error("{sku} has fewer than {wanted} units free")]
    Short {
        /// The SKU.
        sku: SkuId,
        /// Units wanted.
        wanted: i64,
    },
    /// The movement would leave fewer than no units.
    #[error("{sku} cannot lose {taken} units, it has fewer")]
    Negative {
        /// The SKU.
        sku: SkuId,
        /// Units the movement would take away.
        taken: i64,
    },
    /// The SKU has no count that could move.
    #[error("{0} is unlimited")]
    Unlimited(SkuId),
    /// The SKU does not exist in this shop or was removed.
    #[error("{0} does not exist")]
    SkuNotFound(SkuId),
    /// A number of units that no rule allows: not positive, or beyond [`super::service::UNITS_MAX`].
    #[error("{0} units of {1} are out of range")]
    OutOfRange(i64, SkuId),
    /// The member bought as much as the goods' limit allows.
    #[error("{goods} may be bought {limit} times ({period})")]
    Limit {
        /// The goods.
        goods: GoodsId,
        /// Most units in the period.
        limit: i64,
        /// The period the limit counts in.
        period: Period,
    },
    /// More units would go back than the order took of this SKU.
    #[error("{order} has no more units of {sku} to put back")]
    NothingLeft {
        /// The order.
        order: OrderId,
        /// The SKU.
        sku: SkuId,
    },
    /// The gate could not be compared with the database.
    #[error("the stock gate cannot be reached")]
    Gate(#[from] RedisFault),
    /// The database failed.
    #[error("stock storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for StockError {
    fn code(&self) -> Code {
        match self {
            Self::Short { .. } => Code::StockShort,
            Self::Negative { .. } => Code::StockNegative,
            Self::Unlimited(_) => Code::StockUnlimited,
            Self::SkuNotFound(_) => Code::SkuNotFound,
            Self::OutOfRange(..) => Code::ValidationFailed,
            Self::Limit { .. } => Code::PurchaseLimit,
            Self::NothingLeft { .. } => Code::RefundTooMuch,
            Self::Gate(_) => Code::Busy,
            Self::Db(_) => Code::Internal,
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::OutOfRange(..) => vec![FieldFault::new("quantity", "out_of_range", self.to_string())],
            _ => Vec::new(),
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            Self::Short { sku, .. } | Self::Negative { sku, .. } | Self::Unlimited(sku) => Some(json!({"sku_id": sku})),
            Self::Limit { goods, limit, period } => {
                Some(json!({"goods_id": goods, "limit": limit, "period": period.kind()}))
            }
            _ => None,
        }
    }
}
