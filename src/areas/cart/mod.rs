//! The cart, kept on the server: which SKUs a member means to buy, and how many.
//!
//! A line stays until the member removes it or orders it; whether it can be bought is asked of the
//! goods each time the cart is shown, in a flow.

pub mod entity;
pub mod error;
pub mod query;
pub mod service;
#[cfg(test)]
mod tests;

pub use error::CartError;
