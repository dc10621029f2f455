//! Signing in by `wx.login` code, refreshing and signing out.

use gateways::wechat::WechatError;
use kernel::id::LeaderId;
use kernel::{Code, Coded, Failure};

use crate::app::App;
use crate::areas::leaders;
use crate::areas::members::entity::member;
use crate::areas::members::error::MemberError;
use crate::areas::members::service::{self, Arrival};
use crate::areas::members::sessions::{self, Refreshed, Tokens};
use crate::areas::shops::query::Shop;

/// WeChat did not let the user in.
#[derive(Debug, thiserror::Error)]
#[error("WeChat did not accept the login code")]
pub struct LoginFailed(#[from] WechatError);

impl Coded for LoginFailed {
    fn code(&self) -> Code {
        match &self.0 {
            WechatError::CodeInvalid(_) => Code::LoginCodeInvalid,
            WechatError::HighRisk(_) => Code::LoginRefused,
            _ => Code::LoginUnavailable,
        }
    }
}

/// A member and the tokens of the new session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The member, created at the first sign-in.
    pub member: member::Model,
    /// The session's tokens.
    pub tokens: Tokens,
}

/// Signs in: the code is spent at WeChat outside any transaction, then member and session are written.
///
/// `invited_by` may be a leader's id: the member is bound to that leader.
#[tracing::instrument(skip_all, fields(shop = %shop.id))]
pub async fn sign_in(app: &App, shop: &Shop, code: &str, invited_by: Option<&str>) -> Result<SignedIn, Failure> {
    let session = app.clients.of(shop).miniprogram.login(code).await.map_err(LoginFailed)?;
    let arrival = Arrival {
        openid: &session.openid,
        unionid: session.unionid.as_deref(),
        session_key: secrecy::ExposeSecret::expose_secret(&session.session_key),
        invited_by,
    };
    let inviting_leader: Option<LeaderId> = invited_by.and_then(|text| text.parse().ok());
    app.db
        .write(async |tx| {
            let member = service::arrive(tx, &app.sealer, shop.id, &arrival, app.clock.now()).await?;
            if let Some(leader) = inviting_leader
                && leaders::query::by_id(tx, shop.id, leader).await?.is_some()
            {
                service::bind_to_leader(tx, shop.id, member.id, leader, "invitation", app.clock.now()).await?;
            }
            let tokens = sessions::open(tx, &app.sealer, shop.id, member.id, app.clock.wall()).await?;
            Ok(SignedIn { member, tokens })
        })
        .await
}

/// Rotates the tokens. A token that comes again long after its first use ends the session.
pub async fn refresh(app: &App, refresh_token: &str) -> Result<Tokens, Failure> {
    let refreshed =
        app.db.write(async |tx| Ok(sessions::rotate(tx, &app.sealer, refresh_token, app.clock.wall()).await?)).await?;
    match refreshed {
        Refreshed::Tokens(tokens) => Ok(tokens),
        Refreshed::Revoked(session) => {
            app.barred.bar(session);
            tracing::warn!(%session, "a refresh token came twice; the session has been ended");
            Err(MemberError::TokenReused.into())
        }
    }
}

/// Ends the session; its access token stops within seconds everywhere, here at once.
pub async fn sign_out(app: &App, shop: &Shop, session: kernel::id::SessionId) -> Result<(), Failure> {
    app.db.write(async |tx| Ok(sessions::revoke(tx, shop.id, session, app.clock.wall()).await?)).await?;
    app.barred.bar(session);
    Ok(())
}
