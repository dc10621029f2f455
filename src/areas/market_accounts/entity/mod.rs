//! The rows of this area's tables; the migration is the truth and a test compares the two.
#![allow(missing_docs, reason = "columns say their name; what a name does not say is documented")]

pub mod category_mapping;
pub mod exchange_rate;
pub mod import_refusal;
pub mod import_run;
pub mod picture_copy;
pub mod price_rule;
pub mod quota_usage;
pub mod remote_goods;
