//! Access and refresh tokens: keyed hashes over ids and times, so that an access token is checked
//! without a database read and a leaked database holds no token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chrono::{DateTime, Duration};
use kernel::Time;
use kernel::id::{MemberId, SessionId, ShopId};
use uuid::Uuid;

use super::error::MemberError;
use crate::platform::seal::Sealer;

/// How long an access token is good.
pub const ACCESS_LIFE: Duration = Duration::hours(2);
/// How long a refresh token is good.
pub const REFRESH_LIFE: Duration = Duration::days(30);

/// What an access token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The shop.
    pub shop: ShopId,
    /// The member.
    pub member: MemberId,
    /// The session.
    pub session: SessionId,
    /// Until when, wall time, whole seconds.
    pub expires_at: Time,
}

/// Signs an access token.
pub fn access(sealer: &Sealer, claims: &Claims) -> String {
    let mut body = Vec::with_capacity(88);
    body.extend_from_slice(claims.shop.uuid().as_bytes());
    body.extend_from_slice(claims.member.uuid().as_bytes());
    body.extend_from_slice(claims.session.uuid().as_bytes());
    body.extend_from_slice(&claims.expires_at.timestamp().to_be_bytes());
    sign(sealer, "access-token", body)
}

/// Checks an access token.
pub fn open_access(sealer: &Sealer, token: &str, now: Time) -> Result<Claims, MemberError> {
    let body: [u8; 56] = verified(sealer, "access-token", token)?;
    let claims = Claims {
        shop: ShopId::from_uuid(uuid_at(&body, 0)?),
        member: MemberId::from_uuid(uuid_at(&body, 16)?),
        session: SessionId::from_uuid(uuid_at(&body, 32)?),
        expires_at: seconds_at(&body, 48)?,
    };
    if claims.expires_at <= now { Err(MemberError::TokenExpired) } else { Ok(claims) }
}

/// Makes the refresh token of a session's `generation`.
pub fn refresh(sealer: &Sealer, session: SessionId, generation: i32) -> String {
    let mut body = session.uuid().as_bytes().to_vec();
    body.extend_from_slice(&generation.to_be_bytes());
    sign(sealer, "refresh-token", body)
}

/// Checks a refresh token: its session and generation.
pub fn open_refresh(sealer: &Sealer, token: &str) -> Result<(SessionId, i32), MemberError> {
    let body: [u8; 20] = verified(sealer, "refresh-token", token)?;
    let generation = body.get(16..).and_then(|bytes| bytes.try_into().ok()).ok_or(MemberError::TokenInvalid)?;
    Ok((SessionId::from_uuid(uuid_at(&body, 0)?), i32::from_be_bytes(generation)))
}

fn sign(sealer: &Sealer, purpose: &'static str, mut body: Vec<u8>) -> String {
    let mac = sealer.keyed_hash(purpose, &body);
    body.extend_from_slice(&mac);
    BASE64.encode(body)
}

fn verified<const N: usize>(sealer: &Sealer, purpose: &'static str, token: &str) -> Result<[u8; N], MemberError> {
    let bytes = BASE64.decode(token).map_err(|_| MemberError::TokenInvalid)?;
    let (body, mac) = bytes.split_at_checked(N).ok_or(MemberError::TokenInvalid)?;
    if !sealer.is_keyed_hash(purpose, body, mac) {
        return Err(MemberError::TokenInvalid);
    }
    body.try_into().map_err(|_| MemberError::TokenInvalid)
}

fn uuid_at(body: &[u8], start: usize) -> Result<Uuid, MemberError> {
    let bytes = body.get(start..start + 16).ok_or(MemberError::TokenInvalid)?;
    Uuid::from_slice(bytes).map_err(|_| MemberError::TokenInvalid)
}

fn seconds_at(body: &[u8], start: usize) -> Result<Time, MemberError> {
    let bytes = body.get(start..start + 8).and_then(|b| b.try_into().ok()).ok_or(MemberError::TokenInvalid)?;
    DateTime::from_timestamp(i64::from_be_bytes(bytes), 0).ok_or(MemberError::TokenInvalid)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sealer() -> Sealer {
        Sealer::new(&"a key for this test".to_owned().into(), &[]).unwrap()
    }

    #[test]
    fn a_token_is_good_until_it_expires_and_not_after_a_change() {
        let now: Time = "2026-11-23T00:00:00Z".parse().unwrap();
        let claims = Claims {
            shop: ShopId::new(),
            member: MemberId::new(),
            session: SessionId::new(),
            expires_at: now + ACCESS_LIFE,
        };
        let token = access(&sealer(), &claims);
        assert_eq!(open_access(&sealer(), &token, now).unwrap(), claims);
        assert!(matches!(open_access(&sealer(), &token, now + ACCESS_LIFE), Err(MemberError::TokenExpired)));
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            if let Some(byte) = changed.get_mut(place) {
                *byte = if *byte == b'A' { b'B' } else { b'A' };
            }
            let changed = String::from_utf8(changed).unwrap();
            assert!(open_access(&sealer(), &changed, now).is_err(), "position {place}");
        }
    }

    #[test]
    fn a_refresh_token_is_no_access_token() {
        let session = SessionId::new();
        let token = refresh(&sealer(), session, 3);
        assert_eq!(open_refresh(&sealer(), &token).unwrap(), (session, 3));
        assert!(open_access(&sealer(), &token, Time::default()).is_err());
    }
}
