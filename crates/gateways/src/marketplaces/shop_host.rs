//! Platforms where each store has a host of its own, and the signature of their redirects.

use kernel::crypto::digest;
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded::Serializer;

use super::account::Account;
use super::authorise::refused;
use super::error::ApiError;

/// `shop` as the host of a store below `domain`, in small letters; `None` when it is anything else. Hosts
/// come from browsers, and our secrets go where they point.
pub fn checked(shop: &str, domain: &str) -> Option<String> {
    let host = shop.trim_end_matches('/').to_ascii_lowercase();
    let name = host.strip_suffix(domain)?.strip_suffix('.')?;
    let first = name.bytes().next()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (first.is_ascii_alphanumeric() && name.bytes().all(allowed)).then_some(host)
}

/// The origin of an account's store, by its `shop` or, without one, by its id.
pub fn origin(account: &Account, domain: &str) -> Result<String, ApiError> {
    let shop = account.text("shop").unwrap_or_else(|| account.id.clone());
    let host =
        checked(&shop, domain).ok_or_else(|| ApiError::bad_request("the account's shop is no host of a store"))?;
    Ok(format!("https://{host}"))
}

/// Checks the signature of a redirect: HMAC-SHA256 in hex over the query without it, sorted and encoded
/// as a form. Parameters we do not know are signed too. One of `secrets` must fit: while a secret is
/// replaced both are in use.
pub fn check_query<'a>(
    query: &[(String, String)],
    given: &str,
    mut secrets: impl Iterator<Item = &'a SecretString>,
) -> Result<(), ApiError> {
    let mut signed: Vec<&(String, String)> =
        query.iter().filter(|(name, _)| name != "hmac" && name != "signature").collect();
    signed.sort();
    let text = Serializer::new(String::new()).extend_pairs(signed).finish();
    let fits = |secret: &SecretString| {
        digest::same(digest::hmac_sha256_hex(secret.expose_secret().as_bytes(), text.as_bytes()), given)
    };
    if secrets.any(fits) { Ok(()) } else { Err(refused("the callback's signature is wrong")) }
}
