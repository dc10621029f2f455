//! A merchant's own key and secret: nobody consents, nothing ends.

use secrecy::ExposeSecret;

use super::super::account::Setup;
use super::super::authorise::{Authorise, Grant, TokenStep};
use super::super::error::ApiError;
use super::super::exchange::HttpReply;
use super::super::order_states;
use super::super::settings::SettingsReader;
use super::super::tokens::TokenSet;
use super::Wanliniu;

impl Authorise for Wanliniu {
    fn check(&self, setup: &Setup, reader: &mut SettingsReader<'_>) {
        if setup.text("gateway").is_some_and(|gateway| !["open", "b2c"].contains(&gateway.as_str())) {
            reader.fault("gateway", "must be open or b2c");
        }
        order_states::check(setup, reader);
    }

    fn token(&self, setup: &Setup, grant: &Grant) -> Result<TokenStep, ApiError> {
        let Grant::Pasted(secret) = grant else {
            return Err(ApiError::unsupported("a merchant's key and secret are pasted in"));
        };
        let key = setup.text("app_key").ok_or_else(|| ApiError::bad_request("no app_key"))?;
        let tokens = TokenSet { account_id: Some(key), ..TokenSet::lasting(secret.expose_secret()) };
        Ok(TokenStep::Have(Box::new(tokens)))
    }

    fn read_token(&self, _: &Setup, _: &Grant, _: &HttpReply) -> Result<TokenSet, ApiError> {
        Err(ApiError::unsupported("there is no token to ask for"))
    }
}
