//! Whatever happens, in whatever order, the money adds up.

use futures::future::join_all;
use sandbox::RefundStatus;
use serde_json::json;

use crate::client::{Shop, second_merchant};
use crate::transfers::sealed;

/// Choices that repeat from run to run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }
}

/// One step of a random history; answers that are refusals are part of it.
async fn step(shop: &Shop, dice: &mut Dice, round: u64) {
    let state = shop.sandbox.state();
    let order = format!("history-{:04}", dice.below(round / 4 + 1));
    let number = format!("n{round}");
    let fen = i64::try_from(dice.below(400)).unwrap() + 1;
    let transaction = state.order(&order).map(|order| order.transaction_id).unwrap_or_default();
    let leader = shop.openid("leader");
    match dice.below(12) {
        0 | 1 => {
            let mut body = shop.order(&format!("history-{:04}", round / 4), 1_000);
            body["settle_info"] = json!({"profit_sharing": round % 8 < 4});
            shop.post("/v3/pay/transactions/jsapi", body).await;
        }
        2 | 3 => drop(state.pays_with(order.as_str(), None, fen % 3 * 50)),
        4 => {
            let body = json!({"out_trade_no": order, "out_refund_no": number,
                "amount": {"refund": fen, "total": 1_000, "currency": "CNY"}});
            shop.post("/v3/refund/domestic/refunds", body).await;
            let end = [RefundStatus::Success, RefundStatus::Closed, RefundStatus::Abnormal]
                [usize::try_from(fen % 3).unwrap()];
            state.settle_refund(&number, end);
        }
        5 | 9 | 10 => {
            let supplier = second_merchant().mchid;
            state.fail_receiver(&leader, (fen % 4 == 0).then_some("ACCOUNT_ABNORMAL"));
            let body = json!({"appid": shop.merchant.appid, "transaction_id": transaction, "out_order_no": number,
                "unfreeze_unsplit": fen % 2 == 0, "receivers": [
                    {"type": "PERSONAL_OPENID", "account": leader, "amount": fen / 4 + 1, "description": "佣金"},
                    {"type": "MERCHANT_ID", "account": supplier, "amount": fen / 5 + 1, "description": "货款"}]});
            shop.post("/v3/profitsharing/orders", body).await;
            state.finish_sharing(&number);
            let back = json!({"out_order_no": number, "out_return_no": format!("b{round}"), "return_mchid": supplier,
                "amount": fen / 6 + 1, "description": "退回"});
            shop.post("/v3/profitsharing/return-orders", back).await;
            shop.get(&format!("/v3/profitsharing/return-orders/b{round}?out_order_no={number}")).await;
        }
        6 => {
            let body = json!({"transaction_id": transaction, "out_order_no": number, "description": "解冻"});
            shop.post("/v3/profitsharing/orders/unfreeze", body).await;
            state.finish_sharing(&number);
        }
        7 => {
            let body = json!({"appid": shop.merchant.appid, "out_bill_no": number, "transfer_scene_id": "1005",
                "openid": leader, "transfer_amount": fen + 10, "transfer_remark": "佣金",
                "transfer_scene_report_infos": [{"info_type": "岗位类型", "info_content": "团长"},
                    {"info_type": "报酬说明", "info_content": "佣金"}]});
            shop.post("/v3/fund-app/mch-transfer/transfer-bills", body).await;
            match fen % 4 {
                0 => drop(
                    shop.call(
                        "POST",
                        &format!("/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{number}/cancel"),
                        None,
                    )
                    .await,
                ),
                1 => drop(state.fail_transfer(&number, "ACCOUNT_FROZEN")),
                2 => drop(state.confirms_transfer(&number)),
                _ => {}
            }
        }
        _ if fen % 16 == 0 => state.advance(86_400),
        _ => state.advance(fen * 2),
    }
}

#[tokio::test]
async fn the_books_balance_after_any_history() {
    let mut moved = [0; 4];
    for seed in 1..4 {
        let shop = Shop::with(|config| {
            config.fee_bp = 60;
            config.settle_after_ms = Some(600_000);
            config.operations_fen = 2_000;
        });
        shop.sandbox.state().add_merchant(&second_merchant()).unwrap();
        for (kind, account) in [("PERSONAL_OPENID", shop.openid("leader")), ("MERCHANT_ID", second_merchant().mchid)] {
            let body = json!({"appid": shop.merchant.appid, "type": kind, "account": account,
                "name": sealed("某某公司"), "relation_type": "DISTRIBUTOR"});
            assert_eq!(shop.post("/v3/profitsharing/receivers/add", body).await.status, 200);
        }
        let mut dice = Dice(seed);
        for round in 0..120 {
            step(&shop, &mut dice, round).await;
            let books = shop.sandbox.state().books(None);
            for (seller, purse) in &books.sellers {
                let flowed = purse.paid - purse.refunded - purse.fees - purse.shared_out + purse.shared_in;
                assert_eq!(purse.available + purse.frozen, flowed, "{seller} in round {round} of {seed}: {purse:?}");
                assert!(purse.available >= 0 && purse.frozen >= 0 && purse.operations >= 0 && purse.locked >= 0);
            }
            let purse = &books.sellers[&shop.merchant.mchid];
            assert_eq!(purse.operations + purse.locked + purse.transferred, 2_000);
            let frozen: i64 = shop.sandbox.state().orders().iter().map(|order| order.frozen).sum();
            assert_eq!(frozen, purse.frozen, "what orders hold is what the seller has frozen");
            let leader = shop.sandbox.state().user_purse(&shop.openid("leader"));
            assert_eq!(leader.transferred, purse.transferred);
            let supplier = &books.sellers[&second_merchant().mchid];
            assert_eq!(purse.shared_out, leader.shared + supplier.shared_in);
        }
        let purse = shop.sandbox.state().purse(&shop.merchant.mchid);
        for (sum, more) in moved.iter_mut().zip([purse.paid, purse.refunded, purse.shared_out, purse.transferred]) {
            *sum += more;
        }
    }
    assert!(moved.iter().all(|sum| *sum > 0), "the histories were too quiet: {moved:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_side_by_side_never_exceed_the_payment() {
    let shop = Shop::with(|config| config.workers = 2);
    shop.prepay("racing-0001", 1_000).await;
    shop.sandbox.state().pays("racing-0001").unwrap();
    let refund = |n: i32| {
        json!({"out_trade_no": "racing-0001", "out_refund_no": format!("race|{n}"),
        "amount": {"refund": 100, "total": 1_000, "currency": "CNY"}})
    };
    let answers = join_all((0..20).map(|n| shop.post("/v3/refund/domestic/refunds", refund(n)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 10);
    assert_eq!(shop.sandbox.state().purse(&shop.merchant.mchid).available, 0);
    let first = answers.iter().find(|answer| answer.status == 200).unwrap();
    let number = first.body["out_refund_no"].as_str().unwrap().replace('|', "%7C");
    let found = shop.get(&format!("/v3/refund/domestic/refunds/{number}")).await;
    assert_eq!(found.body["refund_id"], first.body["refund_id"], "the escape is signed as sent and read as meant");
}
