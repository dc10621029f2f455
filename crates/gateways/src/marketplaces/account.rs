//! A merchant's account: what it is set up with, and how each call names it.

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::connector::Connector;
use super::facts::{AccountKind, Site, Way};
use super::settings::{SettingsError, SettingsReader};

/// One merchant's store as calls need it; nothing in it is secret.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// The merchant's id at the platform; part of the quota key.
    pub id: String,
    /// The site chosen, by [`Site::code`].
    pub site: Option<String>,
    /// What the operator entered and what the authorisation told ([`super::TokenSet::extra`]).
    pub data: Map<String, Value>,
}

impl Account {
    /// A text or number of [`Account::data`] as text.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.data.get(name)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The site chosen, with the platform's id of it.
    pub fn site_of(&self, connector: &dyn Connector) -> Option<&'static Site> {
        let facts = connector.descriptor().store.as_ref()?;
        facts.sites.iter().find(|site| Some(site.code) == self.site.as_deref())
    }
}

/// The right to act for one merchant.
#[derive(Clone)]
pub struct Access {
    /// Access token, session key or, where there are none, the merchant's own secret.
    pub token: SecretString,
    /// For whom.
    pub account: Account,
}

impl Access {
    /// The right that `token` gives for `account`.
    pub fn new(token: impl Into<String>, account: Account) -> Self {
        Access { token: SecretString::from(token.into()), account }
    }
}

/// An account as an operator sets it up, before anybody has authorised.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Whose app acts.
    pub kind: AccountKind,
    /// The site chosen, by [`Site::code`].
    pub site: Option<String>,
    /// The merchant's id there, when it is known beforehand: another one is refused.
    pub account_id: Option<String>,
    /// The values of [`Way::needs`].
    pub data: Map<String, Value>,
    /// Our address to which the platform sends the merchant back, as registered there.
    pub redirect_uri: String,
}

impl Setup {
    /// The account these data make, once the platform has named the merchant.
    pub fn account(&self, id: impl Into<String>) -> Account {
        Account { id: id.into(), site: self.site.clone(), data: self.data.clone() }
    }

    /// The way chosen, of those that the platform offers.
    pub fn way(&self, connector: &dyn Connector) -> Option<&'static Way> {
        let facts = connector.descriptor().store.as_ref()?;
        facts.ways.iter().find(|way| way.kind == self.kind)
    }

    /// A text of [`Setup::data`].
    pub fn text(&self, name: &str) -> Option<String> {
        Account { data: self.data.clone(), ..Account::default() }.text(name)
    }
}

/// Checks an account before it is saved: kind and site must be offered, all data must be there, and
/// the platform's folder looks at their form. Every fault is told at once, by key.
pub fn check(connector: &dyn Connector, setup: &Setup) -> Result<(), SettingsError> {
    let descriptor = connector.descriptor();
    let way = setup.way(connector);
    let needs = way.map_or(&[][..], |way| way.needs);
    let mut reader = SettingsReader::of(descriptor.id, needs, &setup.data);
    if way.is_none() {
        reader.fault("kind", "is not offered by this marketplace");
    }
    let sites = descriptor.store.as_ref().map_or(&[][..], |facts| facts.sites);
    match &setup.site {
        None if !sites.is_empty() => reader.fault("site", "is missing"),
        Some(chosen) if sites.iter().all(|site| site.code != chosen) => {
            reader.fault("site", "is not a site of this marketplace");
        }
        _ => {}
    }
    if let Some(auth) = connector.auth() {
        auth.check(setup, &mut reader);
    }
    reader.finish(())
}

/// Whether `name` may be an account's internal name: letters, digits and underscores.
pub fn is_account_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `wish` as an account's internal name: whatever else is in it becomes an underscore.
pub fn as_account_name(wish: &str) -> String {
    wish.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_neither_letter_nor_digit_becomes_an_underscore() {
        assert_eq!(as_account_name("My shop-2 店"), "My_shop_2__");
        assert!(is_account_name("my_shop_2") && !is_account_name("my shop") && !is_account_name(""));
    }
}
