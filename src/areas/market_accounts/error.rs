//! What can go wrong with marketplaces.

use kernel::id::ImportId;
use kernel::words::wire;
use kernel::{Code, Coded};
use serde_json::json;

use super::state::RunState;

/// Errors of this area.
#[derive(Debug, thiserror::Error)]
pub enum MarketError {
    /// No such run in this shop.
    #[error("the import does not exist")]
    NotFound(ImportId),
    /// The run stands where this cannot happen.
    #[error("the import is {}", wire(.state))]
    WrongState {
        /// The run.
        run: ImportId,
        /// Where it stands.
        state: RunState,
    },
    /// Another worker, or an operator, was faster; nothing of ours was written.
    #[error("the import {0} went on without this worker")]
    LeaseLost(ImportId),
    /// The product has no connector of this name.
    #[error("no marketplace has the id {0:?}")]
    Unknown(String),
    /// The shop file has nothing usable for it.
    #[error("the shop cannot use {marketplace}: {detail}")]
    NotConfigured {
        /// The marketplace's id.
        marketplace: String,
        /// What is missing or wrong; never a value.
        detail: String,
    },
    /// An affiliate platform cannot be an own store, and the reverse.
    #[error("{marketplace} gives {given} listings; {given} and others are never mixed")]
    ListingNotOffered {
        /// The marketplace's id.
        marketplace: String,
        /// What it gives.
        given: &'static str,
    },
    /// It did not answer, or not usefully; an operator finds the reason in the log.
    #[error("{marketplace} gave no usable answer")]
    Unavailable {
        /// The marketplace's id.
        marketplace: String,
    },
    /// What is stored cannot be read.
    #[error("the stored {what} cannot be read: {error}")]
    Unreadable {
        /// The column.
        what: &'static str,
        /// Why.
        error: serde_json::Error,
    },
    /// The database failed.
    #[error("marketplace storage failed")]
    Db(#[from] sea_orm::DbErr),
}

impl Coded for MarketError {
    fn code(&self) -> Code {
        match self {
            MarketError::NotFound(_) => Code::ImportNotFound,
            MarketError::WrongState { .. } | MarketError::LeaseLost(_) => Code::ImportWrongState,
            MarketError::Unknown(_) => Code::MarketplaceUnknown,
            MarketError::NotConfigured { .. } => Code::MarketplaceNotConfigured,
            MarketError::ListingNotOffered { .. } => Code::MarketplaceListing,
            MarketError::Unavailable { .. } => Code::MarketplaceUnavailable,
            MarketError::Unreadable { .. } | MarketError::Db(_) => Code::Internal,
        }
    }

    fn extra(&self) -> Option<serde_json::Value> {
        match self {
            MarketError::WrongState { state, .. } => Some(json!({ "state": state })),
            _ => None,
        }
    }
}
