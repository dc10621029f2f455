//! Use cases across areas: what happens when. A flow owns the transaction and the order of steps.

pub mod affiliate_link;
pub mod after_sale;
pub mod checkout;
pub mod close_order;
pub mod commission;
pub mod effects;
pub mod explain;
pub mod import_goods;
pub mod members;
pub mod operators;
pub mod outbox;
pub mod payment_received;
pub mod payout;
pub mod prepay;
pub mod profit_sharing;
pub mod refund;
pub mod session;
pub mod shop_file;
pub mod wechat_tokens;
