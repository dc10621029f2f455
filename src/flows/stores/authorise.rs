//! From a grant to a store that works: tokens asked for, their owner compared, sealed, written down.

use gateways::marketplaces::{
    Access, AccountKind, ApiError, AuthKind, Channel, ErrorClass, Grant, Identity, Priority, Setup, TokenSet,
};
use kernel::Failure;
use kernel::failure::Invalid;
use kernel::id::OperatorId;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;

use super::trouble;
use crate::app::{App, Store};
use crate::areas::market_accounts::{MarketError, service as imports};
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::areas::stores::entity::store;
use crate::areas::stores::state::StoreState;
use crate::areas::stores::{StoreError, consents, query, tokens};

/// What became of the wish to authorise.
pub enum Begun {
    /// The merchant must agree there.
    Page(Url),
    /// It is done.
    Done(Box<store::Model>),
}

/// Begins an authorisation: the platform's page, or at once where the merchant has given us a token or
/// the app asks for itself.
///
/// # Errors
/// `validation.failed` when nothing was pasted where that is the way; `store.refused`,
/// `store.other_account`, `store.bound`, `marketplace.…` for what became of an authorisation at once.
pub async fn begin(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    row: &store::Model,
    pasted: Option<SecretString>,
) -> Result<Begun, Failure> {
    if row.state == StoreState::Removed {
        return Err(StoreError::WrongState(row.state).into());
    }
    let store = app.marketplaces.store(shop, row)?;
    match at_once(&store, row, pasted)? {
        Some(grant) => {
            let done = granted(app, shop, row, &store, &grant, Some(by)).await;
            Ok(Begun::Done(Box::new(done.map_err(|ended| ended.failure(&row.marketplace))?)))
        }
        None => Ok(Begun::Page(page(app, by, row, &store).await?)),
    }
}

/// The grant that needs no consent page; `None` where one is needed.
fn at_once(store: &Store, row: &store::Model, pasted: Option<SecretString>) -> Result<Option<Grant>, Failure> {
    let connector = store.market.channel.connector();
    let not_offered = || Invalid::field("kind", "invalid", "is not offered by this marketplace");
    let way = store.setup.way(connector).ok_or_else(not_offered)?;
    match (way.pasted, pasted) {
        (Some(_), Some(text)) => Ok(Some(Grant::Pasted(text))),
        (Some(name), None) => {
            Err(Invalid::field("pasted", "required", format!("the merchant's {name} must be pasted in")).into())
        }
        (None, Some(_)) => Err(Invalid::field("pasted", "unexpected", "nothing is pasted in here").into()),
        (None, None) if way.kind == AccountKind::SelfAuthorised && way.auth == AuthKind::ClientCredentials => {
            let auth = connector.auth().ok_or_else(not_offered)?;
            // What renews a set of tokens without a refresh token is what asks for the first one.
            Ok(auth.renewal(&store.setup, &TokenSet::lasting("")).map(|grant| match grant {
                Grant::Silent { .. } => Grant::Silent { anew: row.state == StoreState::Reauthorize },
                other => other,
            }))
        }
        (None, None) => Ok(None),
    }
}

/// Opens a consent and answers the platform's page for it.
async fn page(app: &App, by: OperatorId, row: &store::Model, store: &Store) -> Result<Url, Failure> {
    let wall = app.clock.wall();
    let state = app.db.write(async |tx| Ok(consents::open(tx, row.shop_id, row.id, by, wall).await?)).await?;
    let channel = &store.market.channel;
    let auth = channel.connector().auth();
    let page = auth
        .ok_or_else(|| ApiError::unsupported("authorisation"))
        .and_then(|auth| auth.start(&store.setup, &state))
        .and_then(|request| channel.address(&request));
    page.map_err(|error| trouble::failure(&row.marketplace, &error))
}

/// How an authorisation ended that came to nothing.
pub(super) enum Ended {
    /// By the platform, or by what it told.
    There(ApiError),
    /// By us.
    Here(Failure),
}

impl Ended {
    pub(super) fn failure(self, marketplace: &str) -> Failure {
        match self {
            Ended::There(error) => trouble::failure(marketplace, &error),
            Ended::Here(failure) => failure,
        }
    }
}

impl From<ApiError> for Ended {
    fn from(error: ApiError) -> Self {
        Ended::There(error)
    }
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Ended::Here(error.into())
    }
}

impl From<MarketError> for Ended {
    fn from(error: MarketError) -> Self {
        Ended::Here(error.into())
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Ended::Here(failure)
    }
}

/// Exchanges a grant for tokens and lets the store work with them. Tokens of another merchant or site
/// than the one chosen are thrown away.
pub(super) async fn granted(
    app: &App,
    shop: &Shop,
    row: &store::Model,
    store: &Store,
    grant: &Grant,
    by: Option<OperatorId>,
) -> Result<store::Model, Ended> {
    let channel = store.market.channel.clone().with_priority(Priority::Person);
    let tokens = store.market.hurried.obtain(&channel, &store.setup, grant, None).await?;
    let tokens = named(store, &channel, tokens).await?;
    write_down(app, shop, row, store, &tokens, by).await
}

/// Writes tokens down that were compared with what was chosen.
pub(super) async fn write_down(
    app: &App,
    shop: &Shop,
    row: &store::Model,
    store: &Store,
    tokens: &TokenSet,
    by: Option<OperatorId>,
) -> Result<store::Model, Ended> {
    let sealed = store.keeper.sealed(tokens)?;
    let (done, imports) = app
        .db
        .write(async |tx| {
            let now = app.clock.now();
            // Read again: a renewal may have gone on meanwhile, and its tokens are over now.
            let row = query::store(tx, shop.id, row.id).await?;
            let done = tokens::authorised(tx, &row, &sealed, by, now).await?;
            let detail = json!({ "external_id": done.external_id, "site": done.site, "from": row.state });
            audit::note(tx, shop.id, by, "store.authorise", row.id, detail, now).await?;
            let imports = imports::resume_of_store(tx, shop.id, row.id, now).await?;
            Ok((done, imports))
        })
        .await?;
    tracing::info!(store = %done.id, marketplace = done.marketplace, imports, "a store was authorised");
    Ok(done)
}

/// The tokens with their owner, asked for where the answer did not name him or where sites are chosen.
pub(super) async fn named(store: &Store, channel: &Channel, mut tokens: TokenSet) -> Result<TokenSet, ApiError> {
    let identity = match identity_of(store, channel, &tokens).await {
        Ok(identity) => identity,
        // The answer has named the merchant, and there is no site to compare: he need not be asked for.
        Err(error) if tokens.account_id.is_some() && store.setup.site.is_none() => {
            tracing::warn!(marketplace = store.market.descriptor.id, %error, "a new token could not be tried");
            None
        }
        Err(error) => return Err(error),
    };
    if let Some(identity) = identity {
        compare(&store.setup, &tokens, &identity)?;
        tokens.account_id = Some(identity.account_id);
        tokens.account_name = identity.name.or(tokens.account_name);
    }
    if tokens.account_id.is_none() {
        tokens.account_id.clone_from(&store.setup.account_id);
    }
    Ok(tokens)
}

async fn identity_of(store: &Store, channel: &Channel, tokens: &TokenSet) -> Result<Option<Identity>, ApiError> {
    let account = tokens.account(&store.setup).unwrap_or_else(|| {
        let mut account = store.setup.account("");
        account.data.extend(tokens.extra.clone());
        account
    });
    let access = Access::new(tokens.access.expose_secret(), account);
    store.market.hurried.who(&channel.clone().on_behalf_of(access)).await
}

/// Refuses another merchant or site than the one chosen.
pub(super) fn compare(setup: &Setup, tokens: &TokenSet, identity: &Identity) -> Result<(), ApiError> {
    let another = |known: &Option<String>| known.as_ref().is_some_and(|known| *known != identity.account_id);
    if another(&setup.account_id) || another(&tokens.account_id) {
        return Err(ApiError::new(ErrorClass::Conflict, "other_account", "another merchant has authorised"));
    }
    // Where sites are chosen, a platform that names none covers none.
    if let Some(site) = &setup.site
        && !identity.sites.contains(site)
    {
        let sites = identity.sites.join(", ");
        let said = format!("the site {site} was chosen; the authorisation covers: {sites}");
        return Err(ApiError::new(ErrorClass::Conflict, "other_site", said));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn another_merchant_or_site_than_chosen_is_refused() {
        let setup = |id: Option<&str>, site: Option<&str>| Setup {
            kind: AccountKind::ThirdParty,
            site: site.map(str::to_owned),
            account_id: id.map(str::to_owned),
            data: serde_json::Map::new(),
            redirect_uri: String::new(),
        };
        let told = |sites: &[&str]| Identity {
            account_id: "A1".to_owned(),
            name: None,
            sites: sites.iter().map(|site| (*site).to_owned()).collect(),
        };
        let tokens = TokenSet::lasting("t");
        assert!(compare(&setup(None, None), &tokens, &told(&[])).is_ok());
        assert!(compare(&setup(Some("A1"), Some("US")), &tokens, &told(&["US", "CA"])).is_ok());
        let refused =
            |setup: &Setup, tokens: &TokenSet, sites: &[&str]| compare(setup, tokens, &told(sites)).unwrap_err().code;
        assert_eq!(refused(&setup(Some("A2"), None), &tokens, &[]), "other_account");
        assert_eq!(refused(&setup(None, Some("DE")), &tokens, &["US"]), "other_site");
        assert_eq!(refused(&setup(None, Some("DE")), &tokens, &[]), "other_site");
        let other = TokenSet { account_id: Some("A2".to_owned()), ..tokens };
        assert_eq!(refused(&setup(None, None), &other, &[]), "other_account");
    }
}
