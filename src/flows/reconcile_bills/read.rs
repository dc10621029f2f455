//! The bill is fetched and its lines are stored as they came.

use std::collections::HashSet;

use chrono::{Duration, NaiveDate};
use gateways::pay::wechat_pay::{
    Bill, BillError, FlowLine, FundAccount, SharingLine, TradeLine, WechatPay, flow_lines, sharing_lines, trade_lines,
};
use kernel::Failure;
use kernel::id::TransferId;

use crate::app::App;
use crate::areas::bills::entity::run;
use crate::areas::bills::lines::{self, NewLine};
use crate::areas::bills::runs::{self, Changes};
use crate::areas::bills::state::{BillKind, RunEvent, Standing, Subject};
use crate::areas::orders;
use crate::areas::payouts::billed;
use crate::areas::shops::query::Shop;

/// The rest after an answer that the bill is not written yet.
const NOT_YET: Duration = Duration::minutes(15);
/// How long money can come back of a payment, and so how long its merchant's bills tell of it.
const REFUNDABLE: Duration = Duration::days(366);
/// How long after its beginning a transfer may stand in a bill: a day to be confirmed, some more to be
/// settled.
const TRANSFERRED: Duration = Duration::days(40);
/// Transfers looked up by one statement.
const AT_ONCE: usize = 500;
/// The rest after a failure.
const FAILED: Duration = Duration::minutes(30);

/// Fetches the bill of a run and stores its lines, or puts the run off.
pub(super) async fn read(app: &App, shop: &Shop, row: &run::Model) -> Result<run::Model, Failure> {
    let now = app.clock.now();
    let fetched = fetch(app, shop, row).await?;
    let (hash, lines) = match fetched {
        Ok((hash, lines)) => (Some(hash), lines),
        Err(BillError::Empty) => (None, Vec::new()),
        Err(error) => {
            let is_failure = error != BillError::NotYet;
            if is_failure {
                metrics::counter!("bills_unread_total").increment(1);
                tracing::error!(shop = %shop.id, %error, "ALARM: a bill cannot be read");
            }
            let next_at = now + if is_failure { FAILED } else { NOT_YET };
            let why = error.to_string();
            let put_off = async |tx: &_| Ok(runs::put_off(tx, row, &why, is_failure, next_at).await?);
            return app.db.write(put_off).await;
        }
    };
    let count = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    // The same bill as before keeps its lines, so that cases still name them.
    let is_known = hash.is_some() && hash == row.hash;
    app.db
        .write(async |tx| {
            let changes = Changes { read: Some((hash.clone(), count)), counts: None };
            let stored = runs::advance(tx, row, RunEvent::Stored, changes, now).await?;
            if !is_known {
                lines::replace(tx, row, &lines).await?;
            }
            Ok(stored)
        })
        .await
}

/// The bill's hash and lines.
async fn fetch(app: &App, shop: &Shop, row: &run::Model) -> Result<Result<(String, Vec<NewLine>), BillError>, Failure> {
    let Ok(day) = row.day.parse::<NaiveDate>() else {
        return Ok(Err(BillError::Unreadable(format!("{} is no day", row.day))));
    };
    let bill = match row.kind {
        BillKind::Trade => Bill::Trade,
        BillKind::Basic => Bill::FundFlow(FundAccount::Basic),
        BillKind::Operation => Bill::FundFlow(FundAccount::Operation),
        BillKind::Sharing => Bill::Sharing,
    };
    let (mut hashes, mut lines) = (Vec::new(), Vec::new());
    for account in accounts_of(app, shop, row.kind).await? {
        let read = match account.bill(bill, day).await {
            Ok(file) => lines_of(row.kind, &file.text).map(|lines| (file.hash, lines)),
            Err(error) => Err(error),
        };
        match read {
            Ok((hash, more)) => {
                hashes.push(hash);
                lines.extend(more);
            }
            Err(BillError::Empty) => {}
            Err(error) => return Ok(Err(error)),
        }
    }
    if row.kind == BillKind::Operation {
        without_others(app, shop, &mut lines).await?;
    }
    Ok(if hashes.is_empty() { Err(BillError::Empty) } else { Ok((hashes.join("+"), lines)) })
}

/// The accounts whose bills of the kind are the day's together: every merchant has one of its own.
async fn accounts_of(app: &App, shop: &Shop, kind: BillKind) -> Result<Vec<WechatPay>, Failure> {
    let (clients, conn, now) = (app.clients.of(shop), app.db.reader(), app.clock.now());
    let mut accounts = Vec::new();
    if kind == BillKind::Operation {
        let payer = shop.profile.transfer_mchid();
        if let Some(payer) = payer {
            accounts.push(clients.of_merchant(payer)?.clone());
        }
        // Who paid before the shop file named another is asked as long as his account is known.
        let earlier = billed::payers_since(conn, shop.id, now - TRANSFERRED).await?;
        let earlier = earlier.iter().filter(|mchid| payer != Some(mchid.as_str()));
        accounts.extend(earlier.filter_map(|mchid| clients.of_merchant(mchid).ok().cloned()));
        return Ok(accounts);
    }
    accounts.push(clients.pay()?.clone());
    for merchant in orders::checkouts::merchants_paid(conn, shop.id, now - REFUNDABLE).await? {
        accounts.push(clients.pay_for(Some(&merchant))?);
    }
    Ok(accounts)
}

/// One merchant may pay the transfers of several shops: what is another shop's stands in that shop's run.
async fn without_others(app: &App, shop: &Shop, lines: &mut Vec<NewLine>) -> Result<(), Failure> {
    let id = |line: &NewLine| TransferId::from_alphanumeric(line.our_no.as_deref()?).ok();
    let ids: Vec<TransferId> = lines.iter().filter_map(id).collect();
    let mut others = HashSet::new();
    for some in ids.chunks(AT_ONCE) {
        others.extend(billed::transfers_of_others(app.db.reader(), shop.id, some).await?);
    }
    lines.retain(|line| id(line).is_none_or(|id| !others.contains(&id)));
    Ok(())
}

fn lines_of(kind: BillKind, text: &str) -> Result<Vec<NewLine>, BillError> {
    Ok(match kind {
        BillKind::Trade => trade_lines(text)?.into_iter().map(trade).collect(),
        BillKind::Basic => flow_lines(text)?.into_iter().map(|line| flow(line, false)).collect(),
        BillKind::Operation => flow_lines(text)?.into_iter().map(|line| flow(line, true)).collect(),
        BillKind::Sharing => sharing_lines(text)?.into_iter().map(share).collect(),
    })
}

fn trade(line: TradeLine) -> NewLine {
    let (subject, our_no, platform_no, standing) = match &line.refund {
        None => {
            (Subject::Payment, line.out_trade_no.clone(), line.transaction_id.clone(), payment_standing(&line.state))
        }
        Some(part) => (Subject::Refund, part.out_refund_no.clone(), part.refund_id.clone(), standing_of(&part.state)),
    };
    let state = line.refund.as_ref().map_or(line.state.as_str(), |part| part.state.as_str());
    NewLine {
        subject,
        our_no,
        platform_no,
        receiver: None,
        at: line.at,
        amount: line.amount,
        net: line.net,
        settled: line.settled,
        fee_exact: Some(line.fee.exact()),
        standing,
        words: cut(&format!("{state} {}", line.rate)),
    }
}

/// Only paid orders stand in a bill; one that was taken back at once says so.
fn payment_standing(state: &str) -> Standing {
    if state.contains("REVOKED") || state.contains("撤销") { Standing::Undone } else { Standing::Done }
}

/// The words for how a refund or a share stands are unconfirmed [mem]: what is not known says nothing.
fn standing_of(state: &str) -> Standing {
    let state = state.to_ascii_uppercase();
    let says = |words: &[&str]| words.iter().any(|word| state.contains(word));
    if says(&["FAIL", "CLOSED", "CHANGE", "ABNORMAL", "失败", "关闭", "异常"]) {
        Standing::Undone
    } else if says(&["SUCCESS", "FINISHED", "成功", "完成"]) {
        Standing::Done
    } else {
        Standing::UnderWay
    }
}

/// What a movement is about, by its words; the numbers have the last say.
fn flow(line: FlowLine, is_operation: bool) -> NewLine {
    let says = |words: &[&str]| words.iter().any(|word| line.business.contains(word));
    let subject = if says(&["手续费", "提现", "充值", "回退", "解冻"]) {
        Subject::Other
    } else if says(&["转账"]) || (is_operation && says(&["付款"])) {
        Subject::Transfer
    } else if is_operation {
        Subject::Other
    } else if says(&["分账"]) {
        Subject::Share
    } else if says(&["退款"]) {
        Subject::Refund
    } else if says(&["交易", "支付"]) {
        Subject::Payment
    } else {
        Subject::Other
    };
    NewLine {
        subject,
        our_no: line.voucher_no,
        platform_no: line.business_no.or(line.flow_no),
        receiver: None,
        at: line.at,
        amount: line.amount,
        net: None,
        settled: None,
        fee_exact: None,
        standing: Standing::Done,
        words: cut(&line.business),
    }
}

fn share(line: SharingLine) -> NewLine {
    let subject = match line.business.as_str() {
        back if back.contains("回退") => Subject::Return,
        rest if rest.contains("解冻") => Subject::Other,
        _ => Subject::Share,
    };
    NewLine {
        subject,
        our_no: line.out_order_no,
        platform_no: line.order_id.or(line.detail_id),
        receiver: Some(line.receiver).filter(|receiver| !receiver.is_empty()),
        at: line.at,
        amount: line.amount,
        net: None,
        settled: None,
        fee_exact: None,
        standing: standing_of(&line.state),
        words: cut(&format!("{} {}", line.business, line.state)),
    }
}

fn cut(words: &str) -> String {
    words.trim().chars().filter(|c| !c.is_control()).take(100).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_platforms_words_say_where_a_thing_stands_or_nothing() {
        assert_eq!(standing_of("SUCCESS"), Standing::Done);
        assert_eq!(standing_of("处理成功"), Standing::Done);
        assert_eq!(standing_of("处理失败"), Standing::Undone);
        assert_eq!(standing_of("PROCESSING"), Standing::UnderWay);
        assert_eq!(standing_of(""), Standing::UnderWay);
    }

    #[test]
    fn a_movement_is_told_apart_by_its_words() {
        let text = "微信支付业务单号,业务名称,业务类型,收支类型,收支金额（元）\n`1,`交易,`交易,`收入,`1.00\n\
            `1,`扣除交易手续费,`交易,`支出,`0.01\n`2,`退款,`退款,`支出,`0.50\n`3,`提现,`提现,`支出,`0.10\n";
        let subjects: Vec<Subject> = lines_of(BillKind::Basic, text).unwrap().iter().map(|line| line.subject).collect();
        assert_eq!(subjects, [Subject::Payment, Subject::Other, Subject::Refund, Subject::Other]);
    }
}
