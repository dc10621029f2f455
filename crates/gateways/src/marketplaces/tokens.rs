//! Tokens: what an authorisation gives, when they are due for renewal, and who holds them.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::account::{Access, Account, Setup};
use super::error::{ApiError, ErrorClass};

/// What a platform gave for an authorisation. It has no `Debug`: it holds tokens.
#[derive(Clone)]
pub struct TokenSet {
    /// The access token.
    pub access: SecretString,
    /// When it ends; `None`: never.
    pub access_expires_at: Option<DateTime<Utc>>,
    /// The refresh token, where there is one.
    pub refresh: Option<SecretString>,
    /// When that ends; `None`: not told.
    pub refresh_expires_at: Option<DateTime<Utc>>,
    /// Who authorised, by the platform's id; `None`: it must be asked ([`super::Authorise::who`]).
    pub account_id: Option<String>,
    /// The merchant's name there.
    pub account_name: Option<String>,
    /// The site it is for, where the platform says.
    pub site: Option<String>,
    /// The rights granted, in the platform's words.
    pub scopes: Vec<String>,
    /// Further facts that calls need; goes into [`Account::data`].
    pub extra: Map<String, Value>,
}

/// A renewal begins this long before the end at the latest.
const SPARE: TimeDelta = TimeDelta::minutes(5);

impl TokenSet {
    /// An access token that never ends and nothing else.
    pub fn lasting(access: impl Into<String>) -> TokenSet {
        TokenSet {
            access: SecretString::from(access.into()),
            access_expires_at: None,
            refresh: None,
            refresh_expires_at: None,
            account_id: None,
            account_name: None,
            site: None,
            scopes: Vec::new(),
            extra: Map::new(),
        }
    }

    /// When to renew tokens had at `had_at`: at four fifths of their life, or five minutes before
    /// its end if that is earlier, but never before they were had. `None`: never.
    pub fn due_at(&self, had_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let ends_at = self.access_expires_at?;
        let life = (ends_at - had_at).max(TimeDelta::zero());
        Some((had_at + life * 4 / 5).min(ends_at - SPARE).max(had_at))
    }

    /// These tokens with what a renewal left out taken from the former ones: a platform that does
    /// not rotate the refresh token does not repeat it, and one that does may keep its old end.
    pub fn after(mut self, former: &TokenSet) -> TokenSet {
        if self.refresh.is_none() {
            self.refresh = former.refresh.clone();
            self.refresh_expires_at = self.refresh_expires_at.or(former.refresh_expires_at);
        }
        self.account_id = self.account_id.or_else(|| former.account_id.clone());
        self.account_name = self.account_name.or_else(|| former.account_name.clone());
        self.site = self.site.or_else(|| former.site.clone());
        if self.scopes.is_empty() {
            self.scopes.clone_from(&former.scopes);
        }
        for (name, value) in &former.extra {
            self.extra.entry(name.clone()).or_insert_with(|| value.clone());
        }
        self
    }

    /// Whether a renewal moved the end of the access token; where it did not, only the merchant can
    /// help, by authorising again before it comes.
    pub fn outlasts(&self, former: &TokenSet) -> bool {
        match (self.access_expires_at, former.access_expires_at) {
            (Some(new), Some(old)) => new > old,
            (None, _) => true,
            (Some(_), None) => false,
        }
    }

    /// Refuses tokens of another merchant or site than the one asked for.
    pub fn belongs_to(&self, setup: &Setup) -> Result<(), ApiError> {
        let differs = |asked: &Option<String>, told: &Option<String>| matches!((asked, told), (Some(asked), Some(told)) if asked != told);
        if differs(&setup.account_id, &self.account_id) {
            return Err(ApiError::new(ErrorClass::Conflict, "other_account", "another merchant has authorised"));
        }
        if differs(&setup.site, &self.site) {
            return Err(ApiError::new(ErrorClass::Conflict, "other_site", "another site was authorised"));
        }
        Ok(())
    }

    /// The account as calls name it; `None` while the platform has not said who authorised.
    pub fn account(&self, setup: &Setup) -> Option<Account> {
        let id = self.account_id.clone().or_else(|| setup.account_id.clone())?;
        let mut account = setup.account(id);
        for (name, value) in &self.extra {
            account.data.insert(name.clone(), value.clone());
        }
        Some(account)
    }
}

/// Holds one account's tokens for the engine. The shop's own refreshes under one lock for all
/// processes and writes new tokens down before anybody uses them.
#[async_trait]
pub trait TokenKeeper: Send + Sync {
    /// For whom.
    fn account(&self) -> &Account;

    /// The right as it now stands, renewed before if it was due.
    async fn access(&self) -> Result<Access, ApiError>;

    /// The right after the platform has refused `refused` as expired. When another holder has
    /// renewed it meanwhile, that one is given. Fails with [`ErrorClass::ReauthorizeNeeded`] when only
    /// the merchant can help.
    async fn renewed(&self, refused: &Access) -> Result<Access, ApiError>;
}

/// Tokens that nobody renews: for a single question, and for tests.
pub struct FixedAccess(pub Access);

#[async_trait]
impl TokenKeeper for FixedAccess {
    fn account(&self) -> &Account {
        &self.0.account
    }

    async fn access(&self) -> Result<Access, ApiError> {
        Ok(self.0.clone())
    }

    async fn renewed(&self, _: &Access) -> Result<Access, ApiError> {
        Err(ApiError::new(ErrorClass::TokenExpired, "not_renewed", "the token has run out and is not renewed here"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use secrecy::ExposeSecret;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_400_000 + seconds, 0).unwrap()
    }

    fn ending(seconds: i64) -> TokenSet {
        TokenSet { access_expires_at: Some(at(seconds)), ..TokenSet::lasting("a") }
    }

    #[test]
    fn tokens_are_renewed_at_four_fifths_of_their_life_or_five_minutes_before_its_end() {
        assert_eq!(ending(86_400).due_at(at(0)), Some(at(69_120)));
        assert_eq!(ending(3600).due_at(at(0)), Some(at(2880)));
        assert_eq!(ending(600).due_at(at(0)), Some(at(300)));
        assert_eq!(ending(60).due_at(at(0)), Some(at(0)));
        assert_eq!(TokenSet::lasting("a").due_at(at(0)), None);
    }

    #[test]
    fn a_renewal_keeps_the_refresh_token_it_does_not_replace() {
        let former = TokenSet {
            refresh: Some(SecretString::from("r1".to_owned())),
            refresh_expires_at: Some(at(9)),
            account_id: Some("m".into()),
            ..ending(10)
        };
        let kept = ending(20).after(&former);
        assert_eq!(kept.refresh.as_ref().unwrap().expose_secret(), "r1");
        assert_eq!((kept.refresh_expires_at, kept.account_id.as_deref()), (Some(at(9)), Some("m")));
        let rotated = TokenSet { refresh: Some(SecretString::from("r2".to_owned())), ..ending(20) }.after(&former);
        assert_eq!((rotated.refresh.unwrap().expose_secret(), rotated.refresh_expires_at), ("r2", None));
    }

    #[test]
    fn a_renewal_that_does_not_move_the_end_is_noticed() {
        assert!(ending(20).outlasts(&ending(10)));
        assert!(!ending(10).outlasts(&ending(10)));
        assert!(TokenSet::lasting("a").outlasts(&ending(10)));
    }
}
