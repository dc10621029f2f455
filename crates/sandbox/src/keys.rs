//! Keys and accounts of the sandbox, made once and kept in a file.

use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::crypto::{self, CryptoError, PrivateKey};
use crate::stores::StoreApps;

/// Why keys could not be made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file cannot be read or written.
    #[error("the key file failed: {0}")]
    File(#[from] std::io::Error),
    /// The file is not the JSON that [`SandboxKeys::save`] writes.
    #[error("the key file is not understood: {0}")]
    Format(#[from] serde_json::Error),
    /// A key in it does not work.
    #[error(transparent)]
    Key(#[from] CryptoError),
}

/// Everything a shop must be told so that it can talk to the sandbox: the platform's own key and
/// one merchant, and one application on each marketplace.
#[derive(Clone, Serialize, Deserialize)]
pub struct SandboxKeys {
    /// The platform's key, with which answers and notices are signed.
    pub platform: PlatformKeys,
    /// The first merchant; more are added with [`crate::SandboxState::add_merchant`].
    pub merchant: MerchantKeys,
    /// The Duoduo Jinbao application.
    pub pinduoduo: PinduoduoApp,
    /// The Alimama application.
    pub taobao: TaobaoApp,
    /// The JD Union application.
    pub jd: JdApp,
    /// The applications that merchants authorise for their stores. A file of before has none of them:
    /// they are made when it is read.
    #[serde(default)]
    pub stores: StoreApps,
}

/// WeChat Pay's key pair in public-key mode, and the serial its certificate has in certificate mode.
#[derive(Clone, Serialize, Deserialize)]
pub struct PlatformKeys {
    /// `PUB_KEY_ID_` and digits: the value of `Wechatpay-Serial`.
    pub public_key_id: String,
    /// Serial of the platform certificate (hex), used when the sandbox runs in certificate mode.
    pub certificate_serial: String,
    private_key_der: String,
}

/// A merchant account bound to a mini-program.
#[derive(Clone, Serialize, Deserialize)]
pub struct MerchantKeys {
    /// Appid of the mini-program, bound to `mchid`.
    pub appid: String,
    /// Its secret.
    pub secret: String,
    /// Token of its message push.
    pub push_token: String,
    /// EncodingAESKey of its message push, 43 characters.
    pub push_aes_key: String,
    /// Merchant number; of the service provider in partner mode.
    pub mchid: String,
    /// Serial of the merchant's API certificate, hex.
    pub serial: String,
    /// APIv3 key, 32 ASCII characters.
    pub api_v3_key: String,
    /// Mini-programs of others that are bound to `mchid` too.
    #[serde(default)]
    pub bound_appids: Vec<String>,
    /// Sub-merchants. Who has any is a service provider, and no merchant that sells itself.
    #[serde(default)]
    pub sub_merchants: Vec<SubMerchant>,
    private_key_der: String,
}

/// A sub-merchant (特约商户) of a service provider.
#[derive(Clone, Serialize, Deserialize)]
pub struct SubMerchant {
    /// Its merchant number.
    pub mchid: String,
    /// Its own mini-program, when it has one.
    pub appid: Option<String>,
}

/// A Duoduo Jinbao application.
#[derive(Clone, Serialize, Deserialize)]
pub struct PinduoduoApp {
    /// Public name of the application.
    pub client_id: String,
    /// Its signing secret.
    pub client_secret: String,
    /// Its promotion position.
    pub pid: String,
}

/// An Alimama application.
#[derive(Clone, Serialize, Deserialize)]
pub struct TaobaoApp {
    /// Public name of the application.
    pub app_key: String,
    /// Its signing secret.
    pub app_secret: String,
    /// Third segment of the pid.
    pub adzone_id: String,
    /// Second segment of the pid.
    pub site_id: String,
}

/// A JD Union application.
#[derive(Clone, Serialize, Deserialize)]
pub struct JdApp {
    /// Public name of the application.
    pub app_key: String,
    /// Its signing secret.
    pub app_secret: String,
    /// The account.
    pub union_id: String,
    /// The registered place of promotion.
    pub site_id: String,
}

impl SandboxKeys {
    /// Makes fresh keys (two RSA-2048 pairs, a fraction of a second).
    pub fn generate() -> Result<Self, KeysError> {
        let mut stores = StoreApps::default();
        stores.complete();
        Ok(Self {
            stores,
            platform: PlatformKeys::generate()?,
            merchant: MerchantKeys::generate()?,
            pinduoduo: PinduoduoApp {
                client_id: digest_hex(32),
                client_secret: digest_hex(40),
                pid: format!("3{}_2{}", random_digits(7), random_digits(8)),
            },
            taobao: TaobaoApp {
                app_key: format!("2{}", random_digits(7)),
                app_secret: digest_hex(32),
                adzone_id: format!("11{}", random_digits(10)),
                site_id: format!("4{}", random_digits(7)),
            },
            jd: JdApp {
                app_key: digest_hex(32),
                app_secret: digest_hex(32),
                union_id: format!("1{}", random_digits(9)),
                site_id: format!("4{}", random_digits(9)),
            },
        })
    }

    /// Reads the keys kept at `path`, or makes and keeps new ones when there is no such file.
    pub fn load_or_generate(path: &Path) -> Result<Self, KeysError> {
        match Self::load(path) {
            Err(KeysError::File(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                let keys = Self::generate()?;
                keys.save(path)?;
                Ok(keys)
            }
            other => other,
        }
    }

    /// Reads the keys kept at `path` and checks that each of them works. What a file of before lacks
    /// is made and kept.
    pub fn load(path: &Path) -> Result<Self, KeysError> {
        let mut keys: Self = serde_json::from_slice(&std::fs::read(path)?)?;
        keys.platform.private_key()?;
        keys.merchant.private_key()?;
        if keys.stores.complete() {
            keys.save(path)?;
        }
        Ok(keys)
    }

    /// Writes the keys as JSON (keys as Base64 DER), readable by the owner alone where the system
    /// knows such rights.
    pub fn save(&self, path: &Path) -> Result<(), KeysError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.sync_all()?;
        Ok(())
    }
}

impl PlatformKeys {
    /// Makes a fresh key pair with its id.
    pub fn generate() -> Result<Self, KeysError> {
        let id = format!("PUB_KEY_ID_01{}", random_digits(28));
        Ok(Self::from_der(&id, &crypto::generate_private_key()?))
    }

    /// Takes a given PKCS#8 private key under `public_key_id`.
    pub fn from_der(public_key_id: &str, private_key_der: &[u8]) -> Self {
        Self {
            public_key_id: public_key_id.to_owned(),
            // Beginning with 5, as WeChat's do: then it is also a plain positive number in a certificate.
            certificate_serial: format!("5{}", digest_hex(39).to_uppercase()),
            private_key_der: STANDARD.encode(private_key_der),
        }
    }

    /// The public key as PEM text, for a shop file.
    pub fn public_key_pem(&self) -> Result<String, KeysError> {
        Ok(pem("PUBLIC KEY", self.private_key()?.public_der()))
    }

    pub(crate) fn private_key(&self) -> Result<PrivateKey, CryptoError> {
        PrivateKey::from_pkcs8(&der_of(&self.private_key_der)?)
    }
}

impl MerchantKeys {
    /// Makes a fresh merchant with its own mini-program.
    pub fn generate() -> Result<Self, KeysError> {
        Ok(Self {
            appid: format!("wx{}", digest_hex(16)),
            secret: digest_hex(32),
            push_token: crypto::random_text(24),
            push_aes_key: crypto::random_text(43),
            mchid: format!("16{}", random_digits(8)),
            serial: digest_hex(40).to_uppercase(),
            api_v3_key: crypto::random_text(32),
            bound_appids: Vec::new(),
            sub_merchants: Vec::new(),
            private_key_der: STANDARD.encode(crypto::generate_private_key()?),
        })
    }

    /// The same account with another PKCS#8 private key.
    #[must_use]
    pub fn with_private_key_der(mut self, der: &[u8]) -> Self {
        self.private_key_der = STANDARD.encode(der);
        self
    }

    /// The merchant's private key as PKCS#8 PEM text, for a shop file.
    pub fn private_key_pem(&self) -> Result<String, KeysError> {
        Ok(pem("PRIVATE KEY", &der_of(&self.private_key_der)?))
    }

    /// The merchant's private key as PKCS#8 DER.
    pub fn private_key_der(&self) -> Result<Vec<u8>, KeysError> {
        Ok(der_of(&self.private_key_der)?)
    }

    /// Signs `message` as the merchant would (RSA PKCS#1 v1.5, SHA-256, Base64). For tests that
    /// need a client of their own.
    pub fn sign(&self, message: &[u8]) -> Result<String, KeysError> {
        Ok(self.private_key()?.sign(message)?)
    }

    pub(crate) fn private_key(&self) -> Result<PrivateKey, CryptoError> {
        PrivateKey::from_pkcs8(&der_of(&self.private_key_der)?)
    }
}

fn der_of(base64: &str) -> Result<Vec<u8>, CryptoError> {
    STANDARD.decode(base64).map_err(|_| CryptoError("private key"))
}

/// `der` as PEM text.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(64).unwrap_or((rest, ""));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

fn digest_hex(length: usize) -> String {
    crypto::sha256_hex(&crypto::random_text(32)).chars().take(length).collect()
}

fn random_digits(length: usize) -> String {
    crypto::random_text(length).bytes().map(|byte| char::from(b'0' + byte % 10)).collect()
}
