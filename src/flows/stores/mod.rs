//! Merchants' stores at the marketplaces: who may see which.

mod sight;

pub use sight::{Sight, all_of, one};
