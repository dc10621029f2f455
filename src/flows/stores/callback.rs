//! A merchant comes back from the platform's page: the `state` is used up, the code exchanged once.
//!
//! Who carries the answer back is bound by the `state` (256 random bits, single use, ten minutes, kept
//! as a hash): docs/stores.md says why not by a cookie.

use gateways::marketplaces::{ApiError, Callback, Grant, Priority, Setup};
use kernel::Failure;
use kernel::id::OperatorId;

use super::authorise::{Ended, granted, named, write_down};
use super::trouble;
use crate::app::{App, Store};
use crate::areas::market_accounts::MarketError;
use crate::areas::operators::entity::operator;
use crate::areas::operators::query as people;
use crate::areas::operators::role::Permission;
use crate::areas::stores::consents::{self, Outcome};
use crate::areas::stores::entity::{store, store_consent};
use crate::areas::stores::{StoreError, query};

/// A callback as it came.
pub struct CameBack<'a> {
    /// The marketplace of its path.
    pub marketplace: &'a str,
    /// Its query, decoded, in its order.
    pub query: &'a [(String, String)],
    /// Whose console session came along, if one did.
    pub session: Option<OperatorId>,
}

/// What the merchant is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// What came of the consent; `again` when it was over before.
    Outcome(Outcome),
    /// Another call with the same answer is under way.
    UnderWay,
    /// No consent was begun with this `state`, it is over, or it is another operator's.
    Unknown,
}

/// Follows a callback to its end.
pub async fn come_back(app: &App, back: &CameBack<'_>) -> Result<Shown, Failure> {
    let Some(state) = given(back.query, "state") else {
        return without_state(app, back).await;
    };
    let Some(consent) = consents::of_state(app.db.reader(), state).await? else { return Ok(Shown::Unknown) };
    let row = query::any(app.db.reader(), consent.store_id).await?;
    let Some(row) = row.filter(|row| row.marketplace == back.marketplace) else { return Ok(Shown::Unknown) };
    // A session need not come along, but another operator's must not take part.
    if back.session.is_some_and(|who| who != consent.operator_id) {
        tracing::warn!(store = %row.id, "a consent came back in another operator's session and is refused");
        return Ok(Shown::Unknown);
    }
    if !still_may(app, &consent).await? {
        return Ok(Shown::Unknown);
    }
    if consent.used_at.is_some() {
        return Ok(consents::outcome_of(&consent).map_or(Shown::UnderWay, Shown::Outcome));
    }
    if !take(app, &consent).await? {
        // Over by time, or used this moment by the same answer sent twice.
        let again = consents::of_state(app.db.reader(), state).await?;
        let used = again.filter(|row| row.used_at.is_some());
        return Ok(
            used.map_or(Shown::Unknown, |row| consents::outcome_of(&row).map_or(Shown::UnderWay, Shown::Outcome))
        );
    }
    let ended = follow(app, back, &consent, &row, state).await;
    settle(app, &consent, &row, ended).await
}

/// Whether whoever began may still bind stores.
async fn still_may(app: &App, consent: &store_consent::Model) -> Result<bool, Failure> {
    let operator = people::by_id(app.db.reader(), consent.shop_id, consent.operator_id).await?;
    let may = |one: operator::Model| one.disabled_at.is_none() && one.role.may(Permission::Stores);
    Ok(operator.is_some_and(may))
}

fn given<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
}

async fn take(app: &App, consent: &store_consent::Model) -> Result<bool, Failure> {
    let wall = app.clock.wall();
    app.db.write(async |tx| Ok(consents::take(tx, consent, wall).await?)).await
}

/// The connector's own checks (signature, host, merchant) come before any call.
fn grant_of(store: &Store, setup: &Setup, back: &CameBack<'_>, state: &str, app: &App) -> Result<Grant, ApiError> {
    let auth = store.market.channel.connector().auth();
    let auth = auth.ok_or_else(|| ApiError::unsupported("authorisation"))?;
    auth.callback(setup, &Callback { query: back.query, state, now: app.clock.wall() })
}

async fn follow(
    app: &App,
    back: &CameBack<'_>,
    consent: &store_consent::Model,
    row: &store::Model,
    state: &str,
) -> Result<(), Ended> {
    let shop = app.shops.by_id(row.shop_id).map_err(|error| Ended::Here(error.into()))?;
    let store = app.marketplaces.store(&shop, row)?;
    let grant = grant_of(&store, &store.setup, back, state, app)?;
    granted(app, &shop, row, &store, &grant, Some(consent.operator_id)).await.map(drop)
}

/// Notes what came of a consent. Faults of ours are told as such, the consent is over all the same:
/// its code is used up.
async fn settle(
    app: &App,
    consent: &store_consent::Model,
    row: &store::Model,
    ended: Result<(), Ended>,
) -> Result<Shown, Failure> {
    let outcome = match ended {
        Ok(()) => Outcome::Authorised,
        Err(Ended::There(error)) => {
            tracing::warn!(store = %row.id, marketplace = row.marketplace, %error, "a store was not authorised");
            trouble::outcome(&error)
        }
        Err(Ended::Here(failure)) => {
            tracing::warn!(store = %row.id, marketplace = row.marketplace, %failure, "a store was not authorised");
            match failure.code() {
                kernel::Code::StoreBound => Outcome::Bound,
                kernel::Code::StoreOtherAccount => Outcome::OtherAccount,
                kernel::Code::MarketplaceNotConfigured => Outcome::Misconfigured,
                kernel::Code::StoreWrongState => Outcome::Refused,
                _ => Outcome::Unavailable,
            }
        }
    };
    app.db.write(async |tx| Ok(consents::ended(tx, consent, outcome).await?)).await?;
    Ok(Shown::Outcome(outcome))
}

/// A platform that sends no `state` back: the code is exchanged with the app whose consents are under way,
/// and belongs to the store whose merchant the token names. Only stores whose merchant was entered
/// beforehand take part, so nobody can slip another store's code in.
async fn without_state(app: &App, back: &CameBack<'_>) -> Result<Shown, Failure> {
    let open = consents::under_way(app.db.reader(), back.marketplace, app.clock.wall()).await?;
    let open: Vec<_> =
        open.into_iter().filter(|(consent, _)| back.session.is_none_or(|who| who == consent.operator_id)).collect();
    let Some((first, row)) = open.first() else { return Ok(Shown::Unknown) };
    // A code is good at the app it was made for, and only once: it cannot be tried at several.
    if open.iter().any(|(_, other)| other.shop_id != row.shop_id) {
        tracing::warn!(marketplace = back.marketplace, "consents of several shops are under way; none can be told");
        return Ok(Shown::Unknown);
    }
    let shop = app.shops.by_id(row.shop_id)?;
    let store = app.marketplaces.store(&shop, row)?;
    let anybody = Setup { account_id: None, ..store.setup.clone() };
    let Ok(grant) = grant_of(&store, &anybody, back, "", app) else { return Ok(Shown::Unknown) };
    if !take(app, first).await? {
        return Ok(Shown::UnderWay);
    }
    let channel = store.market.channel.clone().with_priority(Priority::Person);
    let tokens = match store.market.hurried.obtain(&channel, &anybody, &grant, None).await {
        Ok(tokens) => tokens,
        Err(error) => return settle(app, first, row, Err(error.into())).await,
    };
    let of_token = |(_, row): &&(store_consent::Model, store::Model)| {
        let known = row.external_id.as_ref().or(row.expected_id.as_ref());
        known.is_some() && known == tokens.account_id.as_ref()
    };
    let Some((consent, row)) = open.iter().find(of_token) else {
        return settle(app, first, row, Err(StoreError::OtherAccount(String::new()).into())).await;
    };
    if consent.state_hash != first.state_hash {
        take(app, consent).await?;
    }
    let ended = async {
        let store = app.marketplaces.store(&shop, row).map_err(|error: MarketError| Ended::from(error))?;
        let tokens = named(&store, &channel, tokens.clone()).await?;
        write_down(app, &shop, row, &store, &tokens, Some(consent.operator_id)).await.map(drop)
    };
    settle(app, consent, row, ended.await).await
}
