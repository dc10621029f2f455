//! Notices: honest, repeated, forged.

use std::time::Duration;

use sandbox::NoticeKind;
use serde_json::{Value, json};

use crate::client::{Inbox, Shop, keys, listen, platform_signed};

fn header<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
}

fn open(body: &str) -> Option<Value> {
    use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
    use base64::Engine;
    let envelope: Value = serde_json::from_str(body).unwrap();
    let part = |name: &str| envelope["resource"][name].as_str().unwrap().to_owned();
    let key = UnboundKey::new(&AES_256_GCM, keys().merchant.api_v3_key.as_bytes()).unwrap();
    let nonce = Nonce::try_assume_unique_for_key(part("nonce").as_bytes()).unwrap();
    let mut sealed = base64::engine::general_purpose::STANDARD.decode(part("ciphertext")).unwrap();
    let plain = LessSafeKey::new(key).open_in_place(nonce, Aad::from(part("associated_data").as_bytes()), &mut sealed);
    Some(serde_json::from_slice(plain.ok()?).unwrap())
}

fn is_signed((headers, body): &(Vec<(String, String)>, String)) -> bool {
    let (stamp, nonce) = (header(headers, "Wechatpay-Timestamp"), header(headers, "Wechatpay-Nonce"));
    platform_signed(&format!("{stamp}\n{nonce}\n{body}\n"), header(headers, "Wechatpay-Signature"))
}

async fn waits_for(inbox: &Inbox, count: usize) {
    for _ in 0..200 {
        if inbox.lock().unwrap().len() >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("only {} notices came", inbox.lock().unwrap().len());
}

async fn ordered(shop: &Shop, url: &str, number: &str) {
    let mut order = shop.order(number, 700);
    order["notify_url"] = json!(url);
    assert_eq!(shop.post("/v3/pay/transactions/jsapi", order).await.status, 200);
}

#[tokio::test]
async fn a_payment_is_told_again_until_it_is_taken() {
    let shop = Shop::with(|config| {
        config.notify = true;
        config.notice_schedule_ms = vec![0, 10, 10, 10];
    });
    let (url, inbox) = listen(vec![500, 500]).await;
    ordered(&shop, &url, "notice-0001").await;
    shop.sandbox.state().pays("notice-0001").unwrap();
    waits_for(&inbox, 3).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let seen = inbox.lock().unwrap().clone();
    assert_eq!(seen.len(), 3, "taken at the third try");
    assert!(seen.iter().all(is_signed));
    let plain = open(&seen[2].1).unwrap();
    assert_eq!(plain["out_trade_no"], "notice-0001");
    assert_eq!(plain["amount"]["total"], 700);
    let ids: Vec<Value> =
        seen.iter().map(|(_, body)| serde_json::from_str::<Value>(body).unwrap()["id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "the id stays");
    assert_eq!(shop.sandbox.state().notices()[0].answers, vec![500, 500, 200]);
}

#[tokio::test]
async fn a_refund_is_told_to_its_own_url() {
    let shop = Shop::with(|config| config.notify = true);
    let (url, inbox) = listen(vec![]).await;
    ordered(&shop, "https://shop.invalid/n", "notice-0002").await;
    shop.sandbox.state().pays_quietly("notice-0002").unwrap();
    let refund = json!({"out_trade_no": "notice-0002", "out_refund_no": "nr1", "notify_url": url,
        "amount": {"refund": 700, "total": 700, "currency": "CNY"}});
    assert_eq!(shop.post("/v3/refund/domestic/refunds", refund).await.status, 200);
    waits_for(&inbox, 1).await;
    let seen = inbox.lock().unwrap().clone();
    let plain = open(&seen[0].1).unwrap();
    assert_eq!(plain["refund_status"], "SUCCESS");
    assert_eq!(plain["mchid"], shop.merchant.mchid);
    assert!(plain.get("status").is_none());
}

#[tokio::test]
async fn every_forgery_is_wrong_in_its_own_way() {
    let shop = Shop::open();
    let (url, inbox) = listen(vec![]).await;
    ordered(&shop, &url, "notice-0003").await;
    let forged = async |kind: &str| {
        let (status, answer) =
            shop.control("/_sandbox/notices", json!({"out_trade_no": "notice-0003", "kind": kind})).await;
        assert_eq!((status, &answer["answers"][0]["status"]), (200, &json!(200)), "{answer}");
        inbox.lock().unwrap().pop().unwrap()
    };
    for kind in ["bad_signature", "wrong_key", "sign_test", "tampered_body", "missing_header"] {
        assert!(!is_signed(&forged(kind).await), "{kind}");
    }
    let stale = forged("stale").await;
    let age = chrono::Utc::now().timestamp() - header(&stale.0, "Wechatpay-Timestamp").parse::<i64>().unwrap();
    assert!(is_signed(&stale) && age >= 600);
    let unknown = forged("unknown_serial").await;
    assert!(is_signed(&unknown));
    assert_ne!(header(&unknown.0, "Wechatpay-Serial"), keys().platform.public_key_id);
    assert!(header(&forged("sign_test").await.0, "Wechatpay-Signature").starts_with("WECHATPAY/SIGNTEST/"));
    let sealed_elsewhere = forged("bad_ciphertext").await;
    assert!(is_signed(&sealed_elsewhere) && open(&sealed_elsewhere.1).is_none());
    let inside = async |kind: &str| {
        let notice = forged(kind).await;
        assert!(is_signed(&notice), "{kind}");
        open(&notice.1)
    };
    assert_ne!(inside("other_merchant").await.unwrap()["mchid"], shop.merchant.mchid);
    assert_ne!(inside("other_app").await.unwrap()["appid"], shop.merchant.appid);
    assert_eq!(inside("wrong_amount").await.unwrap()["amount"]["total"], 701);
    assert_ne!(inside("other_payer").await.unwrap()["payer"]["openid"], shop.openid("alice"));
    assert_ne!(inside("unknown_order").await.unwrap()["out_trade_no"], "notice-0003");
    assert_eq!(shop.query("notice-0003").await.body["trade_state"], "NOTPAY", "no forgery pays");
}

#[tokio::test]
async fn the_true_notice_can_be_repeated_side_by_side() {
    let shop = Shop::open();
    let (url, inbox) = listen(vec![]).await;
    ordered(&shop, &url, "notice-0004").await;
    shop.sandbox.state().pays("notice-0004").unwrap();
    let answers = shop.sandbox.state().send_notices("notice-0004", NoticeKind::Duplicate, 20).await.unwrap();
    assert!(answers.iter().all(sandbox::Delivery::accepted));
    let seen = inbox.lock().unwrap().clone();
    assert_eq!(seen.len(), 20);
    assert!(seen.iter().all(is_signed));
    let by_hand = shop.sandbox.state().notice_about("notice-0004").unwrap();
    assert!(shop.sandbox.state().post_notice(by_hand).await.accepted());
}

#[tokio::test]
async fn a_transfer_that_ends_is_told() {
    let shop = Shop::with(|config| config.notify = true);
    let (url, inbox) = listen(vec![]).await;
    let transfer = json!({"appid": shop.merchant.appid, "out_bill_no": "TBN1", "transfer_scene_id": "1005",
        "openid": shop.openid("leader"), "transfer_amount": 100, "transfer_remark": "佣金", "notify_url": url,
        "transfer_scene_report_infos": [{"info_type": "岗位类型", "info_content": "团长"},
            {"info_type": "报酬说明", "info_content": "佣金"}]});
    assert_eq!(shop.post("/v3/fund-app/mch-transfer/transfer-bills", transfer).await.status, 200);
    shop.sandbox.state().advance(86_400);
    waits_for(&inbox, 1).await;
    let seen = inbox.lock().unwrap()[0].clone();
    let plain = open(&seen.1).unwrap();
    assert_eq!((&plain["state"], &plain["fail_reason"]), (&json!("FAIL"), &json!("OVERDUE_CLOSE")));
    assert_eq!((&plain["mch_id"], &plain["transfer_amount"]), (&json!(shop.merchant.mchid), &json!(100)));
    assert!(seen.1.contains("\"original_type\":\"mch_payment\""));
    let forged = shop.sandbox.state().make_notice("TBN1", NoticeKind::WrongAmount).unwrap();
    assert_eq!(open(std::str::from_utf8(&forged.body).unwrap()).unwrap()["transfer_amount"], 101);
}

#[tokio::test]
async fn a_notice_can_be_late() {
    let shop = Shop::open();
    let (url, inbox) = listen(vec![]).await;
    ordered(&shop, &url, "notice-0005").await;
    let late = json!({"out_trade_no": "notice-0005", "notify": true, "notify_after_ms": 300});
    assert_eq!(shop.control("/_sandbox/pay", late).await.0, 200);
    assert_eq!(shop.query("notice-0005").await.body["trade_state"], "SUCCESS");
    assert!(inbox.lock().unwrap().is_empty(), "paid, and not told yet");
    waits_for(&inbox, 1).await;
}
