//! Consumer complaints (消费者投诉 2.0): read, answered, ended; and where notices of them go (sheet §9).
//!
//! Names of fields and states are from public SDKs and unconfirmed; they stand in this file alone.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::Fen;
use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::{Outgoing, encode, to_json};
use super::complaint_pictures::{Media, PICTURES_MAX};
use super::{PayError, WechatPay};
use crate::lenient::null_is_default;

const PATH: &str = "/v3/merchant-service/complaints-v2";
const NOTIFICATIONS: &str = "/v3/merchant-service/complaint-notifications";
/// Complaints on one page.
const PAGE: u32 = 50;
/// What an answer may say at most, in characters.
pub const ANSWER_MAX: usize = 200;

/// A complaint as WeChat tells it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Complaint {
    /// WeChat's number.
    pub complaint_id: String,
    /// When it was filed, RFC 3339.
    #[serde(default, deserialize_with = "null_is_default")]
    pub complaint_time: String,
    /// The payer's words.
    #[serde(default, deserialize_with = "null_is_default")]
    pub complaint_detail: String,
    /// Where it stands.
    pub complaint_state: ComplaintState,
    /// Who is complained about, where it is told: under a service provider one of his sub-merchants.
    pub complainted_mchid: Option<String>,
    /// The payer's phone number, encrypted for the merchant: [`WechatPay::decrypt`] opens it.
    pub payer_phone: Option<String>,
    /// The payments it is about.
    #[serde(default, deserialize_with = "null_is_default")]
    pub complaint_order_info: Vec<ComplainedOrder>,
    /// Whether they were refunded whole.
    #[serde(default, deserialize_with = "null_is_default")]
    pub complaint_full_refunded: bool,
    /// Whether the payer has written and waits for an answer.
    #[serde(default, deserialize_with = "null_is_default")]
    pub incoming_user_response: bool,
    /// How often he has complained.
    #[serde(default, deserialize_with = "null_is_default")]
    pub user_complaint_times: i32,
    /// `REFUND`, `SERVICE_NOT_WORK`, `OTHERS`.
    pub problem_type: Option<String>,
    /// In WeChat's words.
    pub problem_description: Option<String>,
    /// How much the payer wants back.
    pub apply_refund_amount: Option<Fen>,
    #[serde(default)]
    complaint_media_list: Media,
}

impl Complaint {
    /// Addresses of the payer's pictures: [`WechatPay::complaint_picture`] fetches them.
    #[must_use]
    pub fn pictures(&self) -> Vec<String> {
        self.complaint_media_list.addresses()
    }

    /// When it was filed.
    #[must_use]
    pub fn filed_at(&self) -> Option<DateTime<Utc>> {
        DateTime::parse_from_rfc3339(&self.complaint_time).ok().map(|at| at.with_timezone(&Utc))
    }
}

impl std::fmt::Debug for Complaint {
    /// Leaves out the words and the phone number.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Complaint")
            .field("complaint_id", &self.complaint_id)
            .field("complaint_state", &self.complaint_state)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Negotiation {
    /// Leaves out the words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Negotiation").field("operate_type", &self.operate_type).finish_non_exhaustive()
    }
}

/// A payment somebody complains about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ComplainedOrder {
    /// WeChat's number.
    #[serde(default, deserialize_with = "null_is_default")]
    pub transaction_id: String,
    /// Ours.
    #[serde(default, deserialize_with = "null_is_default")]
    pub out_trade_no: String,
    /// What was paid.
    pub amount: Option<Fen>,
}

/// Where a complaint stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum ComplaintState {
    /// Nobody has answered.
    Pending,
    /// Being dealt with.
    Processing,
    /// Ended.
    Processed,
    /// A word unknown to us.
    Other(String),
}

impl From<String> for ComplaintState {
    fn from(word: String) -> Self {
        match word.as_str() {
            "PENDING" => Self::Pending,
            "PROCESSING" => Self::Processing,
            "PROCESSED" => Self::Processed,
            _ => Self::Other(word),
        }
    }
}

/// One page of complaints.
#[derive(Debug, Deserialize)]
pub struct Complaints {
    /// Newest first.
    #[serde(default, deserialize_with = "null_is_default")]
    pub data: Vec<Complaint>,
    /// Over all pages.
    #[serde(default, deserialize_with = "null_is_default")]
    pub total_count: u32,
}

/// One entry of a complaint's history.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Negotiation {
    /// Who, in WeChat's words.
    #[serde(default, deserialize_with = "null_is_default")]
    pub operator: String,
    /// When, RFC 3339.
    #[serde(default, deserialize_with = "null_is_default")]
    pub operate_time: String,
    /// Such as `USER_CREATE_COMPLAINT` or `MERCHANT_RESPONSE`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub operate_type: String,
    /// What was said.
    #[serde(default, deserialize_with = "null_is_default")]
    pub operate_details: String,
    #[serde(default, deserialize_with = "null_is_default")]
    image_list: Vec<String>,
    #[serde(default)]
    complaint_media_list: Media,
}

impl Negotiation {
    /// Addresses of the entry's pictures, under whichever name they came: [`WechatPay::complaint_picture`]
    /// fetches them.
    #[must_use]
    pub fn pictures(&self) -> Vec<String> {
        let mut all = self.image_list.clone();
        all.extend(self.complaint_media_list.addresses().into_iter().filter(|more| !self.image_list.contains(more)));
        all
    }

    /// Whether this is the merchant's answer of exactly these words.
    #[must_use]
    pub fn is_answer(&self, text: &str) -> bool {
        self.operate_type == "MERCHANT_RESPONSE" && self.operate_details == text
    }
}

#[derive(Deserialize)]
struct Negotiations {
    #[serde(default, deserialize_with = "null_is_default")]
    data: Vec<Negotiation>,
}

/// What the merchant says of a wanted refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundProgress {
    /// It will be made within so many days.
    Approve(u8),
    /// It will not, and why.
    Reject(String),
}

#[derive(Serialize)]
struct Answer<'a> {
    complainted_mchid: &'a str,
    response_content: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    response_images: &'a [String],
}

#[derive(Serialize)]
struct Complete<'a> {
    complainted_mchid: &'a str,
}

#[derive(Serialize)]
struct Progress<'a> {
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    launch_refund_day: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reject_reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Address<'a> {
    url: &'a str,
}

#[derive(Deserialize)]
struct Registered {
    #[serde(default, deserialize_with = "null_is_default")]
    url: String,
}

impl WechatPay {
    /// The complaints filed between two days of Beijing, at most thirty apart, from the `offset`-th on.
    pub async fn complaints(&self, from: NaiveDate, until: NaiveDate, offset: u32) -> Result<Complaints, PayError> {
        let mut target = format!("{PATH}?limit={PAGE}&offset={offset}&begin_date={from}&end_date={until}");
        if let Some(sub) = self.account().sub_mchid() {
            target.push_str(&format!("&complainted_mchid={}", encode(sub)));
        }
        self.get(&target).await
    }

    /// One complaint. Errors: [`PayError::NotFound`].
    pub async fn complaint(&self, number: &str) -> Result<Complaint, PayError> {
        self.get(&format!("{PATH}/{}", encode(number))).await
    }

    /// What was said about a complaint, newest first.
    pub async fn negotiations(&self, number: &str) -> Result<Vec<Negotiation>, PayError> {
        let answer: Negotiations =
            self.get(&format!("{PATH}/{}/negotiation-historys?limit={PAGE}&offset=0", encode(number))).await?;
        Ok(answer.data)
    }

    /// Answers the payer, with pictures that were uploaded. It is said again when it is sent again: look at the history first.
    pub async fn answer_complaint(&self, number: &str, text: &str, pictures: &[String]) -> Result<(), PayError> {
        if text.trim().is_empty() || text.chars().count() > ANSWER_MAX {
            return Err(PayError::Invalid("an answer has 1 to 200 characters"));
        }
        if pictures.len() > PICTURES_MAX {
            return Err(PayError::Invalid("an answer has at most 4 pictures"));
        }
        let (complainted_mchid, response_content) = (self.seller(), text);
        let body = to_json(&Answer { complainted_mchid, response_content, response_images: pictures })?;
        self.say(number, "response", &body).await
    }

    /// Ends a complaint.
    pub async fn complete_complaint(&self, number: &str) -> Result<(), PayError> {
        let body = to_json(&Complete { complainted_mchid: self.seller() })?;
        self.say(number, "complete", &body).await
    }

    /// Says whether a wanted refund will be made.
    pub async fn complaint_refund_progress(&self, number: &str, progress: &RefundProgress) -> Result<(), PayError> {
        let body = match progress {
            RefundProgress::Approve(days) => {
                Progress { action: "APPROVE", launch_refund_day: Some(*days), reject_reason: None }
            }
            RefundProgress::Reject(why) => {
                Progress { action: "REJECT", launch_refund_day: None, reject_reason: Some(why) }
            }
        };
        self.say(number, "update-refund-progress", &to_json(&body)?).await
    }

    /// Has notices of complaints sent to `url`, unless they go there or to one of those `as_good` already;
    /// where they go. There is one address for all that sign with one number.
    pub async fn register_complaint_address(&self, url: &str, as_good: &[String]) -> Result<String, PayError> {
        let method = match self.get::<Registered>(NOTIFICATIONS).await {
            Ok(known) if known.url == url || as_good.contains(&known.url) => return Ok(known.url),
            Ok(_) => Method::PUT,
            Err(PayError::NotFound(_)) => Method::POST,
            Err(error) => return Err(error),
        };
        let body = to_json(&Address { url })?;
        let outgoing = Outgoing { method, ..Outgoing::post(NOTIFICATIONS, Some(&body)) };
        self.call(&outgoing).await.map(|_| url.to_owned())
    }

    async fn say(&self, number: &str, what: &str, body: &[u8]) -> Result<(), PayError> {
        let target = format!("{PATH}/{}/{what}", encode(number));
        let outgoing = Outgoing { may_come_twice: false, ..Outgoing::post(&target, Some(body)) };
        self.call(&outgoing).await.map(|_| ())
    }

    /// Who is complained about.
    fn seller(&self) -> &str {
        let account = self.account();
        account.sub_mchid().unwrap_or(account.mchid())
    }
}
