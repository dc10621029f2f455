//! The rows of this area's tables; the migration is the truth and a test compares the two.
#![allow(missing_docs, reason = "columns say their name; what a name does not say is documented")]

pub mod action;
pub mod complaint;
pub mod watch;

/// A list of texts as it is kept.
fn texts(kept: &sea_orm::JsonValue) -> Vec<String> {
    let items = kept.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
