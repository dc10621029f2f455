//! What happened, as rows of bills: read out of the sandbox's own books.

use crate::pay::orders::{Order, OrderState};
use crate::pay::refunds::RefundStatus;
use crate::pay::sharing::BilledShare;
use crate::pay::transfers::PaidTransfer;
use crate::world::World;

/// A payment or a refund.
#[derive(Debug, Clone)]
pub(super) struct TradeRow {
    pub(super) at: i64,
    pub(super) appid: String,
    pub(super) account: String,
    pub(super) sub_mchid: String,
    pub(super) transaction_id: String,
    pub(super) out_trade_no: String,
    pub(super) openid: String,
    pub(super) description: String,
    pub(super) attach: String,
    pub(super) amount: i64,
    pub(super) coupon: i64,
    /// Below zero for what comes back.
    pub(super) fee: i64,
    pub(super) fee_bp: i64,
    pub(super) refund: Option<RefundNames>,
}

/// Of a refund.
#[derive(Debug, Clone)]
pub(super) struct RefundNames {
    pub(super) id: String,
    pub(super) no: String,
    pub(super) state: String,
}

/// A movement on an account.
#[derive(Debug, Clone)]
pub(super) struct FlowRow {
    pub(super) at: i64,
    pub(super) business_no: String,
    pub(super) flow_no: String,
    pub(super) voucher_no: String,
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    /// Below zero for what goes out.
    pub(super) amount: i64,
    pub(super) balance: i64,
}

/// One receiver's part, or what came back of it.
#[derive(Debug, Clone)]
pub(super) struct SharingRow {
    pub(super) at: i64,
    pub(super) account: String,
    pub(super) seller: String,
    pub(super) transaction_id: String,
    pub(super) order_id: String,
    pub(super) detail_id: String,
    pub(super) out_order_no: String,
    pub(super) total: i64,
    pub(super) receiver: String,
    pub(super) amount: i64,
    pub(super) kind: &'static str,
    pub(super) success: bool,
    pub(super) description: String,
}

impl TradeRow {
    pub(super) fn is_refund(&self) -> bool {
        self.refund.is_some()
    }
}

/// A movement without its balance.
fn flow(at: i64, numbers: (&str, &str), words: (&'static str, &'static str), amount: i64) -> FlowRow {
    FlowRow {
        at,
        business_no: numbers.0.to_owned(),
        flow_no: String::new(),
        voucher_no: numbers.1.to_owned(),
        name: words.0,
        kind: words.1,
        amount,
        balance: 0,
    }
}

/// In the order of time, numbered, with what is on the account after each.
fn balanced(mut rows: Vec<FlowRow>, mut balance: i64) -> Vec<FlowRow> {
    rows.retain(|row| row.amount != 0);
    rows.sort_by(|a, b| (a.at, &a.business_no, a.name).cmp(&(b.at, &b.business_no, b.name)));
    for (place, row) in rows.iter_mut().enumerate() {
        balance += row.amount;
        row.balance = balance;
        row.flow_no = format!("10000{:017}", place + 1);
    }
    rows
}

impl World {
    /// Payments and refunds of an account, perhaps of one seller alone.
    pub(super) fn trade_rows(&self, account: &str, seller: Option<&str>) -> Vec<TradeRow> {
        let ours = |order: &&Order| {
            order.state == OrderState::Paid
                && order.account == account
                && seller.is_none_or(|only| only == order.seller)
        };
        let mut rows = Vec::new();
        for order in self.orders.values().filter(ours) {
            rows.push(payment_row(order));
            rows.extend(self.refund_rows(order));
        }
        rows
    }

    /// What went back of an order. Its fee comes back as the refunds add up, which is how it was booked.
    fn refund_rows(&self, order: &Order) -> Vec<TradeRow> {
        let of = |refund: &&crate::pay::refunds::Refund| {
            refund.out_trade_no == order.out_trade_no
                && refund.account == order.account
                && refund.status != RefundStatus::Closed
        };
        let mut refunds: Vec<_> = self.refunds.values().filter(of).collect();
        refunds.sort_by_key(|refund| refund.seq);
        let (mut refunded, mut fee_back) = (0, 0);
        let row = |refund: &crate::pay::refunds::Refund| {
            refunded += refund.amount;
            let fee = order.fee * refunded / order.total.max(1) - fee_back;
            fee_back += fee;
            let names = RefundNames {
                id: refund.refund_id.clone(),
                no: refund.out_refund_no.clone(),
                state: refund.status.word().to_owned(),
            };
            let refund_row =
                TradeRow { at: refund.created_at, amount: refund.amount, coupon: 0, fee: -fee, ..payment_row(order) };
            TradeRow { refund: Some(names), ..refund_row }
        };
        refunds.into_iter().map(row).collect()
    }

    /// Shares and returns of an account, perhaps of one seller alone.
    pub(super) fn sharing_rows(&self, account: &str, seller: Option<&str>) -> Vec<SharingRow> {
        let row = |it: BilledShare| {
            let order = self.transactions.get(&it.transaction_id).and_then(|key| self.orders.get(key));
            SharingRow {
                at: it.at,
                account: it.account,
                seller: it.seller,
                transaction_id: it.transaction_id,
                order_id: it.order_id,
                detail_id: it.detail_id,
                out_order_no: it.out_order_no,
                total: order.map_or(0, |order| order.total),
                receiver: it.receiver,
                amount: it.amount,
                kind: if it.is_return { "分账回退" } else { "分账" },
                success: it.success,
                description: it.description,
            }
        };
        let of_seller = |it: &BilledShare| seller.is_none_or(|only| only == it.seller);
        self.billed_shares(account).into_iter().filter(of_seller).map(row).collect()
    }

    /// Movements of the basic account: gross, with every fee apart.
    pub(super) fn basic_rows(&self, seller: &str) -> Vec<FlowRow> {
        let mut rows = Vec::new();
        for order in self.orders.values().filter(|order| order.seller == seller && order.state == OrderState::Paid) {
            let numbers = (order.transaction_id.as_str(), order.out_trade_no.as_str());
            rows.push(flow(order.paid_at, numbers, ("交易", "交易"), order.total));
            rows.push(flow(order.paid_at, numbers, ("扣除交易手续费", "扣除交易手续费"), -order.fee));
            for refund in self.refund_rows(order) {
                let Some(names) = &refund.refund else { continue };
                let numbers = (names.id.as_str(), names.no.as_str());
                rows.push(flow(refund.at, numbers, ("退款", "退款"), -refund.amount));
                rows.push(flow(refund.at, numbers, ("退款", "退回手续费"), -refund.fee));
            }
        }
        for share in self.sharing_rows(seller, Some(seller)).iter().filter(|share| share.success) {
            let numbers = (share.order_id.as_str(), share.out_order_no.as_str());
            let (words, amount) = match share.kind {
                "分账回退" => (("分账回退", "分账"), share.amount),
                _ => (("分账", "分账"), -share.amount),
            };
            rows.push(flow(share.at, numbers, words, amount));
        }
        balanced(rows, 0)
    }

    /// Movements of the operations account. What is on it at the end is what the books say.
    pub(super) fn operation_rows(&self, account: &str) -> Vec<FlowRow> {
        let row = |paid: PaidTransfer<'_>| {
            flow(paid.at, (paid.transfer_bill_no, paid.out_bill_no), ("商家转账", "转账"), -paid.amount)
        };
        let rows: Vec<FlowRow> = self.paid_transfers(account).map(row).collect();
        let left = self.purses.get(account).map_or(0, |purse| purse.operations + purse.locked);
        let before = left - rows.iter().map(|row| row.amount).sum::<i64>();
        balanced(rows, before)
    }
}

/// The order as a row of the trade bill.
fn payment_row(order: &Order) -> TradeRow {
    TradeRow {
        at: order.paid_at,
        appid: order.appid.clone(),
        account: order.account.clone(),
        sub_mchid: if order.seller == order.account { "0".to_owned() } else { order.seller.clone() },
        transaction_id: order.transaction_id.clone(),
        out_trade_no: order.out_trade_no.clone(),
        openid: order.payer().to_owned(),
        description: order.description.clone(),
        attach: order.attach.clone().unwrap_or_default(),
        amount: order.total,
        coupon: order.coupon,
        fee: order.fee,
        fee_bp: (order.fee * 20_000 / order.total.max(1) + 1) / 2,
        refund: None,
    }
}
