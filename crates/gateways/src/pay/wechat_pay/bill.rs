//! Bills of a day (sheet §8): asked for, fetched from the address in the answer, unpacked, and held
//! against the hash. What stands in them is read in `bill_lines`.

use std::io::Read as _;
use std::time::Duration;

use chrono::NaiveDate;
use flate2::read::MultiGzDecoder;
use kernel::Clock;
use kernel::crypto::digest::{same, sha1_hex};
use reqwest::Url;
use serde::Deserialize;

use super::WechatPay;
use super::call::{Outgoing, encode};
use super::error::{PayError, classify};
use crate::http;

/// Most bytes of a packed bill: a shop of this size does not exist yet.
const PACKED_CAP: usize = 64 * 1024 * 1024;
/// Most bytes of an unpacked bill, so that a small file cannot fill the memory.
const TEXT_CAP: u64 = 512 * 1024 * 1024;
/// A bill of many lines takes longer than an ordinary answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// The first bytes of a packed file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Which bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bill {
    /// Payments and refunds.
    Trade,
    /// What moved on one of the merchant's accounts.
    FundFlow(FundAccount),
    /// Shares, and what came back of them.
    Sharing,
}

/// An account of the merchant at the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FundAccount {
    /// Where payments arrive.
    Basic,
    /// Out of which transfers are paid.
    Operation,
}

impl FundAccount {
    fn word(self) -> &'static str {
        match self {
            Self::Basic => "BASIC",
            Self::Operation => "OPERATION",
        }
    }
}

/// A bill as it came, proven by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillFile {
    /// SHA-1 of the text, lower-case hex.
    pub hash: String,
    /// The text.
    pub text: String,
}

/// Why there is no bill to read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BillError {
    /// Nothing happened on that day.
    #[error("the day has no bill: nothing happened")]
    Empty,
    /// The platform is still writing it: ask again in a quarter of an hour.
    #[error("the bill is not written yet")]
    NotYet,
    /// The file is not the one the platform told of.
    #[error("the bill's hash is {found}, the platform told {told}")]
    Altered {
        /// What the platform said.
        told: String,
        /// What the file has.
        found: String,
    },
    /// The file is not what it should be.
    #[error("the bill cannot be read: {0}")]
    Unreadable(String),
    /// The call failed.
    #[error(transparent)]
    Pay(#[from] PayError),
}

/// Where the file lies; the address lives for minutes.
#[derive(Deserialize)]
struct Ticket {
    hash_type: Option<String>,
    hash_value: String,
    download_url: String,
}

impl WechatPay {
    /// The bill of `day` (Beijing). Yesterday's is there from 10:00 on, and for three months.
    ///
    /// # Errors
    /// [`BillError::Empty`] and [`BillError::NotYet`] are ordinary answers; [`BillError::Altered`] is
    /// a file that must not be believed. A service provider cannot ask for fund flows here.
    pub async fn bill(&self, bill: Bill, day: NaiveDate) -> Result<BillFile, BillError> {
        let target = self.bill_target(bill, day)?;
        let ticket: Ticket = self.get(&target).await.map_err(told)?;
        if ticket.hash_type.as_deref().is_some_and(|kind| !kind.eq_ignore_ascii_case("SHA1")) {
            return Err(BillError::Unreadable("its hash is of an unknown kind".to_owned()));
        }
        let packed = self.download(&ticket.download_url).await?;
        let opened = tokio::task::spawn_blocking(move || open(&packed, &ticket.hash_value)).await;
        opened.map_err(|error| BillError::Unreadable(error.to_string()))?
    }

    fn bill_target(&self, bill: Bill, day: NaiveDate) -> Result<String, PayError> {
        let day = day.format("%Y-%m-%d");
        let sub = self.account().sub_mchid().map(|sub| format!("&sub_mchid={}", encode(sub))).unwrap_or_default();
        Ok(match bill {
            Bill::Trade => format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL&tar_type=GZIP{sub}"),
            Bill::FundFlow(_) if self.account().sub_mchid().is_some() => {
                return Err(PayError::Invalid("a sub-merchant's fund flows are not offered to service providers"));
            }
            Bill::FundFlow(account) => {
                format!("/v3/bill/fundflowbill?bill_date={day}&account_type={}&tar_type=GZIP", account.word())
            }
            Bill::Sharing => format!("/v3/profitsharing/bills?bill_date={day}&tar_type=GZIP{sub}"),
        })
    }

    /// The file behind `address`, as it came. The answer carries no signature: the hash proves it. Its
    /// path is asked of the configured host, which is the only one a request of ours is sent to.
    async fn download(&self, address: &str) -> Result<Vec<u8>, BillError> {
        let main = &self.shared.hosts.main;
        let unreadable = || BillError::Unreadable("the download address is not a URL".to_owned());
        let target = target_of(address, main).ok_or_else(unreadable)?;
        let now = Clock::default().wall().timestamp();
        let mut request = self.request(main, &Outgoing::get(&target), now)?;
        *request.timeout_mut() = Some(PATIENCE);
        let reply = http::send("wechat_pay", &self.shared.http, request, PACKED_CAP).await.map_err(PayError::from)?;
        if !reply.is_success() {
            return Err(told(classify(&reply, false)));
        }
        Ok(reply.body)
    }
}

/// Path and query of a download address, below the path of our own host, if it has one.
pub(super) fn target_of(address: &str, main: &Url) -> Option<String> {
    let url = main.join(address).ok()?;
    let below = main.path().trim_end_matches('/');
    let path = url.path().strip_prefix(below).filter(|rest| rest.starts_with('/')).unwrap_or(url.path());
    Some(match url.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    })
}

/// The two refusals that are answers. The spelling of the codes is unconfirmed [mem].
fn told(error: PayError) -> BillError {
    match error.refusal() {
        Some(refusal) if refusal.is("NO_STATEMENT_EXIST") => BillError::Empty,
        Some(refusal) if refusal.is("STATEMENT_CREATING") => BillError::NotYet,
        _ => BillError::Pay(error),
    }
}

/// Unpacks a file and holds it against its hash, which is of the unpacked bytes.
fn open(packed: &[u8], told: &str) -> Result<BillFile, BillError> {
    let mut bytes = Vec::new();
    if packed.starts_with(&GZIP) {
        let mut reader = MultiGzDecoder::new(packed).take(TEXT_CAP);
        reader.read_to_end(&mut bytes).map_err(|error| BillError::Unreadable(error.to_string()))?;
    } else {
        bytes.extend_from_slice(packed);
    }
    let (found, told) = (sha1_hex(&bytes), told.trim().to_ascii_lowercase());
    if !same(&found, &told) {
        return Err(BillError::Altered { told, found });
    }
    let text = String::from_utf8(bytes).map_err(|_| BillError::Unreadable("it is not UTF-8".to_owned()))?;
    Ok(BillFile { hash: found, text })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write as _;

    use super::*;

    fn packed(text: &str) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn the_hash_is_of_the_unpacked_bytes_and_a_file_that_differs_is_refused() {
        let (text, hash) = ("交易时间\r\n", sha1_hex("交易时间\r\n".as_bytes()));
        let opened = open(&packed(text), &hash.to_uppercase()).unwrap();
        assert_eq!((opened.text.as_str(), &opened.hash), (text, &hash));
        assert_eq!(open(text.as_bytes(), &hash).unwrap(), opened, "a file that came unpacked is as good");
        let of_packed = sha1_hex(&packed(text));
        assert!(matches!(open(&packed(text), &of_packed), Err(BillError::Altered { .. })));
        let mut cut = packed(text);
        cut.truncate(cut.len() - 6);
        assert!(matches!(open(&cut, &hash), Err(BillError::Unreadable(_))));
    }

    #[test]
    fn the_file_is_asked_of_our_own_host() {
        let host = |text: &str| text.parse::<Url>().unwrap();
        let target = |address: &str, main: &str| target_of(address, &host(main)).unwrap();
        let away = "https://api.mch.weixin.qq.com/v3/billdownload/file?token=a%2Fb%3D&tartype=gzip";
        assert_eq!(target(away, "http://127.0.0.1:9"), "/v3/billdownload/file?token=a%2Fb%3D&tartype=gzip");
        let below = "http://127.0.0.1:9/wx/v3/billdownload/file?token=1";
        assert_eq!(target(below, "http://127.0.0.1:9/wx/"), "/v3/billdownload/file?token=1");
        assert_eq!(target("/v3/billdownload/file", "http://127.0.0.1:9"), "/v3/billdownload/file");
    }
}
