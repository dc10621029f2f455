//! Bills at their edges: late payments, refunds under way, what two bills find of one thing, days that
//! are not over.

use kernel::Code;
use sandbox::{BillPlant, RefundStatus};
use serde_json::json;
use tuanqiao::areas::bills::state::BillKind;
use tuanqiao::areas::ledger::state::AccountKind;
use tuanqiao::flows::reconcile_bills;

use crate::bills::{at_noon, at_noon_with, found, run_of};
use crate::shop_floor::{Floor, id};

const HOUR: i64 = 3_600;

impl Floor<'_> {
    /// Somebody pays for two orders of goods that each buyer gets once: the second payment comes too late
    /// and goes back. The number of its refund, which is its own but for the prefix.
    async fn pays_too_late(&self) -> String {
        let welcome = self.goods_with(10_000, json!(10), json!({"new_buyer_only": true})).await;
        let anna = self.app.member("anna").await;
        let orders = [self.orders(&anna, &[(&welcome, 1)]).await, self.orders(&anna, &[(&welcome, 1)]).await];
        let mut numbers = Vec::new();
        for order in &orders {
            numbers.push(self.pays_unheard(&anna, order).await);
        }
        for number in &numbers {
            assert_eq!(self.hears(number).await, 204);
        }
        self.refunds_arrive().await;
        let refund = id(&self.console(&orders[1]).await["refunds"][0]).to_owned();
        assert_eq!(refund.strip_prefix("rfd_"), numbers[1].strip_prefix("pay_"));
        refund
    }
}

on_both! {
    async fn a_payment_that_came_too_late_and_its_refund_have_a_fee_each(setup: Setup) {
        let app = &at_noon(setup).await;
        let floor = Floor::open(app).await;
        floor.pays_too_late().await;
        let day = app.today();
        app.time_passes(23 * HOUR);
        for _ in 0..2 {
            let runs = app.reconciles(day).await;
            assert_eq!((floor.cases("open").await, floor.cases("resolved").await), (vec![], vec![]));
            assert_eq!(run_of(&runs, BillKind::Trade).matched, 3);
            assert_eq!(app.account(AccountKind::PaymentFees).await, 60, "two payments of 60, one of which came back");
            app.books_of_bills_are_right().await;
        }
    }
}

on_both! {
    async fn the_line_of_a_late_payment_does_not_stand_for_its_refund(setup: Setup) {
        let app = &at_noon(setup).await;
        let floor = Floor::open(app).await;
        let refund = floor.pays_too_late().await;
        let day = app.today();
        app.wechat().plant_in_bills(BillPlant::Drop { number: refund.clone() });
        app.time_passes(23 * HOUR);
        app.reconciles(day).await;
        assert_eq!(floor.cases("open").await, [found("refund_timing", "only_ours", &refund)]);
    }
}

on_both! {
    async fn a_refund_that_was_under_way_when_its_bill_was_read_has_its_fee_booked_when_it_arrives(setup: Setup) {
        let app = &at_noon_with(setup, |sandbox| sandbox.settle_after_ms = None).await;
        let floor = Floor::open(app).await;
        let ware = floor.goods(10_000, 100).await;
        let (order, _) = floor.sells(&ware, "anna").await;
        let refund = floor.refunds(&order, json!({"all": true})).await;
        app.run_due_jobs().await;
        let day = app.today();
        app.time_passes(23 * HOUR);
        let trade = app.reconciles(day).await.remove(0);
        assert_eq!((trade.lines, trade.matched), (2, 2), "{trade:?}");
        assert_eq!(app.account(AccountKind::PaymentFees).await, 60);

        app.time_passes(48 * HOUR);
        assert!(app.wechat().settle_refund(id(&refund), RefundStatus::Success));
        floor.refunds_arrive().await;
        for day in [day.succ_opt().unwrap(), day] {
            app.reconciles(day).await;
            assert_eq!((floor.cases("open").await, floor.cases("resolved").await), (vec![], vec![]));
            assert_eq!(app.account(AccountKind::PaymentFees).await, 0);
            app.books_of_bills_are_right().await;
        }
    }
}

on_both! {
    async fn what_one_bill_finds_of_a_thing_is_a_case_though_another_bills_case_of_it_is_settled(setup: Setup) {
        let app = &at_noon(setup).await;
        let floor = Floor::open(app).await;
        let ware = floor.goods(10_000, 100).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&ware, 1)]).await;
        let number = floor.pays_unheard(&anna, &order).await;
        let day = app.today();
        app.time_passes(23 * HOUR);
        let mut runs = reconcile_bills::begin(&app.app, &app.shop(), day).await.unwrap().into_iter();
        app.follows(runs.next().unwrap()).await;
        let missed = [found("missing_notification", "only_theirs", &number)];
        assert_eq!((floor.cases("open").await, floor.cases("resolved").await), (vec![], missed.to_vec()));
        app.wechat().plant_in_bills(BillPlant::Amount { number: number.clone(), fen: 9_000 });
        let basic = app.follows(runs.next().unwrap()).await;
        assert_eq!((basic.kind, basic.cases), (BillKind::Basic, 1));
        assert_eq!(floor.cases("open").await, [found("amount", "differs", &number)]);
        app.wechat().clear_bill_plants();
        app.reconciles(day).await;
        assert_eq!((floor.cases("open").await, floor.cases("resolved").await.len()), (vec![], 1));
    }
}

on_both! {
    async fn a_day_that_is_not_over_has_no_bills_to_reconcile(setup: Setup) {
        let app = &at_noon(setup).await;
        let floor = Floor::open(app).await;
        for day in [app.today(), app.today() + chrono::Days::new(300)] {
            let refused = reconcile_bills::begin(&app.app, &app.shop(), day).await.unwrap_err();
            assert_eq!(refused.code(), Code::ValidationFailed);
        }
        assert_eq!(floor.keeper.get("/console/api/v1/bill-runs").await.ok()["items"], json!([]));
    }
}
