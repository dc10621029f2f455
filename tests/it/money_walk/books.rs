//! What must hold: of the order a step touched, and of all the money, ours and the platform's.

use std::collections::BTreeMap;

use kernel::id::OrderId;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value;
use tuanqiao::areas::ledger::state::AccountKind;
use tuanqiao::areas::payments::entity::{payment, refund};
use tuanqiao::areas::payments::state::{PaymentState, RefundState};
use tuanqiao::areas::payouts::entity::{sharing_part, sharing_return, transfer, withdrawal};
use tuanqiao::areas::payouts::state::{PartResult, ReturnState, TransferState, WithdrawalChannel, WithdrawalState};
use tuanqiao::areas::suppliers::entity::movement;
use tuanqiao::areas::suppliers::state::MovementKind;
use tuanqiao::areas::{ledger, stock};

use super::moves::retry_now;
use super::payout_moves::sheets_are_paid;
use super::walk::Walk;

impl Walk {
    /// The order's own money: no more went back than came in, here and at WeChat.
    pub async fn order_adds_up(&self, order: &str) {
        let (conn, id) = (self.app.app.db.reader(), order.parse::<OrderId>().unwrap());
        let payments = payment::Entity::find().filter(payment::Column::OrderId.eq(id)).all(conn).await.unwrap();
        let refunds = refund::Entity::find().filter(refund::Column::OrderId.eq(id)).all(conn).await.unwrap();
        for row in &payments {
            let back: i64 = refunds
                .iter()
                .filter(|refund| refund.payment_id == Some(row.id))
                .filter(|refund| !matches!(refund.state, RefundState::Failed | RefundState::Closed))
                .map(|refund| refund.wechat_fen.fen())
                .sum();
            assert!(back <= row.amount_fen.fen(), "{order} gives back {back} of {row:?}\n{}", self.story());
            let Some(there) = self.app.wechat().order(&row.id.to_string()) else { continue };
            assert!(there.refunded <= there.total, "{there:?}\n{}", self.story());
            if row.state == PaymentState::Succeeded {
                let paid = ["SUCCESS", "REFUND"].contains(&there.trade_state.as_str());
                assert!(paid && there.total == row.amount_fen.fen(), "{row:?} {there:?}\n{}", self.story());
            }
        }
    }

    /// All of the books, ours among themselves and against WeChat's; at rest they are the same.
    pub async fn adds_up(&self, at_rest: bool) {
        let (conn, shop) = (self.app.app.db.reader(), self.app.shop());
        let report = tuanqiao::flows::verify_books::verify(&self.app.app, &shop).await.unwrap();
        assert_eq!(report.found(), 0, "{report:?}\n{}", self.story());
        assert_eq!(stock::query::imbalances(conn, shop.id).await.unwrap(), [], "{}", self.story());
        let sums = ledger::query::accounts(conn, shop.id).await.unwrap();
        assert_eq!(sums.iter().map(|sum| sum.sum).sum::<i64>(), 0, "{}", self.story());
        let of = |account| sums.iter().filter(|sum| sum.account == account).map(|sum| sum.sum).sum::<i64>();
        let purse = self.purses();
        let heard = self.heard().await;
        // What the shop was shared of a supplier's order it has still, and what is settled of the supplier's
        // own is his alone.
        let shared = heard.shared - heard.to_shop;
        let lies_at_wechat = heard.paid - heard.refunded - shared + heard.returned - self.collected().await;
        // WeChat keeps its fees out of it, which the bills of past days have told.
        let fees = of(AccountKind::PaymentFees);
        assert_eq!(of(AccountKind::Clearing), lies_at_wechat - fees, "{heard:?} {purse:?}\n{}", self.story());
        let by_hand = self.paid_by_hand().await;
        assert_eq!(of(AccountKind::MerchantCash), -heard.transferred - by_hand, "{heard:?}\n{}", self.story());
        let both = [
            (heard.paid, purse.paid),
            (heard.refunded, purse.refunded),
            (heard.transferred - heard.by_sheet, purse.transferred),
        ];
        let shared = heard.shared - heard.returned;
        assert!(!at_rest || shared == purse.shared_out, "{heard:?} {purse:?}\n{}", self.story());
        for (ours, theirs) in both {
            // What WeChat did and has not told us yet is missing here; nothing is here that it did not do.
            let agree = if at_rest { ours == theirs } else { ours <= theirs };
            assert!(agree, "{heard:?} {purse:?}, at rest: {at_rest}\n{}", self.story());
        }
        self.nobody_is_paid_twice().await;
    }

    /// What we have heard of, by our own rows.
    async fn heard(&self) -> Heard {
        let (conn, shop) = (self.app.app.db.reader(), self.app.shop().id);
        let paid = payment::in_shop(shop).filter(payment::Column::State.eq(PaymentState::Succeeded));
        let refunded = refund::in_shop(shop).filter(refund::Column::State.eq(RefundState::Succeeded));
        let shared = sharing_part::in_shop(shop).filter(sharing_part::Column::Result.eq(PartResult::Succeeded));
        let shared = shared.all(conn).await.unwrap();
        let returned = sharing_return::in_shop(shop).filter(sharing_return::Column::State.eq(ReturnState::Succeeded));
        let returned = returned.all(conn).await.unwrap();
        let shops = |party: sea_orm::prelude::Uuid| party == shop.uuid();
        let to_shop: i64 = shared.iter().filter(|row| shops(row.party_id)).map(|row| row.amount_fen.fen()).sum();
        let by_shop: i64 = returned.iter().filter(|row| shops(row.party_id)).map(|row| row.amount_fen.fen()).sum();
        let to_suppliers = transfer::in_shop(shop)
            .filter(transfer::Column::StatementId.is_not_null())
            .filter(transfer::Column::State.eq(TransferState::Succeeded));
        let to_suppliers = to_suppliers.all(conn).await.unwrap();
        let transferred = withdrawal::in_shop(shop).filter(withdrawal::Column::State.eq(WithdrawalState::Paid));
        let to_balance = withdrawal::Column::Channel.eq(WithdrawalChannel::Balance);
        let transferred = transferred.filter(to_balance.not()).all(conn).await.unwrap();
        let by_sheet = transferred.iter().filter(|row| row.channel.by_sheet());
        Heard {
            by_sheet: by_sheet.map(|row| row.net_fen.fen()).sum(),
            paid: paid.all(conn).await.unwrap().iter().map(|row| row.amount_fen.fen()).sum(),
            refunded: refunded.all(conn).await.unwrap().iter().map(|row| row.wechat_fen.fen()).sum(),
            to_shop: to_shop - by_shop,
            shared: shared.iter().map(|row| row.amount_fen.fen()).sum(),
            returned: returned.iter().map(|row| row.amount_fen.fen()).sum(),
            transferred: transferred.iter().map(|row| row.net_fen.fen()).sum::<i64>()
                + to_suppliers.iter().map(|row| row.amount_fen.fen()).sum::<i64>(),
        }
    }

    /// What of suppliers' settled parts lies at their own merchants, less what those laid out for others.
    async fn collected(&self) -> i64 {
        let kinds = movement::Column::Kind.is_in([MovementKind::Collected, MovementKind::Advanced]);
        let moved = movement::in_shop(self.app.shop().id).filter(kinds);
        let moved = moved.all(self.app.app.db.reader()).await.unwrap();
        -moved.iter().map(|row| row.amount_fen.fen()).sum::<i64>()
    }

    /// A withdrawal, and a statement, has one transfer at most that WeChat paid or may pay, and of its own
    /// amount.
    async fn nobody_is_paid_twice(&self) {
        let (conn, shop) = (self.app.app.db.reader(), self.app.shop().id);
        let rows = transfer::in_shop(shop).all(conn).await.unwrap();
        let withdrawals = withdrawal::in_shop(shop).all(conn).await.unwrap();
        let mut live: BTreeMap<String, u32> = BTreeMap::new();
        for there in self.app.wechat().transfers() {
            let row = rows.iter().find(|row| row.id.to_string().replace('_', "") == there.out_bill_no);
            let row = row.unwrap_or_else(|| panic!("{there:?} is nobody's\n{}", self.story()));
            let of = withdrawals.iter().find(|withdrawal| Some(withdrawal.id) == row.withdrawal_id);
            let asked = of.map_or(row.amount_fen, |of| of.net_fen);
            assert_eq!(there.amount, asked.fen(), "{there:?} {row:?} {of:?}\n{}", self.story());
            let pays = row.statement_id.map_or_else(|| of.unwrap().id.to_string(), |id| id.to_string());
            let over = [sandbox::TransferState::Fail, sandbox::TransferState::Cancelled].contains(&there.state);
            if !over {
                *live.entry(pays).or_default() += 1;
                let given_up = matches!(row.state, TransferState::Failed | TransferState::Cancelled);
                assert!(!given_up, "{there:?} was given up here: {row:?}\n{}", self.story());
            }
        }
        assert!(live.values().all(|count| *count == 1), "{live:?}\n{}", self.story());
    }

    /// All trouble is over, everybody answers, every notice arrives: whatever was under way ends.
    pub async fn comes_to_rest(&mut self) {
        self.app.wechat().clear_faults();
        for _ in 0..40 {
            self.everybody_answers().await;
            self.sellers_pay_in().await;
            sheets_are_paid(self).await;
            retry_now(self).await;
            self.app.run_due_jobs().await;
            self.app.time_passes(1_000);
            if self.unrest().await.is_none() {
                return;
            }
        }
        panic!("no rest: {:?}\n{}", self.unrest().await, self.story());
    }

    /// Whose balance is too small for a refund, since what was paid to him has been shared out or given back
    /// meanwhile, pays in, as WeChat asks him to.
    async fn sellers_pay_in(&self) {
        let waits = refund::in_shop(self.app.shop().id).filter(refund::Column::FailReason.contains("NOT_ENOUGH"));
        for row in
            waits.filter(refund::Column::State.ne(RefundState::Succeeded)).all(self.app.app.db.reader()).await.unwrap()
        {
            for seller in &self.sellers {
                self.app.wechat().pays_in(seller, row.wechat_fen.fen());
            }
        }
    }

    async fn everybody_answers(&mut self) {
        let text = |refund: &Value| refund["out_refund_no"].as_str().unwrap().to_owned();
        for refund in self.app.wechat().refunds() {
            if refund["status"] != "SUCCESS" && refund["status"] != "CLOSED" {
                self.app.wechat().settle_refund(&text(&refund), sandbox::RefundStatus::Success);
            }
        }
        for sharing in self.app.wechat().sharings() {
            self.app.wechat().finish_sharing(sharing["out_order_no"].as_str().unwrap());
        }
        self.app.wechat().finish_returns();
        for transfer in self.app.wechat().transfers() {
            if transfer.state == sandbox::TransferState::WaitUserConfirm {
                self.app.wechat().confirms_transfer(&transfer.out_bill_no);
            }
        }
    }

    /// What is still under way, in words.
    async fn unrest(&self) -> Option<String> {
        let conn = self.app.app.db.reader();
        let shop = self.app.shop().id;
        let open = refund::in_shop(shop).all(conn).await.unwrap();
        if let Some(open) = open.iter().find(|row| row.state != RefundState::Succeeded) {
            return Some(format!("{open:?}"));
        }
        let open = sharing_return::in_shop(shop).all(conn).await.unwrap();
        if let Some(open) = open.iter().find(|row| !row.state.is_final()) {
            return Some(format!("{open:?}"));
        }
        let open = withdrawal::in_shop(shop).all(conn).await.unwrap();
        if let Some(open) = open.iter().find(|row| !row.state.is_final()) {
            return Some(format!("{open:?}"));
        }
        let open = transfer::in_shop(shop).all(conn).await.unwrap();
        if let Some(open) = open.iter().find(|row| !row.state.is_final()) {
            return Some(format!("{open:?}"));
        }
        let payments = payment::in_shop(shop).all(conn).await.unwrap();
        let at_wechat = self.app.wechat().orders();
        let unheard = at_wechat.iter().filter(|there| ["SUCCESS", "REFUND"].contains(&there.trade_state.as_str()));
        unheard.into_iter().find_map(|there| {
            let ours = payments.iter().find(|row| row.id.to_string() == there.out_trade_no);
            let known = ours.is_some_and(|row| row.state == PaymentState::Succeeded);
            (!known).then(|| format!("{} is paid at WeChat and {ours:?} here", there.out_trade_no))
        })
    }
}

/// Money we know of, in fen.
#[derive(Debug)]
struct Heard {
    paid: i64,
    refunded: i64,
    shared: i64,
    /// Of it, to the shop's own merchant, less what that gave back.
    to_shop: i64,
    returned: i64,
    /// By whatever way.
    transferred: i64,
    /// Of it, by sheets outside WeChat.
    by_sheet: i64,
}
