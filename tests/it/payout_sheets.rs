//! Withdrawals paid by sheets outside WeChat, and tax withheld from leaders.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use reqwest::Method;
use serde_json::{Value, json};
use tuanqiao::areas::ledger::state::AccountKind;

use crate::answer::Answer;
use crate::funds::Leader;
use crate::shopper::Client;

const ACCOUNTS: &str = "/api/v1/leader/payout-accounts";
const IDENTITY: &str = "/api/v1/leader/identity";
const WITHDRAWALS: &str = "/api/v1/leader/withdrawals";
const BATCHES: &str = "/console/api/v1/payout-batches";
const CARD: &str = "6225880100070003";
const BY_SHEET: &str =
    "[settings]\nwithdraw_fee_bp = 60\nwithdraw_channels = [\"wechat_transfer\", \"bank\", \"alipay\"]\n";

fn card() -> Value {
    json!({"channel": "bank", "account": "6225 8801 0007 0003", "name": "=张三", "bank": "招商银行"})
}

impl Leader {
    /// Keeps a card and asks for money to it.
    async fn withdraws_to_card(&self, fen: i64) -> Value {
        let account = self.client.put(ACCOUNTS, card()).await.ok()["id"].clone();
        let body = json!({"amount_fen": fen, "channel": "bank", "payout_account_id": account});
        self.client.post_new(WITHDRAWALS, body).await.ok()
    }
}

/// The rows of a batch's sheet, headings first.
async fn sheet(keeper: &Client, batch: &Value) -> Vec<Vec<String>> {
    let answer = keeper.get(&format!("{BATCHES}/{}/sheet.xlsx", batch["id"].as_str().unwrap())).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(answer.bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let text = |cell: &Data| match cell {
        Data::Float(number) => format!("{number:.2}"),
        other => other.to_string(),
    };
    sheet.rows().map(|row| row.iter().map(text).collect()).collect()
}

/// The sheet with results by row: 成功, or 失败 with a reason.
fn answered(rows: &[Vec<String>], results: &[(&str, &str)]) -> String {
    let mut text = rows[0].join(",") + "\n";
    for (row, (result, reason)) in rows[1..].iter().zip(results) {
        let mut cells = row.clone();
        cells.resize(8, String::new());
        (cells[6], cells[7]) = ((*result).to_owned(), (*reason).to_owned());
        text += &(cells.join(",") + "\n");
    }
    text
}

async fn imports(keeper: &Client, batch: &Value, text: &str) -> Answer {
    let path = format!("{BATCHES}/{}/results", batch["id"].as_str().unwrap());
    keeper.send(Method::POST, &path, Some(("text/csv", text.as_bytes().to_vec()))).await
}

on_both! {
    async fn a_sheet_pays_some_and_what_failed_is_available_again(app: TestApp) {
        app.shop_says(BY_SHEET).await;
        let (keeper, anna, ben) = (app.operator().await, app.leader_with("anna", 10_000).await, app.leader_with("ben", 10_000).await);
        let (first, second) = (anna.withdraws_to_card(5_000).await, ben.withdraws_to_card(3_000).await);
        assert_eq!((&first["state"], &first["payee"]), (&json!("approved"), &json!("招商银行 ****0003 =**")));
        keeper.post(BATCHES, json!({"channel": "alipay"})).await.refused(409, "payout_batch.empty");
        keeper.post(BATCHES, json!({"channel": "manual"})).await.refused(400, "validation.failed");
        let batch = keeper.post_once("once", BATCHES, json!({"channel": "bank"})).await.ok();
        assert_eq!(keeper.post_once("once", BATCHES, json!({"channel": "bank"})).await.ok(), batch);
        assert_eq!((&batch["rows_count"], &batch["net_fen"], &batch["state"]), (&json!(2), &json!(7_952), &json!("open")));
        keeper.post(BATCHES, json!({"channel": "bank"})).await.refused(409, "payout_batch.empty");
        assert_eq!(anna.sees(&first).await["state"], "paying");
        let reject = format!("/console/api/v1/withdrawals/{}/reject", first["id"].as_str().unwrap());
        keeper.post(&reject, json!({"reason": "too late"})).await.refused(409, "withdrawal.wrong_state");

        let rows = sheet(&keeper, &batch).await;
        assert_eq!(rows[1][1..6], [first["id"].as_str().unwrap(), "'=张三", CARD, "招商银行", "49.70"]);
        let csv = keeper.get(&format!("{BATCHES}/{}/sheet.csv", batch["id"].as_str().unwrap())).await;
        assert!(csv.text().contains(CARD) && csv.text().contains(",'=张三,"), "{}", csv.text());
        let log = keeper.get("/console/api/v1/audit-entries").await.ok();
        assert_eq!((&log["items"][0]["action"], &log["items"][0]["subject"]), (&json!("payout_batch.sheet"), &batch["id"]));
        let seen = keeper.get(&format!("{BATCHES}/{}", batch["id"].as_str().unwrap())).await;
        assert!(!seen.text().contains(CARD), "whole numbers stand in the sheet alone");

        let results = answered(&rows, &[("成功", ""), ("失败", "户名不符")]);
        let done = imports(&keeper, &batch, &results).await.ok();
        assert_eq!((&done["state"], &done["results"][0]["code"]), (&json!("settled"), &json!("paid")), "{done}");
        assert_eq!((&done["results"][1]["code"], &done["results"][1]["reason"]), (&json!("failed"), &json!("户名不符")));
        let again = imports(&keeper, &batch, &results).await.ok();
        assert!(again["results"].as_array().unwrap().iter().all(|row| row["code"] == "unchanged"), "{again}");
        let turned = imports(&keeper, &batch, &answered(&rows, &[("失败", "no"), ("成功", "")])).await;
        let refused = turned.refused(422, "payout_batch.results_refused");
        assert!(refused["extra"]["rows"].as_array().unwrap().iter().all(|row| row["code"] == "contradicts"), "{refused}");

        assert_eq!((app.funds(anna.id).await, app.funds(ben.id).await), ((5_000, 0), (10_000, 0)));
        assert_eq!((app.account(AccountKind::MerchantCash).await, app.account(AccountKind::Revenue).await), (-4_970, -30));
        let failed = ben.sees(&second).await;
        assert_eq!((&failed["state"], &failed["reason"]), (&json!("failed"), &json!("户名不符")));
        let verdict = keeper.get("/console/api/v1/ledger/verify").await.ok();
        assert_eq!(verdict["faults"], json!([]), "{verdict}");
        app.books_are_clean().await;
    }
}

on_both! {
    async fn one_row_that_does_not_fit_changes_nothing(app: TestApp) {
        app.shop_says(BY_SHEET).await;
        let (keeper, anna) = (app.operator().await, app.leader_with("anna", 10_000).await);
        for fen in [1_000, 2_000] {
            anna.withdraws_to_card(fen).await;
        }
        let batch = keeper.post(BATCHES, json!({"channel": "bank"})).await.ok();
        let rows = sheet(&keeper, &batch).await;
        let good = answered(&rows, &[("成功", ""), ("paid", "")]);
        for (odd, code) in [
            (good.replace("19.88", "19.87"), "amount_differs"),
            (good.replace(CARD, "6225880100070004"), "account_differs"),
            (good.replacen("成功", "也许", 1), "result_invalid"),
            (good.replacen("成功", "失败", 1), "reason_missing"),
            (good.replace(&rows[2][1], &rows[1][1]), "duplicate"),
            (good.replace(&rows[2][1], "wdr_01jq0000000000000000000000"), "unknown_withdrawal"),
        ] {
            let refused = imports(&keeper, &batch, &odd).await.refused(422, "payout_batch.results_refused");
            assert!(refused["extra"]["rows"].to_string().contains(code), "{code}: {refused}");
            assert_eq!(app.funds(anna.id).await, (7_000, 3_000), "{code}");
        }
        imports(&keeper, &batch, "a,b\n1,2\n").await.refused(400, "validation.failed");
        imports(&keeper, &batch, "").await.refused(400, "validation.failed");
        let unknown = json!({"id": "pbt_01jq0000000000000000000000"});
        imports(&keeper, &unknown, &good).await.refused(404, "payout_batch.not_found");

        // A part first, through a form; the rest and the same part in a workbook's place later.
        let part = answered(&rows, &[("成功", ""), ("", "")]);
        let form = format!("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"r.csv\"\r\n\r\n{part}\r\n--x--\r\n");
        let path = format!("{BATCHES}/{}/results", batch["id"].as_str().unwrap());
        let kind = "multipart/form-data; boundary=x";
        let half = keeper.send(Method::POST, &path, Some((kind, form.into_bytes()))).await.ok();
        assert_eq!((&half["state"], &half["results"][1]["code"]), (&json!("open"), &json!("no_result")), "{half}");
        assert_eq!(app.funds(anna.id).await, (7_000, 2_000));
        let done = imports(&keeper, &batch, &good).await.ok();
        assert_eq!((&done["results"][0]["code"], &done["results"][1]["code"]), (&json!("unchanged"), &json!("paid")));
        assert_eq!(app.funds(anna.id).await, (7_000, 0));
        app.books_are_clean().await;
    }
}

on_both! {
    async fn a_withdrawal_by_sheet_names_an_account_and_keeps_its_own_copy(app: TestApp) {
        app.shop_says(BY_SHEET).await;
        let (keeper, anna, ben) = (app.operator().await, app.leader_with("anna", 10_000).await, app.leader_with("ben", 10_000).await);
        let asks = async |who: &Leader, channel: &str, account: Value| {
            let body = json!({"amount_fen": 1_000, "channel": channel, "payout_account_id": account});
            who.client.post_new(WITHDRAWALS, body).await
        };
        asks(&anna, "bank", Value::Null).await.refused(400, "validation.failed");
        let kept = anna.client.put(ACCOUNTS, card()).await.ok();
        assert_eq!((&kept["mask"], kept.to_string().contains(CARD)), (&json!("招商银行 ****0003 =**"), false));
        asks(&anna, "alipay", kept["id"].clone()).await.refused(404, "payout_account.not_found");
        asks(&ben, "bank", kept["id"].clone()).await.refused(404, "payout_account.not_found");
        asks(&anna, "manual", Value::Null).await.refused(422, "withdrawal.channel_not_offered");
        for (field, value, code) in [("account", "6225880100070004", "checksum"), ("account", "1", "invalid"), ("name", " ", "out_of_range")] {
            let mut odd = card();
            odd[field] = json!(value);
            let refused = anna.client.put(ACCOUNTS, odd).await.refused(400, "validation.failed");
            assert_eq!((&refused["errors"][0]["field"], &refused["errors"][0]["code"]), (&json!(field), &json!(code)));
        }
        let asked = asks(&anna, "bank", kept["id"].clone()).await.ok();
        let alipay = json!({"channel": "alipay", "account": "13800000417", "name": "张三"});
        anna.client.put(ACCOUNTS, alipay).await.ok();
        let mut other = card();
        other["account"] = json!("12345678");
        let other = anna.client.put(ACCOUNTS, other).await.ok();
        asks(&anna, "bank", kept["id"].clone()).await.refused(404, "payout_account.not_found");
        let listed = anna.client.get(ACCOUNTS).await.ok();
        assert_eq!(listed["items"].as_array().unwrap().len(), 2, "one of each kind");
        assert_eq!(listed["offered"], json!(["wechat_transfer", "bank", "alipay"]));
        let path = format!("{ACCOUNTS}/{}", other["id"].as_str().unwrap());
        anna.client.delete(&path).await.ok();
        anna.client.delete(&path).await.refused(404, "payout_account.not_found");
        let batch = keeper.post(BATCHES, json!({"channel": "bank"})).await.ok();
        let rows = sheet(&keeper, &batch).await;
        assert_eq!((rows.len(), rows[1][1].as_str(), rows[1][3].as_str()), (2, asked["id"].as_str().unwrap(), CARD));
    }
}

on_both! {
    async fn two_operators_make_one_sheet_of_a_withdrawal(app: TestApp) {
        app.shop_says(BY_SHEET).await;
        let (keeper, anna) = (app.operator().await, app.leader_with("anna", 10_000).await);
        for _ in 0..4 {
            anna.withdraws_to_card(500).await;
        }
        let making = futures::future::join_all((0..4).map(|_| keeper.post(BATCHES, json!({"channel": "bank"})))).await;
        let rows: i64 = making.iter().filter_map(|answer| answer.body["rows_count"].as_i64()).sum();
        assert_eq!(rows, 4, "each stands once: {making:?}");
        for refused in making.into_iter().filter(|answer| answer.status != 201) {
            refused.refused(409, "payout_batch.empty");
        }
        let verdict = keeper.get("/console/api/v1/ledger/verify").await.ok();
        assert_eq!(verdict["faults"], json!([]), "{verdict}");
    }
}

on_both! {
    async fn tax_is_withheld_by_the_month_and_reported_by_the_quarter(app: TestApp) {
        app.shop_says("[settings]\nwithhold = \"by_table\"\n").await;
        let (keeper, anna, ben) = (app.operator().await, app.leader_with("anna", 500_000).await, app.leader_with("ben", 500_000).await);
        anna.withdraws(100_000).await.refused(422, "identity.required");
        let zhang = json!({"name": "张三", "id_number": "11010519491231002x"});
        let shown = anna.client.put(IDENTITY, zhang.clone()).await.ok();
        assert_eq!(shown, json!({"name_mask": "张*", "id_mask": "1101************2X"}));
        ben.client.put(IDENTITY, zhang).await.refused(409, "identity.taken");
        let wrong = json!({"name": "李四", "id_number": "440524188001010015"});
        let refused = ben.client.put(IDENTITY, wrong).await.refused(400, "validation.failed");
        assert_eq!(refused["errors"][0]["code"], "checksum");
        let li = json!({"name": "李四", "id_number": "440524188001010014"});
        ben.client.put(IDENTITY, li.clone()).await.ok();
        anna.client.put(IDENTITY, json!({"name": "张三丰", "id_number": "11010519491231002X"})).await.ok();

        let first = anna.withdraws(100_000).await.ok();
        assert_eq!((&first["tax_fen"], &first["net_fen"]), (&json!(4_000), &json!(96_000)), "a fifth of 200 yuan");
        let second = anna.withdraws(100_000).await.ok();
        assert_eq!((&second["tax_fen"], &second["net_fen"]), (&json!(20_000), &json!(80_000)), "of 1200 together, less 40");
        assert_eq!((&second["tax"]["earlier_gross_fen"], &second["tax"]["earlier_tax_fen"]), (&json!(100_000), &json!(4_000)));
        assert_eq!(ben.withdraws(80_000).await.ok()["tax_fen"], 0);
        anna.client.put(IDENTITY, li).await.refused(409, "identity.fixed");
        let explained = keeper.get(&format!("/console/api/v1/explain/{}", second["id"].as_str().unwrap())).await.ok();
        let tax = explained["parts"].as_array().unwrap().iter().find(|part| part["what"] == "tax").unwrap().clone();
        assert_eq!((&tax["amount_fen"], &tax["base_fen"]), (&json!(20_000), &json!(200_000)), "{explained}");

        app.run_due_jobs().await;
        let transfers = app.wechat().transfers();
        assert_eq!(transfers.iter().map(|transfer| transfer.amount).sum::<i64>(), 96_000 + 80_000 + 80_000, "the net is sent");
        for transfer in transfers {
            app.wechat().confirms_transfer(&transfer.out_bill_no);
        }
        app.payouts_go_on().await;
        assert_eq!(app.account(AccountKind::TaxPayable).await, -24_000);
        let quarter = {
            use chrono::Datelike;
            let day = kernel::clock::beijing_day(app.app.clock.now());
            format!("{}-Q{}", day.year(), day.month0() / 3 + 1)
        };
        let export = keeper.get(&format!("/console/api/v1/tax/{quarter}/export.csv")).await;
        let text = export.text();
        assert!(text.contains("张三丰,11010519491231002X,2,2000.00,0.00,240.00,1760.00"), "{text}");
        assert!(text.contains("合计,,,,3,2800.00,0.00,240.00,2560.00"), "{text}");
        let book = keeper.get(&format!("/console/api/v1/tax/{quarter}/export.xlsx")).await;
        assert!(book.bytes.starts_with(b"PK"));
        keeper.get("/console/api/v1/tax/2026Q4/export.csv").await.refused(400, "validation.failed");
        assert!(!keeper.get("/console/api/v1/audit-entries").await.text().contains("11010519491231002X"));
        let verdict = keeper.get("/console/api/v1/ledger/verify").await.ok();
        assert_eq!(verdict["faults"], json!([]), "{verdict}");
        app.books_are_clean().await;
    }
}

/// A number that some identity card could have: the last sign is the check of the others (GB 11643).
fn id_number(n: usize) -> String {
    const WEIGHTS: [usize; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = format!("11010519491231{n:03}");
    let sum: usize = digits.bytes().zip(WEIGHTS).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
    format!("{digits}{}", char::from(b"10X98765432"[sum % 11]))
}

on_both! {
    async fn two_withdrawals_at_the_same_moment_are_taxed_one_after_the_other(app: TestApp) {
        app.shop_says("[settings]\nwithhold = \"by_table\"\n").await;
        for n in 0..8 {
            let anna = app.leader_with(&format!("anna{n}"), 500_000).await;
            anna.client.put(IDENTITY, json!({"name": "张三", "id_number": id_number(100 + n)})).await.ok();
            let (one, other) = futures::future::join(anna.withdraws(70_000), anna.withdraws(70_000)).await;
            let mut both = [one.ok(), other.ok()];
            both.sort_by_key(|asked| asked["tax_fen"].as_i64());
            let told = |asked: &Value| {
                let earlier = &asked["tax"]["earlier_gross_fen"];
                (asked["tax_fen"].as_i64().unwrap(), asked["net_fen"].as_i64().unwrap(), earlier.as_i64().unwrap_or(0))
            };
            // Alone nothing is due of 700 yuan; of 1400 together a fifth of what is above 800.
            assert_eq!(told(&both[0]), (0, 70_000, 0), "round {n}");
            assert_eq!(told(&both[1]), (12_000, 58_000, 70_000), "round {n}");
            assert_eq!(app.funds(anna.id).await, (360_000, 140_000));
        }
        app.books_are_clean().await;
    }
}
