//! The platform's keys: the public key, the certificates, and which of them signs what. Both kinds may be
//! live at once, as while WeChat moves a merchant from one to the other, and two certificates while one
//! follows the other.

use std::sync::{Arc, PoisonError, RwLock};

use crate::crypto::{CryptoError, PrivateKey};
use crate::keys::PlatformKeys;
use crate::state::SandboxState;

/// Five years.
const LIFE_S: i64 = 5 * 365 * 86_400;
/// 2026-01-01 in Beijing: certificates of every run begin here, so that they repeat.
const BEGINS: i64 = 1_767_196_800;

/// One key of the platform's, parsed once.
pub(crate) struct PlatformKey {
    /// What `Wechatpay-Serial` says.
    pub(crate) serial: String,
    pub(crate) key: PrivateKey,
    /// From when until when it is valid, in Unix time; the public key always is.
    pub(crate) life: Option<(i64, i64)>,
}

/// All of them.
pub(crate) struct Platform(RwLock<Ring>);

struct Ring {
    public: Option<Arc<PlatformKey>>,
    /// The oldest first.
    certificates: Vec<Arc<PlatformKey>>,
    /// Certificates that are listed no more and still sign what is asked of them.
    retired: Vec<Arc<PlatformKey>>,
    /// Signs notices, and answers to requests that do not name the public key.
    signs: Option<String>,
}

impl Platform {
    /// The public key alone, or in certificate mode a certificate over the same pair alone.
    pub(crate) fn new(keys: &PlatformKeys, certificate_mode: bool) -> Result<Self, CryptoError> {
        let key = keys.private_key()?;
        let mut ring = Ring { public: None, certificates: Vec::new(), retired: Vec::new(), signs: None };
        if certificate_mode {
            let life = Some((BEGINS, BEGINS + LIFE_S));
            ring.certificates.push(Arc::new(PlatformKey { serial: keys.certificate_serial.clone(), key, life }));
        } else {
            ring.public = Some(Arc::new(PlatformKey { serial: keys.public_key_id.clone(), key, life: None }));
        }
        Ok(Self(RwLock::new(ring)))
    }

    fn read<T>(&self, read: impl FnOnce(&Ring) -> T) -> T {
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Ring) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// The key that a request names, if it may.
    pub(crate) fn named(&self, serial: &str) -> Option<Arc<PlatformKey>> {
        self.read(|ring| ring.offered().find(|key| key.serial == serial).cloned())
    }

    /// What signs the answer to a request that names this key, or none.
    pub(crate) fn answers(&self, named: Option<&str>) -> Option<Arc<PlatformKey>> {
        self.read(|ring| {
            let public = ring.public.as_ref().filter(|key| named == Some(key.serial.as_str()));
            public.cloned().or_else(|| ring.signer())
        })
    }

    /// What signs notices.
    pub(crate) fn notices(&self) -> Option<Arc<PlatformKey>> {
        self.read(Ring::signer)
    }

    /// What `/v3/certificates` lists.
    pub(crate) fn certificates(&self) -> Vec<Arc<PlatformKey>> {
        self.read(|ring| ring.certificates.clone())
    }
}

impl Ring {
    fn offered(&self) -> impl Iterator<Item = &Arc<PlatformKey>> {
        self.public.iter().chain(&self.certificates)
    }

    /// The one that was chosen, else the newest certificate, else the public key.
    fn signer(&self) -> Option<Arc<PlatformKey>> {
        let all = || self.offered().chain(&self.retired);
        let chosen = self.signs.as_ref().and_then(|serial| all().find(|key| key.serial == *serial));
        chosen.or(self.certificates.last()).or(self.public.as_ref()).cloned()
    }
}

impl SandboxState {
    /// Another certificate with this PKCS#8 private key, valid between two moments in Unix time.
    pub fn issues_certificate(&self, serial: &str, der: &[u8], life: (i64, i64)) -> Result<(), CryptoError> {
        let key = PlatformKey { serial: serial.to_owned(), key: PrivateKey::from_pkcs8(der)?, life: Some(life) };
        self.0.platform.change(|ring| ring.certificates.push(Arc::new(key)));
        Ok(())
    }

    /// A certificate is listed no more.
    pub fn retires_certificate(&self, serial: &str) {
        self.0.platform.change(|ring| {
            let (gone, left) = ring.certificates.drain(..).partition(|key| key.serial == serial);
            ring.certificates = left;
            let gone: Vec<_> = gone;
            ring.retired.extend(gone);
        });
    }

    /// The public key can be used beside the certificates, with this PKCS#8 private key.
    pub fn offers_public_key(&self, id: &str, der: &[u8]) -> Result<(), CryptoError> {
        let key = PlatformKey { serial: id.to_owned(), key: PrivateKey::from_pkcs8(der)?, life: None };
        self.0.platform.change(|ring| ring.public = Some(Arc::new(key)));
        Ok(())
    }

    /// The key with this serial signs notices from now on, and answers to requests that do not name the
    /// public key; `None` is the newest certificate, else the public key.
    pub fn signs_with(&self, serial: Option<&str>) {
        self.0.platform.change(|ring| ring.signs = serial.map(str::to_owned));
    }
}
