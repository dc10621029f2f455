//! Passwords: argon2id with the parameters OWASP names (19 MiB, two passes). Both functions take
//! tens of milliseconds on purpose; callers run them off the asynchronous threads.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use kernel::failure::Invalid;

use super::error::OperatorError;

/// The fewest characters of a password.
pub const LEAST: usize = 8;
/// The most characters of a password.
pub const MOST: usize = 128;

/// Wrong attempts in a row that cost nothing; after them a user name has to wait.
pub const FREE_ATTEMPTS: u32 = 5;

/// Refuses passwords that are too short or too long.
pub fn check(password: &str) -> Result<(), Invalid> {
    match password.chars().count() {
        n if n < LEAST => Err(Invalid::field("password", "too_short", format!("at least {LEAST} characters"))),
        n if n > MOST => Err(Invalid::field("password", "too_long", format!("at most {MOST} characters"))),
        _ => Ok(()),
    }
}

/// Hashes a password with a salt of its own: a PHC string.
pub fn hash(password: &str) -> Result<String, OperatorError> {
    let hash: PasswordHash =
        Argon2::default().hash_password(password.as_bytes()).map_err(|error| OperatorError::Hash(error.to_string()))?;
    Ok(hash.to_string())
}

/// Whether `password` belongs to `hash`. Without a hash, for a user who does not exist, the same
/// work is done and the answer is no.
pub fn is_right(password: &str, hash: Option<&str>) -> bool {
    match hash.map(PasswordHash::new) {
        Some(Ok(hash)) => Argon2::default().verify_password(password.as_bytes(), &hash).is_ok(),
        _ => {
            let spent: Result<PasswordHash, _> = Argon2::default().hash_password(password.as_bytes());
            std::hint::black_box(spent.is_ok());
            false
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_alone() {
        let hashed = hash("correct horse").unwrap();
        assert!(hashed.starts_with("$argon2id$") && !hashed.contains("horse"));
        assert!(is_right("correct horse", Some(&hashed)));
        assert!(!is_right("correct horsf", Some(&hashed)));
        assert!(!is_right("correct horse", None));
        assert_ne!(hashed, hash("correct horse").unwrap());
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(check("七个字的密码啊").is_err());
        assert!(check("八个字的密码够了").is_ok());
        assert!(check(&"x".repeat(129)).is_err());
    }
}
