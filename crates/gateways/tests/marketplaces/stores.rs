//! The engine with stores: hosts, tokens renewed on the way, stock pushed line by line.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use gateways::http;
use gateways::marketplaces::{
    Access, Account, ApiError, Channel, Engine, ErrorClass, Grant, LocalBudget, Private, RemoteOrderState, RetryPolicy,
    StockChange, TokenKeeper, Window,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use crate::questions;
use crate::stand_in::{Answer, failing, ok, serve};
use crate::vectors;

fn engine() -> Engine {
    let retry = RetryPolicy {
        attempts: 2,
        first_pause: Duration::from_millis(5),
        longest_wait: Duration::from_millis(500),
        timeout: Duration::from_secs(5),
    };
    Engine::new(http::client().unwrap(), Arc::new(LocalBudget::new(1000, None))).with_retry(retry)
}

fn account() -> Account {
    Account { id: "880012345".into(), ..Account::default() }
}

fn channel(base: Url) -> Channel {
    Channel::new(Arc::from(vectors::connector("pinduoduo")), base).unwrap()
}

fn authorised(base: Url) -> Channel {
    channel(base).on_behalf_of(Access::new("tok", account()))
}

fn refusal(code: u32) -> Answer {
    ok(json!({"error_response": {"error_code": code, "error_msg": "x"}}))
}

fn taken(done: bool) -> Answer {
    ok(json!({"goods_quantity_update_response": {"is_success": done}}))
}

/// Gives `tok0` first and the next number at each renewal.
struct Counting {
    account: Account,
    renewals: AtomicU32,
    refused: Mutex<Vec<String>>,
}

impl Counting {
    fn new() -> Arc<Counting> {
        Arc::new(Counting { account: account(), renewals: AtomicU32::new(0), refused: Mutex::default() })
    }
}

#[async_trait]
impl TokenKeeper for Counting {
    fn account(&self) -> &Account {
        &self.account
    }

    async fn access(&self) -> Result<Access, ApiError> {
        Ok(Access::new(format!("tok{}", self.renewals.load(Ordering::SeqCst)), self.account.clone()))
    }

    async fn renewed(&self, refused: &Access) -> Result<Access, ApiError> {
        self.refused.lock().unwrap().push(refused.token.expose_secret().to_owned());
        self.renewals.fetch_add(1, Ordering::SeqCst);
        self.access().await
    }
}

#[tokio::test]
async fn a_token_that_has_run_out_is_renewed_once_and_the_call_repeated() {
    let (base, asked) = serve(vec![refusal(10019), taken(true)]).await;
    let keeper = Counting::new();
    let channel = channel(base).kept_by(keeper.clone());
    let line = StockChange::Add(-1);
    let lines = [gateways::marketplaces::StockLine { change: line, ..questions::stock_line("1", "2", 0) }];
    let pushed = engine().push_stock(&channel, &lines).await.unwrap();
    assert_eq!((pushed.results.len(), pushed.refused().count(), pushed.ended_by), (1, 0, None));
    let asked = asked.lock().unwrap();
    let tokens: Vec<&str> = asked.iter().map(|form| form["access_token"].as_str()).collect();
    assert_eq!(tokens, ["tok0", "tok1"]);
    assert_eq!((asked[1]["update_type"].as_str(), asked[1]["quantity"].as_str()), ("2", "-1"));
    assert_eq!(*keeper.refused.lock().unwrap(), ["tok0"]);
}

#[tokio::test]
async fn a_renewed_token_that_is_refused_too_is_not_renewed_again() {
    let (base, asked) = serve(vec![refusal(10019)]).await;
    let keeper = Counting::new();
    let channel = channel(base).kept_by(keeper.clone());
    let pushed = engine().push_stock(&channel, &[questions::stock_line("1", "2", 3)]).await.unwrap();
    assert_eq!(pushed.ended_by.unwrap().class, ErrorClass::TokenExpired);
    assert_eq!((asked.lock().unwrap().len(), keeper.renewals.load(Ordering::SeqCst)), (2, 1));
}

#[tokio::test]
async fn a_refused_line_does_not_stop_the_others_and_a_fault_of_the_platform_does() {
    let (base, asked) =
        serve(vec![taken(true), refusal(50001), taken(false), taken(true), failing(502), failing(502)]).await;
    let lines: Vec<_> = (1..=6).map(|nth| questions::stock_line("1", &nth.to_string(), nth)).collect();
    let pushed = engine().push_stock(&authorised(base), &lines).await.unwrap();
    let keys: Vec<&str> = pushed.results.iter().map(|line| line.key.as_str()).collect();
    assert_eq!(keys, ["1/1", "1/2", "1/3", "1/4"]);
    let refused: Vec<(&str, &str)> = pushed.refused().map(|(key, error)| (key, error.code.as_str())).collect();
    assert_eq!(refused, [("1/2", "50001"), ("1/3", "not_updated")]);
    assert_eq!(pushed.ended_by.unwrap().class, ErrorClass::Upstream);
    // The set quantity was sent twice before giving up; the sixth line was not sent at all.
    assert_eq!(asked.lock().unwrap().len(), 6);
}

#[tokio::test]
async fn a_parcel_is_told_once_even_when_the_answer_is_lost() {
    let (base, asked) = serve(vec![failing(502)]).await;
    let error = engine().ship(&authorised(base), &questions::shipment()).await.unwrap_err();
    assert_eq!((error.class, asked.lock().unwrap().len()), (ErrorClass::Upstream, 1));
}

#[tokio::test]
async fn goods_are_walked_by_list_and_item_and_a_lost_item_does_not_end_the_walk() {
    let own = vectors::own("pinduoduo");
    let list = |total: u32| {
        let mut body = own["goods page 1 of 2"]["body"].clone();
        body["goods_list_get_response"]["total_count"] = json!(total);
        ok(body)
    };
    let file = vectors::cn();
    let item = ok(file["fixtures"]["pdd"]["pdd.goods.information.get"][0]["body"].clone());
    let (base, asked) = serve(vec![list(2), item, refusal(50001)]).await;
    let (engine, channel) = (engine(), authorised(base));
    let mut walk = engine.store_goods(&channel, None, None).unwrap();
    let (mut goods, mut skipped) = (Vec::new(), Vec::new());
    while let Some(page) = walk.next_page().await.unwrap() {
        goods.extend(page.rows);
        skipped.extend(page.skipped);
    }
    assert_eq!((goods.len(), goods[0].skus.len(), goods[0].price.minor), (1, 2, 32598));
    assert_eq!(goods[0].pictures, ["https://img.example.test/p/1.jpg"]);
    assert_eq!(
        goods[0].skus[1].specs,
        [("规格1".to_owned(), "精选".to_owned()), ("规格2".to_owned(), "9斤".to_owned())]
    );
    assert_eq!(skipped[0].external_id.as_deref(), Some("600000000040"));
    let asked = asked.lock().unwrap();
    assert_eq!((asked[1]["goods_id"].as_str(), asked[2]["goods_id"].as_str()), ("600000000037", "600000000040"));
}

#[tokio::test]
async fn tokens_are_asked_for_by_the_app_and_another_merchants_are_refused() {
    let file = vectors::cn();
    let body = &file["fixtures"]["pdd"]["pdd.pop.auth.token.create"][0]["body"];
    let (base, asked) = serve(vec![ok(body.clone())]).await;
    let channel = authorised(base);
    let setup = questions::setup(channel.connector());
    let grant = Grant::Code(SecretString::from("c0de".to_owned()));
    let tokens = engine().obtain(&channel, &setup, &grant, None).await.unwrap();
    assert_eq!(tokens.account(&setup).unwrap().id, "880012345");
    let form = asked.lock().unwrap()[0].clone();
    assert_eq!((form["code"].as_str(), form.contains_key("access_token")), ("c0de", false));
    let other = gateways::marketplaces::Setup { account_id: Some("1".into()), ..setup };
    let error = engine().obtain(&channel, &other, &grant, None).await.map(|_| ()).unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::Conflict, "other_account"));
}

#[test]
fn consent_pages_and_other_hosts_follow_the_addresses_of_the_installation() {
    let address = |channel: &Channel| {
        let setup = questions::setup(channel.connector());
        let page = channel.connector().auth().unwrap().start(&setup, "the-state").unwrap();
        channel.address(&page).unwrap()
    };
    let url = |text: &str| Url::parse(text).unwrap();
    let real = channel(url("https://gw-api.pinduoduo.com/api/router"));
    let page = address(&real);
    assert!(page.as_str().starts_with("https://fuwu.pinduoduo.com/service-market/auth?"), "{page}");
    let state = page.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    assert_eq!(state, "the-state");
    // One address stands in for the platform, or the page has its own.
    let played = channel(url("http://127.0.0.1:8090/pdd/api/router"));
    assert!(address(&played).as_str().starts_with("http://127.0.0.1:8090/pdd?"));
    let named = played.with_host("pinduoduo_auth", url("http://127.0.0.1:8091/consent")).unwrap();
    assert!(address(&named).as_str().starts_with("http://127.0.0.1:8091/consent?"));
    assert!(real.with_host("pinduoduo_auth", url("http://pages.example/")).is_err());
}

#[test]
fn pinduoduo_holds_back_what_must_not_be_sent() {
    let connector = vectors::connector("pinduoduo");
    let at = |s| chrono::DateTime::from_timestamp(s, 0).unwrap();
    let window = Window { from: at(1_795_396_400), until: at(1_795_398_200) };
    let account = account();
    let feed = connector.orders().unwrap().changed(&account, &window);
    let state = |changes: Value| {
        let own = vectors::own("pinduoduo");
        let mut body = own["orders counted"]["body"].clone();
        let row = body["order_sn_increment_get_response"]["order_sn_list"][0].as_object_mut().unwrap();
        row.extend(changes.as_object().unwrap().clone());
        feed.read(None, &vectors::reply_of(200, &body.to_string())).unwrap().rows[0].state
    };
    for (changes, expected) in [
        (json!({}), RemoteOrderState::PaidUnshipped),
        (json!({"order_status": 2}), RemoteOrderState::Shipped),
        (json!({"order_status": "3"}), RemoteOrderState::Done),
        (json!({"order_status": 9}), RemoteOrderState::Unknown),
        (json!({"risk_control_status": 1}), RemoteOrderState::Held),
        (json!({"group_status": 0}), RemoteOrderState::Held),
        (json!({"confirm_status": 2}), RemoteOrderState::Cancelled),
        (json!({"refund_status": 2}), RemoteOrderState::Refunding),
        (json!({"refund_status": 4}), RemoteOrderState::Cancelled),
        (json!({"refund_status": 4, "risk_control_status": 1}), RemoteOrderState::Cancelled),
    ] {
        assert_eq!(state(changes.clone()), expected, "{changes}");
    }
}

#[test]
fn sealed_data_stay_sealed_and_print_nothing() {
    let connector = vectors::connector("pinduoduo");
    let file = vectors::cn();
    let reply = vectors::reply(&file["fixtures"]["pdd"]["pdd.order.number.list.increment.get"][0]);
    let at = |s| chrono::DateTime::from_timestamp(s, 0).unwrap();
    let window = Window { from: at(1_795_396_400), until: at(1_795_398_200) };
    let account = account();
    let page = connector.orders().unwrap().changed(&account, &window).read(None, &reply).unwrap();
    let [open, refunded, held] = page.rows.as_slice() else { panic!("three orders") };
    assert!(
        matches!(&open.receiver.phone, Private::Sealed { cipher, mask: Some(mask) } if cipher.starts_with('$') && mask == "1*********7")
    );
    assert_eq!(refunded.receiver.name, Private::Masked("李**".into()));
    assert_eq!((held.state, open.lines[0].paid.unwrap().minor), (RemoteOrderState::Held, 5754));
    assert!(!format!("{open:?}").contains("AgAAAA") && !format!("{:?}", open.receiver).contains('*'));
}
