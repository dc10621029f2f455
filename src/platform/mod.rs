//! Machinery without business: database, seals, outbox, idempotency keys, logs and metrics.

pub mod beside;
pub mod db;
pub mod entity;
pub mod keyset;
pub mod leases;
pub mod outbox;
pub mod receiver;
pub mod redis;
pub mod request_keys;
mod running_keys;
pub mod seal;
pub mod telemetry;

#[cfg(test)]
#[path = "../../tests/support/databases.rs"]
pub mod test_databases;
