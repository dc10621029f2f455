//! WeChat Pay's bills held against the books: what differs becomes cases with their causes, fees are
//! booked, and nothing is done twice.

use chrono::{NaiveDate, Timelike};
use kernel::Code;
use kernel::clock::{beijing, beijing_day};
use sandbox::{BillPlant, Fault, SandboxConfig};
use serde_json::{Value, json};
use tuanqiao::areas::bills::entity::run;
use tuanqiao::areas::bills::state::{BillKind, RunState};
use tuanqiao::areas::ledger;
use tuanqiao::areas::ledger::state::AccountKind;
use tuanqiao::areas::operators::role::Role;
use tuanqiao::flows::operators;
use tuanqiao::flows::reconcile_bills::{self, Worker};
use tuanqiao::flows::verify_books;

use crate::app::{PASSWORD, TestApp};
use crate::setup::Setup;
use crate::shop_floor::{Floor, Ware, id};

const CASES: &str = "/console/api/v1/bill-cases";
const HOUR: i64 = 3_600;

/// A shop beside a platform that keeps 0.6 %, at noon: nothing in a story is near midnight.
pub async fn at_noon(setup: Setup) -> TestApp {
    at_noon_with(setup, |_| {}).await
}

/// The same beside a platform set up by `more`.
pub async fn at_noon_with(setup: Setup, more: impl FnOnce(&mut SandboxConfig)) -> TestApp {
    let set_up = |sandbox: &mut SandboxConfig| {
        sandbox.fee_bp = 60;
        more(sandbox);
    };
    let app = TestApp::beside(setup, |_| {}, set_up).await;
    let since_midnight = app.app.clock.now().with_timezone(&beijing()).num_seconds_from_midnight();
    app.time_passes(-((i64::from(since_midnight) + 12 * HOUR) % (24 * HOUR)));
    app
}

impl TestApp {
    pub fn today(&self) -> NaiveDate {
        beijing_day(self.app.clock.now())
    }

    /// Reconciles a day from beginning to end, as the command does.
    pub async fn reconciles(&self, day: NaiveDate) -> Vec<run::Model> {
        let mut ended = Vec::new();
        for row in reconcile_bills::begin(&self.app, &self.shop(), day).await.unwrap() {
            ended.push(self.follows(row).await);
        }
        ended
    }

    /// Takes one run to its end, or until it waits.
    pub async fn follows(&self, mut row: run::Model) -> run::Model {
        let (shop, worker) = (self.shop(), Worker::new());
        for _ in 0..20 {
            row = reconcile_bills::step(&self.app, &shop, &worker, row).await.unwrap();
            if matches!(row.state, RunState::Done | RunState::Waiting) {
                break;
            }
        }
        worker.done(&self.app, &shop).await.unwrap();
        row
    }

    pub async fn books_of_bills_are_right(&self) {
        let report = verify_books::verify(&self.app, &self.shop()).await.unwrap();
        assert_eq!(report.found(), 0, "{report:?}");
    }

    async fn journals(&self) -> u64 {
        ledger::query::verify(self.app.db.reader(), self.shop().id).await.unwrap().journals
    }
}

impl Floor<'_> {
    /// Somebody new buys one unit; the number of the payment.
    pub async fn sells(&self, ware: &Ware, buyer: &str) -> (Value, String) {
        let who = self.app.member(buyer).await;
        let order = self.buys(&who, &[(ware, 1)]).await;
        let number = self.number_of(&order).await;
        (order, number)
    }

    /// Cause, class and our number of each case in this state, sorted.
    pub async fn cases(&self, state: &str) -> Vec<(String, String, String)> {
        let listed = self.keeper.get(&format!("{CASES}?state={state}&limit=100")).await.ok();
        let text = |case: &Value, field: &str| case[field].as_str().unwrap_or("").to_owned();
        let items = listed["items"].as_array().unwrap();
        let mut cases: Vec<_> =
            items.iter().map(|case| (text(case, "cause"), text(case, "class"), text(case, "our_no"))).collect();
        cases.sort();
        cases
    }
}

pub fn found(cause: &str, class: &str, number: &str) -> (String, String, String) {
    (cause.to_owned(), class.to_owned(), number.to_owned())
}

pub fn run_of(runs: &[run::Model], kind: BillKind) -> &run::Model {
    runs.iter().find(|run| run.kind == kind).unwrap()
}

/// A leader withdraws and gets the money.
pub async fn pays_a_leader(app: &TestApp, name: &str) -> String {
    let leader = app.leader_with(name, 5_000).await;
    leader.withdraws(5_000).await.ok();
    app.run_due_jobs().await;
    let number = app.wechat().transfers().remove(0).out_bill_no;
    assert!(app.wechat().confirms_transfer(&number));
    app.hears_of(&number).await;
    number
}

on_both! {
    async fn a_clean_day_ends_without_a_case_and_its_fees_are_booked(setup: Setup) {
        let app = &at_noon(setup).await;
        let floor = Floor::open(app).await;
        let ware = floor.goods(33_333, 100).await;
        let (order, _) = floor.sells(&ware, "anna").await;
        floor.sells(&ware, "bert").await;
        floor.refunds(&order, json!({"all": true})).await;
        floor.refunds_arrive().await;
        pays_a_leader(app, "leo").await;
        let day = app.today();
        app.time_passes(23 * HOUR);

        let runs = app.reconciles(day).await;
        assert_eq!(floor.cases("open").await, []);
        assert_eq!(floor.cases("resolved").await, []);
        let trade = run_of(&runs, BillKind::Trade);
        assert_eq!((trade.state, trade.lines, trade.matched, trade.cases), (RunState::Done, 3, 3, 0));
        assert!(trade.hash.as_ref().is_some_and(|hash| hash.len() == 40));
        let operation = run_of(&runs, BillKind::Operation);
        assert_eq!((operation.lines, operation.matched), (1, 1));
        let purse = app.wechat().purse(&app.keys().merchant.mchid);
        assert_eq!(purse.fees, 200, "two payments of 200, one of which came back");
        assert_eq!(app.account(AccountKind::PaymentFees).await, purse.fees);
        assert_eq!(app.account(AccountKind::Clearing).await, purse.available + purse.frozen);
        app.books_of_bills_are_right().await;

        let journals = app.journals().await;
        let again = app.reconciles(day).await;
        assert_eq!(run_of(&again, BillKind::Trade).matched, 3);
        assert_eq!(app.journals().await, journals, "a day that is read twice books nothing twice");
        assert_eq!(floor.cases("open").await, []);
    }
}

on_both! {
    async fn five_planted_differences_end_as_five_named_cases_and_nothing_else(setup: Setup) {
        let app = &at_noon(setup).await;
        let floor = Floor::open(app).await;
        let ware = floor.goods(10_000, 100).await;
        let (_, dropped) = floor.sells(&ware, "anna").await;
        let (_, other_amount) = floor.sells(&ware, "bert").await;
        let (_, other_fee) = floor.sells(&ware, "cora").await;
        let (order, _) = floor.sells(&ware, "dora").await;
        let refund = floor.refunds(&order, json!({"lines": [{"line_id": order["lines"][0]["id"], "amount_fen": 2_500}]})).await;
        floor.refunds_arrive().await;
        pays_a_leader(app, "leo").await;
        let (day, shifted) = (app.today(), id(&refund).to_owned());
        let plants = [
            BillPlant::Drop { number: dropped.clone() },
            BillPlant::UnknownOrder { day: day.to_string(), number: "OLD-20261123-7".to_owned(), fen: 1_990 },
            BillPlant::Amount { number: other_amount.clone(), fen: 9_999 },
            BillPlant::Fee { number: other_fee.clone(), fen: 100 },
            BillPlant::Shift { number: shifted.clone(), days: 1 },
        ];
        plants.into_iter().for_each(|plant| app.wechat().plant_in_bills(plant));
        app.time_passes(23 * HOUR);

        let mut expected = vec![
            found("not_in_bill", "only_ours", &dropped),
            found("unknown_order", "only_theirs", "OLD-20261123-7"),
            found("amount", "differs", &other_amount),
            found("fee", "differs", &other_fee),
            found("refund_timing", "only_ours", &shifted),
        ];
        expected.sort();
        for _ in 0..2 {
            app.reconciles(day).await;
            assert_eq!(floor.cases("open").await, expected);
            assert_eq!(floor.cases("resolved").await, []);
        }
        // The bill's own fee is the truth: 60 and 100 and 60, and nothing of what is not in it.
        assert_eq!(app.account(AccountKind::PaymentFees).await, 220);
        app.books_of_bills_are_right().await;

        app.time_passes(24 * HOUR);
        app.reconciles(day.succ_opt().unwrap()).await;
        assert_eq!(floor.cases("resolved").await, [found("refund_timing", "differs", &shifted)]);
        assert_eq!(floor.cases("open").await.len(), 4);
        assert_eq!(app.account(AccountKind::PaymentFees).await, 220 - 15, "a quarter of the fee came back");
        app.books_of_bills_are_right().await;

        // The platform mends its bill: what differed is settled, and the fees follow.
        app.wechat().clear_bill_plants();
        app.reconciles(day).await;
        assert_eq!(floor.cases("open").await, []);
        assert_eq!(app.account(AccountKind::PaymentFees).await, 240 - 15);
        app.books_of_bills_are_right().await;
    }
}

on_both! {
    async fn a_refund_that_stands_in_no_bill_is_more_than_a_matter_of_timing(setup: Setup) {
        let app = &at_noon(setup).await;
        let floor = Floor::open(app).await;
        let ware = floor.goods(10_000, 100).await;
        let (order, _) = floor.sells(&ware, "anna").await;
        let refund = floor.refunds(&order, json!({"all": true})).await;
        floor.refunds_arrive().await;
        let (day, number) = (app.today(), id(&refund).to_owned());
        app.wechat().plant_in_bills(BillPlant::Drop { number: number.clone() });
        app.time_passes(23 * HOUR);
        app.reconciles(day).await;
        assert_eq!(floor.cases("open").await, [found("refund_timing", "only_ours", &number)]);
        app.time_passes(24 * HOUR);
        app.reconciles(day.succ_opt().unwrap()).await;
        assert_eq!(floor.cases("open").await, [found("not_in_bill", "only_ours", &number)]);
    }
}

on_both! {
    async fn a_payment_nobody_told_us_of_is_honoured_by_its_bill(setup: Setup) {
        let app = &at_noon(setup).await;
        let floor = Floor::open(app).await;
        let ware = floor.goods(10_000, 100).await;
        let anna = app.member("anna").await;
        let order = floor.orders(&anna, &[(&ware, 1)]).await;
        let number = floor.pays_unheard(&anna, &order).await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "pending_payment");
        let day = app.today();
        app.time_passes(23 * HOUR);
        app.reconciles(day).await;
        assert_eq!(floor.seen(&anna, &order).await["status"], "paid");
        assert_eq!(floor.cases("open").await, []);
        assert_eq!(floor.cases("resolved").await, [found("missing_notification", "only_theirs", &number)]);
        assert_eq!(app.account(AccountKind::PaymentFees).await, 60);
        app.books_of_bills_are_right().await;
    }
}

on_both! {
    async fn a_run_goes_on_where_its_process_stopped(setup: Setup) {
        let app = &mut at_noon(setup).await;
        let floor = Floor::open(app).await;
        let ware = floor.goods(10_000, 100).await;
        for buyer in ["anna", "bert", "cora"] {
            floor.sells(&ware, buyer).await;
        }
        let (day, ahead) = (app.today(), app.app.clock.ahead());
        app.time_passes(23 * HOUR);
        let gone = Worker::new();
        let trade = reconcile_bills::begin(&app.app, &app.shop(), day).await.unwrap().remove(0);
        let trade = reconcile_bills::step(&app.app, &app.shop(), &gone, trade).await.unwrap();
        let judged = reconcile_bills::step(&app.app, &app.shop(), &gone, trade.clone()).await.unwrap();
        assert_eq!((trade.state, judged.state, judged.judged), (RunState::Read, RunState::Read, 3));
        // Another worker, at the step that is done: nothing happens twice.
        let late = reconcile_bills::step(&app.app, &app.shop(), &gone, trade).await;
        assert_eq!(late.unwrap_err().code(), Code::Busy);
        let other = Worker::new().take(&app.app, &app.shop()).await;
        assert_eq!(other.unwrap_err().code(), Code::Busy, "whoever died has the lease for a while");
        gone.done(&app.app, &app.shop()).await.unwrap();
        app.restart().await;
        app.app.clock.advance(ahead + chrono::Duration::hours(23));

        let runs = app.reconciles(day).await;
        let trade = run_of(&runs, BillKind::Trade);
        assert_eq!((trade.id, trade.state, trade.matched), (judged.id, RunState::Done, 3));
        assert_eq!(app.account(AccountKind::PaymentFees).await, 180);
        app.books_of_bills_are_right().await;
    }
}

on_both! {
    async fn a_day_without_a_bill_is_done_and_one_that_is_not_written_waits(setup: Setup) {
        let app = &at_noon(setup).await;
        let day = app.today();
        app.time_passes(21 * HOUR);
        for run in app.reconciles(day).await {
            assert_eq!((run.state, run.failures), (RunState::Waiting, 0));
            assert!(run.last_error.unwrap().contains("not written yet"));
        }
        app.time_passes(2 * HOUR);
        for run in app.reconciles(day).await {
            assert_eq!((run.state, run.hash, run.lines, run.cases), (RunState::Done, None, 0, 0));
        }
    }
}

on_both! {
    async fn a_bill_that_is_not_what_its_hash_says_is_refused(setup: Setup) {
        let app = &at_noon(setup).await;
        let floor = Floor::open(app).await;
        let ware = floor.goods(10_000, 100).await;
        floor.sells(&ware, "anna").await;
        let day = app.today();
        app.time_passes(23 * HOUR);
        let forged: Fault = serde_json::from_value(
            json!({"path_prefix": "/v3/billdownload", "status": 200, "body": {"not": "the bill"}}),
        )
        .unwrap();
        app.wechat().add_fault(forged);
        let runs = app.reconciles(day).await;
        let trade = run_of(&runs, BillKind::Trade);
        assert_eq!((trade.state, trade.lines, trade.failures), (RunState::Waiting, 0, 1));
        assert!(trade.last_error.as_ref().unwrap().contains("hash"), "{trade:?}");
        assert_eq!(floor.cases("open").await, [], "nothing is judged by a forged bill");
        let runs = app.reconciles(day).await;
        assert_eq!(run_of(&runs, BillKind::Trade).matched, 1);
    }
}

on_both! {
    async fn the_clock_reconciles_every_day_since_the_shop_opened(setup: Setup) {
        let app = &TestApp::beside(setup, |_| {}, |sandbox| sandbox.fee_bp = 60).await;
        let floor = Floor::open(app).await;
        let ware = floor.goods(10_000, 100).await;
        floor.sells(&ware, "anna").await;
        let day = app.today();
        app.run_due_jobs().await;
        assert_eq!(floor.keeper.get("/console/api/v1/bill-runs").await.ok()["items"], json!([]));
        app.time_passes(3 * 24 * HOUR);
        app.run_due_jobs().await;
        let listed = floor.keeper.get("/console/api/v1/bill-runs?limit=100&state=done").await.ok();
        let runs = listed["items"].as_array().unwrap();
        assert!(runs.len() >= 4, "{runs:?}");
        let sum = |field: &str| runs.iter().map(|run| run[field].as_i64().unwrap()).sum::<i64>();
        assert_eq!((sum("failures"), sum("cases")), (0, 0));
        let of_day = floor.keeper.get(&format!("/console/api/v1/bill-runs?day={day}")).await.ok();
        assert_eq!(of_day["items"].as_array().unwrap().len(), 2);
        assert_eq!(app.account(AccountKind::PaymentFees).await, 60);
        app.books_of_bills_are_right().await;
    }
}

on_both! {
    async fn an_operator_looks_at_cases_resolves_them_and_takes_the_day_as_a_file(setup: Setup) {
        let app = &at_noon(setup).await;
        let floor = Floor::open(app).await;
        let ware = floor.goods(10_000, 100).await;
        let (_, number) = floor.sells(&ware, "anna").await;
        let day = app.today();
        app.wechat().plant_in_bills(BillPlant::Amount { number: number.clone(), fen: 1 });
        app.time_passes(23 * HOUR);
        let file = format!("/console/api/v1/bills/{day}/export.csv");
        floor.keeper.get(&file).await.refused(404, "bill.not_found");
        floor.keeper.get("/console/api/v1/bills/today/export.csv").await.refused(400, "validation.failed");
        app.reconciles(day).await;

        let listed = floor.keeper.get(&format!("{CASES}?cause=amount&day={day}")).await.ok();
        let case = listed["items"][0].clone();
        assert_eq!((&case["ours_fen"], &case["theirs_fen"]), (&json!(10_000), &json!(1)));
        let path = format!("{CASES}/{}", id(&case));
        assert_eq!(floor.keeper.get(&path).await.ok(), case);
        operators::create(&app.app, app.shop().id, None, "helper", PASSWORD.to_owned(), Role::Support).await.unwrap();
        let helper = app.anybody().signs_in_to_console("helper", PASSWORD).await;
        helper.get(CASES).await.refused(403, "auth.forbidden");
        let note = json!({"note": "已与微信核实"});
        helper.post(&format!("{path}/resolve"), note.clone()).await.refused(403, "auth.forbidden");
        floor.keeper.post(&format!("{path}/resolve"), json!({"note": " "})).await.refused(400, "validation.failed");
        let resolved = floor.keeper.post(&format!("{path}/resolve"), note.clone()).await.ok();
        assert_eq!((&resolved["state"], &resolved["note"]), (&json!("resolved"), &note["note"]));
        assert!(resolved["resolved_by"].as_str().is_some_and(|by| by.starts_with("opr_")));
        floor.keeper.post(&format!("{path}/resolve"), note.clone()).await.refused(409, "bill_case.resolved");
        let nowhere = format!("{CASES}/{}", kernel::id::CaseId::new());
        floor.keeper.get(&nowhere).await.refused(404, "bill_case.not_found");
        app.reconciles(day).await;
        assert_eq!(floor.cases("open").await, [], "what an operator resolved stays so");

        let answer = floor.keeper.get(&file).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "text/csv; charset=utf-8"));
        let text = answer.text();
        assert!(text.starts_with("\u{feff}账单,"), "{text}");
        let line = text.lines().find(|line| line.contains(&number)).unwrap();
        let book = floor.keeper.get(&file.replace("csv", "xlsx")).await;
        assert!(book.header("content-type").ends_with("spreadsheetml.sheet") && book.bytes.starts_with(b"PK"));
        assert!(line.contains(",0.01,0.60,") && line.contains("已与微信核实"), "{line}");
    }
}

on_both! {
    async fn recharges_and_their_refunds_stand_in_the_bills_as_those_of_orders_do(setup: Setup) {
        let app = &at_noon(setup).await;
        let floor = Floor::open(app).await;
        let anna = app.member("anna").await;
        let recharge = floor.recharges(&anna, &floor.plan(10_000, 500).await).await;
        let path = format!("/console/api/v1/recharges/{}/refunds", recharge["id"].as_str().unwrap());
        floor.keeper.post_new(&path, json!({"amount_fen": 4_000, "reason": "会员申请退还"})).await.ok();
        floor.refunds_arrive().await;
        let day = app.today();
        app.time_passes(23 * HOUR);
        let runs = app.reconciles(day).await;
        assert_eq!((floor.cases("open").await, floor.cases("resolved").await), (vec![], vec![]));
        let trade = run_of(&runs, BillKind::Trade);
        assert_eq!((trade.lines, trade.matched, trade.cases), (2, 2, 0));
        let purse = app.wechat().purse(&app.keys().merchant.mchid);
        assert!(purse.fees > 0);
        assert_eq!(app.account(AccountKind::PaymentFees).await, purse.fees);
        app.books_of_bills_are_right().await;
    }
}
