#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod fixture;
mod heavy;
mod histories;
mod movements;
mod orders;
mod purchases;
mod reconcile;
