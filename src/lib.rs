//! Tuanqiao (团桥): the backend of a WeChat community-group-buy shop, bridged to the
//! marketplaces where its goods live.
//!
//! The storeys, imports point down only: `app`, `cli` → `api` | `jobs` → `flows` → `areas` →
//! `platform`. Beside them stand the crates `kernel` (words), `gateways` (other people's
//! systems) and `sandbox` (the stand-in for them).

pub mod api;
pub mod app;
pub mod areas;
pub mod cli;
pub mod config;
pub mod flows;
pub mod jobs;
pub mod platform;
pub mod server;
