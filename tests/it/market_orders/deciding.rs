//! What operators decide: matching, confirming, cancelling, notes, and the list as a workbook.

use std::io::Cursor;

use calamine::{Reader, Xlsx};
use serde_json::json;

use super::desk::{Desk, ORDERS, timeline, units};

/// Many at once.
const CONFIRMATIONS: &str = "/console/api/v1/market-order-confirmations";

on_both! {
    async fn a_line_that_matches_nothing_is_shown_and_matched_by_hand_for_all_later_orders(app: TestApp) {
        let desk = Desk::open(app).await;
        let (ours, other) = (desk.sku_with(json!(null), 10).await, desk.sku_with(json!(null), 10).await);
        let number = desk.buys(&[(0, 2)]);
        desk.pulls().await;
        assert_eq!((desk.list("&unmatched=true").await.len(), desk.list("&unmatched=false").await.len()), (1, 0));
        let refused = desk.tries(&number, "confirm", json!({})).await.refused(409, "market_order.unmatched");
        let order = desk.order(&number).await;
        assert_eq!(refused["extra"]["lines"][0]["line_id"], order["lines"][0]["id"]);
        let sku_of = format!("{ORDERS}/{}/lines/{}/sku", order["id"].as_str().unwrap(), order["lines"][0]["id"].as_str().unwrap());
        let nobody = json!({"sku_id": kernel::id::SkuId::new()});
        desk.keeper().put(&sku_of, nobody).await.refused(404, "sku.not_found");
        let matched = desk.keeper().put(&sku_of, json!({"sku_id": other})).await.ok();
        assert_eq!((units(&matched), &matched["lines"][0]["matched_by"]), ((2, 0, 0), &json!("hand")));
        assert_eq!((desk.free(&other).await, desk.free(&ours).await), (8, 10));
        // It was another one: what had been taken goes back.
        let matched = desk.keeper().put(&sku_of, json!({"sku_id": ours, "remember": true})).await.ok();
        assert_eq!((&matched["lines"][0]["sku_id"], units(&matched)), (&json!(ours), (2, 0, 0)));
        assert_eq!((desk.free(&other).await, desk.free(&ours).await), (10, 8));

        let later = desk.buys(&[(0, 1)]);
        desk.pulls().await;
        let order = desk.order(&later).await;
        assert_eq!((&order["lines"][0]["sku_id"], &order["lines"][0]["matched_by"]), (&json!(ours), &json!("listing")));
        assert_eq!(desk.free(&ours).await, 7);
    }
}

on_both! {
    async fn a_line_is_matched_by_itself_once_a_code_names_one_of_ours(app: TestApp) {
        let desk = Desk::open(app).await;
        let number = desk.buys(&[(0, 2)]);
        desk.pulls().await;
        let sku = desk.sku(0, 5).await;
        desk.pulls().await;
        let order = desk.order(&number).await;
        assert_eq!((&order["lines"][0]["sku_id"], &order["lines"][0]["matched_by"]), (&json!(sku), &json!("code")));
        assert_eq!((timeline(&order), desk.free(&sku).await), (vec!["seen", "matched"], 3));
    }
}

on_both! {
    async fn an_order_that_the_platform_holds_or_takes_back_is_neither_confirmed_nor_sent(app: TestApp) {
        let desk = Desk::open(app).await;
        desk.sku(0, 50).await;
        let (held, asked) = (desk.buys(&[(0, 1)]), desk.buys(&[(0, 1)]));
        let stores = app.wechat().stores();
        stores.hold(&desk.bound.of, &held, true).unwrap();
        desk.pulls().await;
        assert_eq!(desk.order(&held).await["held"], true);
        let refused = desk.tries(&held, "confirm", json!({})).await.refused(409, "market_order.wrong_state");
        assert_eq!((&refused["extra"]["state"], &refused["extra"]["remote_state"]), (&json!("draft"), &json!("held")));
        stores.hold(&desk.bound.of, &held, false).unwrap();

        desk.confirms(&asked).await;
        stores.ask_refund(&desk.bound.of, &asked).unwrap();
        desk.pulls().await;
        let parcel = json!({"carrier": "SF", "tracking_no": "SF9"});
        desk.tries(&asked, "ship", parcel.clone()).await.refused(409, "market_order.wrong_state");
        stores.end_refund(&desk.bound.of, &asked, false).unwrap();
        desk.pulls().await;
        desk.tries(&asked, "ship", parcel).await.ok();
        desk.confirms(&held).await;
    }
}

on_both! {
    async fn many_are_confirmed_at_once_each_for_itself(app: TestApp) {
        let desk = Desk::open(app).await;
        desk.sku(0, 1).await;
        let numbers = [desk.buys(&[(0, 1)]), desk.buys(&[(0, 1)]), desk.buys(&[(1, 1)])];
        desk.pulls().await;
        let mut ids = Vec::new();
        for number in &numbers {
            ids.push(desk.order(number).await["id"].clone());
        }
        let done = desk.keeper().post(CONFIRMATIONS, json!({"ids": ids})).await.ok();
        let told: Vec<_> = done["items"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
        assert_eq!(told, [json!(null), json!("market_order.short"), json!("market_order.unmatched")], "{done}");
        assert_eq!(desk.list("&state=confirmed").await.len(), 1);
        desk.keeper().post(CONFIRMATIONS, json!({"ids": []})).await.refused(400, "validation.failed");
    }
}

on_both! {
    async fn notes_stand_with_the_order_and_the_list_is_had_as_a_workbook(app: TestApp) {
        let desk = Desk::open(app).await;
        let number = desk.buys(&[(0, 2), (1, 1)]);
        desk.pulls().await;
        let id = desk.order(&number).await["id"].as_str().unwrap().to_owned();
        let noted = desk.keeper().put(&format!("{ORDERS}/{id}/note"), json!({"note": "周三发"})).await.ok();
        assert_eq!((&noted["note"], timeline(&noted)), (&json!("周三发"), vec!["seen", "noted"]));
        let book = desk.keeper().get(&format!("{ORDERS}.xlsx?store_id={}", desk.bound.id)).await;
        assert_eq!(book.status, 200);
        let mut sheets: Xlsx<_> = Xlsx::new(Cursor::new(book.bytes.clone())).unwrap();
        let rows = sheets.worksheet_range_at(0).unwrap().unwrap();
        let cells: Vec<Vec<String>> = rows.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(cells.len(), 3, "headings and a row a line: {cells:?}");
        assert_eq!((cells[1][2].as_str(), cells[1][7].as_str(), cells[1][18].as_str()), (number.as_str(), "2", "周三发"));
        let plain = desk.there(&number).receiver.name;
        assert!(!cells[1][17].contains(&plain), "receivers are masked");
    }
}
