//! HTTP: parse, call one flow or query, render. Nothing is decided here.

pub mod auth;
pub mod auth_console;
pub mod body;
pub mod console;
pub mod document;
pub mod entrance;
pub mod fields;
pub mod files;
pub mod leader;
pub mod limits;
pub mod list;
pub mod methods;
pub mod notify;
pub mod oauth;
pub mod operations;
pub mod pages;
pub mod problem;
mod query;
pub mod reply;
pub mod request_log;
pub mod routes;
pub mod sandbox;
pub mod storefront;
