//! A connector with where it sends and for whom.

use std::collections::HashMap;
use std::sync::Arc;

use url::Url;

use super::super::account::{Access, Account};
use super::super::budget::{BudgetKey, Priority};
use super::super::connector::Connector;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{Host, HttpRequest};
use super::super::tokens::{FixedAccess, TokenKeeper};
use super::super::wire;

/// A connector with where it sends and for whom. Cheap to clone.
#[derive(Clone)]
pub struct Channel {
    pub(super) connector: Arc<dyn Connector>,
    base: Url,
    hosts: HashMap<&'static str, Url>,
    pub(super) keeper: Option<Arc<dyn TokenKeeper>>,
    pub(super) priority: Priority,
}

impl Channel {
    /// `base` is the address of `[platforms]`; refused unless it is https or a loopback address,
    /// because credentials go there.
    pub fn new(connector: Arc<dyn Connector>, base: Url) -> Result<Self, ApiError> {
        trusted(&base)?;
        Ok(Channel { connector, base, hosts: HashMap::new(), keeper: None, priority: Priority::Import })
    }

    /// The same, with the address of `[platforms]` for one of [`super::super::Descriptor::hosts`].
    pub fn with_host(mut self, key: &'static str, address: Url) -> Result<Self, ApiError> {
        trusted(&address)?;
        self.hosts.insert(key, address);
        Ok(self)
    }

    /// The same, acting for an authorised merchant with a token that nobody renews.
    pub fn on_behalf_of(self, access: Access) -> Self {
        self.kept_by(Arc::new(FixedAccess(access)))
    }

    /// The same, acting for the merchant whose tokens `keeper` holds and renews.
    pub fn kept_by(mut self, keeper: Arc<dyn TokenKeeper>) -> Self {
        self.keeper = Some(keeper);
        self
    }

    /// The same, acting for nobody.
    pub(super) fn for_the_app(mut self) -> Self {
        self.keeper = None;
        self
    }

    /// The same, with calls that matter more or less.
    pub fn with_priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// The connector behind it.
    pub fn connector(&self) -> &dyn Connector {
        self.connector.as_ref()
    }

    /// The merchant it acts for.
    pub fn account(&self) -> Result<&Account, ApiError> {
        let keeper = self.keeper.as_deref();
        keeper.map(TokenKeeper::account).ok_or_else(|| ApiError::bad_request("no merchant has been named"))
    }

    pub(super) fn budget_key(&self, operation: &'static str) -> BudgetKey {
        let (app, descriptor) = (self.connector.app(), self.connector.descriptor());
        let account = match &self.keeper {
            Some(keeper) => format!("{app}/{}", keeper.account().id),
            None => app.to_owned(),
        };
        // Without settings there is no app of ours: calls are counted to each merchant's own key.
        let app = if descriptor.settings.is_empty() { account.clone() } else { app.to_owned() };
        BudgetKey { marketplace: descriptor.id, app, account, operation }
    }

    /// The whole address of `request`, query included; also of a consent page.
    ///
    /// When the base has been replaced in `[platforms]`, one address stands in for all of the platform's
    /// hosts that have no key of their own.
    pub fn address(&self, request: &HttpRequest) -> Result<Url, ApiError> {
        let mut url = match &request.host {
            Host::Base => self.base.clone(),
            Host::Named(key) => match self.hosts.get(key) {
                Some(address) => address.clone(),
                None => self.other_host(own_host(self.connector.as_ref(), key)?)?,
            },
            Host::Own(origin) => self.other_host(origin)?,
        };
        if !request.path.is_empty() {
            let whole = joined(url.path().trim_end_matches('/'), &request.path);
            url.set_path(&whole);
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        trusted(&url)?;
        Ok(url)
    }

    /// The host at `origin`, or what stands in for the whole platform.
    fn other_host(&self, origin: &str) -> Result<Url, ApiError> {
        let parse = |text: &str| Url::parse(text).map_err(|_| ApiError::bad_request("not an address"));
        let real = parse(self.connector.descriptor().default_base)?;
        if self.base == real {
            return parse(origin);
        }
        // The gateway's own path ends the base; other hosts' paths begin where it began.
        let mut stem = self.base.clone();
        let ours = self.base.path().trim_end_matches('/');
        let path = ours.strip_suffix(real.path().trim_end_matches('/')).unwrap_or(ours).to_owned();
        stem.set_path(&path);
        Ok(stem)
    }
}

/// `path` below `stem`. A base that an installation has entered may already end in what the path begins
/// with, as `/api/v3`; it is not said twice.
fn joined(stem: &str, path: &str) -> String {
    let rest = path.strip_prefix(stem).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    if !stem.is_empty() && rest.is_some() { path.to_owned() } else { format!("{stem}{path}") }
}

fn own_host(connector: &dyn Connector, key: &str) -> Result<&'static str, ApiError> {
    let found = connector.descriptor().hosts.iter().find(|host| host.key == key);
    found.map(|host| host.own).ok_or_else(|| ApiError::bad_request("the marketplace has no such host"))
}

fn trusted(address: &Url) -> Result<(), ApiError> {
    if wire::is_trustworthy(address) {
        return Ok(());
    }
    Err(ApiError::new(ErrorClass::BadConfiguration, "base_address", "neither https nor loopback"))
}
