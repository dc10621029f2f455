//! Holds a store's tokens: sealed in the database, renewed by one holder for all processes, written
//! down before anybody uses them.

use std::sync::Arc;
use std::time::Duration as StdDuration;

use async_trait::async_trait;
use chrono::Duration;
use gateways::marketplaces::{
    Access, Account, AccountKind, ApiError, Channel, Engine, ErrorClass, Setup, TokenKeeper, TokenSet,
};
use kernel::id::StoreId;
use kernel::{Clock, Time};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::areas::market_accounts::MarketError;
use crate::areas::stores::entity::store;
use crate::areas::stores::state::StoreState;
use crate::areas::stores::tokens::{self, REFUSALS_MAX, Sealed};
use crate::areas::stores::{StoreError, query, service};
use crate::platform::db::Db;
use crate::platform::seal::Sealer;

/// How long one holder has a renewal to himself: longer than its call may take.
const RENEWAL_LEASE: Duration = Duration::seconds(45);
/// The shortest rest after a renewal that failed.
const FIRST_REST: Duration = Duration::seconds(20);
/// The longest one.
const LONGEST_REST: Duration = Duration::minutes(15);
/// How often whoever waits for another's renewal looks.
const LOOK_EVERY: StdDuration = StdDuration::from_millis(200);
/// How often he looks before he gives up; the caller comes back later.
const LOOKS: u32 = 60;

/// One store's tokens.
pub struct StoreKeeper {
    pub(super) account: Account,
    pub(super) setup: Setup,
    pub(super) store: StoreId,
    /// Sends the renewal; without a keeper, by the app alone.
    pub(super) engine: Engine,
    pub(super) channel: Channel,
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) sealer: Arc<Sealer>,
}

/// A set of tokens as it is sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    access: String,
    access_expires_at: Option<Time>,
    refresh: Option<String>,
    refresh_expires_at: Option<Time>,
    account_id: Option<String>,
    account_name: Option<String>,
    site: Option<String>,
    scopes: Vec<String>,
    extra: Map<String, Value>,
}

impl Kept {
    fn of(tokens: &TokenSet) -> Self {
        let open = |secret: &SecretString| secret.expose_secret().to_owned();
        Kept {
            access: open(&tokens.access),
            access_expires_at: tokens.access_expires_at,
            refresh: tokens.refresh.as_ref().map(open),
            refresh_expires_at: tokens.refresh_expires_at,
            account_id: tokens.account_id.clone(),
            account_name: tokens.account_name.clone(),
            site: tokens.site.clone(),
            scopes: tokens.scopes.clone(),
            extra: tokens.extra.clone(),
        }
    }

    fn tokens(self) -> TokenSet {
        TokenSet {
            access: SecretString::from(self.access),
            access_expires_at: self.access_expires_at,
            refresh: self.refresh.map(SecretString::from),
            refresh_expires_at: self.refresh_expires_at,
            account_id: self.account_id,
            account_name: self.account_name,
            site: self.site,
            scopes: self.scopes,
            extra: self.extra,
        }
    }
}

/// What a store is set up with, as connectors take it.
pub(super) fn setup_of(row: &store::Model, public_url: &str) -> Result<Setup, MarketError> {
    Ok(Setup {
        kind: AccountKind::parse(&row.kind).unwrap_or(AccountKind::ThirdParty),
        site: Some(row.site.clone()).filter(|site| !site.is_empty()),
        account_id: row.external_id.clone().or_else(|| row.expected_id.clone()),
        data: object("store data", &row.data)?,
        redirect_uri: callback_url(public_url, &row.marketplace),
    })
}

/// Where a platform sends merchants back to.
pub(super) fn callback_url(public_url: &str, marketplace: &str) -> String {
    format!("{public_url}/oauth/{marketplace}/callback")
}

fn object(what: &'static str, value: &Value) -> Result<Map<String, Value>, MarketError> {
    serde_json::from_value(value.clone()).map_err(|error| MarketError::Unreadable { what, error })
}

impl StoreKeeper {
    /// The account as calls name it: what was entered and what the authorisation told.
    pub(super) fn account_with(&self, row: &store::Model) -> Result<Account, MarketError> {
        let mut account = self.account.clone();
        account.data.extend(object("store facts", &row.told)?);
        Ok(account)
    }

    /// `tokens` sealed for the store, with what lists and jobs need to know of them.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn sealed(&self, tokens: &TokenSet) -> Result<Sealed, StoreError> {
        self.sealed_with(tokens, tokens.due_at(self.clock.wall()))
    }

    /// The tokens of a renewal. One that did not move the end of the access token is of no use before that
    /// end: some platforms begin a new life only then.
    fn sealed_after(&self, tokens: &TokenSet, former: &TokenSet) -> Result<Sealed, StoreError> {
        let moved = tokens.outlasts(former);
        self.sealed_with(tokens, if moved { tokens.due_at(self.clock.wall()) } else { tokens.access_expires_at })
    }

    fn sealed_with(&self, tokens: &TokenSet, renew_at: Option<Time>) -> Result<Sealed, StoreError> {
        let plain =
            serde_json::to_vec(&Kept::of(tokens)).map_err(|error| StoreError::Unreadable { what: "tokens", error })?;
        Ok(Sealed {
            tokens: self.sealer.seal(&service::tokens_place(self.store), &plain)?,
            end_at: tokens.access_expires_at,
            renew_at,
            consent_ends_at: tokens.refresh_expires_at,
            external_id: tokens.account_id.clone(),
            external_name: tokens.account_name.clone(),
            told: Value::Object(tokens.extra.clone()),
            scopes: json!(tokens.scopes),
        })
    }

    fn opened(&self, row: &store::Model) -> Result<TokenSet, ApiError> {
        let Some(sealed) = &row.sealed_tokens else { return Err(not_usable(row.state)) };
        let plain = self.sealer.open(&service::tokens_place(row.id), sealed);
        let kept: Option<Kept> = plain.ok().and_then(|plain| serde_json::from_slice(&plain).ok());
        kept.map(Kept::tokens).ok_or_else(|| here("a store's tokens cannot be opened"))
    }

    async fn row(&self) -> Result<store::Model, ApiError> {
        let row = query::any(self.db.reader(), self.store).await.map_err(here)?;
        let row = row.ok_or_else(|| not_usable(StoreState::Removed))?;
        if row.state == StoreState::Active { Ok(row) } else { Err(not_usable(row.state)) }
    }

    fn access_of(&self, tokens: &TokenSet) -> Access {
        Access { token: tokens.access.clone(), account: self.account.clone() }
    }

    /// Renews what stands in `row`, or waits for whoever does.
    async fn renew(&self, row: store::Model) -> Result<TokenSet, ApiError> {
        let mut row = row;
        for _ in 0..LOOKS {
            self.may_try(&row)?;
            let claimed = tokens::claim_renewal(self.db.maintenance(), &row, RENEWAL_LEASE, self.clock.wall()).await;
            if claimed.map_err(here)? {
                return self.renew_alone(&row).await;
            }
            tokio::time::sleep(LOOK_EVERY).await;
            let now = self.row().await?;
            if now.token_version != row.token_version {
                return self.opened(&now);
            }
            row = now;
        }
        Err(ApiError::new(ErrorClass::Upstream, "renewal_under_way", "another holder renews the tokens"))
    }

    /// After a failure nobody tries again for a while, whoever asks.
    fn may_try(&self, row: &store::Model) -> Result<(), ApiError> {
        let rest = row.renewal_rests_until.map(|until| until - self.clock.wall());
        match rest.and_then(|rest| rest.to_std().ok()).filter(|rest| !rest.is_zero()) {
            Some(rest) => {
                let said = "the last renewal failed; the next one is tried a little later";
                Err(ApiError::new(ErrorClass::Upstream, "renewal_rests", said).after(Some(rest)))
            }
            None => Ok(()),
        }
    }

    async fn renew_alone(&self, row: &store::Model) -> Result<TokenSet, ApiError> {
        let former = self.opened(row)?;
        let auth = self.channel.connector().auth().ok_or_else(|| ApiError::unsupported("authorisation"))?;
        let outcome = match auth.renewal(&self.setup, &former) {
            Some(grant) => self.engine.obtain(&self.channel, &self.setup, &grant, Some(&former)).await,
            None => {
                Err(ApiError::new(ErrorClass::ReauthorizeNeeded, "no_renewal", "the merchant must authorise again"))
            }
        };
        let conn = self.db.maintenance();
        match outcome {
            Ok(fresh) => {
                let sealed = self.sealed_after(&fresh, &former).map_err(here)?;
                if tokens::renewed(conn, row, &sealed, self.clock.now()).await.map_err(here)? {
                    tracing::info!(store = %row.id, marketplace = row.marketplace, "a store's tokens were renewed");
                    return Ok(fresh);
                }
                self.opened(&self.row().await?)
            }
            Err(error) => {
                let refused = speaks_against_the_tokens(error.class);
                let wall = self.clock.wall();
                let until = wall + rest_of(former.access_expires_at, wall);
                let refusals = tokens::renewal_failed(conn, row, refused, told_of(&error).as_deref(), until)
                    .await
                    .map_err(here)?;
                let lives = former.access_expires_at.is_none_or(|end| end > wall);
                // Twice, because platforms have been known to say so of a token that was good a minute later.
                if refused && (refusals >= REFUSALS_MAX || !lives) {
                    self.give_up(row, &error).await?;
                }
                Err(error)
            }
        }
    }

    async fn give_up(&self, row: &store::Model, error: &ApiError) -> Result<(), ApiError> {
        let noticed = service::refused(self.db.maintenance(), row, &error.to_string(), self.clock.now()).await;
        if noticed.map_err(here)? {
            tracing::error!(store = %row.id, marketplace = row.marketplace, %error,
                "a store must be authorised again; its work stops until then");
        }
        Ok(())
    }

    /// Renews tokens that are due; for the clock, so that quiet stores keep theirs.
    ///
    /// # Errors
    /// What the platform answered.
    pub async fn renew_if_due(&self) -> Result<(), ApiError> {
        let row = self.row().await?;
        if row.renew_at.is_some_and(|due| due <= self.clock.wall()) {
            self.renew(row).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl TokenKeeper for StoreKeeper {
    fn account(&self) -> &Account {
        &self.account
    }

    async fn access(&self) -> Result<Access, ApiError> {
        let row = self.row().await?;
        let tokens = self.opened(&row)?;
        if row.renew_at.is_none_or(|due| due > self.clock.wall()) {
            return Ok(self.access_of(&tokens));
        }
        let ends_at = tokens.access_expires_at;
        match self.renew(row).await {
            Ok(fresh) => Ok(self.access_of(&fresh)),
            // Due is not ended: what still lives serves while the platform cannot be asked.
            Err(error) if error.class.may_pass() && ends_at.is_none_or(|end| end > self.clock.wall()) => {
                tracing::warn!(store = %self.store, %error, "a renewal failed; the former token still lives");
                Ok(self.access_of(&tokens))
            }
            Err(error) => Err(error),
        }
    }

    async fn renewed(&self, refused: &Access) -> Result<Access, ApiError> {
        let row = self.row().await?;
        let tokens = self.opened(&row)?;
        if tokens.access.expose_secret() != refused.token.expose_secret() {
            return Ok(self.access_of(&tokens));
        }
        let fresh = self.renew(row).await?;
        if fresh.access.expose_secret() == refused.token.expose_secret() {
            return Err(ApiError::new(
                ErrorClass::ReauthorizeNeeded,
                "same_token",
                "the renewal gave the refused token",
            ));
        }
        Ok(self.access_of(&fresh))
    }
}

/// Whether a platform that refuses a renewal so would take it from nobody: the merchant must help.
fn speaks_against_the_tokens(class: ErrorClass) -> bool {
    use ErrorClass as C;
    matches!(class, C::ReauthorizeNeeded | C::TokenExpired | C::Business | C::NotFound | C::BadRequest | C::Conflict)
}

/// What an operator is shown of a failed renewal; what passes by itself is nothing to show.
fn told_of(error: &ApiError) -> Option<String> {
    let passes = error.class.may_pass() || error.class == ErrorClass::QuotaSpent;
    (!passes).then(|| error.to_string())
}

/// How long renewals rest after a failure: a tenth of what is left of the token's life, within bounds.
fn rest_of(ends_at: Option<Time>, wall: Time) -> Duration {
    ends_at.map_or(LONGEST_REST, |end| ((end - wall) / 10).clamp(FIRST_REST, LONGEST_REST))
}

/// A store that may not be called as it stands.
fn not_usable(state: StoreState) -> ApiError {
    let said = format!("the store is {}", kernel::words::wire(&state));
    ApiError::new(ErrorClass::ReauthorizeNeeded, "store_not_active", &said)
}

/// A failure of ours on the way to a platform; it may pass.
fn here(error: impl std::fmt::Display) -> ApiError {
    tracing::error!(%error, "a store's tokens could not be read or written");
    ApiError::new(ErrorClass::Upstream, "our_storage", "the store's tokens could not be read or written")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_failed_renewal_rests_the_longer_the_more_time_is_left() {
        let wall: Time = "2026-11-23T10:00:00Z".parse().unwrap();
        let rest = |left: i64| rest_of(Some(wall + Duration::seconds(left)), wall).num_seconds();
        assert_eq!([rest(-5), rest(60), rest(3_600), rest(86_400)], [20, 20, 360, 900]);
        assert_eq!(rest_of(None, wall), LONGEST_REST);
    }
}
