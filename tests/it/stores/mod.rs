//! Merchants' stores: bound, authorised on the platforms' pages, kept alive, seen by whom they concern.

mod authorising;
mod binding;
pub mod scene;
