//! How a list is answered.

use kernel::page::Page;
use serde::Serialize;
use utoipa::ToSchema;

/// One page of a list.
#[derive(Serialize, ToSchema)]
pub struct ListView<T: ToSchema> {
    items: Vec<T>,
    /// What to ask the next page with; null on the last.
    #[schema(required)]
    next_cursor: Option<String>,
}

impl<T: ToSchema> From<Page<T>> for ListView<T> {
    fn from(page: Page<T>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

impl<T: ToSchema> From<Vec<T>> for ListView<T> {
    /// A list that is always whole.
    fn from(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }
}
