//! The platform's keys: the public key downloaded once, and the certificates fetched and rotated.
//! Both live at once, since WeChat moves a merchant from one to the other over a week (sheet §1).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use kernel::crypto::certificate::{Certificate, normal_serial};
use kernel::crypto::rsa::PublicKey;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::call::Outgoing;
use super::sealed::{Opener, Sealed};
use super::sign::{SignatureHeaders, verify};
use super::{PayError, WechatPay};

/// Certificates are asked for again after this long.
const REFRESH_AFTER: Duration = Duration::from_secs(12 * 3600);
/// Unknown serials, which anybody can send, cause no more fetches than this in a row…
const FETCHES: u32 = 3;
/// …and one more for each of these.
const ONE_MORE_AFTER: Duration = Duration::from_secs(10);

/// One key of the platform.
struct PlatformKey {
    /// As WeChat spells it; goes into our `Wechatpay-Serial`.
    serial: String,
    key: Arc<PublicKey>,
    /// `None` for the public key, which does not expire.
    certificate: Option<Certificate>,
}

impl PlatformKey {
    fn is_valid_at(&self, now: i64) -> bool {
        self.certificate.as_ref().is_none_or(|c| c.is_valid_at(now))
    }
}

/// All platform keys known so far.
pub(super) struct PlatformKeys {
    by_serial: RwLock<HashMap<String, PlatformKey>>,
    has_public_key: bool,
    fetches: Mutex<Fetches>,
}

/// When the list was asked for, and how often it still may be. Whoever fetches holds it.
#[derive(Default)]
struct Fetches {
    last: Option<Instant>,
    /// Fetches spent and not yet given back.
    spent: u32,
    /// From when on the next one is given back.
    since: Option<Instant>,
}

impl Fetches {
    /// Takes leave for one fetch at `now`, if there is any left.
    fn take(&mut self, now: Instant) -> bool {
        let mut since = self.since.unwrap_or(now);
        while self.spent > 0 && now.saturating_duration_since(since) >= ONE_MORE_AFTER {
            self.spent -= 1;
            since += ONE_MORE_AFTER;
        }
        // A full bucket begins to count with the next fetch.
        self.since = Some(if self.spent == 0 { now } else { since });
        if self.spent >= FETCHES {
            return false;
        }
        self.spent += 1;
        self.last = Some(now);
        true
    }
}

impl PlatformKeys {
    /// Starts with the public key, if the merchant has one.
    pub fn new(public_key: Option<(String, PublicKey)>) -> Self {
        let has_public_key = public_key.is_some();
        let known = public_key
            .map(|(id, key)| (normal_serial(&id), PlatformKey { serial: id, key: Arc::new(key), certificate: None }));
        Self { by_serial: RwLock::new(known.into_iter().collect()), has_public_key, fetches: Mutex::default() }
    }

    /// The key with this serial, if it is valid at `now` (Unix seconds).
    pub fn find(&self, serial: &str, now: i64) -> Option<Arc<PublicKey>> {
        let known = self.by_serial.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&normal_serial(serial)).filter(|k| k.is_valid_at(now)).map(|k| Arc::clone(&k.key))
    }

    /// The key to encrypt for and to name in requests: the public key, else the newest valid certificate.
    pub fn preferred(&self, now: i64) -> Option<(String, Arc<PublicKey>)> {
        let known = self.by_serial.read().unwrap_or_else(PoisonError::into_inner);
        known
            .values()
            .filter(|k| k.is_valid_at(now))
            .max_by_key(|k| k.certificate.as_ref().map_or(i64::MAX, Certificate::not_after))
            .map(|k| (k.serial.clone(), Arc::clone(&k.key)))
    }

    /// The first second at which a certificate in use expires, Unix time; `None` in public-key mode.
    pub fn expiry(&self) -> Option<i64> {
        let known = self.by_serial.read().unwrap_or_else(PoisonError::into_inner);
        known.values().filter_map(|k| k.certificate.as_ref()).map(Certificate::not_after).max()
    }

    /// Takes new certificates in. One that is listed no more still verifies until it ends: what was
    /// signed with it may be under way.
    fn learn(&self, certificates: Vec<(String, Certificate)>, now: i64) {
        let mut known = self.by_serial.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, k| k.is_valid_at(now));
        for (serial, certificate) in certificates {
            let key = Arc::new(certificate.public_key().clone());
            known.insert(normal_serial(&serial), PlatformKey { serial, key, certificate: Some(certificate) });
        }
    }
}

#[derive(Deserialize)]
struct CertificateList {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    serial_no: String,
    encrypt_certificate: Sealed,
}

/// Opens every entry; what the APIv3 key opens is authentic by that alone.
fn open_list(body: &[u8], opener: &Opener, now: i64) -> Result<Vec<(String, Certificate)>, PayError> {
    let list: CertificateList =
        serde_json::from_slice(body).map_err(|_| PayError::Malformed("certificate list".to_owned()))?;
    if list.data.is_empty() {
        return Err(PayError::Malformed("certificate list without certificates".to_owned()));
    }
    let mut opened = Vec::with_capacity(list.data.len());
    for entry in list.data {
        let pem = opener.open(&entry.encrypt_certificate, now)?;
        let pem = String::from_utf8(pem).map_err(|_| PayError::Malformed("certificate text".to_owned()))?;
        let certificate = Certificate::parse(&pem)?;
        if certificate.serial() != normal_serial(&entry.serial_no) {
            return Err(PayError::Malformed("certificate with another serial".to_owned()));
        }
        opened.push((entry.serial_no, certificate));
    }
    Ok(opened)
}

impl WechatPay {
    /// Makes sure there is a key to encrypt for, and that certificates in use are not stale.
    pub(super) async fn ensure_platform_key(&self, now: i64) -> Result<(), PayError> {
        let keys = self.keys();
        if keys.has_public_key {
            return Ok(());
        }
        if keys.preferred(now).is_none() {
            // A 404 of this list must never be taken for a 404 of the call that needed it.
            self.fetch_certificates(now, |keys| keys.preferred(now).is_some()).await.map_err(|error| match error {
                PayError::Config(refusal) => PayError::Config(refusal),
                other => PayError::Unreachable(format!("no platform key: {other}")),
            })?;
            let none = || PayError::Unreachable("no platform key: it was asked for in vain a moment ago".to_owned());
            return keys.preferred(now).map(drop).ok_or_else(none);
        }
        // While somebody else refreshes, the known keys serve.
        let is_stale = |last: Option<Instant>| last.is_none_or(|at| at.elapsed() > REFRESH_AFTER);
        let stale = keys.fetches.try_lock().is_ok_and(|fetches| is_stale(fetches.last));
        if stale && let Err(error) = self.fetch_certificates(now, |_| false).await {
            tracing::warn!(%error, "platform certificates not refreshed; the known ones stay");
        }
        Ok(())
    }

    /// Asks for the certificates, unless what was missed is there meanwhile (`is_there`), or leave to
    /// ask is spent: then the caller goes on with what is known.
    ///
    /// The answer's content is authenticated by the APIv3 key. Where it is signed too, the
    /// signature must fit one of the keys known or just received.
    pub(super) async fn fetch_certificates(
        &self,
        now: i64,
        is_there: impl Fn(&PlatformKeys) -> bool,
    ) -> Result<(), PayError> {
        let mut fetches = self.keys().fetches.lock().await;
        if is_there(self.keys()) || !fetches.take(Instant::now()) {
            return Ok(());
        }
        let reply = self.exchange(&Outgoing::get("/v3/certificates"), now).await?;
        if !reply.is_success() {
            return Err(super::error::classify(&reply, false));
        }
        let headers = SignatureHeaders::read(|name| reply.header(name));
        self.accept_certificates(&headers, &reply.body, now)
    }

    /// Takes over the certificates of a `/v3/certificates` answer, as [`WechatPay`] does by itself
    /// when it meets an unknown serial. Returns nothing; all or none are accepted.
    pub fn accept_certificates(&self, headers: &SignatureHeaders<'_>, body: &[u8], now: i64) -> Result<(), PayError> {
        let opened = open_list(body, self.opener(), now)?;
        if !headers.is_absent() {
            let received = |serial: &str| {
                let wanted = normal_serial(serial);
                opened.iter().find(|(s, _)| normal_serial(s) == wanted).map(|(_, c)| Arc::new(c.public_key().clone()))
            };
            verify(headers, body, now, |serial| received(serial).or_else(|| self.keys().find(serial, now)))
                .map_err(|why| PayError::Unknown(format!("certificate list: {why}")))?;
        }
        self.keys().learn(opened, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_fetches_in_a_row_and_one_more_every_ten_seconds() {
        let (mut fetches, begun) = (Fetches::default(), Instant::now());
        let mut at = |seconds| fetches.take(begun + Duration::from_secs(seconds));
        assert_eq!([at(0), at(0), at(1), at(1), at(9)], [true, true, true, false, false]);
        assert_eq!([at(10), at(11), at(20)], [true, false, true]);
        assert_eq!([at(500), at(500), at(501), at(502)], [true, true, true, false], "never more than three");
    }
}
