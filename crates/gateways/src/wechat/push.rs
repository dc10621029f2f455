//! Message push: what the platform posts to us, plain or sealed, JSON or XML (sheet §9).
//!
//! The caller stores what comes out and answers `success` within five seconds; every refusal is
//! answered alike, with 403 and one constant body.

use std::fmt;

use kernel::crypto::push::{PushKey, check_signature, signature};
use kernel::crypto::{CryptoError, random};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::push_xml;

/// The query of a push. Absent parameters are empty and fit nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PushQuery {
    /// Over token, timestamp and nonce.
    pub signature: String,
    /// Unix seconds.
    pub timestamp: String,
    /// Random text.
    pub nonce: String,
    /// Over the sealed text too; sealed pushes only.
    pub msg_signature: String,
    /// To be echoed, when the address is verified.
    pub echostr: String,
}

/// What the console was told: verifies, opens and seals.
pub struct PushDoor {
    appid: String,
    token: SecretString,
    key: Option<PushKey>,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushFormat {
    /// Recommended.
    Json,
    /// The older form.
    Xml,
}

/// A refused push. Says why for our log only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushRefused {
    /// Signature, sealing or owner is wrong.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// Sealing is configured and the body is not sealed, or is neither JSON nor XML.
    #[error("no sealed text")]
    NotSealed,
}

#[derive(Deserialize)]
struct SealedBody {
    #[serde(rename = "Encrypt")]
    encrypt: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SealedReply<'a> {
    encrypt: &'a str,
    msg_signature: &'a str,
    time_stamp: &'a str,
    nonce: &'a str,
}

impl PushDoor {
    /// `encoding_aes_key` is there in compat and safe mode. Errors: [`CryptoError::Key`].
    pub fn new(
        appid: String,
        token: SecretString,
        encoding_aes_key: Option<&SecretString>,
    ) -> Result<Self, CryptoError> {
        let key = encoding_aes_key.map(|k| PushKey::parse(k.expose_secret())).transpose()?;
        Ok(Self { appid, token, key })
    }

    /// Verifies our address: returns the text to echo, as text/plain since nobody signed it.
    pub fn verify_url<'q>(&self, query: &'q PushQuery) -> Result<&'q str, PushRefused> {
        self.check_plain(query)?;
        Ok(&query.echostr)
    }

    /// Opens a push and returns the message, JSON or XML as configured; it may be empty.
    ///
    /// With a key only the sealed part counts: plain fields beside it are ignored, and a body
    /// without it is refused.
    pub fn open(&self, query: &PushQuery, body: &[u8]) -> Result<Vec<u8>, PushRefused> {
        let Some(key) = &self.key else {
            self.check_plain(query)?;
            return Ok(body.to_vec());
        };
        let encrypt = sealed_text(body).ok_or(PushRefused::NotSealed)?;
        let parts = [self.token.expose_secret(), &query.timestamp, &query.nonce, &encrypt];
        check_signature(&parts, &query.msg_signature)?;
        Ok(key.open(&encrypt, &self.appid)?)
    }

    /// Seals a reply that is more than `success`; `timestamp` is Unix seconds.
    pub fn seal(&self, message: &[u8], timestamp: i64, format: PushFormat) -> Result<String, PushRefused> {
        self.seal_with(message, &timestamp.to_string(), &random::nonce(10), random::bytes(), format)
    }

    /// As [`PushDoor::seal`] with everything given: for vectors and stand-ins.
    pub fn seal_with(
        &self,
        message: &[u8],
        timestamp: &str,
        nonce: &str,
        random16: [u8; 16],
        format: PushFormat,
    ) -> Result<String, PushRefused> {
        let key = self.key.as_ref().ok_or(PushRefused::NotSealed)?;
        let encrypt = key.seal(random16, message, &self.appid)?;
        let signed = signature(&[self.token.expose_secret(), timestamp, nonce, &encrypt]);
        match format {
            PushFormat::Json => {
                let reply = SealedReply { encrypt: &encrypt, msg_signature: &signed, time_stamp: timestamp, nonce };
                serde_json::to_string(&reply).map_err(|_| PushRefused::Crypto(CryptoError::Json))
            }
            PushFormat::Xml => Ok(format!(
                "<xml><Encrypt><![CDATA[{encrypt}]]></Encrypt><MsgSignature><![CDATA[{signed}]]></MsgSignature>\
                 <TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
            )),
        }
    }

    fn check_plain(&self, query: &PushQuery) -> Result<(), PushRefused> {
        Ok(check_signature(&[self.token.expose_secret(), &query.timestamp, &query.nonce], &query.signature)?)
    }
}

impl fmt::Debug for PushDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushDoor").field("appid", &self.appid).finish_non_exhaustive()
    }
}

/// The sealed text of either form. It is looked for where it belongs and nowhere else: in compat
/// mode the plain fields beside it hold what people wrote.
fn sealed_text(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim_start();
    if text.starts_with('{') {
        return serde_json::from_str::<SealedBody>(text).ok().map(|b| b.encrypt);
    }
    let message = push_xml::parse(text)?;
    message.get("Encrypt").and_then(Value::as_str).map(|sealed| sealed.trim().to_owned())
}
