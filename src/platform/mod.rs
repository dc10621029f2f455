//! Machinery without business: database, stock store, outbox, timers, seals.

pub mod db;
pub mod entity;
pub mod outbox;
