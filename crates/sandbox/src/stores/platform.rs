//! The platforms whose stores are played, and what differs between them in data alone.

use serde::{Deserialize, Serialize};

use crate::clock::beijing_digits;

/// A platform that merchants have stores on. Its name is the id of `[marketplaces.<id>]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StorePlatform {
    /// 拼多多.
    Pinduoduo,
    /// 淘宝.
    Taobao,
    /// 京东.
    Jd,
    /// 有赞.
    Youzan,
    /// 微盟.
    Weimob,
    /// Shopify.
    Shopify,
    /// AliExpress.
    Aliexpress,
    /// eBay.
    Ebay,
    /// Amazon (SP-API).
    Amazon,
    /// DHgate.
    Dhgate,
    /// Wish.
    Wish,
    /// 万里牛.
    Wanliniu,
    /// 店匠.
    Shoplazza,
}

use StorePlatform as P;

/// What a renewal does to the end of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extends {
    /// The new token lives its whole life from now.
    Always,
    /// A renewal before the end keeps the end; afterwards a new life begins.
    OnceOver,
}

/// How long what an authorisation gives is good for, in seconds of wall time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lives {
    pub(crate) code_s: i64,
    /// `None`: for ever.
    pub(crate) access_s: Option<i64>,
    /// `None`: for ever.
    pub(crate) refresh_s: Option<i64>,
    /// Whether each renewal gives another refresh token, after which the former is dead.
    pub(crate) rotates: bool,
    pub(crate) extends: Extends,
}

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

impl StorePlatform {
    /// All of them.
    pub const ALL: [StorePlatform; 13] = [
        P::Pinduoduo,
        P::Taobao,
        P::Jd,
        P::Youzan,
        P::Weimob,
        P::Shopify,
        P::Aliexpress,
        P::Ebay,
        P::Amazon,
        P::Dhgate,
        P::Wish,
        P::Wanliniu,
        P::Shoplazza,
    ];

    /// Its id, as in settings and paths.
    pub fn id(self) -> &'static str {
        match self {
            P::Pinduoduo => "pinduoduo",
            P::Taobao => "taobao",
            P::Jd => "jd",
            P::Youzan => "youzan",
            P::Weimob => "weimob",
            P::Shopify => "shopify",
            P::Aliexpress => "aliexpress",
            P::Ebay => "ebay",
            P::Amazon => "amazon",
            P::Dhgate => "dhgate",
            P::Wish => "wish",
            P::Wanliniu => "wanliniu",
            P::Shoplazza => "shoplazza",
        }
    }

    /// The platform with this id.
    pub fn of(id: &str) -> Option<StorePlatform> {
        Self::ALL.into_iter().find(|platform| platform.id() == id)
    }

    /// The currency of a store that says nothing else.
    pub(crate) fn currency(self) -> &'static str {
        match self {
            P::Pinduoduo | P::Taobao | P::Jd | P::Youzan | P::Weimob | P::Wanliniu => "CNY",
            P::Shopify | P::Aliexpress | P::Ebay | P::Amazon | P::Dhgate | P::Wish | P::Shoplazza => "USD",
        }
    }

    /// Whether buyers live in China.
    pub(crate) fn is_chinese(self) -> bool {
        self.currency() == "CNY"
    }

    /// Where the numbers of its goods begin. Some exceed 2^53 on purpose: such ids are common.
    pub(crate) fn first_item(self) -> u64 {
        match self {
            P::Weimob => 102_000_000_000_000_000,
            P::Aliexpress => 10_050_000_000_000_000,
            P::Wish => 5_000_000_000_000_000,
            P::Shopify => 7_800_000_000_000,
            _ => 600_000_000_000,
        }
    }

    /// What its tokens live. The access life of Pinduoduo, Taobao and JD is that of applications in test
    /// state; where the sheets name none ([mem]) it is a guess kept here alone.
    pub(crate) fn lives(self) -> Lives {
        let lives = |code_s, access_s, refresh_s, rotates| Lives {
            code_s,
            access_s: Some(access_s),
            refresh_s: Some(refresh_s),
            rotates,
            extends: Extends::Always,
        };
        match self {
            P::Pinduoduo => Lives { extends: Extends::OnceOver, ..lives(600, DAY, 30 * DAY, true) },
            P::Taobao => lives(600, DAY, 30 * DAY, false),
            P::Jd => lives(600, DAY, 30 * DAY, true),
            P::Youzan => lives(120, 7 * DAY, 28 * DAY, true),
            P::Weimob => lives(600, 2 * HOUR, 7 * DAY, true),
            P::Shopify => lives(600, HOUR, 90 * DAY, true),
            P::Aliexpress => lives(30 * 60, 30 * DAY, 60 * DAY, true),
            P::Ebay => lives(299, 2 * HOUR, 547 * DAY, false),
            P::Amazon => Lives { refresh_s: None, ..lives(300, HOUR, 0, false) },
            P::Dhgate => lives(600, 30 * DAY, 180 * DAY, true),
            P::Wish => lives(600, 30 * DAY, 180 * DAY, false),
            P::Wanliniu => Lives { access_s: None, refresh_s: None, ..lives(600, 0, 0, false) },
            P::Shoplazza => lives(600, 30 * DAY, 90 * DAY, true),
        }
    }

    /// Its number for the order `seq` placed at `at`, in the form that its orders have.
    pub(crate) fn order_id(self, seq: u64, at: i64) -> String {
        let day = || beijing_digits(at).chars().skip(2).take(6).collect::<String>();
        match self {
            P::Pinduoduo => format!("{}-{}", day(), 200_000_000_000_000 + seq * 7),
            P::Taobao => (2_600_000_000_000_000_000 + seq * 13).to_string(),
            P::Jd => (300_000_000_000 + seq).to_string(),
            P::Youzan => format!("E{}{:08}", beijing_digits(at), 60_000_000 + seq),
            P::Weimob => (910_000_000_000_000_000 + seq * 3).to_string(),
            P::Shopify => (5_900_000_000_000 + seq).to_string(),
            P::Aliexpress => (8_190_000_000_000_000 + seq * 11).to_string(),
            P::Ebay => {
                format!("{:02}-{:05}-{:05}", 10 + seq / 100_000 % 90, 10_000 + seq % 90_000, 20_000 + seq * 7 % 80_000)
            }
            P::Amazon => {
                format!("{:03}-{:07}-{:07}", 100 + seq % 900, 1_000_000 + seq, 2_000_000 + seq * 7 % 8_000_000)
            }
            P::Dhgate => (3_300_000_000 + seq).to_string(),
            P::Wish => format!("6{:023x}", 0x4a_0000_0000 + seq),
            P::Wanliniu => format!("XD{}{:06}", day(), seq),
            P::Shoplazza => format!("{}-{:08}", day(), seq),
        }
    }
}
