//! Signatures, consent pages and forms of the global vectors.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateways::marketplaces::{
    Access, Body, Callback, Channel, Connector, Grant, HookCall, HookKind, HttpRequest, Setup, TokenStep, aliexpress,
    wanliniu,
};
use kernel::crypto::base64_decode;
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use super::{account, id_of, setup};
use crate::vectors;

/// Each case of the file's `sign` section that is ours.
fn each(check: impl Fn(&Value, &'static str)) -> usize {
    let file = vectors::global();
    let cases = file["sign"].as_array().unwrap();
    let own = cases.iter().filter_map(|case| Some((case, id_of(case["platform"].as_str()?)?)));
    own.map(|(case, id)| check(case, id)).count()
}

#[test]
fn every_signature_and_address_is_as_the_vectors_have_it() {
    assert_eq!(
        each(|case, id| match case["kind"].as_str().unwrap() {
            "oauth_callback_hmac" => callback(case, id),
            "webhook_hmac" => message(case, id),
            "shop_domain" => shop(case),
            "authorize_url" => consent(case, id),
            "sign" => signature(case),
            "account_deletion_challenge" => challenge(case),
            "basic_auth" => basic(case),
            "notification_signature" => notice(case),
            "open_sign" | "b2c_sign" => erp(case),
            "marketplace" => site(case),
            "lwa_form" => refresh_form(case),
            "router_form" => router_form(case),
            kind => panic!("{kind}"),
        }),
        40
    );
}

fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    case["input"][name].as_str().unwrap_or_else(|| panic!("{case} has no {name}"))
}

fn open(id: &'static str, more: Value) -> Box<dyn Connector> {
    let platforms = vectors::platforms();
    let mut settings = platforms.into_iter().find(|(_, known, _)| *known == id).unwrap().2;
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    vectors::open(id, &settings)
}

fn address(connector: Box<dyn Connector>, request: &HttpRequest) -> Url {
    let base = Url::parse(connector.descriptor().default_base).unwrap();
    Channel::new(Arc::from(connector), base).unwrap().address(request).unwrap()
}

fn callback(case: &Value, id: &'static str) {
    let connector = open(id, json!({"client_secret": text(case, "client_secret")}));
    let query = url::form_urlencoded::parse(text(case, "query_string").as_bytes()).into_owned().collect::<Vec<_>>();
    let state = query.iter().find(|(name, _)| name == "state").unwrap().1.clone();
    let now = case["input"]["now_unix"].as_i64().unwrap_or(1_795_392_000);
    let now = chrono::DateTime::from_timestamp(now, 0).unwrap();
    let answer =
        connector.auth().unwrap().callback(&setup(connector.as_ref()), &Callback { query: &query, state: &state, now });
    assert_eq!(answer.is_ok(), case["expected"]["accept"].as_bool().unwrap(), "{}", case["id"]);
}

#[test]
fn a_callback_for_another_store_or_with_another_state_is_refused() {
    let connector = open("shopify", json!({}));
    let auth = connector.auth().unwrap();
    let file = vectors::global();
    let case = &file["sign"][0];
    let query = url::form_urlencoded::parse(text(case, "query_string").as_bytes()).into_owned().collect::<Vec<_>>();
    let now = chrono::DateTime::from_timestamp(1_795_392_000, 0).unwrap();
    let mut other = setup(connector.as_ref());
    other.data.insert("shop".into(), json!("another.myshopify.com"));
    let told = auth.callback(&other, &Callback { query: &query, state: "n-8841", now });
    assert_eq!(told.map(|_| ()).unwrap_err().code, "other_account");
    let told = auth.callback(&setup(connector.as_ref()), &Callback { query: &query, state: "n-8842", now });
    assert_eq!(told.map(|_| ()).unwrap_err().code, "callback_refused");
}

fn message(case: &Value, id: &'static str) {
    let connector = open(id, json!({"client_secret": text(case, "client_secret")}));
    let name = case["expected"]["header_name"].as_str().unwrap().to_lowercase();
    let body = base64_decode(text(case, "body_base64")).unwrap();
    let hear = |signature: &str, body: &[u8]| {
        let headers = [(name.clone(), signature.to_owned()), ("x-shopify-topic".into(), "orders/updated".into())];
        connector.hooks().unwrap().receive(&call("POST", &[], &headers, body, None))
    };
    let given = case["expected"]["header_value"].as_str().unwrap();
    let heard = hear(given, &body).unwrap();
    assert!(heard.trusted && heard.kind == HookKind::Orders, "{}", case["id"]);
    assert!(hear(given, b"{}").is_err() && hear("", &body).is_err());
}

fn call<'a>(
    method: &'a str,
    query: &'a [(String, String)],
    headers: &'a [(String, String)],
    body: &'a [u8],
    key: Option<&'a str>,
) -> HookCall<'a> {
    let received_at = chrono::DateTime::from_timestamp(1_795_392_000, 0).unwrap();
    HookCall { method, address: "https://shop.example.com/hook/ebay", query, headers, body, key, received_at }
}

fn shop(case: &Value) {
    let connector = open("shopify", json!({}));
    let mut setup = setup(connector.as_ref());
    setup.data.insert("shop".into(), json!(text(case, "shop")));
    let checked = gateways::marketplaces::check_setup(connector.as_ref(), &setup);
    let started = connector.auth().unwrap().start(&setup, "s");
    let accept = case["expected"]["accept"].as_bool().unwrap();
    assert_eq!((checked.is_ok(), started.is_ok()), (accept, accept), "{}", case["id"]);
}

fn consent(case: &Value, id: &'static str) {
    let (more, setup) = match id {
        "shopify" => {
            let more = json!({"client_id": text(case, "client_id"), "scope": text(case, "scope")});
            let setup =
                Setup { redirect_uri: text(case, "redirect_uri").to_owned(), ..setup(open(id, json!({})).as_ref()) };
            (more, setup)
        }
        "ebay" => {
            let scopes: Vec<&str> =
                case["input"]["scopes"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
            let more = json!({
                "client_id": text(case, "client_id"), "ru_name": text(case, "ru_name"),
                "scope": scopes.join(" "), "environment": text(case, "env"),
            });
            (more, setup(open(id, json!({})).as_ref()))
        }
        other => panic!("{other}"),
    };
    let connector = open(id, more);
    let page = connector.auth().unwrap().start(&setup, text(case, "state")).unwrap();
    let fields = |url: &Url| {
        let fields = url.query_pairs().into_owned().filter(|(name, _)| name != "grant_options[]");
        fields.collect::<BTreeMap<String, String>>()
    };
    let wanted = Url::parse(case["expected"]["url"].as_str().unwrap()).unwrap();
    let url = address(connector, &page);
    assert_eq!((url.host_str(), url.path()), (wanted.host_str(), wanted.path()), "{}", case["id"]);
    assert_eq!(fields(&url), fields(&wanted), "{}", case["id"]);
}

fn signature(case: &Value) {
    let params: BTreeMap<String, String> = serde_json::from_value(case["input"]["params"].clone()).unwrap();
    let path = Some(text(case, "api_path")).filter(|path| !path.is_empty());
    let own = aliexpress::sign::sign(path, &params, text(case, "app_secret"));
    assert_eq!(own, case["expected"]["sign"].as_str().unwrap(), "{}", case["id"]);
}

#[test]
fn aliexpress_signs_system_calls_with_their_path_and_business_calls_with_their_name() {
    let connector = open("aliexpress", json!({}));
    let setup = setup(connector.as_ref());
    let now = chrono::DateTime::from_timestamp_millis(1_795_392_000_123).unwrap();
    let grant = Grant::Code(SecretString::from("3_510234_AbCd".to_owned()));
    let TokenStep::Ask(request) = connector.auth().unwrap().token(&setup, &grant).unwrap() else { panic!("asks") };
    let Body::Form(fields) = connector.sign(*request, None, now).body else { panic!("a form") };
    assert_eq!(fields["sign"], "C7C4BCECF0A1FA5EE68A8BE32A782FBCFE67B82DC443D11CBAD6E73D4AD65243");
    assert!(!fields.contains_key("method") && !fields.contains_key("session"));
    let account = account(connector.as_ref());
    let ids = vec!["8180000000012345".to_owned()];
    let request = connector.orders().unwrap().by_ids(&account, &ids).request(None).unwrap();
    let Body::Form(fields) = connector.sign(request, Some(&Access::new("50000_tok", account.clone())), now).body else {
        panic!("a form")
    };
    assert_eq!((fields["session"].as_str(), fields["format"].as_str()), ("50000_tok", "json"));
    let mut unsigned = fields.clone();
    unsigned.remove("sign");
    assert_eq!(fields["sign"], aliexpress::sign::sign(None, &unsigned, "kQ7vX2mB9sTz4LrE"));
}

fn challenge(case: &Value) {
    let connector = open("ebay", json!({"verification_token": text(case, "verification_token")}));
    let query = [("challenge_code".to_owned(), text(case, "challenge_code").to_owned())];
    let mut call = call("GET", &query, &[], b"", None);
    call.address = text(case, "endpoint");
    let event = connector.hooks().unwrap().receive(&call).unwrap();
    let answer: Value = serde_json::from_str(&event.answer.body).unwrap();
    assert_eq!(
        (event.kind, answer["challengeResponse"].clone()),
        (HookKind::Challenge, case["expected"]["challengeResponse"].clone())
    );
}

fn basic(case: &Value) {
    let connector =
        open("ebay", json!({"client_id": text(case, "client_id"), "client_secret": text(case, "client_secret")}));
    let request = token_request(connector.as_ref(), &Grant::Refresh(SecretString::from("r".to_owned())));
    assert!(request.headers.iter().any(|(_, value)| value == case["expected"]["header_value"].as_str().unwrap()));
    assert!(request.complete);
}

fn token_request(connector: &dyn Connector, grant: &Grant) -> HttpRequest {
    match connector.auth().unwrap().token(&setup(connector), grant).unwrap() {
        TokenStep::Ask(request) => *request,
        TokenStep::Have(_) => panic!("nothing is asked"),
    }
}

fn notice(case: &Value) {
    let connector = open("ebay", json!({}));
    let hooks = connector.hooks().unwrap();
    let headers = [(text(case, "header_name").to_lowercase(), text(case, "header_value").to_owned())];
    let body = text(case, "body_received").as_bytes();
    let heard = call("POST", &[], &headers, body, Some(text(case, "public_key")));
    assert_eq!(hooks.key_id(&heard).as_deref(), Some(text(case, "kid")));
    let told = hooks.receive(&heard);
    assert_eq!(told.is_ok(), case["expected"]["accept"].as_bool().unwrap(), "{}", case["id"]);
    if let Ok(event) = told {
        assert_eq!((event.kind, event.dedupe_key.as_str()), (HookKind::Privacy, "49feeaeb-4982"));
    }
    assert!(hooks.receive(&HookCall { key: None, ..heard }).is_err());
    assert_eq!(hooks.refusal(), 412);
}

fn erp(case: &Value) {
    let params: BTreeMap<String, String> = serde_json::from_value(case["input"]["params"].clone()).unwrap();
    let secret = text(case, "secret");
    let (own, wanted) = match case["kind"].as_str().unwrap() {
        "open_sign" => (wanliniu::sign::open(&params, secret), &case["expected"]["_sign"]),
        _ => (wanliniu::sign::b2c(&params, secret), &case["expected"]["sign"]),
    };
    assert_eq!(own, wanted.as_str().unwrap(), "{}", case["id"]);
}

#[test]
fn the_erps_two_gateways_have_their_own_signature_and_host() {
    let connector = open("wanliniu", json!({}));
    let now = chrono::DateTime::from_timestamp(1_795_392_000, 0).unwrap();
    let window = gateways::marketplaces::Window { from: now, until: now };
    for (gateway, field, host) in [("open", "_sign", "open-api.hupun.com"), ("b2c", "sign", "erp-open.hupun.com")] {
        let mut account = account(connector.as_ref());
        account.data.insert("gateway".into(), json!(gateway));
        let request = connector.orders().unwrap().changed(&account, &window).request(None).unwrap();
        assert_eq!(
            address(open("wanliniu", json!({})), &request).as_str(),
            format!("https://{host}/api/erp/opentrade/list/trades")
        );
        let signed = |seconds| {
            let now = chrono::DateTime::from_timestamp(seconds, 0).unwrap();
            let signed = connector.sign(request.clone(), Some(&Access::new("7d0f9e2b", account.clone())), now);
            let Body::Form(fields) = signed.body else { panic!("a form") };
            fields[field].clone()
        };
        assert_ne!(signed(1_795_392_000), signed(1_795_392_001));
        assert_eq!(signed(1_795_392_000), signed(1_795_392_000));
    }
}

fn site(case: &Value) {
    let connector = open("amazon", json!({"application_id": "amzn1.sp.solution.1"}));
    // The platform says UK where the vectors have the country's code.
    let country = if text(case, "country") == "GB" { "UK" } else { text(case, "country") };
    let sites = connector.descriptor().store.as_ref().unwrap().sites;
    let site = sites.iter().find(|site| site.code == country).unwrap();
    assert_eq!(site.external_id, case["expected"]["marketplace_id"].as_str().unwrap());
    let mut setup = setup(connector.as_ref());
    setup.site = Some(country.to_owned());
    let page = connector.auth().unwrap().start(&setup, "s").unwrap();
    let ids = vec!["1".to_owned()];
    let account = setup.account("A1");
    let call = connector.orders().unwrap().by_ids(&account, &ids).request(None).unwrap();
    let page = address(open("amazon", json!({})), &page);
    let call = address(open("amazon", json!({})), &call);
    assert_eq!(page.host_str(), case["expected"]["seller_central_host"].as_str(), "{country}");
    assert_eq!(call.origin().ascii_serialization(), case["expected"]["endpoint"].as_str().unwrap(), "{country}");
}

fn refresh_form(case: &Value) {
    let connector =
        open("amazon", json!({"client_id": text(case, "client_id"), "client_secret": text(case, "client_secret")}));
    let grant = Grant::Refresh(SecretString::from(text(case, "refresh_token").to_owned()));
    let Body::Form(fields) = token_request(connector.as_ref(), &grant).body else { panic!("a form") };
    assert_eq!(json!(fields), case["expected"]["form"]);
}

fn router_form(case: &Value) {
    let connector = open("dhgate", json!({}));
    let account = account(connector.as_ref());
    let at = |text: &str| text.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let window = gateways::marketplaces::Window { from: at("2026-11-22T00:00:00Z"), until: at("2026-11-22T12:00:00Z") };
    let request = connector.orders().unwrap().changed(&account, &window).request(None).unwrap();
    let now = chrono::DateTime::from_timestamp_millis(case["input"]["now_ms"].as_i64().unwrap()).unwrap();
    let access = Access::new(text(case, "access_token"), account.clone());
    let Body::Form(mut fields) = connector.sign(request, Some(&access), now).body else { panic!("a form") };
    // The page's length is ours to choose.
    fields.insert("pageSize".into(), "50".into());
    assert_eq!(json!(fields), case["expected"]["form"]);
}

#[test]
fn an_address_of_the_installation_may_end_in_what_paths_begin_with() {
    let connector: Arc<dyn Connector> = Arc::from(open("wish", json!({})));
    let account = account(connector.as_ref());
    let ids = vec!["o1".to_owned()];
    let request = connector.orders().unwrap().by_ids(&account, &ids).request(None).unwrap();
    for (base, wanted) in [
        ("http://127.0.0.1:9", "http://127.0.0.1:9/api/v3/orders/o1"),
        ("http://127.0.0.1:9/api/v3", "http://127.0.0.1:9/api/v3/orders/o1"),
        ("http://127.0.0.1:9/wish/", "http://127.0.0.1:9/wish/api/v3/orders/o1"),
        ("http://127.0.0.1:9/api/v", "http://127.0.0.1:9/api/v/api/v3/orders/o1"),
    ] {
        let channel = Channel::new(connector.clone(), Url::parse(base).unwrap()).unwrap();
        assert_eq!(channel.address(&request).unwrap().as_str(), wanted);
    }
}
