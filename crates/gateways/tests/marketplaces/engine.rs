//! The engine over real HTTP, against a scripted server.

use std::sync::Arc;
use std::time::Duration;

use gateways::http;
use gateways::marketplaces::gates::pinduoduo::sign;
use gateways::marketplaces::{
    Channel, Cursor, Engine, ErrorClass, LinkRequest, LocalBudget, Priority, RemoteGoods, RetryPolicy, Search, Walk,
};
use serde_json::{Value, json};
use url::Url;

use crate::stand_in::{Answer, Asked, failing, ok, serve};
use crate::vectors;

fn channel_to(base: Url) -> Channel {
    Channel::new(Arc::from(vectors::connector("pinduoduo_affiliate")), base).unwrap()
}

fn engine_with(budget: LocalBudget) -> Engine {
    let retry = RetryPolicy {
        attempts: 3,
        first_pause: Duration::from_millis(10),
        longest_wait: Duration::from_millis(1500),
        timeout: Duration::from_millis(300),
    };
    Engine::new(http::client().unwrap(), Arc::new(budget)).with_retry(retry)
}

fn engine() -> Engine {
    engine_with(LocalBudget::new(1000, None))
}

fn calls(asked: &Asked) -> usize {
    asked.lock().unwrap().len()
}

fn goods_page(page: usize, total: usize) -> Answer {
    let rows: Vec<Value> = (0..100.min(total - page * 100))
        .map(|nth| json!({"goods_sign": format!("g{}", page * 100 + nth), "goods_name": "n", "min_group_price": 100}))
        .collect();
    ok(json!({"goods_search_response": {"goods_list": rows, "total_count": total, "list_id": "L"}}))
}

fn refusal(code: u32) -> Answer {
    ok(json!({"error_response": {"error_code": code, "error_msg": "x"}}))
}

async fn all(mut walk: Walk<'_, RemoteGoods>) -> Vec<String> {
    let mut seen = Vec::new();
    while let Some(page) = walk.next_page().await.unwrap() {
        seen.extend(page.rows.into_iter().map(|goods| goods.external_id));
    }
    seen
}

#[tokio::test]
async fn a_search_is_walked_page_by_page_and_resumed_from_a_saved_cursor() {
    let (base, asked) = serve(vec![goods_page(0, 250), goods_page(1, 250), goods_page(2, 250)]).await;
    let (engine, channel, search) = (engine(), channel_to(base), Search::default());
    let mut walk = engine.search(&channel, &search, None).unwrap();
    let first = walk.next_page().await.unwrap().unwrap();
    assert_eq!((first.rows.len(), first.total), (100, Some(250)));
    let saved = serde_json::to_string(&first.next).unwrap();
    drop(walk);
    // A new process: only the saved text is left.
    let resume: Option<Cursor> = serde_json::from_str(&saved).unwrap();
    let rest = all(engine.search(&channel, &search, resume).unwrap()).await;
    assert_eq!((rest.len(), rest[0].as_str(), rest[149].as_str()), (150, "g100", "g249"));
    let pages: Vec<String> = asked.lock().unwrap().iter().map(|form| form["page"].clone()).collect();
    assert_eq!(pages, ["1", "2", "3"]);
}

#[tokio::test]
async fn what_goes_over_the_wire_is_what_was_signed() {
    let (base, asked) = serve(vec![goods_page(0, 1)]).await;
    let engine = engine().with_clock(|| chrono::DateTime::from_timestamp(1_795_400_000, 0).unwrap());
    let search = Search { query: "五常大米 5kg & = + %20\n🍊".into(), ..Search::default() };
    all(engine.search(&channel_to(base), &search, None).unwrap()).await;
    let mut form = asked.lock().unwrap()[0].clone();
    assert_eq!(form["keyword"], search.query);
    assert_eq!(form["timestamp"], "1795400000");
    let signature = form.remove("sign").unwrap();
    assert_eq!(signature, sign::sign(&form, "s"));
}

#[tokio::test]
async fn a_read_is_repeated_after_a_passing_fault_and_signed_anew() {
    let cut = Answer { body: "{\"goods_search_response\":{".into(), ..ok("") };
    let (base, asked) = serve(vec![failing(502), cut, goods_page(0, 1)]).await;
    let engine = engine();
    let search = Search::default();
    assert_eq!(all(engine.search(&channel_to(base), &search, None).unwrap()).await, ["g0"]);
    assert_eq!(calls(&asked), 3);
}

#[tokio::test]
async fn patience_ends() {
    let (base, asked) = serve(vec![failing(502)]).await;
    let error = search_error(&engine(), base).await;
    assert_eq!((error.class, calls(&asked)), (ErrorClass::Upstream, 3));
}

#[tokio::test]
async fn what_cannot_pass_is_not_repeated() {
    for (code, class) in [
        (10001, ErrorClass::BadRequest),
        (20004, ErrorClass::BadSignature),
        (50001, ErrorClass::Business),
        (70036, ErrorClass::QuotaSpent),
    ] {
        let (base, asked) = serve(vec![refusal(code)]).await;
        let error = search_error(&engine(), base).await;
        assert_eq!((error.class, calls(&asked)), (class, 1));
    }
}

#[tokio::test]
async fn a_risk_refusal_stops_all_further_calls() {
    let (base, asked) = serve(vec![refusal(70034), goods_page(0, 1)]).await;
    let engine = engine();
    for _ in 0..3 {
        assert_eq!(search_error(&engine, base.clone()).await.class, ErrorClass::Stopped);
    }
    assert_eq!(calls(&asked), 1);
}

#[tokio::test]
async fn a_pause_longer_than_our_patience_is_told_to_the_caller() {
    let busy = Answer { status: 429, headers: "retry-after: 40\r\n", ..ok("") };
    let (base, asked) = serve(vec![busy]).await;
    let error = search_error(&engine(), base).await;
    assert_eq!((error.class, error.retry_after), (ErrorClass::RateLimited, Some(Duration::from_secs(40))));
    assert_eq!(calls(&asked), 1);
}

#[tokio::test]
async fn a_short_pause_is_kept_here() {
    let busy = Answer { status: 429, headers: "retry-after: 0\r\n", ..ok("") };
    let (base, _) = serve(vec![busy, goods_page(0, 1)]).await;
    let (engine, search) = (engine(), Search::default());
    let begun = std::time::Instant::now();
    assert_eq!(all(engine.search(&channel_to(base), &search, None).unwrap()).await, ["g0"]);
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_spent_budget_sends_nothing() {
    let (base, asked) = serve(vec![goods_page(0, 300)]).await;
    let engine = engine_with(LocalBudget::new(1000, Some(10)));
    let channel = channel_to(base).with_priority(Priority::Refresh);
    let search = Search::default();
    for _ in 0..8 {
        engine.search(&channel, &search, None).unwrap().next_page().await.unwrap();
    }
    let refused = engine.search(&channel, &search, None).unwrap().next_page().await.unwrap_err();
    assert_eq!(refused.class, ErrorClass::QuotaSpent);
    assert!(refused.retry_after.is_some());
    assert_eq!(calls(&asked), 8);
}

#[tokio::test]
async fn a_silent_platform_is_given_up() {
    let slow = Answer { delay: Duration::from_secs(5), ..goods_page(0, 1) };
    let (base, _) = serve(vec![slow.clone(), slow, goods_page(0, 1)]).await;
    let (engine, search) = (engine(), Search::default());
    assert_eq!(all(engine.search(&channel_to(base), &search, None).unwrap()).await, ["g0"]);
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let flood = ok(format!("{{\"x\":\"{}\"}}", "y".repeat(9 * 1024 * 1024)));
    let (base, _) = serve(vec![flood]).await;
    let error = search_error(&engine(), base).await;
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::Upstream, "too_long"));
}

#[tokio::test]
async fn a_walk_survives_an_error_and_asks_for_the_same_page_again() {
    let (base, asked) = serve(vec![goods_page(0, 150), refusal(50001), goods_page(1, 150)]).await;
    let (engine, channel, search) = (engine(), channel_to(base), Search::default());
    let mut walk = engine.search(&channel, &search, None).unwrap();
    walk.next_page().await.unwrap();
    walk.next_page().await.unwrap_err();
    assert_eq!(walk.next_page().await.unwrap().unwrap().rows.len(), 50);
    assert!(walk.next_page().await.unwrap().is_none());
    assert_eq!(calls(&asked), 3);
}

#[tokio::test]
async fn a_link_is_one_answer_and_none_is_a_fault() {
    let file = vectors::cn();
    let fixture = &file["fixtures"]["pdd"]["pdd.ddk.goods.promotion.url.generate"][0]["body"];
    let none = json!({"goods_promotion_url_generate_response": {"goods_promotion_url_list": []}});
    let (base, _) = serve(vec![ok(fixture), ok(none)]).await;
    let (engine, channel) = (engine(), channel_to(base));
    let wanted = LinkRequest { external_id: "E9".into(), extra: json!({}), mark: None };
    let link = engine.link(&channel, &wanted).await.unwrap();
    assert_eq!(link.we_app_info.unwrap().app_id, "wx32540bd863b27570");
    assert_eq!(engine.link(&channel, &wanted).await.unwrap_err().class, ErrorClass::Malformed);
}

#[tokio::test]
async fn walks_and_links_run_in_spawned_tasks() {
    let (base, _) = serve(vec![goods_page(0, 1)]).await;
    let task = tokio::spawn(async move {
        let (engine, channel, search) = (engine(), channel_to(base), Search::default());
        let mut walk = engine.search(&channel, &search, None).unwrap();
        let page = walk.next_page().await.unwrap().unwrap();
        let wanted = LinkRequest {
            external_id: page.rows[0].external_id.clone(),
            extra: page.rows[0].extra.clone(),
            mark: None,
        };
        // The server answers with goods again: what matters here is that the future is `Send`.
        engine.link(&channel, &wanted).await.unwrap_err().class
    });
    assert_eq!(task.await.unwrap(), ErrorClass::Malformed);
}

#[test]
fn credentials_go_nowhere_but_to_https_or_this_machine() {
    for (base, taken) in [
        ("https://gw-api.pinduoduo.com/api/router", true),
        ("http://127.0.0.1:8090/pdd", true),
        ("http://[::1]:8090/", true),
        ("http://localhost:1/", true),
        ("http://gw-api.pinduoduo.com/api/router", false),
        ("http://127.0.0.1.example.test/", false),
        ("ftp://127.0.0.1/", false),
    ] {
        let connector = Arc::from(vectors::connector("pinduoduo_affiliate"));
        let channel = Channel::new(connector, Url::parse(base).unwrap());
        assert_eq!(channel.is_ok(), taken, "{base}");
    }
}

async fn search_error(engine: &Engine, base: Url) -> gateways::marketplaces::ApiError {
    let (channel, search) = (channel_to(base), Search::default());
    let mut walk = engine.search(&channel, &search, None).unwrap();
    walk.next_page().await.map(|_| ()).unwrap_err()
}
