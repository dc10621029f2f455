//! Bills of a day: asked for, fetched from our host and held against their hash (WeChat Pay sheet §8).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod pay_world;
mod stand_in;

use gateways::pay::wechat_pay::{Bill, BillError, FundAccount, PayError};
use kernel::Fen;
use pay_world::{assert_signed, client, partner, signed, vectors};
use serde_json::json;
use stand_in::{Answer, StandIn};

/// The text of a trade bill with one payment.
const BILL: &str = "\u{feff}交易时间,微信订单号,商户订单号,交易状态,应结订单金额,代金券金额,手续费,费率,订单金额\r\n\
    `2026-11-23 12:15:07,`42000001,`pay_1,`SUCCESS,`180.64,`0.00,`1.08000,`0.60%,`180.64\r\n";

fn packed(text: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap()
}

/// Where a bill lies, on the platform's own host.
fn lies_at(hash: &str) -> Answer {
    let url = "https://api.mch.weixin.qq.com/v3/billdownload/file?token=a%2Fb";
    signed(200, json!({"hash_type": "SHA1", "hash_value": hash, "download_url": url}).to_string())
}

fn november(day: u32) -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

#[tokio::test]
async fn a_bill_is_asked_for_fetched_from_our_host_and_held_against_its_hash() {
    let server = StandIn::start(|asked| match asked.target.contains("billdownload") {
        true => Answer::new(200, packed(BILL)),
        false => lies_at(&kernel::crypto::digest::sha1_hex(BILL.as_bytes())),
    })
    .await;
    let file = client(&server.url).bill(Bill::Trade, november(23)).await.unwrap();
    let lines = gateways::pay::wechat_pay::trade_lines(&file.text).unwrap();
    assert_eq!((lines.len(), lines[0].amount), (1, Fen::from_fen(18_064)));
    let asked = server.asked();
    asked.iter().for_each(assert_signed);
    let targets: Vec<&str> = asked.iter().map(|asked| asked.target.as_str()).collect();
    let first = "/v3/bill/tradebill?bill_date=2026-11-23&bill_type=ALL&tar_type=GZIP";
    assert_eq!(targets, [first, "/v3/billdownload/file?token=a%2Fb"]);

    client(&server.url).bill(Bill::FundFlow(FundAccount::Operation), november(1)).await.unwrap();
    let flow = "/v3/bill/fundflowbill?bill_date=2026-11-01&account_type=OPERATION&tar_type=GZIP";
    assert!(server.asked().iter().any(|asked| asked.target == flow));
    partner(&server.url).bill(Bill::Sharing, november(1)).await.unwrap();
    let sub = vectors()["merchant"]["sub_mchid"].as_str().unwrap().to_owned();
    let sharing = format!("/v3/profitsharing/bills?bill_date=2026-11-01&tar_type=GZIP&sub_mchid={sub}");
    assert!(server.asked().iter().any(|asked| asked.target == sharing));
    let refused = partner(&server.url).bill(Bill::FundFlow(FundAccount::Basic), november(1)).await;
    assert!(matches!(refused, Err(BillError::Pay(PayError::Invalid(_)))));
}

#[tokio::test]
async fn what_is_no_bill_says_what_it_is() {
    let coded = |code: &'static str| async move {
        let body = json!({"code": code, "message": "x"}).to_string();
        let server = StandIn::start(move |_| signed(400, body.clone())).await;
        client(&server.url).bill(Bill::Trade, november(23)).await.unwrap_err()
    };
    assert_eq!(coded("NO_STATEMENT_EXIST").await, BillError::Empty);
    assert_eq!(coded("STATEMENT_CREATING").await, BillError::NotYet);
    assert!(matches!(coded("PARAM_ERROR").await, BillError::Pay(PayError::Refused(_))));
    let server = StandIn::start(|asked| match asked.target.contains("billdownload") {
        true => Answer::new(200, packed(&BILL.replace("180.64", "80.64"))),
        false => lies_at(&kernel::crypto::digest::sha1_hex(BILL.as_bytes())),
    })
    .await;
    let altered = client(&server.url).bill(Bill::Trade, november(23)).await;
    assert!(matches!(altered, Err(BillError::Altered { .. })), "{altered:?}");
}
