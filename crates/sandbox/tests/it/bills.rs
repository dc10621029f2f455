//! Bills over HTTP: when they exist, what proves them, and the differences planted in them.

use serde_json::json;

use crate::client::Shop;

/// Sandbox time, moved so that it is 11:00 in Beijing of the day after everything so far.
fn the_morning_after(shop: &Shop) -> String {
    let state = shop.sandbox.state();
    let now = state.clock().now() + 8 * 3_600;
    let day = chrono::DateTime::from_timestamp(now, 0).unwrap().date_naive();
    state.advance(86_400 - now.rem_euclid(86_400) + 11 * 3_600);
    day.to_string()
}

async fn text(shop: &Shop, path: &str) -> String {
    let ticket = shop.get(path).await;
    assert_eq!(ticket.status, 200, "{:?}", ticket.body);
    let url = ticket.body["download_url"].as_str().unwrap();
    let file = shop.get(url.strip_prefix(&shop.sandbox.base_url()).unwrap()).await;
    assert!(!file.signed, "the platform does not sign files");
    file.text
}

#[tokio::test]
async fn a_bill_exists_from_ten_in_the_morning_of_the_next_day() {
    let shop = Shop::with(|config| config.fee_bp = 60);
    shop.prepay("billed-0001", 1_000).await;
    shop.sandbox.state().pays("billed-0001").unwrap();
    let day = the_morning_after(&shop);
    let path = format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL");
    let written = text(&shop, &path).await;
    assert!(written.starts_with("\u{feff}交易时间,") && written.contains("`billed-0001,"), "{written}");
    assert!(written.contains("`0.06000,`0.60%,`10.00,"), "{written}");
    shop.sandbox.state().advance(-2 * 3_600);
    assert_eq!(shop.get(&path).await.body["code"], "STATEMENT_CREATING");
    shop.sandbox.state().advance(2 * 3_600);
    let later = format!("/v3/bill/tradebill?bill_date={}", &the_morning_after(&shop));
    assert_eq!(shop.get(&later).await.body["code"], "NO_STATEMENT_EXIST");
    assert_eq!(shop.get("/v3/bill/tradebill?bill_date=2999-01-01").await.body["code"], "PARAM_ERROR");
    assert_eq!(shop.get("/v3/billdownload/file?token=stolen").await.status, 403);
}

#[tokio::test]
async fn movements_are_gross_with_fees_apart_and_plants_stand_in_every_bill() {
    let shop = Shop::with(|config| config.fee_bp = 60);
    for number in ["billed-0001", "billed-0002"] {
        shop.prepay(number, 1_000).await;
        shop.sandbox.state().pays(number).unwrap();
    }
    let day = the_morning_after(&shop);
    let (trade, basic) = (
        format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL"),
        format!("/v3/bill/fundflowbill?bill_date={day}&account_type=BASIC"),
    );
    let flow = text(&shop, &basic).await;
    assert_eq!((flow.matches("`收入,`10.00,").count(), flow.matches("`支出,`0.06,").count()), (2, 2), "{flow}");
    for plant in [
        json!({"kind": "drop", "number": "billed-0001"}),
        json!({"kind": "unknown_order", "day": day, "number": "old-1", "fen": 1_990}),
        json!({"kind": "fee", "number": "billed-0002", "fen": 9}),
    ] {
        assert_eq!(shop.control("/_sandbox/bills/plants", plant).await.0, 200);
    }
    let told = text(&shop, &trade).await;
    assert!(!told.contains("billed-0001") && told.contains("`old-1,") && told.contains("`0.09000,"), "{told}");
    assert!(!text(&shop, &basic).await.contains("billed-0001"));
    shop.sandbox.state().clear_bill_plants();
    assert!(text(&shop, &trade).await.contains("billed-0001"));
}
