//! Who may receive shares of a seller.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::pay::answer::{Answer, Refusal, Reply};
use crate::pay::orders::{known_sub_app, seller_of};
use crate::pay::{Call, fields};

/// What kind of account receives; the names are WeChat's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ReceiverType {
    MerchantId,
    PersonalOpenid,
    PersonalSubOpenid,
}

/// Relations that may be named.
const RELATIONS: [&str; 11] = [
    "SERVICE_PROVIDER",
    "STORE",
    "STAFF",
    "STORE_OWNER",
    "PARTNER",
    "HEADQUARTER",
    "BRAND",
    "DISTRIBUTOR",
    "USER",
    "SUPPLIER",
    "CUSTOM",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    sub_mchid: Option<String>,
    appid: String,
    sub_appid: Option<String>,
    r#type: ReceiverType,
    account: String,
    name: Option<String>,
    relation_type: String,
    custom_relation: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delete {
    sub_mchid: Option<String>,
    appid: String,
    sub_appid: Option<String>,
    r#type: ReceiverType,
    account: String,
}

/// `POST /v3/profitsharing/receivers/add`.
pub(in crate::pay) fn add(call: &Call<'_>) -> Reply {
    let body: Add = call.json()?;
    let seller = seller_of(call, body.sub_mchid.as_deref())?;
    if call.named_key.is_none() {
        return Err(Refusal::new(400, "PARAM_ERROR", "Http头缺少Wechatpay-Serial"));
    }
    judge_account(
        call,
        Apps { appid: &body.appid, sub_mchid: body.sub_mchid.as_deref(), sub_appid: body.sub_appid.as_deref() },
        body.r#type,
        &body.account,
    )?;
    let name = call.opened("/name", body.name.as_deref())?;
    if body.r#type == ReceiverType::MerchantId && name.is_none() {
        return Err(Refusal::param("/name", "接收方类型为MERCHANT_ID时必填"));
    }
    if !RELATIONS.contains(&body.relation_type.as_str()) {
        return Err(Refusal::param("/relation_type", "取值错误"));
    }
    fields::optional_text("/custom_relation", body.custom_relation.as_deref(), 10)?;
    if (body.relation_type == "CUSTOM") != body.custom_relation.is_some() {
        return Err(Refusal::param("/custom_relation", "仅当relation_type为CUSTOM时填写"));
    }
    let key = receiver_key(&seller, body.r#type, &body.account);
    call.state.world().sharing.receivers.insert(key);
    let mut answer = json!({"type": body.r#type, "account": body.account, "relation_type": body.relation_type});
    if let Value::Object(members) = &mut answer {
        let optional = [("sub_mchid", body.sub_mchid), ("custom_relation", body.custom_relation), ("name", body.name)];
        let given = optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
        members.extend(given);
    }
    Ok(Answer::Body(answer))
}

/// `POST /v3/profitsharing/receivers/delete`.
pub(in crate::pay) fn delete(call: &Call<'_>) -> Reply {
    let body: Delete = call.json()?;
    let seller = seller_of(call, body.sub_mchid.as_deref())?;
    judge_account(
        call,
        Apps { appid: &body.appid, sub_mchid: body.sub_mchid.as_deref(), sub_appid: body.sub_appid.as_deref() },
        body.r#type,
        &body.account,
    )?;
    let key = receiver_key(&seller, body.r#type, &body.account);
    if !call.state.world().sharing.receivers.remove(&key) {
        return Err(Refusal::invalid("分账接收方不存在"));
    }
    Ok(Answer::Body(json!({"type": body.r#type, "account": body.account})))
}

/// The apps that openids in a request may belong to.
#[derive(Clone, Copy)]
pub(super) struct Apps<'a> {
    pub(super) appid: &'a str,
    pub(super) sub_mchid: Option<&'a str>,
    pub(super) sub_appid: Option<&'a str>,
}

/// Checks that `account` is one that can be reached under the caller's appids.
pub(super) fn judge_account(call: &Call<'_>, apps: Apps<'_>, kind: ReceiverType, account: &str) -> Result<(), Refusal> {
    let Apps { appid, sub_mchid, sub_appid } = apps;
    if !call.account.binds(appid) {
        return Err(Refusal::new(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配"));
    }
    if let Some(sub_appid) = sub_appid {
        known_sub_app(call, sub_mchid, sub_appid)?;
    }
    fields::text("/account", account, 64)?;
    match (kind, sub_appid) {
        (ReceiverType::MerchantId, _) => fields::number("/account", account, 8, 10, ""),
        (ReceiverType::PersonalOpenid, _) => belongs(appid, account),
        (ReceiverType::PersonalSubOpenid, Some(sub_appid)) => belongs(sub_appid, account),
        (ReceiverType::PersonalSubOpenid, None) => {
            Err(Refusal::param("/sub_appid", "接收方类型为PERSONAL_SUB_OPENID时必填"))
        }
    }
}

fn belongs(appid: &str, openid: &str) -> Result<(), Refusal> {
    if crate::wechat::openid_belongs(appid, openid) {
        return Ok(());
    }
    Err(Refusal::param("/account", "openid与appid不匹配"))
}

/// The key of a receiver among all sellers'.
pub(super) fn receiver_key(seller: &str, kind: ReceiverType, account: &str) -> String {
    format!("{seller}/{kind:?}/{account}")
}
