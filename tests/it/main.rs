//! The whole product in process, over HTTP, against its own stand-in of every platform.
//!
//! A test is written once and runs on both set-ups, see [`on_both`].
#![allow(dead_code, reason = "intentions of the harness are there before every test that will use them")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[macro_use]
mod setup;
mod answer;
mod app;
mod shopper;

mod console_session;
mod contract;
mod fuzz;
mod imports;
mod json_schema;
mod layers;
mod leaders;
mod members;
mod pickup_points;
mod schema;
mod session;
mod settings;
