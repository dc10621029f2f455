//! What can go wrong with affiliate orders.

use kernel::id::{AffiliateLineId, ShopId};
use kernel::{Code, Coded};

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum AffiliateError {
    /// No such line in this shop.
    #[error("affiliate order {0} does not exist")]
    NotFound(AffiliateLineId),
    /// The marketplace's id of a promoter names another leader.
    #[error("the id names another leader already")]
    ChannelTaken,
    /// Another worker has taken the feed over; roll back.
    #[error("the affiliate orders of {marketplace} are read by another worker for shop {shop}")]
    LeaseLost {
        /// Whose.
        shop: ShopId,
        /// Where.
        marketplace: String,
    },
    /// Another transaction changed the line between our look and our write.
    #[error("affiliate line {0} was changed by another transaction")]
    Changed(AffiliateLineId),
    /// An amount left the range.
    #[error(transparent)]
    Money(#[from] kernel::MoneyError),
    /// The database failed.
    #[error("affiliate order storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for AffiliateError {
    fn code(&self) -> Code {
        match self {
            AffiliateError::NotFound(_) => Code::AffiliateOrderNotFound,
            AffiliateError::ChannelTaken => Code::MarketChannelTaken,
            AffiliateError::LeaseLost { .. } | AffiliateError::Changed(_) => Code::Busy,
            AffiliateError::Money(_) => Code::AmountOutOfRange,
            AffiliateError::Db(_) => Code::Internal,
        }
    }
}
