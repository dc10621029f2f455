//! Pictures in complaints: a form of which `meta` alone is signed, and nothing else is taken.

use serde_json::{Value, json};

use crate::client::Shop;

const UPLOAD: &str = "/v3/merchant-service/images/upload";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\npicture";

fn sha256(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The form of an upload.
fn form(meta: &str, filename: &str, kind: &str, file: &[u8]) -> Vec<u8> {
    let head = format!(
        "--b1\r\nContent-Disposition: form-data; name=\"meta\"\r\nContent-Type: application/json\r\n\r\n{meta}\r\n\
         --b1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\nContent-Type: {kind}\r\n\r\n"
    );
    [head.as_bytes(), file, b"\r\n--b1--\r\n"].concat()
}

async fn sent(shop: &Shop, signed: &str, form: Vec<u8>, nonce: &str) -> (u16, Value) {
    let authorization = shop.authorization("POST", UPLOAD, signed, chrono::Utc::now().timestamp(), nonce);
    let request = shop.http.post(shop.url(UPLOAD)).header("Authorization", authorization);
    let request = request.header("Accept", "application/json").header("User-Agent", "test");
    let answer = request.header("Content-Type", "multipart/form-data; boundary=b1").body(form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn meta(filename: &str, file: &[u8]) -> String {
    json!({"filename": filename, "sha256": sha256(file)}).to_string()
}

#[tokio::test]
async fn a_picture_is_taken_when_its_meta_is_signed_and_fits_it() {
    let shop = Shop::open();
    let good = meta("a.png", PNG);
    let (status, body) = sent(&shop, &good, form(&good, "a.png", "image/png", PNG), "n1").await;
    assert_eq!(status, 200, "{body}");
    let kept = shop.sandbox.state().uploaded_images();
    assert_eq!((body["media_id"].as_str(), kept[0].sha256.clone()), (Some(kept[0].media_id.as_str()), sha256(PNG)));
    let path = format!("/v3/merchant-service/images/{}", kept[0].media_id.replace('/', "%2F").replace('=', "%3D"));
    let shown = shop.get(&path).await;
    assert_eq!((shown.status, shown.signed), (200, false), "a file is not signed");
    assert_eq!(shop.get("/v3/merchant-service/images/none").await.code(), (404, "RESOURCE_NOT_EXISTS"));
    let whole = form(&good, "a.png", "image/png", PNG);
    let all = String::from_utf8_lossy(&whole).into_owned();
    assert_eq!(sent(&shop, &all, whole, "n2").await.0, 401, "the file is not signed");
}

#[tokio::test]
async fn a_picture_that_is_not_what_its_meta_says_is_refused() {
    let shop = Shop::open();
    let large = [PNG, &vec![0; 2 * 1024 * 1024]].concat();
    let wrong_hash = json!({"filename": "a.png", "sha256": sha256(b"x")}).to_string();
    let more = json!({"filename": "a.png", "sha256": sha256(PNG), "x": 1}).to_string();
    let cases: [(&str, Vec<u8>); 8] = [
        (&wrong_hash, form(&wrong_hash, "a.png", "image/png", PNG)),
        (&more, form(&more, "a.png", "image/png", PNG)),
        (&meta("a.png", PNG), form(&meta("a.png", PNG), "b.png", "image/png", PNG)),
        (&meta("a.webp", PNG), form(&meta("a.webp", PNG), "a.webp", "image/webp", PNG)),
        (&meta("a.jpg", PNG), form(&meta("a.jpg", PNG), "a.jpg", "image/jpeg", PNG)),
        (&meta("a.png", &large), form(&meta("a.png", &large), "a.png", "image/png", &large)),
        (&meta("a.png", b""), form(&meta("a.png", b""), "a.png", "image/png", b"")),
        (&meta("a.png", PNG), b"--b1\r\nnonsense".to_vec()),
    ];
    for (place, (signed, form)) in cases.into_iter().enumerate() {
        let (status, body) = sent(&shop, signed, form, &format!("n{place}")).await;
        assert_eq!((status, &body["code"]), (400, &json!("PARAM_ERROR")), "case {place}: {body}");
    }
    assert!(shop.sandbox.state().uploaded_images().is_empty());
}

#[tokio::test]
async fn an_answer_names_pictures_that_were_uploaded_and_no_others() {
    let shop = Shop::open();
    let good = meta("a.png", PNG);
    let (_, body) = sent(&shop, &good, form(&good, "a.png", "image/png", PNG), "n1").await;
    let prepay_id = shop.prepay("T1000001", 100).await;
    let paid = json!({"prepay_id": prepay_id});
    assert_eq!(shop.control("/_sandbox/pay", paid).await.0, 200);
    let (_, filed) = shop.control("/_sandbox/complaints", json!({"out_trade_no": "T1000001"})).await;
    let number = filed["complaint_id"].as_str().unwrap().to_owned();
    let added = shop.control(&format!("/_sandbox/complaints/{number}/pictures"), json!({})).await;
    let answer = async |images: Value| {
        let body =
            json!({"complainted_mchid": shop.merchant.mchid, "response_content": "见图", "response_images": images});
        shop.post(&format!("/v3/merchant-service/complaints-v2/{number}/response"), body).await
    };
    assert_eq!(answer(json!(["none"])).await.code(), (400, "PARAM_ERROR"));
    assert_eq!(answer(json!([added.1["media_id"]])).await.code(), (400, "PARAM_ERROR"), "it is the payer's");
    let five = vec![body["media_id"].clone(); 5];
    assert_eq!(answer(json!(five)).await.code(), (400, "PARAM_ERROR"));
    assert_eq!(answer(json!([body["media_id"]])).await.status, 204);
    let seen = shop.get(&format!("/v3/merchant-service/complaints-v2/{number}")).await;
    let address = seen.body["complaint_media_list"][0]["media_url"][0].as_str().unwrap().to_owned();
    let path = address.strip_prefix("https://api.mch.weixin.qq.com").unwrap();
    assert_eq!(shop.get(path).await.status, 200, "{address}");
}
