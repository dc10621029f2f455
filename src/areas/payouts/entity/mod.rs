//! The rows of this area's tables; the migration is the truth and a test compares the two.
#![allow(missing_docs, reason = "columns say their name; what a name does not say is documented")]

pub mod leader_identity;
pub mod payout_account;
pub mod payout_batch;
pub mod receiver_removal;
pub mod sharing;
pub mod sharing_part;
pub mod sharing_return;
pub mod transfer;
pub mod withdrawal;
pub mod withdrawal_counter;
