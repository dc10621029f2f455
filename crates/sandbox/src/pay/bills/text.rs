//! Bills as text: a mark of order, Chinese headings, a backtick before each value, yuan with two
//! places (fees with five), and two rows of summary.

use super::entries::{FlowRow, SharingRow, TradeRow};
use crate::clock::beijing_text;

const TRADE: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,\
    应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,\
    订单金额,申请退款金额,费率备注";
const TRADE_SUM: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";
const FLOW: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号";
const FLOW_SUM: &str = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";
const SHARING: &str = "分账时间,分账发起方,分账方,微信订单号,微信分账/回退单号,分账明细单号,商户分账/回退单号,订单金额,分账接收方,分账金额,业务类型,处理状态,分账描述,备注";
const SHARING_SUM: &str = "总笔数,分账总金额";

/// Yuan with two places.
fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", fen.abs() / 100, fen.abs() % 100)
}

/// Yuan with five places.
fn fee_yuan(fen: i64) -> String {
    format!("{}000", yuan(fen))
}

fn row(cells: &[&str]) -> String {
    let marked: Vec<String> = cells.iter().map(|cell| format!("`{cell}")).collect();
    marked.join(",")
}

fn bill(headings: &str, rows: Vec<String>, sum_headings: &str, sums: &[&str]) -> Option<String> {
    if rows.is_empty() {
        return None;
    }
    let mut lines = vec![format!("\u{feff}{headings}")];
    lines.extend(rows);
    lines.push(sum_headings.to_owned());
    lines.push(row(sums));
    lines.push(String::new());
    Some(lines.join("\r\n"))
}

/// A trade bill; none without rows.
pub(super) fn trade(rows: &[TradeRow]) -> Option<String> {
    let line = |it: &TradeRow| {
        let (state, paid, back) = match &it.refund {
            None => ("SUCCESS", it.amount, 0),
            Some(_) => ("REFUND", 0, it.amount),
        };
        let (refund_id, out_refund_no, kind, refund_state) = match &it.refund {
            None => ("0", "0", "", ""),
            Some(refund) => (refund.id.as_str(), refund.no.as_str(), "ORIGINAL", refund.state.as_str()),
        };
        let rate = format!("{}.{:02}%", it.fee_bp / 100, it.fee_bp % 100);
        row(&[
            &beijing_text(it.at),
            &it.appid,
            &it.account,
            &it.sub_mchid,
            "",
            &it.transaction_id,
            &it.out_trade_no,
            &it.openid,
            "JSAPI",
            state,
            "OTHERS",
            "CNY",
            &yuan(paid - it.coupon),
            &yuan(it.coupon),
            refund_id,
            out_refund_no,
            &yuan(back),
            "0.00",
            kind,
            refund_state,
            &it.description,
            &it.attach,
            &fee_yuan(it.fee),
            &rate,
            &yuan(paid),
            &yuan(back),
            "",
        ])
    };
    let sum = |of: &dyn Fn(&TradeRow) -> i64| yuan(rows.iter().map(of).sum());
    let paid = sum(&|it| if it.refund.is_none() { it.amount } else { 0 });
    let settled = sum(&|it| if it.refund.is_none() { it.amount - it.coupon } else { 0 });
    let back = sum(&|it| if it.refund.is_some() { it.amount } else { 0 });
    let fees = fee_yuan(rows.iter().map(|it| it.fee).sum());
    let sums = [&rows.len().to_string(), &settled, &back, "0.00", fees.as_str(), &paid, &back];
    bill(TRADE, rows.iter().map(line).collect(), TRADE_SUM, &sums.map(|cell| cell))
}

/// A fund-flow bill; none without rows.
pub(super) fn flow(rows: &[FlowRow]) -> Option<String> {
    let line = |it: &FlowRow| {
        let way = if it.amount < 0 { "支出" } else { "收入" };
        row(&[
            &beijing_text(it.at),
            &it.business_no,
            &it.flow_no,
            it.name,
            it.kind,
            way,
            &yuan(it.amount.abs()),
            &yuan(it.balance),
            "system",
            "",
            &it.voucher_no,
        ])
    };
    let (came, went): (Vec<&FlowRow>, Vec<&FlowRow>) = rows.iter().partition(|it| it.amount >= 0);
    let sum = |of: &[&FlowRow]| yuan(of.iter().map(|it| it.amount.abs()).sum());
    let counts = [rows.len(), came.len(), went.len()].map(|count| count.to_string());
    let [all, count_in, count_out] = counts;
    let (sum_in, sum_out) = (sum(&came), sum(&went));
    let sums = [all.as_str(), &count_in, &sum_in, &count_out, &sum_out];
    bill(FLOW, rows.iter().map(line).collect(), FLOW_SUM, &sums)
}

/// A sharing bill; none without rows.
pub(super) fn sharing(rows: &[SharingRow]) -> Option<String> {
    let line = |it: &SharingRow| {
        let state = if it.success { "处理成功" } else { "处理失败" };
        row(&[
            &beijing_text(it.at),
            &it.account,
            &it.seller,
            &it.transaction_id,
            &it.order_id,
            &it.detail_id,
            &it.out_order_no,
            &yuan(it.total),
            &it.receiver,
            &yuan(it.amount),
            it.kind,
            state,
            &it.description,
            "",
        ])
    };
    let sum = yuan(rows.iter().map(|it| it.amount).sum());
    bill(SHARING, rows.iter().map(line).collect(), SHARING_SUM, &[&rows.len().to_string(), &sum])
}
