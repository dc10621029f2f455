//! Subscription messages (sheet §4). Sent from the outbox after commit; a failed message never
//! touches an order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MiniProgram, WechatError};

/// A message to one user under one of our templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeMessage {
    /// The receiver.
    pub openid: String,
    /// Differs by account: configuration.
    pub template_id: String,
    /// Page to open, may carry a query; without it the card cannot be tapped.
    pub page: Option<String>,
    /// Keys exactly as in the template (`thing1`, `amount2`), each value non-empty and within its type's limit.
    pub data: BTreeMap<String, String>,
    /// Which build the card opens.
    pub stage: MessageStage,
}

/// Which build of the mini-program a message opens; the words differ from those of codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageStage {
    /// What everybody uses.
    #[default]
    Formal,
    /// The trial build.
    Trial,
    /// A developer's build.
    Developer,
}

#[derive(Serialize)]
struct Body<'a> {
    touser: &'a str,
    template_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<&'a str>,
    data: BTreeMap<&'a str, ValueOf<'a>>,
    miniprogram_state: MessageStage,
    lang: &'static str,
}

#[derive(Serialize)]
struct ValueOf<'a> {
    value: &'a str,
}

#[derive(Deserialize)]
struct Nothing {}

impl MiniProgram {
    /// Sends a subscription message.
    ///
    /// Errors: [`WechatError::NotSubscribed`] is final; [`WechatError::RateLimited`] also when
    /// another message to the same user is under way; bad data is [`WechatError::Refused`].
    pub async fn send_subscribe_message(
        &self,
        access_token: &str,
        message: &SubscribeMessage,
    ) -> Result<(), WechatError> {
        let body = Body {
            touser: &message.openid,
            template_id: &message.template_id,
            page: message.page.as_deref(),
            data: message.data.iter().map(|(key, value)| (key.as_str(), ValueOf { value })).collect(),
            miniprogram_state: message.stage,
            lang: "zh_CN",
        };
        let _: Nothing = self.post("/cgi-bin/message/subscribe/send", access_token, &body).await?;
        Ok(())
    }
}
