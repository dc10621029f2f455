//! One-time codes by time (RFC 6238): SHA-1, six digits, steps of 30 seconds, one step of
//! tolerance each way, as authenticator apps expect.

use kernel::Time;
use kernel::crypto::digest::{hmac_sha1, same};

/// Seconds of one step.
const STEP_S: i64 = 30;
/// RFC 4648 Base32.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A new secret of 160 bits.
pub fn new_secret() -> [u8; 20] {
    kernel::crypto::random::bytes()
}

/// The code of `secret` in `step`.
fn code(secret: &[u8], step: i64) -> String {
    let mac = hmac_sha1(secret, &step.to_be_bytes());
    let offset = usize::from(mac.last().copied().unwrap_or(0) & 0x0f);
    let word = mac.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

/// The step whose code was `given`, if it is this one or one of its neighbours. The caller lets a
/// step pass once.
pub fn step_of(secret: &[u8], given: &str, now: Time) -> Option<i64> {
    let current = now.timestamp().div_euclid(STEP_S);
    // All three are computed and compared, whatever the first says.
    let fits = [-1, 0, 1].map(|near| (current + near, same(code(secret, current + near), given)));
    fits.into_iter().find(|(_, fits)| *fits).map(|(step, _)| step)
}

/// What an authenticator app reads, as text or as a QR code.
pub fn enrolment_url(secret: &[u8], username: &str) -> String {
    format!(
        "otpauth://totp/Tuanqiao:{username}?secret={}&issuer=Tuanqiao&algorithm=SHA1&digits=6&period=30",
        base32(secret)
    )
}

fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let bits = chunk.iter().fold(0u64, |bits, byte| (bits << 8) | u64::from(*byte)) << (8 * (5 - chunk.len()));
        let letters = (chunk.len() * 8).div_ceil(5);
        for place in 0..letters {
            let letter = usize::try_from((bits >> (35 - 5 * place)) & 31).unwrap_or(0);
            text.extend(ALPHABET.get(letter).map(|letter| char::from(*letter)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Time {
        chrono::DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// RFC 6238, appendix B; its codes have eight digits, ours are their last six.
    #[test]
    fn the_codes_of_the_rfc_are_met() {
        for (seconds, digits) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(code(SECRET, seconds / 30), digits);
            assert_eq!(step_of(SECRET, digits, at(seconds)), Some(seconds / 30));
        }
    }

    #[test]
    fn a_neighbouring_step_is_accepted_and_a_further_one_is_not() {
        let given = code(SECRET, 100);
        assert_eq!(step_of(SECRET, &given, at(99 * 30)), Some(100));
        assert_eq!(step_of(SECRET, &given, at(101 * 30 + 29)), Some(100));
        assert_eq!(step_of(SECRET, &given, at(102 * 30)), None);
        assert_eq!(step_of(SECRET, "", at(3000)), None);
    }

    #[test]
    fn base32_is_the_one_of_rfc_4648() {
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
        assert_eq!(base32(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }
}
