//! Goods: what is shown and sold, its SKUs, its categories and the index it is found by.
//!
//! This area writes a SKU's count only when the SKU is made; from then on the stock area moves it.
//! It never decides whether an order may be placed: checkout is a flow.

pub mod batch;
pub mod categories;
pub mod draft;
pub mod entity;
pub mod error;
pub mod listing;
pub mod of_supplier;
pub mod offers;
pub mod query;
pub mod rules;
pub mod service;
pub mod skus;
pub mod terms;
#[cfg(test)]
mod tests;
pub mod words;

pub use error::GoodsError;
