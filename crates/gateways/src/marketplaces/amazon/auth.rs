//! Consent in the seller's console, or a refresh token that a merchant pastes in for his own app.

use secrecy::{ExposeSecret, SecretString};

use super::super::account::{Account, Setup};
use super::super::authorise::{Authorise, Callback, Grant, Identity, TokenStep};
use super::super::connector::BoxFeed;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{Host, HttpReply, HttpRequest};
use super::super::feeds::Once;
use super::super::model::Page;
use super::super::oauth;
use super::super::settings::SettingsReader;
use super::super::tokens::TokenSet;
use super::types::Participations;
use super::{Amazon, TOKENS, sites};

/// Between seller and code in a grant: the callback names the seller, the token's answer does not.
const JOINT: char = ' ';

impl Authorise for Amazon {
    fn check(&self, setup: &Setup, reader: &mut SettingsReader<'_>) {
        let plain = |id: &str| id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if setup.text("seller_id").is_some_and(|id| !plain(&id)) {
            reader.fault("seller_id", "must be letters and digits, as the seller's console shows it");
        }
    }

    fn start(&self, setup: &Setup, state: &str) -> Result<HttpRequest, ApiError> {
        let Some(application) = &self.application_id else {
            return Err(ApiError::new(ErrorClass::BadConfiguration, "application_id", "the app has no application_id"));
        };
        let site = self.site(&setup.account(""))?;
        let mut page = HttpRequest::get("authorize", "/apps/authorize/consent")
            .at(Host::Own(sites::seller_central(site).to_owned()))
            .asking("application_id", application)
            .asking("state", state)
            .asking("redirect_uri", &setup.redirect_uri);
        if self.draft {
            page = page.asking("version", "beta");
        }
        Ok(page)
    }

    fn callback(&self, setup: &Setup, callback: &Callback<'_>) -> Result<Grant, ApiError> {
        callback.check_state()?;
        let seller = callback.parameter("selling_partner_id")?;
        if setup.account_id.as_deref().is_some_and(|asked| asked != seller) {
            return Err(ApiError::new(ErrorClass::Conflict, "other_account", "another seller has authorised"));
        }
        let code = callback.parameter("spapi_oauth_code")?;
        Ok(Grant::Code(SecretString::from(format!("{seller}{JOINT}{code}"))))
    }

    fn token(&self, setup: &Setup, grant: &Grant) -> Result<TokenStep, ApiError> {
        let request = HttpRequest::form("token", "/auth/o2/token")
            .at(Host::Own(TOKENS.to_owned()))
            .with("client_id", &self.client_id)
            .with("client_secret", self.client_secret.expose_secret())
            .complete();
        let request = match grant {
            Grant::Code(joined) => request
                .with("grant_type", "authorization_code")
                .with("code", parted(joined).1)
                .with("redirect_uri", &setup.redirect_uri)
                .once(),
            Grant::Refresh(token) | Grant::Pasted(token) => {
                request.with("grant_type", "refresh_token").with("refresh_token", token.expose_secret())
            }
            _ => return Err(ApiError::unsupported("a merchant must authorise")),
        };
        Ok(TokenStep::Ask(Box::new(request)))
    }

    fn read_token(&self, setup: &Setup, grant: &Grant, reply: &HttpReply) -> Result<TokenSet, ApiError> {
        let mut tokens = oauth::read(reply)?;
        tokens.account_id = match grant {
            Grant::Code(joined) => parted(joined).0.map(str::to_owned),
            _ => setup.text("seller_id"),
        };
        if let (Grant::Pasted(token), None) = (grant, &tokens.refresh) {
            tokens.refresh = Some(token.clone());
        }
        Ok(tokens)
    }

    /// The sites that the seller may sell on, within the region asked.
    fn who<'a>(&'a self, account: &'a Account) -> Option<BoxFeed<'a, Identity>> {
        Some(Box::new(Once {
            ask: || {
                self.ask(
                    HttpRequest::get("getMarketplaceParticipations", "/sellers/v1/marketplaceParticipations"),
                    account,
                )
            },
            read: |reply: &HttpReply| {
                let body: Participations = reply.json()?;
                let rows = body.payload.ok_or_else(|| ApiError::malformed("no payload"))?.0;
                let taken = rows.iter().filter(|row| row.participation.is_participating.text() != Some("false"));
                let known = |id: Option<&str>| sites::SITES.iter().find(|site| Some(site.external_id) == id);
                let sites = taken.filter_map(|row| known(row.marketplace.id.text())).map(|site| site.code.to_owned());
                let name = rows.iter().find_map(|row| row.store_name.owned());
                Ok(Page::of(vec![Identity { account_id: account.id.clone(), name, sites: sites.collect() }]))
            },
        }))
    }
}

fn parted(joined: &SecretString) -> (Option<&str>, &str) {
    match joined.expose_secret().split_once(JOINT) {
        Some((seller, code)) => (Some(seller), code),
        None => (None, joined.expose_secret()),
    }
}
