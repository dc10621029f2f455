//! Machinery without business: database, stock store, outbox, timers, seals.

pub mod db;
pub mod entity;
pub mod outbox;
pub mod redis;

#[cfg(test)]
#[path = "../../tests/support/databases.rs"]
pub mod test_databases;
