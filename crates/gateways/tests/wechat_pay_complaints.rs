//! Complaints: read, answered and ended, and where notices of them go (WeChat Pay sheet §9).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod pay_world;
mod stand_in;

use gateways::pay::wechat_pay::{ComplaintState, Mode, PayError, RefundProgress};
use kernel::Fen;
use pay_world::{assert_signed, client, client_in, partner, signed, vectors};
use serde_json::json;
use stand_in::{Answer, StandIn};

#[tokio::test]
async fn complaints_are_read_answered_and_ended() {
    let complaint = json!({"complaint_id": "2002018", "complaint_time": "2026-11-23T10:00:00+08:00",
        "complaint_detail": "坏了", "complaint_state": "PENDING", "payer_phone": null, "incoming_user_response": true,
        "complaint_order_info": [{"transaction_id": "42", "out_trade_no": "pay_1", "amount": 5980}]});
    let server = StandIn::start(move |asked| match asked.target.split('?').next().unwrap() {
        "/v3/merchant-service/complaints-v2" => signed(200, json!({"data": [complaint], "total_count": 1}).to_string()),
        "/v3/merchant-service/complaints-v2/2002018" => {
            signed(200, json!({"complaint_id": "2002018", "complaint_state": "NEW_WORD"}).to_string())
        }
        path if path.ends_with("negotiation-historys") => {
            let entry = json!({"operate_type": "MERCHANT_RESPONSE", "operate_details": "马上退款"});
            signed(200, json!({"data": [entry]}).to_string())
        }
        _ => signed(204, ""),
    })
    .await;
    let pay = client(&server.url);
    let (from, until) = ("2026-11-17".parse().unwrap(), "2026-11-24".parse().unwrap());
    let page = pay.complaints(from, until, 50).await.unwrap();
    let asked = server.last();
    let query = "?limit=50&offset=50&begin_date=2026-11-17&end_date=2026-11-24";
    assert_eq!(asked.target, format!("/v3/merchant-service/complaints-v2{query}"));
    assert_signed(&asked);
    let first = &page.data[0];
    assert_eq!(
        (&first.complaint_state, first.complaint_order_info[0].amount),
        (&ComplaintState::Pending, Some(Fen::from_fen(5980)))
    );
    assert_eq!(first.filed_at(), Some("2026-11-23T02:00:00Z".parse().unwrap()));
    let one = pay.complaint("2002018").await.unwrap();
    assert_eq!(one.complaint_state, ComplaintState::Other("NEW_WORD".into()));
    assert!(pay.negotiations("2002018").await.unwrap()[0].is_answer("马上退款"));

    let mchid = vectors()["merchant"]["mchid"].clone();
    pay.answer_complaint("2002018", "马上退款", &[]).await.unwrap();
    assert_eq!(server.last().json(), json!({"complainted_mchid": mchid, "response_content": "马上退款"}));
    pay.complete_complaint("2002018").await.unwrap();
    assert_eq!(server.last().target, "/v3/merchant-service/complaints-v2/2002018/complete");
    pay.complaint_refund_progress("2002018", &RefundProgress::Approve(1)).await.unwrap();
    assert_eq!(server.last().json(), json!({"action": "APPROVE", "launch_refund_day": 1}));
    pay.complaint_refund_progress("2002018", &RefundProgress::Reject("已签收".into())).await.unwrap();
    assert_eq!(server.last().json(), json!({"action": "REJECT", "reject_reason": "已签收"}));
    let long = pay.answer_complaint("2002018", &"好".repeat(201), &[]).await;
    assert!(matches!(long, Err(PayError::Invalid(_))), "{long:?}");
    partner(&server.url).complete_complaint("2002018").await.unwrap();
    assert_eq!(server.last().json()["complainted_mchid"], vectors()["merchant"]["sub_mchid"]);
}

#[tokio::test]
async fn an_answer_to_a_complaint_is_never_said_by_both_hosts() {
    let mute = StandIn::start(|_| Answer { status: 200, headers: Vec::new(), body: Vec::new() }).await;
    let backup = StandIn::start(|_| signed(204, "")).await;
    let pay = client_in(Mode::Direct, &mute.url, Some(&backup.url), true);
    assert!(
        pay.answer_complaint("2002018", "马上退款", &[]).await.is_err(),
        "an answer without a signature proves nothing"
    );
    let pay = client_in(Mode::Direct, "http://127.0.0.1:1", Some(&backup.url), true);
    pay.answer_complaint("2002018", "马上退款", &[]).await.unwrap();
    assert_eq!(backup.asked().len(), 1, "only because the main host was not reached");
}

#[tokio::test]
async fn the_address_for_notices_is_made_known_once_a_change() {
    let known = std::sync::Arc::new(std::sync::Mutex::new(None::<String>));
    let kept = known.clone();
    let server = StandIn::start(move |asked| {
        let mut url = kept.lock().unwrap();
        match (asked.method.as_str(), url.clone()) {
            ("GET", None) => signed(404, json!({"code": "RESOURCE_NOT_EXISTS", "message": "x"}).to_string()),
            ("GET", Some(url)) => signed(200, json!({"mchid": "1", "url": url}).to_string()),
            _ => {
                *url = Some(asked.json()["url"].as_str().unwrap().to_owned());
                signed(200, json!({}).to_string())
            }
        }
    })
    .await;
    let pay = client(&server.url);
    let (a, b) = ("https://a.example/n", "https://b.example/n");
    assert_eq!(pay.register_complaint_address(a, &[]).await.unwrap(), a);
    assert_eq!(server.last().method, "POST");
    assert_eq!(pay.register_complaint_address(a, &[]).await.unwrap(), a);
    assert_eq!(server.last().method, "GET", "nothing had to be changed");
    let as_good = [b.to_owned(), a.to_owned()];
    assert_eq!(pay.register_complaint_address(b, &as_good).await.unwrap(), a);
    assert_eq!(server.last().method, "GET", "the one that is there will do");
    assert_eq!(pay.register_complaint_address(b, &[]).await.unwrap(), b);
    assert_eq!((server.last().method.as_str(), known.lock().unwrap().as_deref()), ("PUT", Some("https://b.example/n")));
}

#[tokio::test]
async fn a_picture_is_uploaded_with_its_meta_alone_signed_and_named_in_the_answer() {
    let server = StandIn::start(|asked| match asked.target.as_str() {
        "/v3/merchant-service/images/upload" => signed(200, json!({"media_id": "file/23=="}).to_string()),
        _ => signed(204, ""),
    })
    .await;
    let (pay, png) = (client(&server.url), b"\x89PNG\r\n\x1a\n--\r\npicture".as_slice());
    let media = pay.upload_complaint_picture("a1.png", png).await.unwrap();
    let asked = server.last();
    let kind = asked.header("content-type").unwrap();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let meta = format!("{{\"filename\":\"a1.png\",\"sha256\":\"{}\"}}", kernel::crypto::digest::sha256_hex(png));
    let mut form = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"meta\"\r\n").into_bytes();
    form.extend(format!("Content-Type: application/json\r\n\r\n{meta}\r\n--{boundary}\r\n").into_bytes());
    form.extend(b"Content-Disposition: form-data; name=\"file\"; filename=\"a1.png\"\r\n");
    form.extend(b"Content-Type: image/png\r\n\r\n");
    form.extend(png);
    form.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
    assert_eq!(asked.body, form);
    assert_signed(&stand_in::Asked { body: meta.into_bytes(), ..asked });

    pay.answer_complaint("2002018", "见图", std::slice::from_ref(&media)).await.unwrap();
    assert_eq!(server.last().json()["response_images"], json!(["file/23=="]));
    let before = server.asked().len();
    let many = vec![media; 5];
    assert!(matches!(pay.answer_complaint("2002018", "见图", &many).await, Err(PayError::Invalid(_))));
    let huge = vec![0; gateways::pay::wechat_pay::PICTURE_MAX + 1];
    for (name, bytes) in [("a.webp", png), ("a\".png", png), ("png", png), ("a.png", b""), ("a.png", &huge)] {
        let refused = pay.upload_complaint_picture(name, bytes).await;
        assert!(matches!(refused, Err(PayError::Invalid(_))), "{name}: {refused:?}");
    }
    assert_eq!(server.asked().len(), before, "none of it was sent");
}

#[tokio::test]
async fn a_payers_picture_is_fetched_of_our_own_host_and_from_nowhere_else() {
    let entry = json!({"operate_type": "USER_RESPONSE", "operate_details": "看", "image_list": ["https://x.example/1"],
        "complaint_media_list": {"media_type": "USER_COMPLAINT_IMAGE", "media_url": ["https://x.example/1", "2"]}});
    let server = StandIn::start(move |asked| match asked.target.as_str() {
        target if target.ends_with("negotiation-historys?limit=50&offset=0") => {
            signed(200, json!({"data": [entry]}).to_string())
        }
        "/v3/merchant-service/images/gone" => Answer::new(404, br#"{"code": "RESOURCE_NOT_EXISTS"}"#.to_vec()),
        _ => Answer::new(200, b"\xff\xd8\xffpicture".to_vec()),
    })
    .await;
    let pay = client(&server.url);
    assert_eq!(pay.negotiations("2002018").await.unwrap()[0].pictures(), ["https://x.example/1", "2"]);
    let address = "https://api.mch.weixin.qq.com/v3/merchant-service/images/ab%2Fc%3D%3D";
    assert_eq!(pay.complaint_picture(address).await.unwrap(), b"\xff\xd8\xffpicture");
    assert_eq!(server.last().target, "/v3/merchant-service/images/ab%2Fc%3D%3D");
    assert_signed(&server.last());
    let gone = pay.complaint_picture("https://api.mch.weixin.qq.com/v3/merchant-service/images/gone").await;
    assert!(matches!(gone, Err(PayError::NotFound(_))), "{gone:?}");
    let before = server.asked().len();
    for elsewhere in ["https://a.example/v3/certificates", "/v3/merchant-service/images/../../certificates", "data:x"] {
        let refused = pay.complaint_picture(elsewhere).await;
        assert!(matches!(refused, Err(PayError::Invalid(_))), "{elsewhere}: {refused:?}");
    }
    assert_eq!(server.asked().len(), before);
}
