//! Refunds and their money.

use sandbox::RefundStatus;
use serde_json::{Value, json};

use crate::client::Shop;

fn refund(order: &str, number: &str, fen: i64, total: i64) -> Value {
    json!({"out_trade_no": order, "out_refund_no": number, "reason": "缺货",
        "amount": {"refund": fen, "total": total, "currency": "CNY"}})
}

const PATH: &str = "/v3/refund/domestic/refunds";

#[tokio::test]
async fn refunds_never_exceed_the_payment() {
    let shop = Shop::open();
    shop.prepay("refund-0001", 1_000).await;
    assert_eq!(shop.post(PATH, refund("refund-0001", "r1", 10, 1_000)).await.code(), (400, "INVALID_REQUEST"));
    shop.sandbox.state().pays("refund-0001").unwrap();
    let first = shop.post(PATH, refund("refund-0001", "r1", 600, 1_000)).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.body["status"], "PROCESSING");
    let settled = shop.get(&format!("{PATH}/r1")).await;
    assert_eq!(settled.body["status"], "SUCCESS");
    assert_eq!(settled.body["amount"]["refund"], 600);
    assert_eq!(shop.post(PATH, refund("refund-0001", "r2", 401, 1_000)).await.code(), (400, "INVALID_REQUEST"));
    assert_eq!(shop.post(PATH, refund("refund-0001", "r2", 400, 999)).await.code(), (400, "INVALID_REQUEST"));
    assert_eq!(shop.post(PATH, refund("refund-0001", "r2", 400, 1_000)).await.status, 200);
    assert_eq!(shop.query("refund-0001").await.body["trade_state"], "REFUND");
    let purse = shop.sandbox.state().purse(&shop.merchant.mchid);
    assert_eq!((purse.available, purse.paid, purse.refunded), (0, 1_000, 1_000));
    assert_eq!(shop.sandbox.state().user_purse(&shop.openid("alice")).refunded, 1_000);
}

#[tokio::test]
async fn the_same_number_is_the_same_refund() {
    let shop = Shop::open();
    shop.prepay("refund-0002", 1_000).await;
    shop.sandbox.state().pays("refund-0002").unwrap();
    let first = shop.post(PATH, refund("refund-0002", "r1", 300, 1_000)).await;
    let again = shop.post(PATH, refund("refund-0002", "r1", 300, 1_000)).await;
    assert_eq!(first.body["refund_id"], again.body["refund_id"]);
    assert_eq!(again.body["status"], "SUCCESS");
    assert_eq!(shop.post(PATH, refund("refund-0002", "r1", 301, 1_000)).await.code(), (400, "INVALID_REQUEST"));
    assert_eq!(shop.sandbox.state().purse(&shop.merchant.mchid).refunded, 300);
}

#[tokio::test]
async fn a_closed_refund_gives_the_money_back_and_an_abnormal_one_does_not() {
    let shop = Shop::with(|config| config.settle_after_ms = None);
    shop.prepay("refund-0003", 1_000).await;
    let state = shop.sandbox.state();
    state.pays("refund-0003").unwrap();
    shop.post(PATH, refund("refund-0003", "r1", 1_000, 1_000)).await;
    assert_eq!(shop.get(&format!("{PATH}/r1")).await.body["status"], "PROCESSING");
    assert!(state.settle_refund("r1", RefundStatus::Closed));
    assert!(!state.settle_refund("r1", RefundStatus::Success), "decided once");
    assert_eq!(state.purse(&shop.merchant.mchid).available, 1_000);
    shop.post(PATH, refund("refund-0003", "r2", 1_000, 1_000)).await;
    let (status, _) = shop.control("/_sandbox/refunds/r2/settle", json!({"status": "ABNORMAL"})).await;
    assert_eq!(status, 200);
    assert_eq!(shop.get(&format!("{PATH}/r2")).await.body["status"], "ABNORMAL");
    assert_eq!(state.purse(&shop.merchant.mchid).available, 0);
    assert_eq!(state.user_purse(&shop.openid("alice")).refunded, 0);
}

#[tokio::test]
async fn fees_come_back_with_the_refund_in_proportion() {
    let shop = Shop::with(|config| config.fee_bp = 60);
    shop.prepay("refund-0004", 10_000).await;
    let state = shop.sandbox.state();
    state.pays("refund-0004").unwrap();
    assert_eq!(state.purse(&shop.merchant.mchid).available, 9_940);
    shop.post(PATH, refund("refund-0004", "r1", 3_333, 10_000)).await;
    shop.post(PATH, refund("refund-0004", "r2", 6_667, 10_000)).await;
    let purse = state.purse(&shop.merchant.mchid);
    assert_eq!((purse.available, purse.fees), (0, 0));
}
