//! Merchants' stores: bound, authorised on the platforms' pages, kept alive, seen by whom they concern.

mod authorising;
mod binding;
pub mod keeping;
mod messages;
pub mod platforms;
mod quota;
pub mod scene;
