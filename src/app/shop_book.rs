//! The shops at hand, so that no request reads and opens them anew.

use std::sync::Arc;

use arc_swap::ArcSwap;
use kernel::Failure;
use kernel::id::ShopId;
use tokio::sync::Mutex;

use crate::areas::shops::error::ShopError;
use crate::areas::shops::query::{self, Shop};
use crate::platform::db::Db;
use crate::platform::seal::Sealer;

/// The shops at hand, so that no request reads and opens them anew.
#[derive(Default)]
pub struct ShopBook {
    shops: ArcSwap<Vec<Arc<Shop>>>,
    /// Held while the shops are read: what was read before a change must not be put after it.
    turn: Mutex<()>,
}

impl ShopBook {
    /// Reads the shops again when any has changed.
    pub async fn refresh(&self, db: &Db, sealer: &Sealer) -> Result<(), Failure> {
        let _turn = self.turn.lock().await;
        let versions = query::versions(db.reader()).await?;
        let at_hand: Vec<_> = self.shops.load().iter().map(|shop| (shop.id, shop.version)).collect();
        if versions != at_hand {
            self.shops.store(Arc::new(query::all(db.reader(), sealer).await?));
        }
        Ok(())
    }

    /// Every shop.
    pub fn all(&self) -> Arc<Vec<Arc<Shop>>> {
        self.shops.load_full()
    }

    /// The shop with this id.
    pub fn by_id(&self, id: ShopId) -> Result<Arc<Shop>, ShopError> {
        self.find(|shop| shop.id == id, || id.to_string())
    }

    /// The shop with this code, as in callback paths.
    pub fn by_code(&self, code: &str) -> Result<Arc<Shop>, ShopError> {
        self.find(|shop| shop.code == code, || code.to_owned())
    }

    /// The shop of this mini-program, or the only one when none is named.
    pub fn by_appid(&self, appid: Option<&str>) -> Result<Arc<Shop>, ShopError> {
        let shops = self.shops.load();
        match (appid, shops.as_slice()) {
            (Some(appid), _) => self.find(|shop| shop.appid == appid, || appid.to_owned()),
            (None, [only]) => Ok(Arc::clone(only)),
            (None, _) => Err(ShopError::Required),
        }
    }

    fn find(&self, wanted: impl Fn(&Shop) -> bool, name: impl Fn() -> String) -> Result<Arc<Shop>, ShopError> {
        let shops = self.shops.load();
        shops.iter().find(|shop| wanted(shop)).cloned().ok_or_else(|| ShopError::Unknown(name()))
    }
}
