//! The same calls by a direct merchant and by a service provider differ in the documented fields only
//! (R-66; sheet §2, §5, §6).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod pay_world;
mod stand_in;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use gateways::pay::wechat_pay::{
    NewPrepay, NewReceiver, NewRefund, NewReturn, NewSharing, Notice, NoticeResource, Parties, ReceiverKind, Share,
    WechatPay,
};
use kernel::{BasisPoints, Fen};
use pay_world::{assert_signed, client, order, partner, refund, signed, vectors};
use proptest::prelude::*;
use serde_json::{Value, json};
use stand_in::{Asked, StandIn};

/// What a service provider's call has more, less or other than the direct merchant's, as `query.name`
/// or a JSON pointer of the body.
#[derive(Debug, Default, PartialEq, Eq)]
struct Difference {
    gone: BTreeSet<String>,
    come: BTreeSet<String>,
    changed: BTreeSet<String>,
}

fn difference(direct: &BTreeMap<String, Value>, partner: &BTreeMap<String, Value>) -> Difference {
    let without = |one: &BTreeMap<String, Value>, other: &BTreeMap<String, Value>| {
        one.keys().filter(|key| !other.contains_key(*key)).cloned().collect()
    };
    let changed = direct.iter().filter(|(key, value)| partner.get(*key).is_some_and(|other| other != *value));
    Difference {
        gone: without(direct, partner),
        come: without(partner, direct),
        changed: changed.map(|(key, _)| key.clone()).collect(),
    }
}

fn expected(gone: &[&str], come: &[&str]) -> Difference {
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Difference { gone: set(gone), come: set(come), changed: BTreeSet::new() }
}

/// Every leaf of a body by its pointer.
fn leaves(at: &str, value: &Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| leaves(&format!("{at}/{name}"), value, found))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, value)| leaves(&format!("{at}/{n}"), value, found))
        }
        leaf => drop(found.insert(at.to_owned(), leaf.clone())),
    }
}

fn fields_of(body: &[u8]) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    if !body.is_empty() {
        leaves("", &serde_json::from_slice(body).unwrap(), &mut found);
    }
    found
}

/// Path, fields and the names of the headers of a call.
fn parts(asked: &Asked) -> (String, BTreeMap<String, Value>, BTreeSet<String>) {
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let mut fields = fields_of(&asked.body);
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        fields.insert(format!("query.{name}"), json!(value));
    }
    let headers = asked.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    (path.to_owned(), fields, headers)
}

fn sharing() -> NewSharing {
    let share = |kind, account: &str| Share {
        kind,
        account: account.into(),
        name: None,
        amount: Fen::from_fen(120),
        description: "团购佣金".into(),
    };
    NewSharing {
        transaction_id: "4200".into(),
        out_order_no: "PS1".into(),
        shares: vec![share(ReceiverKind::Person, "o1"), share(ReceiverKind::Merchant, "1588000259")],
        unfreeze_rest: false,
    }
}

const CALLS: [&str; 12] = [
    "prepay",
    "query",
    "close",
    "refund",
    "query refund",
    "add receiver",
    "delete receiver",
    "share",
    "query sharing",
    "unfreeze",
    "return",
    "query return",
];

/// Makes one of the calls and gives what stood on the wire.
async fn makes(pay: &WechatPay, server: &StandIn, call: &str) -> Asked {
    let number = "GB202611230040808495";
    match call {
        "prepay" => drop(pay.send_prepay(&pay.prepay_body(&order()).unwrap()).await.unwrap()),
        "query" => drop(pay.query_order(number).await.unwrap()),
        "close" => pay.close_order(number).await.unwrap(),
        "refund" => drop(pay.refund(&pay.refund_body(&refund()).unwrap()).await.unwrap()),
        "query refund" => drop(pay.query_refund("RF|154222").await.unwrap()),
        "add receiver" => {
            let receiver = NewReceiver {
                kind: ReceiverKind::Person,
                account: "o1".into(),
                name: None,
                relation: "DISTRIBUTOR".into(),
                custom_relation: None,
            };
            pay.add_receiver(&receiver).await.unwrap();
        }
        "delete receiver" => pay.delete_receiver(ReceiverKind::Person, "o1").await.unwrap(),
        "share" => drop(pay.share(&sharing()).await.unwrap()),
        "query sharing" => drop(pay.query_sharing("4200", "PS1").await.unwrap()),
        "unfreeze" => drop(pay.unfreeze("4200", "PS2", "解冻").await.unwrap()),
        "return" => {
            let back = NewReturn {
                out_order_no: "PS1".into(),
                out_return_no: "RT1".into(),
                return_mchid: "1588000259".into(),
                amount: Fen::from_fen(80),
                description: "退款".into(),
            };
            drop(pay.return_shared(&back).await.unwrap());
        }
        "query return" => drop(pay.query_return("PS1", "RT1").await.unwrap()),
        other => panic!("{other}"),
    }
    server.last()
}

/// The documented set.
fn documented(call: &str) -> Difference {
    match call {
        "prepay" => expected(
            &["/appid", "/mchid", "/payer/openid"],
            &["/sp_appid", "/sp_mchid", "/sub_appid", "/sub_mchid", "/payer/sub_openid"],
        ),
        "query" => expected(&["query.mchid"], &["query.sp_mchid", "query.sub_mchid"]),
        "close" => expected(&["/mchid"], &["/sp_mchid", "/sub_mchid"]),
        "refund" | "unfreeze" | "return" => expected(&[], &["/sub_mchid"]),
        "add receiver" | "delete receiver" | "share" => expected(&[], &["/sub_mchid", "/sub_appid"]),
        _ => expected(&[], &["query.sub_mchid"]),
    }
}

#[tokio::test]
async fn each_call_differs_from_the_direct_merchants_in_the_documented_fields_only() {
    let answers = |asked: &Asked| match asked.target.as_str() {
        target if target.ends_with("/close") => signed(204, ""),
        _ => {
            let everything = json!({
                "prepay_id": "wx1", "out_trade_no": "x", "trade_state": "NOTPAY", "out_refund_no": "x",
                "status": "PROCESSING", "out_order_no": "x", "state": "PROCESSING", "out_return_no": "x",
                "result": "PROCESSING",
            });
            signed(200, everything.to_string())
        }
    };
    let (of_direct, of_partner) = (StandIn::start(answers).await, StandIn::start(answers).await);
    let (direct, partner) = (client(&of_direct.url), partner(&of_partner.url));
    for call in CALLS {
        let (one, other) = (makes(&direct, &of_direct, call).await, makes(&partner, &of_partner, call).await);
        assert_signed(&one);
        assert_signed(&other);
        let ((path, fields, headers), (partner_path, partner_fields, partner_headers)) = (parts(&one), parts(&other));
        assert_eq!(difference(&fields, &partner_fields), documented(call), "{call}");
        assert_eq!(path.replace("/v3/pay/transactions", "/v3/pay/partner/transactions"), partner_path, "{call}");
        assert_eq!((one.method, headers), (other.method, partner_headers), "{call}");
    }
}

/// Keys cost a while to read, so all cases share them.
static BOTH: LazyLock<(WechatPay, WechatPay)> =
    LazyLock::new(|| (client("http://127.0.0.1:1"), partner("http://127.0.0.1:1")));

proptest! {
    #[test]
    fn whatever_is_ordered_or_refunded_the_bodies_differ_in_the_documented_fields_only(
        number in "[0-9A-Za-z_]{6,32}", words in ".{1,140}", total in 1i64..1_000_000_000, flagged: bool, part in 1i64..100,
    ) {
        let (direct, partner) = &*BOTH;
        let asked = NewPrepay {
            description: words.clone(), out_trade_no: number.clone(), total: Fen::from_fen(total), profit_sharing: flagged,
            time_expire: None, ..order()
        };
        let of = |pay: &WechatPay| fields_of(&pay.prepay_body(&asked).unwrap());
        prop_assert_eq!(difference(&of(direct), &of(partner)), documented("prepay"));
        let asked = NewRefund {
            out_trade_no: number.clone(), out_refund_no: number, reason: Some(words),
            refund: Fen::from_fen(part.min(total)), total: Fen::from_fen(total), notify_url: None,
        };
        let of = |pay: &WechatPay| fields_of(&pay.refund_body(&asked).unwrap());
        prop_assert_eq!(difference(&of(direct), &of(partner)), documented("refund"));
    }
}

#[tokio::test]
async fn the_pay_sheet_is_signed_for_the_sub_merchants_mini_program() {
    let set = vectors();
    let pay = partner("http://127.0.0.1:1");
    let shown = pay.payment_params("wx1", 1_795_406_400).unwrap();
    let appid = set["merchant"]["sub_appid"].as_str().unwrap();
    let same = pay.signer().payment_params(appid, "wx1", 1_795_406_400, &shown.nonce_str).unwrap();
    assert_eq!(shown, same);
    assert_eq!(pay.person_kind(), ReceiverKind::SubPerson);
    assert_eq!(client("http://127.0.0.1:1").person_kind(), ReceiverKind::Person);
}

#[tokio::test]
async fn a_sub_merchants_ratio_is_asked_for_and_a_direct_merchant_has_none_to_ask() {
    let server = StandIn::start(|_| signed(200, r#"{"sub_mchid":"1709982749","max_ratio":2000}"#)).await;
    assert_eq!(partner(&server.url).sharing_ceiling().await.unwrap(), Some(BasisPoints::new(2_000)));
    assert_eq!(server.last().target, "/v3/profitsharing/merchant-configs/1709982749");
    assert_eq!(client(&server.url).sharing_ceiling().await.unwrap(), None);
    assert_eq!(server.asked().len(), 1);
    let server = StandIn::start(|_| signed(200, r#"{"sub_mchid":"1709982749","max_ratio":20000}"#)).await;
    assert!(partner(&server.url).sharing_ceiling().await.unwrap_err().is_undecided());
}

#[test]
fn a_notice_of_another_sub_merchant_or_in_the_other_mode_is_not_ours() {
    let set = vectors();
    let part = |name: &str| set["merchant"][name].as_str().map(str::to_owned);
    let named = |mchid, sub_mchid, appid, sp_appid| Notice {
        id: "1".into(),
        event_type: String::new(),
        original_type: "transaction".into(),
        parties: Parties { mchid, sub_mchid, appid, sp_appid, combined: false },
        resource: NoticeResource::Other(Value::Null),
    };
    let (direct, partner) = (client("http://127.0.0.1:1"), partner("http://127.0.0.1:1"));
    let ours = named(part("mchid"), part("sub_mchid"), part("sub_appid"), part("appid"));
    assert!(partner.check_merchant(&ours).is_ok() && direct.check_merchant(&ours).is_err());
    let of_direct = named(part("mchid"), None, part("appid"), None);
    assert!(direct.check_merchant(&of_direct).is_ok() && partner.check_merchant(&of_direct).is_err());
    let other = |text: &str| Some(text.to_owned());
    for foreign in [
        named(part("mchid"), other("1790278980"), part("sub_appid"), part("appid")),
        named(other("1654991717"), part("sub_mchid"), part("sub_appid"), part("appid")),
        named(part("mchid"), part("sub_mchid"), other("wx0000000000000000"), part("appid")),
        named(part("mchid"), part("sub_mchid"), part("sub_appid"), other("wx0000000000000000")),
        named(part("mchid"), None, None, None),
    ] {
        assert!(partner.check_merchant(&foreign).is_err(), "{foreign:?}");
    }
}
