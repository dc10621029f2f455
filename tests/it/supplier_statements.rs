//! A supplier's statement: made, checked line by line by the supplier itself, paid once, exported.

use reqwest::Method;
use serde_json::{Value, json};
use tuanqiao::areas::ledger::state::AccountKind;

use crate::app::TestApp;
use crate::shop_floor::{id, line_of};
use crate::shopper::Client;
use crate::supplier_money::Orchard;
use crate::suppliers::supplier;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\na transfer slip";
const STATEMENTS: &str = "/console/api/v1/supplier-statements";

/// A picture that was uploaded.
pub async fn proof(app: &TestApp, keeper: &Client) -> Value {
    let body = json!({"content_type": "image/png", "size": PNG.len()});
    let announced = keeper.post_new("/console/api/v1/uploads", body).await.ok();
    let url = url::Url::parse(announced["upload_url"].as_str().unwrap()).unwrap();
    let path = url[url::Position::BeforePath..].to_owned();
    app.anybody().send(Method::PUT, &path, Some(("image/png", PNG.to_vec()))).await.ok();
    announced["id"].clone()
}

impl Orchard<'_> {
    pub async fn states(&self) -> Value {
        self.floor.keeper.post_new(&format!("{}/statements", self.path()), json!({})).await.ok()
    }

    pub async fn does(&self, statement: &Value, what: &str, body: Value) -> crate::answer::Answer {
        self.floor.keeper.post(&format!("{STATEMENTS}/{}/{what}", id(statement)), body).await
    }

    async fn pays(&self, statement: &Value) -> Value {
        self.does(statement, "confirm", json!({})).await.ok();
        self.does(statement, "pay", json!({})).await.ok();
        let body = json!({"reference": "建行 2026112700012", "proof_upload_id": proof(self.floor.app, &self.floor.keeper).await});
        self.does(statement, "paid", body).await.ok()
    }
}

on_both! {
    async fn a_statement_lists_what_moved_and_is_paid_once_with_proof(app: TestApp) {
        let orchard = Orchard::open(app, json!({})).await;
        let made = format!("{}/statements", orchard.path());
        orchard.floor.keeper.post_new(&made, json!({})).await.refused(409, "supplier_statement.empty");
        let order = orchard.sells(2).await;
        let one = json!({"lines": [{"line_id": line_of(&order), "quantity": 1}]});
        orchard.floor.refunds(&order, one).await;
        let statement = orchard.states().await;
        assert_eq!((&statement["number"], &statement["state"], &statement["from"]), (&json!(1), &json!("draft"), &json!(null)));
        assert_eq!((&statement["opening_fen"], &statement["closing_fen"], &statement["due_fen"]), (&json!(0), &json!(8_000), &json!(8_000)));
        let whole = orchard.floor.keeper.get(&format!("{STATEMENTS}/{}", id(&statement))).await.ok();
        let kinds: Vec<_> = whole["lines"].as_array().unwrap().iter().map(|line| (line["kind"].as_str().unwrap(), line["amount_fen"].as_i64().unwrap())).collect();
        assert_eq!(kinds, [("released", 16_000), ("reversed", -8_000)]);
        let of = &whole["lines"][0]["of"];
        assert_eq!((&of["title"], &of["quantity"], &of["goods_fen"], &of["fee_fen"], &of["commission_fen"]), (&json!("苹果 5 斤"), &json!(2), &json!(20_000), &json!(2_000), &json!(2_000)));

        orchard.does(&statement, "pay", json!({})).await.refused(409, "supplier_statement.wrong_state");
        orchard.does(&statement, "confirm", json!({})).await.ok();
        orchard.does(&statement, "confirm", json!({})).await.refused(409, "supplier_statement.wrong_state");
        let paying = (0..4).map(|_| orchard.does(&statement, "pay", json!({})));
        let answers = futures::future::join_all(paying).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        assert_eq!(orchard.funds().await, (0, 0, 8_000));
        let failed = orchard.does(&statement, "failed", json!({"reason": "账号有误"})).await.ok();
        assert_eq!((&failed["state"], &failed["paid_fen"]), (&json!("failed"), &json!(0)));
        assert_eq!(orchard.funds().await, (0, 8_000, 0));
        orchard.does(&statement, "pay", json!({})).await.ok();
        let nothing = json!({"reference": "x", "proof_upload_id": kernel::id::UploadId::new()});
        orchard.does(&statement, "paid", nothing).await.refused(400, "validation.failed");
        let slip = json!({"reference": "建行 2026112700012", "proof_upload_id": proof(app, &orchard.floor.keeper).await});
        let paid = orchard.does(&statement, "paid", slip.clone()).await.ok();
        assert_eq!((&paid["state"], &paid["paid_fen"], &paid["reference"]), (&json!("paid"), &json!(8_000), &json!("建行 2026112700012")));
        assert!(paid["proof"].as_str().unwrap().contains("/files/") && paid["paid_by"].is_string());
        orchard.does(&statement, "paid", slip).await.refused(409, "supplier_statement.wrong_state");
        assert_eq!(orchard.funds().await, (0, 0, 0));
        assert_eq!(orchard.floor.account(AccountKind::MerchantCash).await, -8_000);
        let unknown = format!("{STATEMENTS}/{}", kernel::id::SupplierStatementId::new());
        orchard.floor.keeper.get(&unknown).await.refused(404, "supplier_statement.not_found");

        let csv = orchard.floor.keeper.get(&format!("{STATEMENTS}/{}/export.csv", id(&statement))).await;
        let text = csv.text();
        assert_eq!((csv.status, text.lines().count()), (200, 6), "{text}");
        assert!(text.contains("released") && text.contains("160.00") && text.contains("-80.00") && text.contains("应付金额"));
        let book = orchard.floor.keeper.get(&format!("{STATEMENTS}/{}/export.xlsx", id(&statement))).await;
        assert!(book.status == 200 && book.bytes.starts_with(b"PK"));
        orchard.books_are_right().await;
    }
}

on_both! {
    async fn a_refund_after_the_payment_is_netted_from_later_statements(app: TestApp) {
        let orchard = Orchard::open(app, json!({})).await;
        let order = orchard.sells(1).await;
        let first = orchard.states().await;
        orchard.pays(&first).await;
        orchard.floor.refunds(&order, json!({"all": true})).await;
        assert_eq!(orchard.funds().await, (0, -8_000, 0), "the part is taken back though it was paid");
        let second = orchard.states().await;
        assert_eq!((&second["opening_fen"], &second["closing_fen"], &second["due_fen"]), (&json!(8_000), &json!(-8_000), &json!(0)));
        orchard.does(&second, "confirm", json!({})).await.ok();
        orchard.does(&second, "pay", json!({})).await.refused(409, "funds.not_enough");
        orchard.sells(3).await;
        let third = orchard.states().await;
        assert_eq!((&third["opening_fen"], &third["due_fen"]), (&json!(-8_000), &json!(16_000)));
        let fourth_has_nothing = format!("{}/statements", orchard.path());
        orchard.floor.keeper.post_new(&fourth_has_nothing, json!({})).await.refused(409, "supplier_statement.empty");
        orchard.floor.keeper.patch(&orchard.path(), json!({"state": "frozen"})).await.ok();
        orchard.does(&third, "confirm", json!({})).await.ok();
        orchard.does(&third, "pay", json!({})).await.refused(409, "supplier.frozen");
        orchard.floor.keeper.patch(&orchard.path(), json!({"state": "enabled"})).await.ok();
        let list = orchard.floor.keeper.get(&format!("{}/statements", orchard.path())).await.ok();
        assert_eq!(list["items"].as_array().unwrap().len(), 3);
        orchard.books_are_right().await;
    }
}

on_both! {
    async fn statements_that_wait_do_not_pay_the_same_money(app: TestApp) {
        let orchard = Orchard::open(app, json!({})).await;
        orchard.sells(1).await;
        let first = orchard.states().await;
        orchard.sells(1).await;
        let second = orchard.states().await;
        assert_eq!((&second["closing_fen"], &second["due_fen"]), (&json!(16_000), &json!(8_000)));
        orchard.pays(&second).await;
        orchard.pays(&first).await;
        assert_eq!(orchard.funds().await, (0, 0, 0));
        orchard.books_are_right().await;
    }
}

on_both! {
    async fn a_cycle_ends_in_a_statement_by_itself(app: TestApp) {
        let orchard = Orchard::open(app, json!({"settlement_days": 2})).await;
        orchard.sells(1).await;
        let path = format!("{}/statements", orchard.path());
        let count = async || orchard.floor.keeper.get(&path).await.ok()["items"].as_array().unwrap().len();
        assert_eq!(count().await, 0);
        app.advance(2 * 24 * 3600);
        app.run_due_jobs().await;
        assert_eq!(count().await, 1);
        app.run_due_jobs().await;
        app.advance(2 * 24 * 3600);
        app.run_due_jobs().await;
        assert_eq!(count().await, 1, "nothing moved since");
    }
}

on_both! {
    async fn a_suppliers_operator_sees_what_is_its_own_and_nothing_else(app: TestApp) {
        let orchard = Orchard::open(app, json!({})).await;
        let keeper = &orchard.floor.keeper;
        let other = supplier(keeper, "米厂", json!({})).await;
        orchard.sells(1).await;
        let statement = orchard.states().await;
        let person = |name: &str, supplier: &Value| json!({"username": name, "password": "a long pass phrase", "role": "supplier", "supplier_id": supplier["id"]});
        keeper.post_new("/console/api/v1/operators", json!({"username": "x", "password": "a long pass phrase", "role": "supplier"})).await.refused(400, "validation.failed");
        let mut wrong = person("y", &orchard.supplier);
        wrong["role"] = json!("manager");
        keeper.post_new("/console/api/v1/operators", wrong).await.refused(400, "validation.failed");
        for (name, of) in [("guo", &orchard.supplier), ("mi", &other)] {
            keeper.post_new("/console/api/v1/operators", person(name, of)).await.ok();
        }
        let guo = app.anybody().signs_in_to_console("guo", "a long pass phrase").await;
        let mi = app.anybody().signs_in_to_console("mi", "a long pass phrase").await;
        assert_eq!(guo.get("/console/api/v1/session").await.ok()["operator"]["supplier_id"], orchard.supplier["id"]);

        let lines = guo.get(&format!("{}/lines", orchard.path())).await.ok();
        assert_eq!((&lines["items"][0]["amount_fen"], &lines["items"][0]["state"]), (&json!(8_000), &json!("released")));
        let goods = guo.get(&format!("{}/goods", orchard.path())).await.ok();
        assert_eq!((&goods["items"][0]["title"], &goods["items"][0]["skus"][0]["price_fen"]), (&json!("苹果 5 斤"), &json!(10_000)));
        let path = format!("{STATEMENTS}/{}", id(&statement));
        assert_eq!(guo.get(&path).await.ok()["lines"].as_array().unwrap().len(), 1);
        assert_eq!(guo.get(&format!("{path}/export.csv")).await.status, 200);
        for closed in ["/console/api/v1/orders", "/console/api/v1/goods", "/console/api/v1/suppliers", "/console/api/v1/members", "/console/api/v1/operators"] {
            guo.get(closed).await.refused(403, "auth.forbidden");
        }
        guo.post(&format!("{path}/pay"), json!({})).await.refused(403, "auth.forbidden");
        guo.post_new(&format!("{}/statements", orchard.path()), json!({})).await.refused(403, "auth.forbidden");
        mi.get(&path).await.refused(404, "supplier_statement.not_found");
        mi.post(&format!("{path}/confirm"), json!({})).await.refused(404, "supplier_statement.not_found");
        mi.get(&format!("{}/statements", orchard.path())).await.refused(403, "auth.forbidden");
        mi.get(&format!("{}/lines", orchard.path())).await.refused(403, "auth.forbidden");
        assert_eq!(guo.post(&format!("{path}/confirm"), json!({})).await.ok()["state"], "confirmed");
    }
}
