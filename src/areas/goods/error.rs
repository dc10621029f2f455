//! What can go wrong with goods.

use kernel::failure::Invalid;
use kernel::id::{CategoryId, GoodsId, SkuId};
use kernel::page::BadCursor;
use kernel::{Code, Coded, FieldFault};
use serde_json::json;

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum GoodsError {
    /// No such goods, or none that this shopper may see.
    #[error("the goods do not exist, or are not on sale here")]
    NotFound(GoodsId),
    /// No such SKU among those still sold.
    #[error("the SKU does not exist or is no longer sold")]
    SkuNotFound(SkuId),
    /// No such category.
    #[error("the category does not exist")]
    CategoryNotFound(CategoryId),
    /// The category holds goods or other categories.
    #[error("the category holds {goods} goods and {children} categories")]
    CategoryInUse {
        /// Goods in it.
        goods: u64,
        /// Categories under it.
        children: u64,
    },
    /// The goods are not on sale.
    #[error("the goods are not on sale")]
    NotOnSale(GoodsId),
    /// A marketplace sells them; there is no cart and no order here.
    #[error("the goods are bought on their own marketplace")]
    AffiliateOnly(GoodsId),
    /// They are bought here, not on a marketplace.
    #[error("the goods are bought in this shop")]
    NotAffiliate(GoodsId),
    /// Somebody else changed the goods since they were read.
    #[error("the goods were changed by somebody else; version {0} is the latest known")]
    Changed(i64),
    /// What was given is not valid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The cursor is not one of this list.
    #[error(transparent)]
    Cursor(#[from] BadCursor),
    /// What is stored cannot be read.
    #[error("the stored {what} of {goods} cannot be read: {error}")]
    Unreadable {
        /// The column.
        what: &'static str,
        /// The goods.
        goods: GoodsId,
        /// Why.
        error: serde_json::Error,
    },
    /// The database failed.
    #[error("goods storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for GoodsError {
    fn code(&self) -> Code {
        match self {
            Self::NotFound(_) => Code::GoodsNotFound,
            Self::SkuNotFound(_) => Code::SkuNotFound,
            Self::CategoryNotFound(_) => Code::CategoryNotFound,
            Self::CategoryInUse { .. } => Code::CategoryInUse,
            Self::NotOnSale(_) => Code::GoodsNotOnSale,
            Self::NotAffiliate(_) => Code::GoodsNotAffiliate,
            Self::AffiliateOnly(_) => Code::GoodsAffiliateOnly,
            Self::Changed(_) => Code::GoodsChanged,
            Self::Invalid(_) | Self::Cursor(_) => Code::ValidationFailed,
            Self::Unreadable { .. } | Self::Db(_) => Code::Internal,
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Invalid(invalid) => invalid.fields(),
            Self::Cursor(cursor) => cursor.fields(),
            _ => Vec::new(),
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            Self::CategoryInUse { goods, children } => Some(json!({"goods": goods, "categories": children})),
            Self::Changed(version) => Some(json!({"version": version})),
            Self::NotFound(goods) | Self::NotOnSale(goods) | Self::AffiliateOnly(goods) => {
                Some(json!({"goods_id": goods}))
            }
            _ => None,
        }
    }
}
