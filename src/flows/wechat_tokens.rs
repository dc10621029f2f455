//! The mini-program's access token: one for all processes, fetched by one holder at a time.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use gateways::wechat::{AccessToken, TokenStore, WechatError};
use kernel::Failure;
use secrecy::ExposeSecret;
use tokio::sync::OwnedMutexGuard;

use crate::app::{App, ShopClients};
use crate::areas::shops::query::Shop;
use crate::areas::shops::wechat_tokens as kept;
use crate::platform::leases;

/// How long a process may take to fetch a token before another tries.
const LEASE_S: i64 = 15;
/// How often a waiting process looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// This process as a holder of leases.
static HOLDER: LazyLock<String> = LazyLock::new(|| uuid::Uuid::new_v4().to_string());

/// The token of one shop for one call. Where none is kept, the store makes the call the only
/// fetching one until the call has ended.
pub struct Store<'a> {
    app: &'a App,
    shop: &'a Shop,
    clients: Arc<ShopClients>,
    turn: Mutex<Option<OwnedMutexGuard<()>>>,
}

/// The store of `shop`'s token.
pub fn store<'a>(app: &'a App, shop: &'a Shop) -> Store<'a> {
    Store { app, shop, clients: app.clients.of(shop), turn: Mutex::default() }
}

/// Runs `call` under the shop's access token; once more under another when the platform rejects it.
///
/// A one-time code in `call` is safe: the platform rejects a token before it looks at the code.
pub async fn with_token<T, R>(app: &App, shop: &Shop, call: impl Fn(String) -> R) -> Result<T, WechatError>
where
    R: Future<Output = Result<T, WechatError>>,
{
    let store = store(app, shop);
    store.clients.miniprogram.with_token(&store, call).await
}

impl Store<'_> {
    async fn kept(&self) -> Result<Option<String>, Failure> {
        let now = self.app.clock.wall();
        Ok(kept::current(self.app.db.reader(), &self.app.sealer, self.shop.id, now).await?)
    }

    fn lease_name(&self) -> String {
        format!("wechat_token:{}", self.shop.id)
    }

    /// Becomes the only fetching call, or finds the token another has fetched meanwhile.
    async fn await_turn(&self) -> Result<Option<String>, Failure> {
        let has_turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if !has_turn {
            let turn = Arc::clone(&self.clients.token_turn).lock_owned().await;
            *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = Some(turn);
        }
        // Another process ends or loses its lease in time; the bound is only against a broken clock.
        for _ in 0..200 {
            if let Some(token) = self.kept().await? {
                self.end_turn();
                return Ok(Some(token));
            }
            let leased = self
                .app
                .db
                .write(async |tx| {
                    let life = chrono::Duration::seconds(LEASE_S);
                    Ok(leases::take(tx, &self.lease_name(), &HOLDER, life, self.app.clock.wall()).await?)
                })
                .await?;
            if leased {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(None)
    }

    fn end_turn(&self) {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl TokenStore for Store<'_> {
    type Error = Failure;

    async fn current(&self) -> Result<Option<String>, Failure> {
        match self.kept().await? {
            Some(token) => Ok(Some(token)),
            None => self.await_turn().await,
        }
    }

    async fn keep(&self, token: &AccessToken) -> Result<(), Failure> {
        let (text, life_s) = (token.token.expose_secret(), token.expires_in_s);
        self.app
            .db
            .write(async |tx| {
                let now = self.app.clock.wall();
                kept::keep(tx, &self.app.sealer, self.shop.id, text, life_s, now).await?;
                leases::give_back(tx, &self.lease_name(), &HOLDER).await?;
                Ok(())
            })
            .await?;
        self.end_turn();
        Ok(())
    }

    async fn forget(&self, token: &str) -> Result<(), Failure> {
        let forgotten = async |tx: &_| Ok(kept::forget(tx, &self.app.sealer, self.shop.id, token).await?);
        self.app.db.write(forgotten).await
    }

    async fn may_force(&self) -> Result<bool, Failure> {
        self.app.db.write(async |tx| Ok(kept::may_force(tx, self.shop.id, self.app.clock.wall()).await?)).await
    }
}
