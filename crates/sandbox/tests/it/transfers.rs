//! Transfers to users' wallets.

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::client::{Shop, keys};

const BILLS: &str = "/v3/fund-app/mch-transfer/transfer-bills";

/// `name` sealed as a shop seals it, with the key of the shop file.
pub fn sealed(name: &str) -> String {
    let pem = keys().platform.public_key_pem().unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let key = PublicEncryptingKey::from_der(&STANDARD.decode(body).unwrap()).unwrap();
    let key = OaepPublicEncryptingKey::new(key).unwrap();
    let mut room = vec![0; key.ciphertext_size()];
    let ciphertext = key.encrypt(&OAEP_SHA1_MGF1SHA1, name.as_bytes(), &mut room, None).unwrap();
    STANDARD.encode(ciphertext)
}

fn bill(shop: &Shop, number: &str, fen: i64) -> Value {
    json!({"appid": shop.merchant.appid, "out_bill_no": number, "transfer_scene_id": "1005",
        "openid": shop.openid("leader"), "transfer_amount": fen, "transfer_remark": "团购佣金",
        "transfer_scene_report_infos": [{"info_type": "岗位类型", "info_content": "团长"},
            {"info_type": "报酬说明", "info_content": "团购佣金"}]})
}

#[tokio::test]
async fn a_transfer_waits_for_its_user() {
    let shop = Shop::with(|config| config.operations_fen = 5_000);
    let made = shop.post(BILLS, bill(&shop, "TB1", 1_888)).await;
    assert_eq!(made.body["state"], "WAIT_USER_CONFIRM");
    assert!(made.body["package_info"].is_string());
    let state = shop.sandbox.state();
    assert_eq!(
        (state.purse(&shop.merchant.mchid).operations, state.purse(&shop.merchant.mchid).locked),
        (3_112, 1_888)
    );
    assert_eq!(shop.post(BILLS, bill(&shop, "TB1", 1_888)).await.body, made.body, "the same number, the same transfer");
    assert_eq!(shop.post(BILLS, bill(&shop, "TB1", 1_889)).await.code(), (400, "INVALID_REQUEST"));
    assert_eq!(shop.post(BILLS, bill(&shop, "TB2", 3_113)).await.code(), (403, "NOT_ENOUGH"));
    assert_eq!(shop.control("/_sandbox/transfers/TB1/confirm", json!({})).await.0, 200);
    assert_eq!(shop.control("/_sandbox/transfers/TB1/confirm", json!({})).await.0, 404, "once");
    let done = shop.get(&format!("{BILLS}/out-bill-no/TB1")).await;
    assert_eq!(done.body["state"], "SUCCESS");
    let number = done.body["transfer_bill_no"].as_str().unwrap();
    assert_eq!(shop.get(&format!("{BILLS}/transfer-bill-no/{number}")).await.body, done.body);
    assert_eq!(state.user_purse(&shop.openid("leader")).transferred, 1_888);
    let purse = state.purse(&shop.merchant.mchid);
    assert_eq!((purse.operations, purse.locked, purse.transferred), (3_112, 0, 1_888));
    assert_eq!(shop.get(&format!("{BILLS}/out-bill-no/TB404")).await.code(), (404, "NOT_FOUND"));
}

#[tokio::test]
async fn a_day_without_an_answer_ends_it() {
    let shop = Shop::with(|config| config.operations_fen = 5_000);
    shop.post(BILLS, bill(&shop, "TB3", 1_000)).await;
    shop.sandbox.state().advance(86_399);
    assert_eq!(shop.get(&format!("{BILLS}/out-bill-no/TB3")).await.body["state"], "WAIT_USER_CONFIRM");
    shop.sandbox.state().advance(1);
    let ended = shop.get(&format!("{BILLS}/out-bill-no/TB3")).await;
    assert_eq!((&ended.body["state"], &ended.body["fail_reason"]), (&json!("FAIL"), &json!("OVERDUE_CLOSE")));
    assert_eq!(shop.sandbox.state().purse(&shop.merchant.mchid).operations, 5_000);
    assert!(!shop.sandbox.state().confirms_transfer("TB3"));
}

#[tokio::test]
async fn a_cancelled_transfer_is_cancelled_in_two_steps() {
    let shop = Shop::with(|config| config.settle_after_ms = Some(60_000));
    shop.post(BILLS, bill(&shop, "TB4", 1_000)).await;
    let asked = shop.call("POST", &format!("{BILLS}/out-bill-no/TB4/cancel"), None).await;
    assert_eq!(asked.body["state"], "CANCELING");
    assert!(!shop.sandbox.state().confirms_transfer("TB4"));
    assert_eq!(shop.get(&format!("{BILLS}/out-bill-no/TB4")).await.body["state"], "CANCELLED");
    shop.post(BILLS, bill(&shop, "TB5", 1_000)).await;
    assert!(shop.sandbox.state().fail_transfer("TB5", "ACCOUNT_FROZEN"));
    let late = shop.call("POST", &format!("{BILLS}/out-bill-no/TB5/cancel"), None).await;
    assert_eq!(late.code(), (400, "INVALID_REQUEST"));
}

#[tokio::test]
async fn each_rule_of_a_transfer_is_kept() {
    let shop = Shop::open();
    let refused = async |change: fn(&mut Value)| {
        let mut body = bill(&shop, "TB6", 1_000);
        change(&mut body);
        let answer = shop.post(BILLS, body).await;
        (answer.status, answer.body["code"].as_str().unwrap_or("none").to_owned())
    };
    let param = (400, "PARAM_ERROR".to_owned());
    assert_eq!(refused(|body| body["out_bill_no"] = json!("TB_6")).await, param);
    assert_eq!(refused(|body| body["transfer_amount"] = json!(9)).await, param);
    assert_eq!(refused(|body| body["transfer_amount"] = json!(200_000)).await, param, "the name is missing");
    assert_eq!(refused(|body| body["transfer_remark"] = json!("注".repeat(33))).await, param);
    assert_eq!(refused(|body| body["transfer_scene_report_infos"] = json!([])).await, param);
    let other_words = |body: &mut Value| body["transfer_scene_report_infos"][0]["info_type"] = json!("岗位");
    assert_eq!(refused(other_words).await, param);
    assert_eq!(refused(|body| body["openid"] = json!("oElse")).await, param);
    assert_eq!(refused(|body| body["user_name"] = json!("张三")).await, param, "names are sealed");
    assert_eq!(refused(|body| body["transfer_scene_id"] = json!("9999")).await, (403, "NO_AUTH".to_owned()));
    let perception = |body: &mut Value| body["user_recv_perception"] = json!("工资");
    assert_eq!(refused(perception).await, (400, "INVALID_REQUEST".to_owned()));
    let mut large = bill(&shop, "TB7", 200_000);
    large["user_name"] = json!(sealed("张三"));
    assert_eq!(shop.post(BILLS, large.clone()).await.status, 200);
    large["user_name"] = json!(sealed("张三"));
    assert_eq!(shop.post(BILLS, large).await.status, 200, "sealed anew, still the same request");
    assert_eq!(shop.sandbox.state().transfers()[0].user_name.as_deref(), Some("张三"));
}
