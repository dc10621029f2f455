//! What stands in the bills, typed (sheet §8). Headings are unconfirmed [mem]: they are named here
//! and nowhere else, and a column that is missing says nothing.

use chrono::{DateTime, Utc};
use kernel::Fen;

use super::bill::BillError;
use super::bill_text::{Row, Table};

/// Hundred-thousandths of a yuan in a fen.
const PER_FEN: i64 = 1_000;

/// A fee as told: finer than a fen. Below zero where it comes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fee(i64);

impl Fee {
    /// Hundred-thousandths of a yuan.
    #[must_use]
    pub fn exact(self) -> i64 {
        self.0
    }

    /// The fee in whole fen, half a fen rounded away from zero.
    #[must_use]
    pub fn rounded(self) -> Fen {
        // A division by a constant above zero cannot leave the range.
        Fen::from_fen(self.0).scale_half_up(1, PER_FEN).unwrap_or_default()
    }
}

/// A payment, or a refund of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeLine {
    /// When, if it can be read.
    pub at: Option<DateTime<Utc>>,
    /// The platform's number of the payment.
    pub transaction_id: Option<String>,
    /// Our number of the payment.
    pub out_trade_no: Option<String>,
    /// 交易状态, as told.
    pub state: String,
    /// What was ordered, or is given back.
    pub amount: Fen,
    /// `net` where no coupon was used: it has to be `amount`.
    pub settled: Option<Fen>,
    /// The same less what the platform's coupons paid, where told: what a fee is taken of.
    pub net: Option<Fen>,
    /// What the platform keeps, or gives back.
    pub fee: Fee,
    /// 费率, as told.
    pub rate: String,
    /// Of a refund.
    pub refund: Option<RefundPart>,
}

/// What makes a line a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundPart {
    /// The platform's number.
    pub refund_id: Option<String>,
    /// Ours.
    pub out_refund_no: Option<String>,
    /// 退款状态, as told.
    pub state: String,
}

/// Money that moved on an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowLine {
    /// When, if it can be read.
    pub at: Option<DateTime<Utc>>,
    /// The platform's number of what moved it: of a payment, a refund, a share, a transfer.
    pub business_no: Option<String>,
    /// The platform's number of the movement.
    pub flow_no: Option<String>,
    /// Our number, where there is one.
    pub voucher_no: Option<String>,
    /// 业务名称 and 业务类型, as told.
    pub business: String,
    /// What came in; below zero what went out.
    pub amount: Fen,
}

/// A share, or one that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharingLine {
    /// When, if it can be read.
    pub at: Option<DateTime<Utc>>,
    /// The platform's number of the payment.
    pub transaction_id: Option<String>,
    /// The platform's number of the request.
    pub order_id: Option<String>,
    /// The platform's number of this receiver's part.
    pub detail_id: Option<String>,
    /// Our number of the request.
    pub out_order_no: Option<String>,
    /// Who got it.
    pub receiver: String,
    /// How much.
    pub amount: Fen,
    /// 业务类型, as told.
    pub business: String,
    /// 处理状态, as told.
    pub state: String,
}

/// Reads a trade bill.
pub fn trade_lines(text: &str) -> Result<Vec<TradeLine>, BillError> {
    let table = Table::read(text)?;
    expect(&table, &["微信订单号", "微信支付订单号"])?;
    table.rows().map(|row| trade_line(&row)).collect()
}

fn trade_line(row: &Row<'_>) -> Result<TradeLine, BillError> {
    let refund_id = row.number(&["微信退款单号", "微信支付退款单号"]);
    let out_refund_no = row.number(&["商户退款单号"]);
    let refund = (refund_id.is_some() || out_refund_no.is_some()).then(|| RefundPart {
        refund_id,
        out_refund_no,
        state: row.text(&["退款状态"]),
    });
    let (whole, net, coupons): (&[&str], &[&str], &[&str]) = if refund.is_some() {
        (&["申请退款金额"], &["退款金额"], &["充值券退款金额", "代金券或立减优惠退款金额"])
    } else {
        (&["订单金额"], &["应结订单金额", "总金额"], &["代金券金额", "代金券或立减优惠金额"])
    };
    let (whole, net, coupons) = (row.fen(whole)?, row.fen(net)?, row.fen(coupons)?.unwrap_or_default());
    let no_amount = || BillError::Unreadable(format!("row {} names no amount", row.no));
    let amount = match (whole, net) {
        (Some(whole), _) => whole,
        (None, Some(net)) => net.plus(coupons).map_err(|_| no_amount())?,
        (None, None) => return Err(no_amount()),
    };
    Ok(TradeLine {
        at: row.moment(&["交易时间"]),
        transaction_id: row.number(&["微信订单号", "微信支付订单号"]),
        out_trade_no: row.number(&["商户订单号"]),
        state: row.text(&["交易状态"]),
        amount,
        net,
        settled: net.filter(|_| coupons == Fen::ZERO),
        fee: Fee(row.exact(&["手续费"])?.unwrap_or_default()),
        rate: row.text(&["费率"]),
        refund,
    })
}

/// Reads a fund-flow bill.
pub fn flow_lines(text: &str) -> Result<Vec<FlowLine>, BillError> {
    let table = Table::read(text)?;
    expect(&table, &["收支金额"])?;
    table.rows().map(|row| flow_line(&row)).collect()
}

fn flow_line(row: &Row<'_>) -> Result<FlowLine, BillError> {
    let unreadable = || BillError::Unreadable(format!("row {} names no amount", row.no));
    let size = row.fen(&["收支金额"])?.ok_or_else(unreadable)?;
    let goes_out = row.text(&["收支类型"]).contains("支出") && !size.is_negative();
    Ok(FlowLine {
        at: row.moment(&["记账时间"]),
        business_no: row.number(&["微信支付业务单号"]),
        flow_no: row.number(&["资金流水单号"]),
        voucher_no: row.number(&["业务凭证号"]),
        business: format!("{} {}", row.text(&["业务名称"]), row.text(&["业务类型"])).trim().to_owned(),
        amount: if goes_out { size.negated().map_err(|_| unreadable())? } else { size },
    })
}

/// Reads a sharing bill.
pub fn sharing_lines(text: &str) -> Result<Vec<SharingLine>, BillError> {
    let table = Table::read(text)?;
    expect(&table, &["分账金额"])?;
    table.rows().map(|row| sharing_line(&row)).collect()
}

fn sharing_line(row: &Row<'_>) -> Result<SharingLine, BillError> {
    let amount = row.fen(&["分账金额"])?;
    Ok(SharingLine {
        at: row.moment(&["分账时间"]),
        transaction_id: row.number(&["微信订单号", "微信支付订单号"]),
        order_id: row.number(&["微信分账/回退单号", "微信分账单号"]),
        detail_id: row.number(&["分账明细单号"]),
        out_order_no: row.number(&["商户分账/回退单号", "商户分账单号"]),
        receiver: row.text(&["分账接收方"]),
        amount: amount.ok_or_else(|| BillError::Unreadable(format!("row {} names no amount", row.no)))?,
        business: row.text(&["业务类型"]),
        state: row.text(&["处理状态"]),
    })
}

/// Refuses a file whose rows could not be told apart, unless it has none.
fn expect(table: &Table, names: &[&str]) -> Result<(), BillError> {
    if table.rows().next().is_none() || table.has(names) {
        return Ok(());
    }
    Err(BillError::Unreadable(format!("it has no column {}", names.join(" or "))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    const TRADE: &str = "\u{feff}交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n\
        `2026-11-23 12:15:07,`wx1,`16,`0,`,`42000001,`pay_1,`o1,`JSAPI,`SUCCESS,`OTHERS,`CNY,`180.64,`0.00,`0,`0,`0.00,`0.00,`,`,`葡萄,2斤,`,`1.08000,`0.60%,`180.64,`0.00,`\r\n\
        `2026-11-23 13:00:00,`wx1,`16,`0,`,`42000001,`pay_1,`o1,`JSAPI,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`50300001,`rfd_1,`3.00,`0.00,`ORIGINAL,`SUCCESS,`葡萄,`,`-0.01998,`0.60%,`0.00,`3.00,`\r\n\
        总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n`2,`180.64,`3.00,`0.00,`1.06002,`180.64,`3.00\r\n";

    #[test]
    fn a_trade_bill_tells_payments_and_refunds() {
        let lines = trade_lines(TRADE).unwrap();
        let [payment, refund] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!((payment.out_trade_no.as_deref(), payment.refund.as_ref()), (Some("pay_1"), None));
        assert_eq!((payment.amount.fen(), payment.settled), (18_064, Some(Fen::from_fen(18_064))));
        assert_eq!((payment.fee.exact(), payment.fee.rounded().fen(), payment.rate.as_str()), (108_000, 108, "0.60%"));
        assert_eq!(payment.at.unwrap().to_rfc3339(), "2026-11-23T04:15:07+00:00");
        let part = refund.refund.as_ref().unwrap();
        assert_eq!((part.refund_id.as_deref(), part.out_refund_no.as_deref()), (Some("50300001"), Some("rfd_1")));
        assert_eq!((refund.amount.fen(), refund.fee.rounded().fen(), part.state.as_str()), (300, -2, "SUCCESS"));
    }

    #[test]
    fn coupons_of_the_platform_are_no_difference() {
        let text = "微信订单号,商户订单号,应结订单金额,代金券金额\n`1,`pay_1,`9.00,`1.00\n";
        let line = trade_lines(text).unwrap().remove(0);
        assert_eq!((line.amount.fen(), line.settled), (1_000, None));
    }

    #[test]
    fn a_flow_bill_tells_what_came_in_and_what_went_out() {
        let text = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号\r\n\
            `2026-11-23 10:00:00,`1330001,`77,`商家转账,`转账,`支出,`49.70,`950.30,`API,`佣金,`trf01\r\n\
            资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n`1,`0,`0.00,`1,`49.70\r\n";
        let lines = flow_lines(text).unwrap();
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!((line.amount.fen(), line.voucher_no.as_deref()), (-4_970, Some("trf01")));
        assert_eq!((line.business_no.as_deref(), line.business.as_str()), (Some("1330001"), "商家转账 转账"));
    }

    #[test]
    fn a_sharing_bill_tells_each_receivers_part() {
        let text = "分账时间,分账发起方,分账方,微信订单号,微信分账/回退单号,分账明细单号,商户分账/回退单号,订单金额,分账接收方,分账金额,业务类型,处理状态,分账描述,备注\r\n\
            `2026-11-23 10:00:00,`16,`16,`42000001,`3000001,`3600001,`shr_1,`180.64,`openid-1,`18.06,`分账,`处理成功,`佣金,`\r\n";
        let line = sharing_lines(text).unwrap().remove(0);
        assert_eq!((line.amount.fen(), line.receiver.as_str()), (1_806, "openid-1"));
        assert_eq!((line.detail_id.as_deref(), line.out_order_no.as_deref()), (Some("3600001"), Some("shr_1")));
    }

    #[test]
    fn a_file_that_is_no_such_bill_is_refused_and_an_empty_one_is_not() {
        assert!(matches!(trade_lines("a,b\n`1,`2\n"), Err(BillError::Unreadable(_))));
        assert_eq!(trade_lines("微信订单号\r\n").unwrap(), []);
        assert!(trade_lines("微信订单号,订单金额\n`1,`x\n").is_err());
        assert!(trade_lines("微信订单号,订单金额\n`1,`1.001\n").is_err(), "an amount is of whole fen");
    }
}
