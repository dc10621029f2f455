//! What must hold of members' money: of the order a step touched, and at the end.

use kernel::id::OrderId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use tuanqiao::areas::ledger;
use tuanqiao::areas::ledger::state::AccountKind;
use tuanqiao::areas::orders::entity::order;
use tuanqiao::areas::payments::entity::refund;
use tuanqiao::areas::recharges::entity::recharge;
use tuanqiao::areas::recharges::state::RechargeState;

use super::walk::Walk;

impl Walk {
    /// No means of payment gets back more than it paid, and all of it when all is refunded.
    pub async fn means_add_up(&self, order: &str) {
        let (conn, id) = (self.app.app.db.reader(), order.parse::<OrderId>().unwrap());
        let row = order::Entity::find_by_id(id).one(conn).await.unwrap().unwrap();
        let refunds = refund::Entity::find().filter(refund::Column::OrderId.eq(id));
        let refunds: Vec<_> = refunds.filter(refund::Column::Cause.ne("late_payment")).all(conn).await.unwrap();
        let sum = |of: fn(&refund::Model) -> i64| refunds.iter().map(of).sum::<i64>();
        let back = (
            sum(|refund| refund.wechat_fen.fen()),
            sum(|refund| refund.balance_fen.fen() - refund.balance_gift_fen.fen()),
            sum(|refund| refund.balance_gift_fen.fen()),
        );
        let gift = row.balance_gift_fen.fen();
        let paid = (row.payable_fen.fen(), row.balance_fen.fen() - gift, gift);
        let within = back.0 <= paid.0 && back.1 <= paid.1 && back.2 <= paid.2;
        assert!(within && sum(|refund| refund.points_back) <= row.points_used, "{row:?} {refunds:?}\n{}", self.story());
        let whole = back.0 + back.1 + back.2 == paid.0 + paid.1 + paid.2;
        assert!(!whole || refunds.is_empty() || back == paid, "{row:?} {refunds:?}\n{}", self.story());
    }

    /// Fails unless members' money went every way there is.
    pub async fn members_money_went_every_way(&self, is_long: bool) {
        let (conn, shop) = (self.app.app.db.reader(), self.app.shop().id);
        let recharges = recharge::in_shop(shop).all(conn).await.unwrap();
        let orders = order::in_shop(shop).filter(order::Column::PaidAt.is_not_null()).all(conn).await.unwrap();
        assert!(recharges.iter().any(|row| row.state == RechargeState::Paid), "nobody paid a recharge");
        assert!(orders.iter().any(|row| row.balance_fen.fen() > 0), "nobody paid by balance");
        if !is_long {
            // What is seldom may be missing from one walk; a long one comes by it.
            return;
        }
        assert!(recharges.iter().any(|row| row.state == RechargeState::Paid && row.refunded_fen.fen() > 0));
        assert!(recharges.iter().any(|row| row.state == RechargeState::Closed));
        assert!(orders.iter().any(|row| row.payable_fen.fen() == 0 && row.balance_fen.fen() > 0));
        let mixed =
            |row: &&order::Model| row.payable_fen.fen() > 0 && row.balance_fen.fen() > row.balance_gift_fen.fen();
        assert!(orders.iter().filter(mixed).any(|row| row.points_used > 0), "no order was paid by every means");
        let refunds = refund::in_shop(shop).all(conn).await.unwrap();
        assert!(refunds.iter().any(|row| row.balance_fen.fen() > 0 && row.wechat_fen.fen() > 0));
        assert!(refunds.iter().any(|row| row.points_back > 0));
        let sums = ledger::query::accounts(conn, shop).await.unwrap();
        assert!(sums.iter().any(|sum| sum.account == AccountKind::PointsIssued && sum.sum != 0));
    }
}
