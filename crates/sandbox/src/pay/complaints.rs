//! Consumer complaints (消费者投诉): kept, read, answered, ended; the merchant hears of each change.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Call;
use super::answer::{Answer, Refusal, Reply};
use super::images;
use super::notices::Event;
use crate::clock::rfc3339;
use crate::state::SandboxState;
use crate::world::World;

/// The widest window of a list, in days.
const WINDOW_DAYS: i64 = 30;

/// Every complaint, and where merchants hear of them.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct ComplaintTables {
    complaints: BTreeMap<String, Complaint>,
    /// Merchant number → address.
    addresses: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Complaint {
    number: String,
    account: String,
    seller: String,
    filed_at: i64,
    detail: String,
    state: State,
    phone: String,
    transaction_id: String,
    out_trade_no: String,
    amount: i64,
    waits_for_answer: bool,
    problem_type: String,
    /// Numbers of the payer's pictures.
    #[serde(default)]
    pictures: Vec<String>,
    history: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum State {
    Pending,
    Processing,
    Processed,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    operator: String,
    at: i64,
    kind: String,
    words: String,
    /// Numbers of its pictures.
    #[serde(default)]
    pictures: Vec<String>,
}

/// One complaint as the control API lists it.
#[derive(Debug, Clone, Serialize)]
pub struct ComplaintView {
    /// WeChat's number.
    pub complaint_id: String,
    /// The shop's number of the payment.
    pub out_trade_no: String,
    /// `PENDING`, `PROCESSING` or `PROCESSED`.
    pub state: String,
    /// Who said what: kind and words, oldest first.
    pub history: Vec<(String, String)>,
    /// Numbers of the pictures in the merchant's answers, oldest first.
    pub answered_pictures: Vec<String>,
}

/// Everything below `/v3/merchant-service/`.
pub(super) fn serve(call: &Call<'_>, method: &str, path: &[&str]) -> Reply {
    match (method, path) {
        ("GET", ["complaints-v2"]) => list(call),
        ("GET", ["complaints-v2", number]) => detail(call, number),
        ("GET", ["complaints-v2", number, "negotiation-historys"]) => history(call, number),
        ("POST", ["complaints-v2", number, "response"]) => respond(call, number),
        ("POST", ["complaints-v2", number, "complete"]) => complete(call, number),
        ("POST", ["complaints-v2", number, "update-refund-progress"]) => progress(call, number),
        ("POST", ["images", "upload"]) => images::upload(call),
        ("GET", ["images", media_id]) => images::show(call, media_id),
        (_, ["complaint-notifications"]) => address(call, method),
        _ => Err(Refusal::new(404, "RESOURCE_NOT_EXISTS", "请求的资源不存在")),
    }
}

fn list(call: &Call<'_>) -> Reply {
    let [limit, offset, from, until, seller] =
        call.query_of(["limit", "offset", "begin_date", "end_date", "complainted_mchid"])?;
    let number = |name: &str, text: Option<String>, default: usize| match text {
        Some(text) => text.parse().map_err(|_| Refusal::query(name, "须为数字")),
        None => Ok(default),
    };
    let (limit, offset) = (number("limit", limit, 10)?, number("offset", offset, 0)?);
    if !(1..=50).contains(&limit) {
        return Err(Refusal::query("limit", "取值范围为1到50"));
    }
    let day = |name: &str, text: Option<String>| {
        let text = text.ok_or_else(|| Refusal::query(name, "缺少参数"))?;
        text.parse::<NaiveDate>().map_err(|_| Refusal::query(name, "格式为yyyy-MM-DD"))
    };
    let (from, until) = (day("begin_date", from)?, day("end_date", until)?);
    if until < from || (until - from).num_days() > WINDOW_DAYS {
        return Err(Refusal::query("end_date", "时间跨度不超过30天"));
    }
    let within = |complaint: &&Complaint| {
        let day = rfc3339(complaint.filed_at).get(..10).and_then(|day| day.parse::<NaiveDate>().ok());
        day.is_some_and(|day| (from..=until).contains(&day))
            && complaint.account == call.account.mchid
            && seller.as_ref().is_none_or(|seller| *seller == complaint.seller)
    };
    let world = call.state.world();
    let mut found: Vec<&Complaint> = world.complaints.complaints.values().filter(within).collect();
    found.sort_by_key(|complaint| std::cmp::Reverse(complaint.filed_at));
    let total = found.len();
    let page: Vec<Value> =
        found.into_iter().skip(offset).take(limit).map(|complaint| shown(call, complaint)).collect::<Result<_, _>>()?;
    Ok(Answer::Body(json!({"data": page, "limit": limit, "offset": offset, "total_count": total})))
}

fn detail(call: &Call<'_>, number: &str) -> Reply {
    let world = call.state.world();
    let complaint = own(call, &world, number)?;
    Ok(Answer::Body(shown(call, complaint)?))
}

fn history(call: &Call<'_>, number: &str) -> Reply {
    call.query_of(["limit", "offset"])?;
    let world = call.state.world();
    let complaint = own(call, &world, number)?;
    let entry = |(place, entry): (usize, &Entry)| {
        json!({"log_id": format!("{number}{place}"), "operator": entry.operator,
            "operate_time": rfc3339(entry.at), "operate_type": entry.kind, "operate_details": entry.words,
            "image_list": addresses(&entry.pictures), "complaint_media_list": media("USER_COMPLAINT_IMAGE", &entry.pictures)})
    };
    let data: Vec<Value> = complaint.history.iter().enumerate().rev().map(entry).collect();
    Ok(Answer::Body(json!({"total_count": data.len(), "data": data, "limit": 50, "offset": 0})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Response {
    complainted_mchid: String,
    response_content: String,
    #[serde(default)]
    response_images: Vec<String>,
}

fn respond(call: &Call<'_>, number: &str) -> Reply {
    let body: Response = call.json()?;
    let length = body.response_content.chars().count();
    if !(1..=200).contains(&length) || body.response_images.len() > 4 {
        return Err(Refusal::param("/response_content", "长度为1到200个字符，图片不超过4张"));
    }
    for media_id in &body.response_images {
        let own = |image: &images::Image| image.uploaded && image.account == call.account.mchid;
        if !call.state.world().images.get(media_id).is_some_and(own) {
            return Err(Refusal::param("/response_images", "图片不存在"));
        }
    }
    let said =
        Said { kind: "MERCHANT_RESPONSE", words: &body.response_content, pictures: body.response_images.clone() };
    change(call, number, Some(&body.complainted_mchid), said, |complaint| {
        complaint.state = State::Processing;
        complaint.waits_for_answer = false;
        Ok(())
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Complete {
    complainted_mchid: String,
}

fn complete(call: &Call<'_>, number: &str) -> Reply {
    let body: Complete = call.json()?;
    change(
        call,
        number,
        Some(&body.complainted_mchid),
        Said::plain("MERCHANT_CONFIRM_COMPLETE", "已处理完成"),
        |complaint| {
            if complaint.state == State::Pending {
                return Err(Refusal::invalid("请先回复用户再反馈处理完成"));
            }
            complaint.state = State::Processed;
            Ok(())
        },
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Progress {
    action: String,
    launch_refund_day: Option<u8>,
    reject_reason: Option<String>,
}

fn progress(call: &Call<'_>, number: &str) -> Reply {
    let body: Progress = call.json()?;
    let words = match (body.action.as_str(), body.launch_refund_day, body.reject_reason) {
        ("APPROVE", Some(days), None) => format!("{days}天内退款"),
        ("REJECT", None, Some(why)) if !why.is_empty() => why,
        _ => return Err(Refusal::param("/action", "APPROVE须带launch_refund_day，REJECT须带reject_reason")),
    };
    change(call, number, None, Said::plain("MERCHANT_REFUND_PROGRESS", &words), |complaint| {
        if complaint.problem_type != "REFUND" {
            return Err(Refusal::invalid("该投诉单不是申请退款类"));
        }
        complaint.state = State::Processing;
        Ok(())
    })
}

/// What the merchant says.
struct Said<'a> {
    kind: &'a str,
    words: &'a str,
    pictures: Vec<String>,
}

impl<'a> Said<'a> {
    fn plain(kind: &'a str, words: &'a str) -> Self {
        Self { kind, words, pictures: Vec::new() }
    }
}

fn addresses(pictures: &[String]) -> Vec<String> {
    pictures.iter().map(|media_id| images::address(media_id)).collect()
}

/// Pictures as the platform groups them, where there are any.
fn media(kind: &str, pictures: &[String]) -> Option<Value> {
    (!pictures.is_empty()).then(|| json!({"media_type": kind, "media_url": addresses(pictures)}))
}

/// Changes a complaint that is not ended and tells the merchant.
fn change(
    call: &Call<'_>,
    number: &str,
    seller: Option<&str>,
    said: Said<'_>,
    change: impl FnOnce(&mut Complaint) -> Result<(), Refusal>,
) -> Reply {
    let event = {
        let mut world = call.state.world();
        own(call, &world, number)?;
        let Some(complaint) = world.complaints.complaints.get_mut(number) else { return Err(unknown()) };
        if seller.is_some_and(|seller| seller != complaint.seller) {
            return Err(Refusal::param("/complainted_mchid", "被诉商户号与投诉单不匹配"));
        }
        if complaint.state == State::Processed {
            return Err(Refusal::invalid("投诉单已处理完成"));
        }
        change(complaint)?;
        let Said { kind, words, pictures } = said;
        let (kind, words) = (kind.to_owned(), words.to_owned());
        complaint.history.push(Entry { operator: "商户".into(), at: call.now, kind: kind.clone(), words, pictures });
        let complaint = complaint.clone();
        world.complaint_event(&complaint, "COMPLAINT.STATE_CHANGE", &kind)
    };
    call.state.announce_some(event);
    Ok(Answer::Empty)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Address {
    url: String,
}

fn address(call: &Call<'_>, method: &str) -> Reply {
    let mchid = call.account.mchid.clone();
    let mut world = call.state.world();
    let known = world.complaints.addresses.get(&mchid).cloned();
    let url = match (method, known) {
        ("GET", Some(url)) => url,
        ("DELETE", Some(_)) => {
            world.complaints.addresses.remove(&mchid);
            return Ok(Answer::Empty);
        }
        ("POST", Some(_)) => return Err(Refusal::new(400, "RESOURCE_ALREADY_EXISTS", "投诉通知回调地址已存在")),
        ("POST", None) | ("PUT", Some(_)) => {
            let url = call.json::<Address>()?.url;
            if !url.starts_with("http") || url.contains('?') {
                return Err(Refusal::param("/url", "须为不带参数的完整地址"));
            }
            world.complaints.addresses.insert(mchid.clone(), url.clone());
            url
        }
        _ => return Err(Refusal::new(404, "RESOURCE_NOT_EXISTS", "投诉通知回调地址不存在")),
    };
    Ok(Answer::Body(json!({"mchid": mchid, "url": url})))
}

fn answered(complaint: &Complaint) -> impl Iterator<Item = &String> {
    let answers = complaint.history.iter().filter(|entry| entry.kind == "MERCHANT_RESPONSE");
    answers.flat_map(|entry| &entry.pictures)
}

fn unknown() -> Refusal {
    Refusal::new(404, "RESOURCE_NOT_EXISTS", "投诉单不存在")
}

fn own<'a>(call: &Call<'_>, world: &'a World, number: &str) -> Result<&'a Complaint, Refusal> {
    let found = world.complaints.complaints.get(number);
    found.filter(|complaint| complaint.account == call.account.mchid).ok_or_else(unknown)
}

fn shown(call: &Call<'_>, complaint: &Complaint) -> Result<Value, Refusal> {
    let phone = call.account.key.seal_oaep(&complaint.phone);
    let phone = phone.map_err(|_| Refusal::new(500, "SYSTEM_ERROR", "加密失败"))?;
    Ok(json!({
        "complaint_id": complaint.number,
        "complaint_time": rfc3339(complaint.filed_at),
        "complaint_detail": complaint.detail,
        "complaint_state": complaint.state,
        "complainted_mchid": complaint.seller,
        "payer_phone": phone,
        "complaint_order_info": [{"transaction_id": complaint.transaction_id,
            "out_trade_no": complaint.out_trade_no, "amount": complaint.amount}],
        "complaint_full_refunded": false,
        "incoming_user_response": complaint.waits_for_answer,
        "problem_type": complaint.problem_type,
        "problem_description": "商品质量问题",
        "apply_refund_amount": complaint.amount,
        "user_complaint_times": 1,
        "complaint_media_list": media("USER_COMPLAINT_IMAGE", &complaint.pictures).into_iter().collect::<Vec<_>>(),
    }))
}

impl World {
    /// The notice of a change, where the merchant wants any.
    fn complaint_event(&self, complaint: &Complaint, event_type: &str, action: &str) -> Option<Event> {
        let url = self.complaints.addresses.get(&complaint.account)?.clone();
        Some(Event {
            account: complaint.account.clone(),
            subject: complaint.number.clone(),
            url,
            event_type: event_type.to_owned(),
            original_type: "complaint".to_owned(),
            summary: "投诉通知".to_owned(),
            resource: json!({"complaint_id": complaint.number, "action_type": action}),
        })
    }
}

impl SandboxState {
    /// The payer of an order complains; WeChat's number of it, or `None` where nothing was paid.
    pub fn files_complaint(&self, out_trade_no: &str, detail: &str, phone: &str) -> Option<String> {
        let now = self.now();
        let (number, event) = {
            let mut world = self.world();
            let order = world.orders.values().find(|order| order.out_trade_no == out_trade_no).cloned()?;
            if order.transaction_id.is_empty() {
                return None;
            }
            let number = format!("2002018{:020}", world.next_number());
            let complaint = Complaint {
                number: number.clone(),
                account: order.account.clone(),
                seller: order.seller.clone(),
                filed_at: now,
                detail: detail.to_owned(),
                state: State::Pending,
                phone: phone.to_owned(),
                transaction_id: order.transaction_id.clone(),
                out_trade_no: out_trade_no.to_owned(),
                amount: order.total,
                waits_for_answer: true,
                problem_type: "REFUND".to_owned(),
                pictures: Vec::new(),
                history: vec![Entry {
                    operator: "用户".into(),
                    at: now,
                    kind: "USER_CREATE_COMPLAINT".into(),
                    words: detail.into(),
                    pictures: Vec::new(),
                }],
            };
            let event = world.complaint_event(&complaint, "COMPLAINT.CREATE", "CREATE_COMPLAINT");
            world.complaints.complaints.insert(number.clone(), complaint);
            (number, event)
        };
        self.announce_some(event);
        Some(number)
    }

    /// The payer writes again; `false` for an unknown complaint.
    pub fn writes_again(&self, number: &str, words: &str) -> bool {
        let now = self.now();
        let event = {
            let mut world = self.world();
            let Some(complaint) = world.complaints.complaints.get_mut(number) else { return false };
            complaint.waits_for_answer = true;
            let (operator, kind) = ("用户".into(), "USER_RESPONSE".into());
            complaint.history.push(Entry { operator, at: now, kind, words: words.into(), pictures: Vec::new() });
            let complaint = complaint.clone();
            world.complaint_event(&complaint, "COMPLAINT.STATE_CHANGE", "USER_RESPONSE")
        };
        self.announce_some(event);
        true
    }

    /// The payer adds a picture to a complaint: its number, `None` for an unknown complaint.
    pub fn adds_picture(&self, number: &str, png: &[u8]) -> Option<String> {
        let now = self.now();
        let (media_id, event) = {
            let mut world = self.world();
            let account = world.complaints.complaints.get(number)?.account.clone();
            let media_id = world.keeps_image(&account, false, "picture.png".to_owned(), png);
            let complaint = world.complaints.complaints.get_mut(number)?;
            complaint.pictures.push(media_id.clone());
            let (operator, kind) = ("用户".into(), "USER_RESPONSE".into());
            let pictures = vec![media_id.clone()];
            complaint.history.push(Entry { operator, at: now, kind, words: "图片".into(), pictures });
            let complaint = complaint.clone();
            (media_id, world.complaint_event(&complaint, "COMPLAINT.STATE_CHANGE", "USER_RESPONSE"))
        };
        self.announce_some(event);
        Some(media_id)
    }

    /// Every complaint.
    pub fn complaints(&self) -> Vec<ComplaintView> {
        let view = |complaint: &Complaint| ComplaintView {
            complaint_id: complaint.number.clone(),
            out_trade_no: complaint.out_trade_no.clone(),
            state: json!(complaint.state).as_str().unwrap_or_default().to_owned(),
            history: complaint.history.iter().map(|entry| (entry.kind.clone(), entry.words.clone())).collect(),
            answered_pictures: answered(complaint).cloned().collect(),
        };
        self.world().complaints.complaints.values().map(view).collect()
    }

    /// Where a merchant hears of complaints.
    pub fn complaint_address(&self, mchid: &str) -> Option<String> {
        self.world().complaints.addresses.get(mchid).cloned()
    }
}
