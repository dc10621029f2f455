//! One signed call and its verified answer.

use std::time::{Duration, Instant};

use kernel::Clock;
use kernel::crypto::random;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{PayError, classify};
use super::sign::{SignatureHeaders, Unverified, verify};
use super::{WechatPay, wire};
use crate::http::{self, ANSWER_CAP, Reply, SendError};

/// A form with a file: only a part of it is signed (sheet §1).
pub(super) struct Form {
    pub content_type: String,
    pub body: Vec<u8>,
}

/// A request before it is signed.
pub(super) struct Outgoing<'a> {
    pub method: Method,
    /// Path and query, encoded.
    pub target: &'a str,
    /// The very bytes to sign and send.
    pub body: Option<&'a [u8]>,
    /// The platform key the body was encrypted for; otherwise the preferred one is named.
    pub platform_serial: Option<&'a str>,
    /// What goes on the wire in place of the body, which is signed nevertheless.
    pub form: Option<&'a Form>,
    /// Whether it may arrive twice: it carries our own number, or means the same twice.
    pub may_come_twice: bool,
}

impl<'a> Outgoing<'a> {
    pub fn get(target: &'a str) -> Self {
        Self { method: Method::GET, target, body: None, platform_serial: None, form: None, may_come_twice: true }
    }

    pub fn post(target: &'a str, body: Option<&'a [u8]>) -> Self {
        Self { method: Method::POST, target, body, platform_serial: None, form: None, may_come_twice: true }
    }
}

impl WechatPay {
    /// GET, and the answer read as `T`.
    pub(super) async fn get<T: DeserializeOwned>(&self, target: &str) -> Result<T, PayError> {
        read(&self.call(&Outgoing::get(target)).await?)
    }

    /// POST of `body` as it is, and the answer read as `T`.
    pub(super) async fn post<T: DeserializeOwned>(&self, target: &str, body: &[u8]) -> Result<T, PayError> {
        read(&self.call(&Outgoing::post(target, Some(body))).await?)
    }

    /// As [`WechatPay::post`], for a body holding fields encrypted for the platform key `serial`.
    pub(super) async fn post_sealed<T: DeserializeOwned>(
        &self,
        target: &str,
        body: &[u8],
        serial: Option<&str>,
    ) -> Result<T, PayError> {
        let outgoing = Outgoing { platform_serial: serial, ..Outgoing::post(target, Some(body)) };
        read(&self.call(&outgoing).await?)
    }

    /// Sends a signed request and returns a verified 2xx answer; everything else is an error.
    pub(super) async fn call(&self, outgoing: &Outgoing<'_>) -> Result<Reply, PayError> {
        self.ensure_platform_key(wall_seconds()).await?;
        self.take_turn(outgoing).await?;
        let reply = self.exchange(outgoing, wall_seconds()).await?;
        self.note_refused(outgoing, &reply).await;
        // The answer may have taken seconds; its own timestamp is compared with the clock of now.
        let now = wall_seconds();
        let headers = SignatureHeaders::read(|name| reply.header(name));
        match self.verify(&headers, &reply.body, now).await {
            Ok(()) if reply.is_success() => Ok(reply),
            Ok(()) => Err(classify(&reply, true)),
            // A 401 never carries a usable signature; other refusals may lack one altogether.
            Err(_) if reply.status == 401 || (!reply.is_success() && headers.is_absent()) => {
                Err(classify(&reply, false))
            }
            Err(why) => Err(PayError::Unknown(format!("status {}, answer not believed: {why}", reply.status))),
        }
    }

    /// Verifies a signed message at `now`. An unknown certificate serial causes one fetch of the list.
    pub(super) async fn verify(&self, headers: &SignatureHeaders<'_>, body: &[u8], now: i64) -> Result<(), Unverified> {
        let known = |serial: &str| self.keys().find(serial, now);
        match verify(headers, body, now, known) {
            Err(Unverified::UnknownSerial(serial)) if !serial.starts_with("PUB_KEY_ID_") => {
                if let Err(error) = self.fetch_certificates(now, |keys| keys.find(&serial, now).is_some()).await {
                    tracing::warn!(%error, "platform certificates cannot be fetched");
                }
                verify(headers, body, now, known)
            }
            judged => judged,
        }
    }

    /// Signs and sends; once more to the backup host when the main one gives no whole answer.
    ///
    /// Nearly every call of this client may come twice: it carries our own number, and the same bytes
    /// under the same number are the same thing to WeChat Pay. What may not is sent once more only when
    /// the main host was not reached. Where there is somebody else to ask, the first is not waited for as
    /// long, and less still by a caller with little patience ([`WechatPay::within`]).
    pub(super) async fn exchange(&self, outgoing: &Outgoing<'_>, now: i64) -> Result<Reply, PayError> {
        let left_alone = |rest: Duration| {
            PayError::Unreachable(format!("no answers lately, asked again in {} s", rest.as_secs().saturating_add(1)))
        };
        self.breaker().pass(Instant::now()).map_err(left_alone)?;
        let outcome = self.exchange_now(outgoing, now).await;
        self.breaker().report(Instant::now(), is_answer(&outcome));
        outcome
    }

    async fn exchange_now(&self, outgoing: &Outgoing<'_>, now: i64) -> Result<Reply, PayError> {
        let (hosts, began) = (&self.shared.hosts, Instant::now());
        let mut request = self.request(&hosts.main, outgoing, now)?;
        let wait = match &hosts.backup {
            Some(_) if outgoing.may_come_twice => Some(self.first_wait()),
            _ => self.patience,
        };
        *request.timeout_mut() = wait;
        let first = http::send("wechat_pay", &self.shared.http, request, ANSWER_CAP).await;
        let Some(backup) = &hosts.backup else { return Ok(first?) };
        let first = match first {
            Err(lost @ SendError::Connect(_)) => lost,
            Err(lost @ (SendError::Timeout | SendError::Broken(_))) if outgoing.may_come_twice => lost,
            outcome => return Ok(outcome?),
        };
        let mut request = self.request(backup, outgoing, now)?;
        *request.timeout_mut() = self.patience.map(|patience| patience.saturating_sub(began.elapsed()));
        match http::send("wechat_pay", &self.shared.http, request, ANSWER_CAP).await {
            // The main host may have acted, whatever became of the second try.
            Err(SendError::Connect(why)) if !matches!(first, SendError::Connect(_)) => {
                Err(PayError::Unknown(format!("{first}, then no backup: {why}")))
            }
            outcome => Ok(outcome?),
        }
    }

    /// How long the main host may take where somebody else can be asked.
    fn first_wait(&self) -> Duration {
        let usual = self.shared.hosts.first_wait;
        self.patience.map_or(usual, |patience| usual.min(patience / 3))
    }

    pub(super) fn request(&self, host: &Url, outgoing: &Outgoing<'_>, now: i64) -> Result<Request, PayError> {
        let Outgoing { method, target, body, platform_serial, form, .. } = outgoing;
        let address = format!("{}{target}", host.as_str().trim_end_matches('/'));
        let url = Url::parse(&address).map_err(|_| PayError::Invalid("the address of WeChat Pay is not a URL"))?;
        // What is signed is read back from the URL, so that it is what stands on the wire.
        let signed = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let nonce = random::nonce(32);
        let authorization =
            self.signer().authorization(method.as_str(), &signed, body.unwrap_or_default(), now, &nonce)?;
        let mut secret = header(&authorization)?;
        secret.set_sensitive(true);

        let mut request = Request::new(method.clone(), url);
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, secret);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        // The signature covers the body as sent; compression on the way would blur that.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let preferred = || self.keys().preferred(now).map(|(serial, _)| serial);
        if let Some(serial) = platform_serial.map(str::to_owned).or_else(preferred) {
            headers.insert("Wechatpay-Serial", header(&serial)?);
        }
        if let Some(form) = form {
            headers.insert(CONTENT_TYPE, header(&form.content_type)?);
            *request.body_mut() = Some(form.body.clone().into());
        } else if let Some(body) = body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.to_vec().into());
        }
        Ok(request)
    }

    /// Encrypts a sensitive field; returns the serial of the key it is for, and the ciphertext (sheet §1).
    pub(super) async fn encrypt(&self, plain: &str) -> Result<(String, String), PayError> {
        let now = wall_seconds();
        self.ensure_platform_key(now).await?;
        let none = || PayError::Unreachable("no platform key yet".to_owned());
        let (serial, key) = self.keys().preferred(now).ok_or_else(none)?;
        Ok((serial, key.oaep_sha1_encrypt(plain.as_bytes())?))
    }

    /// Opens a sensitive field WeChat Pay returned encrypted for this merchant.
    pub fn decrypt(&self, ciphertext: &str) -> Result<String, PayError> {
        let plain = self.signer().key().oaep_sha1_decrypt(ciphertext)?;
        String::from_utf8(plain).map_err(|_| PayError::Malformed("an encrypted field is not text".to_owned()))
    }

    /// The self-test call: proves signing, keys and verification in one go. For `doctor`.
    pub async fn echo(&self) -> Result<(), PayError> {
        let body = to_json(&wire::EchoBody { echo_message: "tuanqiao" })?;
        self.call(&Outgoing::post("/v3/security/echo", Some(&body))).await.map(|_| ())
    }
}

/// Whether the platform is well enough to answer. It refuses some things with a status of trouble.
fn is_answer(outcome: &Result<Reply, PayError>) -> bool {
    match outcome {
        Ok(reply) => reply.status < 500 || !classify(reply, true).is_undecided(),
        Err(PayError::Unknown(_) | PayError::Unreachable(_)) => false,
        // Our own request could not be made.
        Err(_) => true,
    }
}

fn header(text: &str) -> Result<HeaderValue, PayError> {
    HeaderValue::from_str(text).map_err(|_| PayError::Invalid("a credential holds a character no header can carry"))
}

/// Unix seconds of wall time; signatures never follow business time.
fn wall_seconds() -> i64 {
    Clock::default().wall().timestamp()
}

/// The bytes to sign and send.
pub(super) fn to_json(body: &impl Serialize) -> Result<Vec<u8>, PayError> {
    serde_json::to_vec(body).map_err(|_| PayError::Invalid("the request cannot be written as JSON"))
}

pub(super) fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T, PayError> {
    serde_json::from_slice(&reply.body).map_err(|e| PayError::Malformed(e.to_string()))
}

/// Encodes a business number for a path segment or a query value; the encoded form is signed.
pub(super) fn encode(number: &str) -> String {
    let mut out = String::with_capacity(number.len());
    for byte in number.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
