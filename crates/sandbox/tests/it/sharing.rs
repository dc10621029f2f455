//! Profit sharing: who, how much, when, and back.

use serde_json::{Value, json};

use crate::client::{Shop, second_merchant};
use crate::transfers::sealed;

const ORDERS: &str = "/v3/profitsharing/orders";

/// A paid, flagged order two minutes old; answers its transaction id.
async fn paid(shop: &Shop, number: &str, total: i64) -> String {
    let mut order = shop.order(number, total);
    order["settle_info"] = json!({"profit_sharing": true});
    assert_eq!(shop.post("/v3/pay/transactions/jsapi", order).await.status, 200);
    let transaction = shop.sandbox.state().pays(number).unwrap();
    shop.sandbox.state().advance(120);
    transaction
}

async fn add(shop: &Shop, kind: &str, account: &str) {
    let mut body = json!({"appid": shop.merchant.appid, "type": kind, "account": account,
        "relation_type": "DISTRIBUTOR"});
    if kind == "MERCHANT_ID" {
        body["name"] = json!(sealed("某某商贸有限公司"));
    }
    let answer = shop.post("/v3/profitsharing/receivers/add", body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn share(shop: &Shop, transaction: &str, number: &str, parts: &[(&str, &str, i64)], ends: bool) -> Value {
    let part = |(kind, account, amount): &(&str, &str, i64)| json!({"type": kind, "account": account, "amount": amount, "description": "佣金"});
    json!({"appid": shop.merchant.appid, "transaction_id": transaction, "out_order_no": number,
        "receivers": parts.iter().map(part).collect::<Vec<_>>(), "unfreeze_unsplit": ends})
}

#[tokio::test]
async fn shares_reach_their_receivers_and_the_rest_unfreezes() {
    let shop = Shop::with(|config| config.settle_after_ms = Some(60_000));
    let leader = shop.openid("leader");
    let supplier = second_merchant().mchid;
    add(&shop, "PERSONAL_OPENID", &leader).await;
    add(&shop, "MERCHANT_ID", &supplier).await;
    let transaction = paid(&shop, "sharing-0001", 10_000).await;
    let state = shop.sandbox.state();
    assert_eq!(state.purse(&shop.merchant.mchid).frozen, 10_000);
    let parts = [("PERSONAL_OPENID", leader.as_str(), 1_000), ("MERCHANT_ID", supplier.as_str(), 2_000)];
    let body = share(&shop, &transaction, "ps1", &parts, false);
    let made = shop.post(ORDERS, body.clone()).await;
    assert_eq!(made.body["state"], "PROCESSING");
    assert_eq!(made.body["receivers"][0]["result"], "PENDING");
    let query = format!("{ORDERS}/ps1?transaction_id={transaction}");
    let done = shop.get(&query).await;
    assert_eq!(done.body["state"], "FINISHED");
    assert_eq!(done.body["receivers"][1]["result"], "SUCCESS");
    assert_eq!(shop.post(ORDERS, body).await.body["order_id"], made.body["order_id"], "the same number");
    let amounts = format!("/v3/profitsharing/transactions/{transaction}/amounts");
    assert_eq!(shop.get(&amounts).await.body["unsplit_amount"], 7_000);
    let unfreeze = json!({"transaction_id": transaction, "out_order_no": "ps2", "description": "解冻"});
    assert_eq!(shop.post("/v3/profitsharing/orders/unfreeze", unfreeze).await.status, 200);
    shop.get(&format!("{ORDERS}/ps2?transaction_id={transaction}")).await;
    let purse = state.purse(&shop.merchant.mchid);
    assert_eq!((purse.frozen, purse.available, purse.shared_out), (0, 7_000, 3_000));
    assert_eq!(state.user_purse(&leader).shared, 1_000);
    assert_eq!(state.purse(&supplier).available, 2_000);
    let late = share(&shop, &transaction, "ps3", &[("PERSONAL_OPENID", &leader, 1)], false);
    assert_eq!(shop.post(ORDERS, late).await.code(), (403, "NOT_ENOUGH"));
}

#[tokio::test]
async fn the_rules_of_sharing_hold() {
    let shop = Shop::open();
    let leader = shop.openid("leader");
    let transaction = paid(&shop, "sharing-0002", 10_000).await;
    let one = |number: &str, fen: i64| share(&shop, &transaction, number, &[("PERSONAL_OPENID", &leader, fen)], false);
    assert_eq!(shop.post(ORDERS, one("a", 10)).await.code(), (400, "INVALID_REQUEST"), "no relation yet");
    add(&shop, "PERSONAL_OPENID", &leader).await;
    assert_eq!(shop.post(ORDERS, one("b", 3_001)).await.code(), (403, "RULE_LIMIT"), "above 30 %");
    assert_eq!(shop.post(ORDERS, one("c", 2_000)).await.status, 200);
    assert_eq!(shop.post(ORDERS, one("d", 1_001)).await.code(), (403, "RULE_LIMIT"), "30 % counts all of them");
    assert_eq!(shop.post(ORDERS, one("c", 1_999)).await.code(), (400, "INVALID_REQUEST"), "another content");
    shop.prepay("sharing-plain", 10_000).await;
    let plain = shop.sandbox.state().pays("sharing-plain").unwrap();
    let unflagged = share(&shop, &plain, "e", &[("PERSONAL_OPENID", &leader, 10)], false);
    assert_eq!(shop.post(ORDERS, unflagged).await.code(), (400, "INVALID_REQUEST"));
    let mut order = shop.order("sharing-fresh", 10_000);
    order["settle_info"] = json!({"profit_sharing": true});
    shop.post("/v3/pay/transactions/jsapi", order).await;
    let fresh = shop.sandbox.state().pays("sharing-fresh").unwrap();
    let early = share(&shop, &fresh, "f", &[("PERSONAL_OPENID", &leader, 10)], false);
    assert_eq!(shop.post(ORDERS, early.clone()).await.code(), (400, "INVALID_REQUEST"), "a minute has not passed");
    shop.sandbox.state().advance(60);
    assert_eq!(shop.post(ORDERS, early).await.status, 200);
    let unsealed = json!({"appid": shop.merchant.appid, "type": "MERCHANT_ID", "account": "1588000259",
        "name": "没有加密", "relation_type": "SUPPLIER"});
    assert_eq!(shop.post("/v3/profitsharing/receivers/add", unsealed).await.code(), (400, "PARAM_ERROR"));
}

#[tokio::test]
async fn a_failed_share_goes_back_to_the_seller() {
    let shop = Shop::open();
    let leader = shop.openid("leader");
    add(&shop, "PERSONAL_OPENID", &leader).await;
    let transaction = paid(&shop, "sharing-0003", 10_000).await;
    shop.control("/_sandbox/receivers", json!({"account": leader, "fail_reason": "ACCOUNT_ABNORMAL"})).await;
    shop.post(ORDERS, share(&shop, &transaction, "g", &[("PERSONAL_OPENID", &leader, 3_000)], false)).await;
    let done = shop.get(&format!("{ORDERS}/g?transaction_id={transaction}")).await;
    assert_eq!(done.body["state"], "FINISHED");
    assert_eq!(done.body["receivers"][0]["result"], "CLOSED");
    assert_eq!(done.body["receivers"][0]["fail_reason"], "ACCOUNT_ABNORMAL");
    assert_eq!(shop.sandbox.state().purse(&shop.merchant.mchid).frozen, 10_000);
    shop.control("/_sandbox/receivers", json!({"account": leader})).await;
    let again = share(&shop, &transaction, "h", &[("PERSONAL_OPENID", &leader, 3_000)], true);
    assert_eq!(shop.post(ORDERS, again).await.status, 200);
    let purse = shop.sandbox.state().purse(&shop.merchant.mchid);
    assert_eq!((purse.frozen, purse.available, purse.shared_out), (0, 7_000, 3_000));
}

#[tokio::test]
async fn a_merchant_returns_at_most_its_share() {
    let shop = Shop::open();
    let supplier = second_merchant().mchid;
    let leader = shop.openid("leader");
    add(&shop, "MERCHANT_ID", &supplier).await;
    add(&shop, "PERSONAL_OPENID", &leader).await;
    let transaction = paid(&shop, "sharing-0004", 10_000).await;
    let parts = [("MERCHANT_ID", supplier.as_str(), 2_000), ("PERSONAL_OPENID", leader.as_str(), 500)];
    shop.post(ORDERS, share(&shop, &transaction, "i", &parts, true)).await;
    let give_back = |number: &str, mchid: &str, fen: i64| {
        json!({"out_order_no": "i", "out_return_no": number, "return_mchid": mchid, "amount": fen,
            "description": "退款"})
    };
    let path = "/v3/profitsharing/return-orders";
    assert_eq!(shop.post(path, give_back("r1", &supplier, 1_500)).await.status, 200);
    assert_eq!(shop.post(path, give_back("r1", &supplier, 1_500)).await.body["result"], "SUCCESS");
    assert_eq!(shop.post(path, give_back("r2", &supplier, 501)).await.code(), (400, "INVALID_REQUEST"));
    assert_eq!(shop.post(path, give_back("r3", &leader, 500)).await.code(), (400, "INVALID_REQUEST"));
    let done = shop.get(&format!("{path}/r1?out_order_no=i")).await;
    assert_eq!(done.body["result"], "SUCCESS");
    let state = shop.sandbox.state();
    assert_eq!((state.purse(&supplier).available, state.purse(&supplier).shared_in), (500, 500));
    assert_eq!(state.purse(&shop.merchant.mchid).available, 7_500 + 1_500);
}

#[tokio::test]
async fn frozen_money_is_refunded_first_and_thaws_after_thirty_days() {
    let shop = Shop::open();
    paid(&shop, "sharing-0005", 10_000).await;
    let refund = json!({"out_trade_no": "sharing-0005", "out_refund_no": "sr1",
        "amount": {"refund": 4_000, "total": 10_000, "currency": "CNY"}});
    assert_eq!(shop.post("/v3/refund/domestic/refunds", refund).await.status, 200);
    let state = shop.sandbox.state();
    assert_eq!((state.purse(&shop.merchant.mchid).frozen, state.purse(&shop.merchant.mchid).available), (6_000, 0));
    state.advance(30 * 86_400);
    assert_eq!((state.purse(&shop.merchant.mchid).frozen, state.purse(&shop.merchant.mchid).available), (0, 6_000));
}
