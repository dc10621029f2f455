//! Fetching a picture from an address that somebody else wrote: to public hosts alone, of bounded size,
//! within bounded time.
//!
//! The address is checked where it is used: names are resolved here and private addresses left out, so
//! that a name cannot mean another host a moment later; addresses written as numbers are checked as such;
//! a redirect is followed on the same host alone.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, redirect};
use url::{Host, Url};

use crate::http::{self, SendError};

/// Most bytes of a picture.
const PICTURE_MAX: usize = 5 * 1024 * 1024;
const CONNECT: Duration = Duration::from_secs(3);
/// The longest wait for a whole picture.
const TOTAL: Duration = Duration::from_secs(15);
/// Most redirects on the same host.
const REDIRECTS_MAX: usize = 2;

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPicture {
    /// Nobody may be asked there.
    #[error("{0}")]
    NotAllowed(&'static str),
    /// The host has none there.
    #[error("the host answered {0}")]
    Status(u16),
    /// No whole answer.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl NoPicture {
    /// Whether asking again cannot end better.
    pub fn is_final(&self) -> bool {
        match self {
            NoPicture::NotAllowed(_) | NoPicture::Send(SendError::TooLarge(_) | SendError::Build(_)) => true,
            NoPicture::Status(status) => !matches!(*status, 408 | 425 | 429 | 500..=599),
            NoPicture::Send(_) => false,
        }
    }
}

/// Fetches pictures. Cheap to clone.
#[derive(Clone)]
pub struct Pictures {
    client: Client,
    loopback: bool,
}

impl Pictures {
    /// `loopback` lets this very machine be asked too, where stand-ins of the platforms run on it.
    ///
    /// # Errors
    /// [`SendError::Build`] when TLS cannot be set up.
    pub fn new(loopback: bool) -> Result<Self, SendError> {
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .redirect(redirect::Policy::custom(same_host))
            .no_proxy()
            .dns_resolver(Arc::new(PublicNames { loopback }))
            .user_agent(concat!("tuanqiao/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| SendError::Build(error.to_string()))?;
        Ok(Self { client, loopback })
    }

    /// The bytes at `address`.
    pub async fn fetch(&self, address: &str) -> Result<Vec<u8>, NoPicture> {
        let url = Url::parse(address).map_err(|_| NoPicture::NotAllowed("not an address"))?;
        allowed(&url, self.loopback)?;
        let request = self.client.get(url).build().map_err(|error| SendError::Build(error.to_string()))?;
        let reply = http::send("pictures", &self.client, request, PICTURE_MAX).await?;
        if reply.is_success() { Ok(reply.body) } else { Err(NoPicture::Status(reply.status)) }
    }
}

fn allowed(url: &Url, loopback: bool) -> Result<(), NoPicture> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(NoPicture::NotAllowed("neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(NoPicture::NotAllowed("an address with credentials"));
    }
    let ip = match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
        Some(Host::Domain(_)) => return Ok(()),
        None => return Err(NoPicture::NotAllowed("not an address")),
    };
    if is_reachable(ip, loopback) { Ok(()) } else { Err(NoPicture::NotAllowed("not a public address")) }
}

fn same_host(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let is_same = attempt.previous().last().is_some_and(|before| {
        before.host() == attempt.url().host()
            && matches!(attempt.url().scheme(), "http" | "https")
            && (before.port() == attempt.url().port())
    });
    if is_same && attempt.previous().len() <= REDIRECTS_MAX { attempt.follow() } else { attempt.stop() }
}

/// Resolves names to public addresses alone.
struct PublicNames {
    loopback: bool,
}

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_reachable(address.ip(), loopback)).collect();
            if public.is_empty() {
                let error: Box<dyn Error + Send + Sync> = "the name has no public address".into();
                return Err(error);
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether a picture may be asked of this address.
fn is_reachable(ip: IpAddr, loopback: bool) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip) || (loopback && ip.is_loopback()),
        IpAddr::V6(ip) => is_public_v6(ip) || (loopback && (ip.is_loopback() || is_mapped_loopback(ip))),
    }
}

fn is_mapped_loopback(ip: Ipv6Addr) -> bool {
    ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback())
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(mapped) = ip.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let [first, second, ..] = ip.segments();
    let translated = first == 0x64 && second == 0xff9b;
    let tunnelled = first == 0x2002 || (first == 0x2001 && (second == 0 || second == 0xdb8));
    // What is routed in the open; what may lead to an address of the older kind is left out.
    (first & 0xe000) == 0x2000 && !translated && !tunnelled
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn judged(address: &str, loopback: bool) -> bool {
        allowed(&Url::parse(address).unwrap(), loopback).is_ok()
    }

    #[test]
    fn only_the_public_web_is_asked() {
        for good in ["https://img.example.com/1.jpg", "http://8.8.8.8/1.jpg", "https://[2606:4700::1111]/1.jpg"] {
            assert!(judged(good, false), "{good}");
        }
        let bad = [
            "ftp://img.example.com/1.jpg",
            "file:///etc/passwd",
            "https://user:secret@img.example.com/1.jpg",
            "http://127.0.0.1/1.jpg",
            "http://2130706433/1.jpg",
            "http://0x7f.1/1.jpg",
            "http://0/1.jpg",
            "http://10.0.0.1/",
            "http://172.20.1.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://100.64.0.1/",
            "http://198.19.0.1/",
            "http://255.255.255.255/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://[64:ff9b::a00:1]/",
            "http://[2002:a00:1::1]/",
        ];
        for bad in bad {
            assert!(!judged(bad, false), "{bad}");
        }
        for own in ["http://127.0.0.1:8090/1.png", "http://[::1]:8090/1.png"] {
            assert!(judged(own, true), "{own}");
        }
        assert!(!judged("http://10.0.0.1/", true), "a stand-in is on this machine alone");
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_not_asked() {
        let pictures = Pictures::new(false).unwrap();
        let outcome = pictures.fetch("http://localhost:1/1.png").await.unwrap_err();
        assert!(matches!(&outcome, NoPicture::Send(SendError::Connect(_))), "{outcome:?}");
        assert!(outcome.to_string().contains("public"), "{outcome}");
    }

    #[test]
    fn what_a_host_does_not_have_is_not_asked_for_again() {
        assert!(NoPicture::Status(404).is_final() && NoPicture::Status(302).is_final());
        assert!(!NoPicture::Status(503).is_final() && !NoPicture::Send(SendError::Timeout).is_final());
    }
}
