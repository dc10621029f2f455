//! How a sandbox is to behave.

use std::path::PathBuf;

use crate::keys::SandboxKeys;

/// Settings of one sandbox. Everything but the keys has a default that suits tests.
#[derive(Clone)]
pub struct SandboxConfig {
    /// Address to listen on; port 0 takes a free one.
    pub bind: String,
    /// The platform's, the first merchant's and the marketplaces' keys.
    pub keys: SandboxKeys,
    /// Where the sandbox keeps its books between runs; `None` keeps them in memory alone.
    pub data_file: Option<PathBuf>,
    /// Whether events are notified by themselves; without it tests deliver by hand.
    pub notify: bool,
    /// Waits before each delivery of a notice, in milliseconds; its length is the number of tries.
    pub notice_schedule_ms: Vec<u64>,
    /// Time until an accepted refund is settled by itself, in milliseconds; `None` leaves it to
    /// [`crate::SandboxState::settle_refund`].
    pub settle_after_ms: Option<u64>,
    /// Whether refunds of one order must be a minute apart, as WeChat asks.
    pub refunds_a_minute_apart: bool,
    /// Whether sharing must wait a minute after payment (on sandbox time), as WeChat asks.
    pub sharing_after_a_minute: bool,
    /// Whether paid money cannot be shared before shipping is reported (发货信息管理).
    pub trade_managed: bool,
    /// Whether a subscription message needs a grant given through `/_sandbox/grants`.
    pub message_grants: bool,
    /// Sign with a platform certificate instead of the public key, and serve `/v3/certificates`.
    pub certificate_mode: bool,
    /// WeChat Pay's fee in basis points of a payment, taken from the seller.
    pub fee_bp: i64,
    /// Largest part of an order that may be shared to others, in basis points.
    pub sharing_ceiling_bp: i64,
    /// Largest single transfer, in fen.
    pub transfer_max_fen: i64,
    /// Money in each new merchant's operations account, in fen: what transfers are paid from.
    pub operations_fen: i64,
    /// Calls a day that each marketplace application may make; 0 = no limit.
    pub marketplace_calls_a_day: u64,
    /// Whether platforms of stores limit calls by the second, as the originals do; without it a test reads
    /// a store as fast as it can. Calls a day are limited apart.
    pub store_limits: bool,
    /// Number of listings in the marketplaces' catalogue.
    pub catalogue_size: usize,
    /// Serving threads.
    pub workers: usize,
}

impl SandboxConfig {
    /// The defaults: a free port of this machine, automatic notices, no file.
    pub fn new(keys: SandboxKeys) -> Self {
        Self {
            bind: "127.0.0.1:0".to_owned(),
            keys,
            data_file: None,
            notify: true,
            notice_schedule_ms: vec![0, 500, 1_000, 2_000, 4_000, 8_000],
            settle_after_ms: Some(300),
            refunds_a_minute_apart: false,
            sharing_after_a_minute: true,
            trade_managed: false,
            message_grants: false,
            certificate_mode: false,
            fee_bp: 0,
            sharing_ceiling_bp: 3_000,
            transfer_max_fen: 2_000_000,
            operations_fen: 100_000_000,
            marketplace_calls_a_day: 0,
            store_limits: true,
            catalogue_size: 300,
            workers: 2,
        }
    }
}
