//! Suppliers: who they are, on which terms they sell, and where their money goes.

pub mod entity;
pub mod error;
pub mod movements;
pub mod parts;
pub mod payee;
pub mod query;
pub mod receiver;
pub mod rules;
pub mod service;
pub mod state;
pub mod statements;

pub use error::SupplierError;
