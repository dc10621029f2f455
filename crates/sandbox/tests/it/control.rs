//! Faults, the clock, the log, keys and books that survive.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sandbox::{Sandbox, SandboxConfig, SandboxKeys};
use serde_json::json;

use crate::client::{Shop, keys};

#[tokio::test]
async fn a_fault_strikes_before_or_after_the_effect() {
    let shop = Shop::open();
    let fault = |after: bool| json!({"path_prefix": "/v3/pay", "status": 500, "times": 1, "after_effect": after});
    shop.control("/_sandbox/faults", fault(false)).await;
    let body = shop.order("fault-00001", 100);
    assert_eq!(shop.post("/v3/pay/transactions/jsapi", body.clone()).await.code(), (500, "SYSTEM_ERROR"));
    assert!(shop.sandbox.state().order("fault-00001").is_none());
    shop.control("/_sandbox/faults", fault(true)).await;
    assert_eq!(shop.post("/v3/pay/transactions/jsapi", body.clone()).await.code(), (500, "SYSTEM_ERROR"));
    assert!(shop.sandbox.state().order("fault-00001").is_some(), "the effect took place");
    assert_eq!(shop.post("/v3/pay/transactions/jsapi", body).await.status, 200, "faults strike as often as told");
    let unsigned = json!({"path_prefix": "/v3/pay", "unsigned": true});
    shop.control("/_sandbox/faults", unsigned).await;
    assert!(!shop.query("fault-00001").await.signed);
    assert!(shop.query("fault-00001").await.signed);
    let log = shop.sandbox.state().request_log();
    assert_eq!((log[0].verdict.as_str(), log[0].status), ("ok", 200));
    assert!(log.iter().any(|call| call.verdict == "fault"));
}

#[tokio::test]
async fn a_dropped_connection_gives_no_answer() {
    let shop = Shop::open();
    shop.control("/_sandbox/faults", json!({"path_prefix": "/cgi-bin", "drop": true})).await;
    let lost = shop.http.post(shop.url("/cgi-bin/stable_token")).json(&json!({})).send().await;
    let lost = match lost {
        Ok(answer) => answer.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(lost);
}

#[tokio::test]
async fn the_user_pays_over_http() {
    let shop = Shop::open();
    let prepay_id = shop.prepay("control-001", 300).await;
    let (status, paid) = shop.control("/_sandbox/pay", json!({"prepay_id": prepay_id})).await;
    assert_eq!((status, paid["transaction_id"].is_string()), (200, true));
    assert_eq!(shop.control("/_sandbox/pay", json!({"out_trade_no": "control-001"})).await.0, 409);
    assert_eq!(shop.control("/_sandbox/pay", json!({"out_trade_no": "control-404"})).await.0, 404);
    assert_eq!(shop.control("/_sandbox/pay", json!({})).await.0, 400);
    let books = shop.json(&format!("/_sandbox/books?mchid={}", shop.merchant.mchid)).await;
    assert_eq!(books["sellers"][&shop.merchant.mchid]["available"], 300);
    let orders = shop.json("/_sandbox/orders?trade_state=SUCCESS").await;
    assert_eq!(orders["orders"][0]["out_trade_no"], "control-001");
    shop.control("/_sandbox/reset", json!({})).await;
    assert_eq!(shop.json("/_sandbox/overview").await["orders"], json!([]));
}

#[tokio::test]
async fn keys_and_books_survive_a_restart() {
    let folder = std::env::temp_dir().join(format!("sandbox-test-{}", std::process::id()));
    let (key_file, data_file) = (folder.join("keys.json"), folder.join("books.json"));
    keys().save(&key_file).unwrap();
    let kept = SandboxKeys::load_or_generate(&key_file).unwrap();
    assert_eq!(kept.merchant.private_key_pem().unwrap(), keys().merchant.private_key_pem().unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&key_file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let shop = Shop::with(|config| config.data_file = Some(data_file.clone()));
    shop.prepay("restart-001", 300).await;
    shop.sandbox.state().pays("restart-001").unwrap();
    shop.sandbox.stop().await.unwrap();
    let mut config = SandboxConfig::new(keys());
    config.data_file = Some(data_file);
    let again = Sandbox::start(config).unwrap();
    assert_eq!(again.state().order("restart-001").unwrap().trade_state, "SUCCESS");
    assert_eq!(again.state().purse(&keys().merchant.mchid).available, 300);
    again.stop().await.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_platform_certificate_can_be_fetched_in_certificate_mode() {
    let shop = Shop::open();
    assert_eq!(shop.get("/v3/certificates").await.code(), (404, "RESOURCE_NOT_EXISTS"), "public-key mode has none");
    let serial = keys().platform.certificate_serial;
    let shop = Shop { serial: serial.clone(), ..Shop::with(|config| config.certificate_mode = true) };
    let list = shop.get("/v3/certificates").await;
    assert!(list.signed);
    assert_eq!(list.body["data"][0]["serial_no"], serial);
    let sealed = &list.body["data"][0]["encrypt_certificate"];
    let part = |name: &str| sealed[name].as_str().unwrap();
    let key = UnboundKey::new(&AES_256_GCM, shop.merchant.api_v3_key.as_bytes()).unwrap();
    let nonce = Nonce::try_assume_unique_for_key(part("nonce").as_bytes()).unwrap();
    let mut text = STANDARD.decode(part("ciphertext")).unwrap();
    let pem = LessSafeKey::new(key).open_in_place(nonce, Aad::from(part("associated_data")), &mut text).unwrap();
    let bare =
        |pem: &str| STANDARD.decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap();
    let certificate = bare(std::str::from_utf8(pem).unwrap());
    let public = bare(&keys().platform.public_key_pem().unwrap());
    let holds = |part: &[u8]| certificate.windows(part.len()).any(|window| window == part);
    assert!(holds(&public) && holds(&hex::decode(&serial).unwrap()));
}
