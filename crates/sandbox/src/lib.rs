#![doc = include_str!("../README.md")]

mod aliexpress;
mod amazon;
mod catalogue;
mod clock;
mod config;
mod control;
mod courier;
mod crypto;
mod dhgate;
mod ebay;
mod faults;
mod jd;
mod json;
mod keys;
mod pay;
mod pinduoduo;
mod request_log;
mod rest;
mod server;
mod shopify;
mod shoplazza;
mod state;
pub mod stores;
mod taobao;
mod wanliniu;
mod wechat;
mod weimob;
mod wish;
mod world;
mod youzan;

pub use catalogue::orders::{AffiliateOrder, AffiliateStage, Marketplace};
pub use clock::SandboxClock;
pub use config::SandboxConfig;
pub use courier::Delivery;
pub use crypto::CryptoError;
pub use faults::Fault;
pub use keys::{JdApp, KeysError, MerchantKeys, PinduoduoApp, PlatformKeys, SandboxKeys, SubMerchant, TaobaoApp};
pub use pay::books::{Books, Purse, UserPurse};
pub use pay::notices::{ForgeError, NoticeView};
pub use pay::orders::OrderView;
pub use pay::refunds::RefundStatus;
pub use pay::transfers::{TransferState, TransferView};
pub use pay::{
    AuthorizationFault, BillPlant, NoticeKind, PayTarget, PaymentRefused, SignedNotice, SignedRequest, UploadedImage,
    verify_request,
};
pub use request_log::LoggedCall;
pub use server::{Running, Sandbox, StartError};
pub use state::SandboxState;
pub use wechat::{Push, PushError, PushFormat, PushKind, PushMode, SentMessage, ShippingView, User};
