//! What platforms with calls of their own paths share: parameters read strictly, limits, amounts.

pub(crate) mod amount;
pub(crate) mod bucket;
pub(crate) mod denied;
pub(crate) mod fields;
pub(crate) mod repeats;
pub(crate) mod trouble;

use crate::rest::bucket::Rate;
use crate::state::SandboxState;
use crate::stores::{StoreApp, StorePlatform};

impl SandboxState {
    /// Draws from a bucket of calls or points; a sandbox without limits has full ones.
    pub(crate) fn draw(&self, key: &str, rate: Rate, wanted: i64) -> Result<i64, i64> {
        if !self.config().store_limits {
            return Ok(rate.holds);
        }
        self.0.buckets.draw(key, rate, wanted, self.bucket_ms())
    }

    /// Empties a store's bucket as of now, for a test that wants to meet the limit: `shopify/HOST`,
    /// `amazon/SELLER/OPERATION`, `aliexpress`, `wish/MERCHANT`, `wanliniu/KEY`, `shoplazza/HOST`.
    pub fn exhaust(&self, bucket: &str) {
        self.0.buckets.empty(bucket, self.bucket_ms());
    }

    /// The time by which buckets fill, in milliseconds: an hour that the sandbox is moved on fills them too.
    fn bucket_ms(&self) -> i64 {
        self.clock().wall_ms().saturating_add(self.clock().offset_s().saturating_mul(1_000))
    }

    /// The application on a platform of stores.
    pub(crate) fn store_app(&self, platform: StorePlatform) -> StoreApp {
        let none = || StoreApp { id: String::new(), secret: String::new(), more: Default::default() };
        self.keys().stores.on(platform).cloned().unwrap_or_else(none)
    }
}
