//! What merchants allowed: codes, and the tokens they are exchanged for.
//!
//! Times are wall time: tokens belong to the platform, not to the shop's business.

use serde::{Deserialize, Serialize};

use super::platform::{Extends, Lives};
use super::{StorePlatform, StoreRef};
use crate::crypto;

/// Ended grants remembered, so that an old token is told from one that never was.
const ENDED_KEPT: usize = 200;

/// A token and its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) text: String,
    /// Unix seconds; `None`: for ever.
    pub(crate) ends_at: Option<i64>,
}

impl Token {
    fn new(text: String, life: Option<i64>, now: i64) -> Self {
        Token { text, ends_at: life.map(|life| now + life) }
    }

    pub(crate) fn is_over(&self, now: i64) -> bool {
        self.ends_at.is_some_and(|end| end <= now)
    }

    /// Seconds left; a hundred years for what never ends.
    pub(crate) fn left_s(&self, now: i64) -> i64 {
        self.ends_at.map_or(3_153_600_000, |end| (end - now).max(0))
    }
}

/// A merchant lets the application act for a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    /// The store he chose. On platforms whose token counts for all sites of a seller, one of them.
    pub(crate) store: StoreRef,
    pub(crate) access: Token,
    pub(crate) refresh: Token,
    /// When he consented.
    pub(crate) at: i64,
    /// Taken back by him, or replaced by a later consent.
    pub(crate) ended: bool,
    /// Tokens of before that renewals replaced.
    former: Vec<String>,
    /// The refresh token of before, where the platform takes it until the new one is used: so nobody is
    /// locked out who lost the answer.
    #[serde(default)]
    spare: Option<String>,
}

/// A code on its way from the consent page to the application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code {
    text: String,
    pub(crate) store: StoreRef,
    pub(crate) redirect_uri: String,
    ends_at: i64,
    used: bool,
}

/// Why a token or a code is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GrantRefused {
    /// Nobody gave it out.
    Unknown,
    /// Its time is over.
    Expired,
    /// It was used, replaced, or taken back.
    Ended,
}

/// All codes and grants.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Grants {
    codes: Vec<Code>,
    grants: Vec<Grant>,
}

impl Grants {
    /// A code for a store whose merchant has just consented.
    pub(crate) fn issue_code(&mut self, store: &StoreRef, redirect_uri: &str, now: i64) -> String {
        let text = crypto::random_text(32).to_lowercase();
        self.codes.retain(|code| code.ends_at + 3_600 > now);
        self.codes.push(Code {
            text: text.clone(),
            store: store.clone(),
            redirect_uri: redirect_uri.to_owned(),
            ends_at: now + store.platform.lives().code_s,
            used: false,
        });
        text
    }

    /// Uses up a code of `platform`. A platform that compares the address compares [`Code::redirect_uri`].
    pub(crate) fn take_code(&mut self, platform: StorePlatform, text: &str, now: i64) -> Result<Code, GrantRefused> {
        let known = |code: &&mut Code| code.text == text && code.store.platform == platform;
        let code = self.codes.iter_mut().find(known).ok_or(GrantRefused::Unknown)?;
        if code.used {
            return Err(GrantRefused::Ended);
        }
        if code.ends_at <= now {
            return Err(GrantRefused::Expired);
        }
        code.used = true;
        Ok(code.clone())
    }

    /// A merchant's consent: tokens of before die at once.
    pub(crate) fn open(&mut self, store: &StoreRef, now: i64) -> Grant {
        for grant in self.grants.iter_mut().filter(|grant| grant.store == *store) {
            grant.ended = true;
        }
        let lives = store.platform.lives();
        let grant = Grant {
            store: store.clone(),
            access: Token::new(token(), lives.access_s, now),
            refresh: Token::new(token(), lives.refresh_s, now),
            at: now,
            ended: false,
            former: Vec::new(),
            spare: None,
        };
        self.grants.push(grant.clone());
        while self.grants.len() > ENDED_KEPT {
            let Some(oldest) = self.grants.iter().position(|grant| grant.ended) else { break };
            self.grants.remove(oldest);
        }
        grant
    }

    /// The grant an access token speaks for.
    pub(crate) fn by_access(&self, platform: StorePlatform, text: &str, now: i64) -> Result<&Grant, GrantRefused> {
        let of = |grant: &&Grant| grant.store.platform == platform;
        if let Some(grant) = self.grants.iter().filter(of).find(|grant| grant.access.text == text) {
            return match grant {
                grant if grant.ended => Err(GrantRefused::Ended),
                grant if grant.access.is_over(now) => Err(GrantRefused::Expired),
                grant => Ok(grant),
            };
        }
        let replaced = self.grants.iter().filter(of).any(|grant| grant.former.iter().any(|former| former == text));
        Err(if replaced { GrantRefused::Expired } else { GrantRefused::Unknown })
    }

    /// Renews the tokens that a refresh token belongs to.
    pub(crate) fn renew(&mut self, platform: StorePlatform, text: &str, now: i64) -> Result<Grant, GrantRefused> {
        let of = |grant: &&mut Grant| {
            grant.store.platform == platform && (grant.refresh.text == text || grant.spare.as_deref() == Some(text))
        };
        let Some(grant) = self.grants.iter_mut().find(of) else {
            let former = self.grants.iter().any(|grant| grant.former.iter().any(|former| former == text));
            return Err(if former { GrantRefused::Ended } else { GrantRefused::Unknown });
        };
        if grant.ended {
            return Err(GrantRefused::Ended);
        }
        if grant.refresh.is_over(now) {
            return Err(GrantRefused::Expired);
        }
        let spare = (platform == StorePlatform::Shopify).then(|| text.to_owned());
        grant.renew(platform.lives(), now);
        grant.spare = spare;
        Ok(grant.clone())
    }

    /// Gives the application another access token without a refresh token, as platforms do that know
    /// self-authorised merchants.
    pub(crate) fn anew(&mut self, store: &StoreRef, now: i64) -> Grant {
        match self.live_mut(store) {
            Some(grant) => {
                grant.renew(Lives { rotates: false, ..store.platform.lives() }, now);
                grant.clone()
            }
            None => self.open(store, now),
        }
    }

    /// Lets the access token for a store never end, as that of a merchant's own application.
    pub(crate) fn for_ever(&mut self, store: &StoreRef) -> Option<Grant> {
        let grant = self.live_mut(store)?;
        grant.access.ends_at = None;
        Some(grant.clone())
    }

    /// The grant for a store that is not taken back.
    pub(crate) fn live(&self, store: &StoreRef) -> Option<&Grant> {
        self.grants.iter().rev().find(|grant| grant.store == *store && !grant.ended)
    }

    pub(super) fn live_mut(&mut self, store: &StoreRef) -> Option<&mut Grant> {
        self.grants.iter_mut().rev().find(|grant| grant.store == *store && !grant.ended)
    }
}

impl Grant {
    fn renew(&mut self, lives: Lives, now: i64) {
        let keeps_its_end = lives.extends == Extends::OnceOver && !self.access.is_over(now);
        let ends_at = if keeps_its_end { self.access.ends_at } else { lives.access_s.map(|life| now + life) };
        let access = std::mem::replace(&mut self.access, Token { text: token(), ends_at });
        self.former.push(access.text);
        if lives.rotates {
            let refresh = std::mem::replace(&mut self.refresh, Token::new(token(), lives.refresh_s, now));
            self.former.push(refresh.text);
        }
    }
}

fn token() -> String {
    crypto::random_text(40).to_lowercase()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn granted(platform: StorePlatform) -> (Grants, Grant, StoreRef) {
        let store = StoreRef::new(platform, "880001");
        let mut grants = Grants::default();
        let grant = grants.open(&store, 1_000);
        (grants, grant, store)
    }

    #[test]
    fn a_code_is_good_once_and_for_its_minutes() {
        let (mut grants, _, store) = granted(StorePlatform::Jd);
        let code = grants.issue_code(&store, "http://127.0.0.1/back", 1_000);
        assert_eq!(grants.take_code(StorePlatform::Taobao, &code, 1_001), Err(GrantRefused::Unknown));
        assert_eq!(grants.take_code(StorePlatform::Jd, &code, 1_001).unwrap().store, store);
        assert_eq!(grants.take_code(StorePlatform::Jd, &code, 1_002), Err(GrantRefused::Ended));
        let late = grants.issue_code(&store, "http://127.0.0.1/back", 1_000);
        assert_eq!(grants.take_code(StorePlatform::Jd, &late, 1_600), Err(GrantRefused::Expired));
    }

    #[test]
    fn a_rotated_refresh_token_is_dead_and_a_fixed_one_lives_on() {
        let (mut grants, first, _) = granted(StorePlatform::Youzan);
        let second = grants.renew(StorePlatform::Youzan, &first.refresh.text, 2_000).unwrap();
        assert_ne!(second.refresh, first.refresh);
        assert_eq!(grants.renew(StorePlatform::Youzan, &first.refresh.text, 2_001), Err(GrantRefused::Ended));
        assert_eq!(grants.by_access(StorePlatform::Youzan, &first.access.text, 2_001), Err(GrantRefused::Expired));
        assert!(grants.by_access(StorePlatform::Youzan, &second.access.text, 2_001).is_ok());

        let (mut grants, first, _) = granted(StorePlatform::Shopify);
        grants.renew(StorePlatform::Shopify, &first.refresh.text, 2_000).unwrap();
        let third = grants.renew(StorePlatform::Shopify, &first.refresh.text, 2_001).unwrap();
        grants.renew(StorePlatform::Shopify, &third.refresh.text, 2_002).unwrap();
        assert_eq!(grants.renew(StorePlatform::Shopify, &first.refresh.text, 2_003), Err(GrantRefused::Ended));

        let (mut grants, first, _) = granted(StorePlatform::Ebay);
        grants.renew(StorePlatform::Ebay, &first.refresh.text, 2_000).unwrap();
        assert!(grants.renew(StorePlatform::Ebay, &first.refresh.text, 2_001).is_ok());
    }

    #[test]
    fn a_renewal_before_the_end_keeps_it_where_the_platform_says_so() {
        let (mut grants, first, _) = granted(StorePlatform::Pinduoduo);
        let early = grants.renew(StorePlatform::Pinduoduo, &first.refresh.text, 2_000).unwrap();
        assert_eq!(early.access.ends_at, first.access.ends_at);
        let end = first.access.ends_at.unwrap();
        let late = grants.renew(StorePlatform::Pinduoduo, &early.refresh.text, end).unwrap();
        assert_eq!(late.access.ends_at, Some(end + 86_400));
    }

    #[test]
    fn a_new_consent_ends_the_tokens_of_before() {
        let (mut grants, first, store) = granted(StorePlatform::Taobao);
        grants.open(&store, 2_000);
        assert_eq!(grants.by_access(StorePlatform::Taobao, &first.access.text, 2_000), Err(GrantRefused::Ended));
        assert_eq!(grants.renew(StorePlatform::Taobao, &first.refresh.text, 2_000), Err(GrantRefused::Ended));
    }
}
