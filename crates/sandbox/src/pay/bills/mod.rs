//! Bills of a day: trade, fund flow, sharing. Written from the sandbox's own books when asked for,
//! packed, and told with the hash of the unpacked text; the file itself is answered unsigned.

mod entries;
mod planted;
mod text;

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use chrono::{Days, NaiveDate, NaiveTime};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::Call;
use super::answer::{Answer, Refusal, Reply};
use super::orders::seller_of;
use crate::clock::{beijing_text, parse_beijing};
use crate::crypto;

pub use planted::BillPlant;

/// Bills are kept for three months.
const KEPT_DAYS: u64 = 90;
/// The address of a file lives for five minutes, by the machine's clock.
const ADDRESS_S: i64 = 300;

/// Files that may be fetched, by token. They are not worth keeping over a restart.
#[derive(Default)]
pub(crate) struct BillFiles(Mutex<HashMap<String, File>>);

struct File {
    account: String,
    packed: Vec<u8>,
    until: i64,
}

/// `GET /v3/bill/tradebill?bill_date=&bill_type=&tar_type=[&sub_mchid=]`.
pub(super) fn trade(call: &Call<'_>) -> Reply {
    let [date, kind, tar, sub] = call.query_of(["bill_date", "bill_type", "tar_type", "sub_mchid"])?;
    let kind = kind.unwrap_or_else(|| "ALL".to_owned());
    if !["ALL", "SUCCESS", "REFUND"].contains(&kind.as_str()) {
        return Err(Refusal::query("bill_type", "取值错误"));
    }
    let seller = sub.map(|sub| seller_of(call, Some(&sub))).transpose()?;
    let day = day_of(call, date.as_deref())?;
    let rows = call.state.world().trade_rows(&call.account.mchid, seller.as_deref());
    let wanted = rows.into_iter().filter(|row| kind == "ALL" || (kind == "REFUND") == row.is_refund());
    answer(call, text::trade(&on_day(call, wanted.collect(), day)), tar.as_deref())
}

/// `GET /v3/bill/fundflowbill?bill_date=&account_type=&tar_type=`.
pub(super) fn fund_flow(call: &Call<'_>) -> Reply {
    let [date, account, tar] = call.query_of(["bill_date", "account_type", "tar_type"])?;
    let account = account.unwrap_or_else(|| "BASIC".to_owned());
    let day = day_of(call, date.as_deref())?;
    let world = call.state.world();
    let rows = match account.as_str() {
        "BASIC" => world.basic_rows(&call.account.mchid),
        "OPERATION" => world.operation_rows(&call.account.mchid),
        "FEES" => Vec::new(),
        _ => return Err(Refusal::query("account_type", "取值错误")),
    };
    drop(world);
    answer(call, text::flow(&on_day(call, rows, day)), tar.as_deref())
}

/// `GET /v3/profitsharing/bills?bill_date=[&sub_mchid=][&tar_type=]`.
pub(super) fn sharing(call: &Call<'_>) -> Reply {
    let [date, sub, tar] = call.query_of(["bill_date", "sub_mchid", "tar_type"])?;
    let seller = sub.map(|sub| seller_of(call, Some(&sub))).transpose()?;
    let day = day_of(call, date.as_deref())?;
    let rows = call.state.world().sharing_rows(&call.account.mchid, seller.as_deref());
    answer(call, text::sharing(&on_day(call, rows, day)), tar.as_deref())
}

/// `GET /v3/billdownload/file?token=`: the file as it is, without a signature.
pub(super) fn download(call: &Call<'_>) -> Reply {
    let [token] = call.exactly(["token"])?;
    let files = call.state.0.bills.0.lock().unwrap_or_else(PoisonError::into_inner);
    let own = |file: &&File| file.account == call.account.mchid && file.until > call.state.clock().wall();
    match files.get(&token).filter(own) {
        Some(file) => Ok(Answer::File(file.packed.clone())),
        None => Err(Refusal::new(403, "NO_AUTH", "下载地址已失效")),
    }
}

/// The day asked for, once there is a bill of it: from 10:00 of the next day on.
fn day_of(call: &Call<'_>, date: Option<&str>) -> Result<NaiveDate, Refusal> {
    let date = date.ok_or_else(|| Refusal::query("bill_date", "缺少参数"))?;
    let wrong = || Refusal::query("bill_date", "账单日期不正确");
    let day = NaiveDate::parse_from_str(date, "%Y-%m-%d").map_err(|_| wrong())?;
    let local = beijing_text(call.now);
    let today = NaiveDate::parse_from_str(local.get(..10).unwrap_or_default(), "%Y-%m-%d").map_err(|_| wrong())?;
    if date.len() != 10 || day >= today || day.checked_add_days(Days::new(KEPT_DAYS)).is_none_or(|end| end < today) {
        return Err(wrong());
    }
    let is_yesterday = day.succ_opt() == Some(today);
    let ten = NaiveTime::from_hms_opt(10, 0, 0).unwrap_or_default();
    let clock = NaiveTime::parse_from_str(local.get(11..).unwrap_or_default(), "%H:%M:%S").unwrap_or_default();
    if is_yesterday && clock < ten {
        return Err(Refusal::new(400, "STATEMENT_CREATING", "账单生成中，请稍后再试"));
    }
    Ok(day)
}

/// The rows of a day, as the platform is told to see them.
fn on_day<T: planted::Row>(call: &Call<'_>, rows: Vec<T>, day: NaiveDate) -> Vec<T> {
    let begins = parse_beijing(&format!("{day} 00:00:00")).unwrap_or_default();
    let mut rows = planted::applied(&call.state.world().bill_plants, rows, begins);
    rows.retain(|row| (begins..begins + 86_400).contains(&row.at()));
    rows.sort_by_key(planted::Row::at);
    rows
}

/// Packs a bill and says where it lies; a day without rows has none.
fn answer(call: &Call<'_>, text: Option<String>, tar: Option<&str>) -> Reply {
    let text = text.ok_or_else(|| Refusal::new(400, "NO_STATEMENT_EXIST", "账单文件不存在"))?;
    let file = match tar {
        None => text.clone().into_bytes(),
        Some("GZIP") => packed(&text).map_err(|error| Refusal::new(500, "SYSTEM_ERROR", &error.to_string()))?,
        Some(_) => return Err(Refusal::query("tar_type", "取值错误")),
    };
    let (token, wall) = (crypto::random_text(32), call.state.clock().wall());
    let mut files = call.state.0.bills.0.lock().unwrap_or_else(PoisonError::into_inner);
    files.retain(|_, file| file.until > wall);
    let file = File { account: call.account.mchid.clone(), packed: file, until: wall + ADDRESS_S };
    files.insert(token.clone(), file);
    let base = call.state.0.base_url.get().cloned().unwrap_or_default();
    Ok(Answer::Body(json!({"hash_type": "SHA1", "hash_value": crypto::sha1_hex(text.as_bytes()),
        "download_url": format!("{base}/v3/billdownload/file?token={token}")})))
}

fn packed(text: &str) -> std::io::Result<Vec<u8>> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::default());
    writer.write_all(text.as_bytes())?;
    writer.finish()
}
