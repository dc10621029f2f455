//! The application by which a shop talks to each platform of stores.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::StorePlatform;
use crate::crypto;
use crate::ebay::NoticeKey;

/// One application on one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreApp {
    /// `client_id`, `app_key`…: its public name.
    pub id: String,
    /// `client_secret`, `app_secret`…
    pub secret: String,
    /// What else the platform gives an application, in its own words.
    #[serde(default)]
    pub more: BTreeMap<String, String>,
}

/// One application a platform.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoreApps(BTreeMap<StorePlatform, StoreApp>);

impl StoreApps {
    /// Makes those that are missing; says whether there were any.
    pub(crate) fn complete(&mut self) -> bool {
        let missing: Vec<_> =
            StorePlatform::ALL.into_iter().filter(|platform| !self.0.contains_key(platform)).collect();
        for platform in &missing {
            self.0.insert(*platform, StoreApp::generate(*platform));
        }
        !missing.is_empty()
    }

    /// The application on `platform`.
    pub fn on(&self, platform: StorePlatform) -> Option<&StoreApp> {
        self.0.get(&platform)
    }
}

impl StoreApp {
    fn generate(platform: StorePlatform) -> Self {
        let hex =
            |length: usize| -> String { crypto::sha256_hex(&crypto::random_text(32)).chars().take(length).collect() };
        let digits = |length: usize| -> String {
            crypto::random_text(length).bytes().map(|byte| char::from(b'0' + byte % 10)).collect()
        };
        let id = match platform {
            StorePlatform::Taobao | StorePlatform::Aliexpress => format!("3{}", digits(7)),
            StorePlatform::Amazon => format!("amzn1.application-oa2-client.{}", hex(32)),
            StorePlatform::Ebay => format!("Tuanqiao-shop-PRD-{}-{}", hex(9), hex(8)),
            StorePlatform::Youzan => hex(18),
            StorePlatform::Wanliniu => format!("S{}", digits(9)),
            _ => hex(32),
        };
        let more = match platform {
            // What stands for the address, and what proves it.
            StorePlatform::Ebay => vec![
                ("ru_name", format!("Tuanqiao-Tuanqiao-shop-{}", hex(6))),
                ("verification_token", format!("tuanqiao_{}", hex(40))),
                // What its notices are signed with; the platform's own.
                ("notice_key", NoticeKey::generate().unwrap_or_default()),
            ],
            StorePlatform::Amazon => vec![("application_id", format!("amzn1.sp.solution.{}", hex(32)))],
            _ => Vec::new(),
        };
        let more = more.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        StoreApp { id, secret: hex(32), more }
    }
}
