//! A merchant's side, as small as it can be.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use sandbox::{MerchantKeys, Running, Sandbox, SandboxConfig, SandboxKeys, SubMerchant};
use serde_json::{Value, json};

/// RSA keys cost a while to make: one set serves every test of the process.
static KEYS: LazyLock<SandboxKeys> = LazyLock::new(|| SandboxKeys::generate().unwrap());
/// A service provider with two sub-merchants, of which the second has a mini-program.
static PROVIDER: LazyLock<MerchantKeys> = LazyLock::new(|| {
    let mut keys = MerchantKeys::generate().unwrap();
    let sub =
        |mchid: &str, appid: Option<&str>| SubMerchant { mchid: mchid.to_owned(), appid: appid.map(str::to_owned) };
    keys.sub_merchants = vec![sub("1709982749", None), sub("1709982750", Some(SUB_APPID))];
    keys
});
/// The mini-program of the second sub-merchant.
pub const SUB_APPID: &str = "wxfa0a0615ea4ee91b";
static SECOND: LazyLock<MerchantKeys> = LazyLock::new(|| MerchantKeys::generate().unwrap());
static NONCE: AtomicU64 = AtomicU64::new(1);

pub fn keys() -> SandboxKeys {
    KEYS.clone()
}

pub fn second_merchant() -> MerchantKeys {
    SECOND.clone()
}

/// A running sandbox and its first merchant.
pub struct Shop {
    pub sandbox: Running,
    pub merchant: MerchantKeys,
    pub http: reqwest::Client,
    /// What the platform is to sign under.
    pub serial: String,
}

/// An answer of WeChat Pay.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub text: String,
    pub signed: bool,
}

impl Answer {
    pub fn code(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or(""))
    }
}

impl Shop {
    pub fn open() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut SandboxConfig)) -> Self {
        let mut config = SandboxConfig::new(keys());
        config.notify = false;
        config.settle_after_ms = Some(0);
        config.workers = 1;
        change(&mut config);
        let sandbox = Sandbox::start(config).unwrap();
        Self { sandbox, merchant: keys().merchant, http: reqwest::Client::new(), serial: keys().platform.public_key_id }
    }

    /// The same sandbox, called by the service provider.
    pub fn provider() -> Self {
        let shop = Self::open();
        shop.sandbox.state().add_merchant(&PROVIDER).unwrap();
        Self { merchant: PROVIDER.clone(), ..shop }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.base_url())
    }

    pub fn openid(&self, name: &str) -> String {
        self.sandbox.state().openid(&self.merchant.appid, name)
    }

    /// The `Authorization` value for a request at `timestamp`.
    pub fn authorization(&self, method: &str, path: &str, body: &str, timestamp: i64, nonce: &str) -> String {
        let message = format!("{method}\n{path}\n{timestamp}\n{nonce}\n{body}\n");
        let signature = self.merchant.sign(message.as_bytes()).unwrap();
        format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{}\",nonce_str=\"{nonce}\",timestamp=\"{timestamp}\",serial_no=\"{}\",signature=\"{signature}\"",
            self.merchant.mchid, self.merchant.serial
        )
    }

    pub async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let text = body.map(Value::to_string).unwrap_or_default();
        let nonce = format!("nonce{}", NONCE.fetch_add(1, Ordering::Relaxed));
        let authorization = self.authorization(method, path, &text, chrono::Utc::now().timestamp(), &nonce);
        self.send(method, path, text, &authorization).await
    }

    /// Sends as it is, with a given `Authorization`, and checks the signature of the answer.
    pub async fn send(&self, method: &str, path: &str, body: String, authorization: &str) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, self.url(path)).header("Authorization", authorization);
        request = request.header("Accept", "application/json").header("User-Agent", "test");
        request = request.header("Wechatpay-Serial", &self.serial);
        if !body.is_empty() {
            request = request.header("Content-Type", "application/json").body(body);
        }
        let answer = request.send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (stamp, nonce) = (header("Wechatpay-Timestamp"), header("Wechatpay-Nonce"));
        let (signature, serial) = (header("Wechatpay-Signature"), header("Wechatpay-Serial"));
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let signed = !signature.is_empty();
        if signed {
            assert_eq!(serial, self.serial);
            assert!(platform_signed(&format!("{stamp}\n{nonce}\n{text}\n"), &signature), "answer {text}");
        }
        Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null), text, signed }
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(&body)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    /// A direct order as a shop would make it.
    pub fn order(&self, number: &str, total: i64) -> Value {
        json!({"appid": self.merchant.appid, "mchid": self.merchant.mchid, "description": "阳光玫瑰葡萄 2斤装",
            "out_trade_no": number, "notify_url": "https://shop.example.com/notify/wechat-pay/demo/payment",
            "amount": {"total": total, "currency": "CNY"}, "payer": {"openid": self.openid("alice")}})
    }

    pub async fn prepay(&self, number: &str, total: i64) -> String {
        let answer = self.post("/v3/pay/transactions/jsapi", self.order(number, total)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["prepay_id"].as_str().unwrap().to_owned()
    }

    pub async fn query(&self, number: &str) -> Answer {
        let mchid = &self.merchant.mchid;
        self.get(&format!("/v3/pay/transactions/out-trade-no/{number}?mchid={mchid}")).await
    }

    pub async fn control(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.http.post(self.url(path)).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn json(&self, path: &str) -> Value {
        self.http.get(self.url(path)).send().await.unwrap().json().await.unwrap()
    }
}

/// Checks with the public key as the shop file would carry it, not with the sandbox's own checker.
pub fn platform_signed(message: &str, signature: &str) -> bool {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let pem = keys().platform.public_key_pem().unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, STANDARD.decode(body).unwrap());
    STANDARD.decode(signature).is_ok_and(|raw| key.verify(message.as_bytes(), &raw).is_ok())
}

/// What a listening shop was sent.
pub type Inbox = Arc<Mutex<Vec<(Vec<(String, String)>, String)>>>;

/// A shop that takes notices and answers with the statuses in `script`, then with 200.
pub async fn listen(script: Vec<u16>) -> (String, Inbox) {
    let inbox = Inbox::default();
    let script = Arc::new(Mutex::new(script));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/notify", listener.local_addr().unwrap());
    let seen = inbox.clone();
    let server = HttpServer::new(move || {
        let (seen, script) = (seen.clone(), script.clone());
        let take = move |request: HttpRequest, body: web::Bytes| {
            let headers = request.headers().iter();
            let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
            seen.lock().unwrap().push((headers, String::from_utf8(body.to_vec()).unwrap()));
            let status = script.lock().unwrap().pop().unwrap_or(200);
            async move { HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap()).finish() }
        };
        App::new().route("/notify", web::post().to(take))
    });
    let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
    tokio::spawn(server);
    (url, inbox)
}
