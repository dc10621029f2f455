//! Phone number by one-time code (sheet §1.4).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{MiniProgram, WechatError};

/// A verified phone number.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhoneNumber {
    /// Without the country's prefix.
    pub pure_phone_number: String,
    /// Digits such as `86`; arrives as text or as a number, and is not always there.
    #[serde(default, deserialize_with = "text_or_number")]
    pub country_code: String,
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber([REDACTED])")
    }
}

#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    openid: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    phone_info: PhoneInfo,
}

#[derive(Deserialize)]
struct PhoneInfo {
    #[serde(flatten)]
    number: PhoneNumber,
    watermark: Option<Watermark>,
}

#[derive(Deserialize)]
struct Watermark {
    appid: String,
}

impl MiniProgram {
    /// Exchanges a phone code (not the login code; once, 5 minutes). With `openid` the platform
    /// verifies that the code is that user's.
    ///
    /// Errors: [`WechatError::CodeInvalid`], [`WechatError::Malformed`] for another app's number.
    pub async fn phone_number(&self, access_token: &str, code: &str, openid: &str) -> Result<PhoneNumber, WechatError> {
        let answer: Answer =
            self.post_patiently("/wxa/business/getuserphonenumber", access_token, &Body { code, openid }).await?;
        if answer.phone_info.watermark.is_some_and(|w| w.appid != self.appid()) {
            return Err(WechatError::Malformed("a phone number of another app".to_owned()));
        }
        Ok(answer.phone_info.number)
    }
}

fn text_or_number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Number(i64),
    }
    Ok(match Option::deserialize(deserializer)? {
        Some(Either::Text(text)) => text,
        Some(Either::Number(number)) => number.to_string(),
        None => String::new(),
    })
}
