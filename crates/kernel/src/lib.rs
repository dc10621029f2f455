//! The words everybody uses: money, ids, codes, clock, pages, crypto. No I/O and no async here, so
//! that every storey above may lean on it.

pub mod checks;
pub mod clock;
pub mod code;
pub mod crypto;
pub mod failure;
pub mod id;
pub mod listing;
pub mod mask;
pub mod money;
pub mod page;
pub mod place;
pub mod strict;
pub mod words;

pub use clock::{Clock, Time};
pub use code::Code;
pub use failure::{Coded, Failure, FieldFault};
pub use listing::ListingKind;
pub use money::{BasisPoints, Fen, MoneyError};
