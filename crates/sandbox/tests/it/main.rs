//! The sandbox over HTTP, with a small client of the test's own, and its verifier over the vectors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod abroad;
mod bills;
mod books;
mod client;
mod combined;
mod control;
mod images;
mod markets;
mod notices;
mod partner;
mod payment;
mod refunds;
mod sharing;
mod stores;
mod transfers;
mod vectors;
mod wechat;
