//! The connectors against the shared vectors, and the engine against a scripted server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod budget;
mod cases;
mod contract;
mod engine;
mod fixtures;
mod global_fixtures;
mod money;
mod questions;
mod requests;
mod settings;
mod signatures;
mod stand_in;
mod stores;
mod tokens;
mod vectors;
mod world;
mod youzan_and_weimob;
