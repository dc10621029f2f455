//! What platforms with calls of their own paths share: parameters read strictly, limits, amounts.

pub(crate) mod amount;
pub(crate) mod bucket;
pub(crate) mod fields;
pub(crate) mod repeats;

use crate::state::SandboxState;
use crate::stores::{StoreApp, StorePlatform};

impl SandboxState {
    /// The application on a platform of stores.
    pub(crate) fn store_app(&self, platform: StorePlatform) -> StoreApp {
        let none = || StoreApp { id: String::new(), secret: String::new(), more: Default::default() };
        self.keys().stores.on(platform).cloned().unwrap_or_else(none)
    }
}
