//! What platforms push: verified by the connector, kept once, turned into things to read again.
//!
//! A message never says what a thing is now. One that a strong signature vouches for is kept, so that
//! its repetitions do nothing; any other is a hint, and hints alone cannot make us do more than read,
//! slowly.

use gateways::marketplaces::{ApiError, ErrorClass, HookAnswer, HookCall, HookEvent, HookKind, HookSource};
use kernel::Failure;
use kernel::id::{OperatorId, ShopId, StoreId, StoreNoticeId};
use kernel::page::{Page, PageRequest};
use serde_json::json;

use super::Sight;
use crate::app::{App, Store};
use crate::areas::operators::audit;
use crate::areas::stores::entity::{store, store_notice};
use crate::areas::stores::notices::{self, NewNotice};
use crate::areas::stores::state::{HintKind, NoticeKind, StoreState};
use crate::areas::stores::{StoreError, hints, query, service};

/// A pushed request as it came.
pub struct Pushed<'a> {
    /// The marketplace of its path.
    pub marketplace: &'a str,
    /// The store of its path.
    pub account: &'a str,
    /// HTTP method.
    pub method: &'a str,
    /// The query, decoded.
    pub query: &'a [(String, String)],
    /// Headers, names in lower case.
    pub headers: &'a [(String, String)],
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// Why a message is not taken.
pub enum Refused {
    /// Nothing listens at this address.
    NoSuchAddress,
    /// The platform's own status for a message that is not its own.
    NotTheirs(u16),
    /// It cannot be read; the platform repeats it in vain.
    Unreadable,
    /// It could not be checked, or a fault of ours: the platform repeats it.
    Later(Failure),
}

impl<E: Into<Failure>> From<E> for Refused {
    fn from(error: E) -> Self {
        Refused::Later(error.into())
    }
}

/// Takes a message in; answers what its platform takes for "received".
pub async fn heard(app: &App, pushed: &Pushed<'_>) -> Result<HookAnswer, Refused> {
    let row = addressed(app, pushed).await?.ok_or(Refused::NoSuchAddress)?;
    let shop = app.shops.by_id(row.shop_id)?;
    let store = app.marketplaces.store(&shop, &row).map_err(|_| Refused::NoSuchAddress)?;
    let hooks = store.market.channel.connector().hooks().ok_or(Refused::NoSuchAddress)?;
    let event = receive(app, pushed, &store, hooks).await?;
    if event.kind == HookKind::Challenge {
        return Ok(event.answer);
    }
    for row in concerned(app, &row, &event).await? {
        take_in(app, &row, &event, pushed.body).await?;
    }
    Ok(event.answer)
}

/// The store of the address: by its id here, or by the merchant's id there.
async fn addressed(app: &App, pushed: &Pushed<'_>) -> Result<Option<store::Model>, Failure> {
    let conn = app.db.reader();
    let row = match pushed.account.parse::<StoreId>() {
        Ok(id) => query::any(conn, id).await?,
        Err(_) => query::of_merchant(conn, pushed.marketplace, pushed.account).await?.into_iter().next(),
    };
    Ok(row.filter(|row| row.marketplace == pushed.marketplace))
}

async fn receive(app: &App, pushed: &Pushed<'_>, store: &Store, hooks: &dyn HookSource) -> Result<HookEvent, Refused> {
    let address = app.marketplaces.notify_url(pushed.marketplace, pushed.account);
    let mut call = HookCall {
        method: pushed.method,
        address: &address,
        query: pushed.query,
        headers: pushed.headers,
        body: pushed.body,
        key: None,
        received_at: app.clock.wall(),
    };
    let key = match hooks.key_id(&call) {
        Some(id) => app.marketplaces.hook_key(&store.market, &id).await.map_err(|error| unchecked(store, &error))?,
        None => None,
    };
    call.key = key.as_deref();
    hooks.receive(&call).map_err(|error| match error.class {
        ErrorClass::BadSignature => Refused::NotTheirs(hooks.refusal()),
        ErrorClass::BadConfiguration => unchecked(store, &error),
        _ => Refused::Unreadable,
    })
}

/// A message that could not be checked; whoever sent it may try again.
fn unchecked(store: &Store, error: &ApiError) -> Refused {
    Refused::Later(super::trouble::failure(store.market.descriptor.id, error))
}

/// The stores that a message is about. One address may serve all merchants of an app; a message about
/// a merchant we do not know is for nobody.
async fn concerned(app: &App, row: &store::Model, event: &HookEvent) -> Result<Vec<store::Model>, Failure> {
    // Buyers' data outlive the binding: whoever was taken off may still ask.
    if let (Some(merchant), true) = (&event.account_id, event.erases.is_some()) {
        return Ok(query::ever_of_merchant(app.db.reader(), row.shop_id, &row.marketplace, merchant).await?);
    }
    if row.external_id.is_some() && event.account_id == row.external_id && row.site.is_empty() {
        return Ok(vec![row.clone()]);
    }
    // Where a message names no merchant, a revocation still has him among its ids.
    let merchants: Vec<&String> = match (&event.account_id, event.kind) {
        (Some(merchant), _) => vec![merchant],
        (None, HookKind::Revoked) => event.ids.iter().collect(),
        (None, _) => return Ok(vec![row.clone()]),
    };
    let mut found = Vec::new();
    for merchant in merchants {
        // The same shop alone: its app's secret has signed.
        let rows = query::of_merchant(app.db.reader(), &row.marketplace, merchant).await?;
        found.extend(rows.into_iter().filter(|other| other.shop_id == row.shop_id));
    }
    Ok(found)
}

async fn take_in(app: &App, row: &store::Model, event: &HookEvent, body: &[u8]) -> Result<(), Failure> {
    let kind = kind_of(event);
    let (wall, now) = (app.clock.wall(), app.clock.now());
    let new = NewNotice {
        kind,
        topic: event.topic.chars().filter(|sign| !sign.is_control()).take(100).collect(),
        // Whoever makes a message up must not keep the real one of the same number out.
        dedupe_key: match event.trusted {
            true => event.dedupe_key.clone(),
            false => format!("{}:{}", event.dedupe_key, kernel::crypto::digest::sha256_hex(body)),
        },
        external_ids: event.ids.clone(),
        erases: event.erases.as_ref().filter(|_| kind == NoticeKind::Privacy).map(|erases| json!(erases)),
    };
    let owner = (row.shop_id, row.id);
    let revoked = app
        .db
        .write(async |tx| {
            if event.trusted && !notices::keep(tx, owner, &new, wall).await? {
                return Ok(false);
            }
            if let Some(hint) = hint_of(kind).filter(|_| row.state == StoreState::Active) {
                hints::put(tx, owner, hint, &event.ids, event.trusted, now).await?;
            }
            if kind == NoticeKind::Revoked && speaks_of(row, event) {
                return Ok(service::revoked(tx, row, "the merchant has taken the authorisation back", now).await?);
            }
            Ok(false)
        })
        .await?;
    if revoked {
        tracing::error!(store = %row.id, marketplace = row.marketplace,
            "a merchant has taken his authorisation back; the store's work stops until he authorises again");
    }
    if kind == NoticeKind::Privacy && event.erases.is_none() {
        tracing::warn!(store = %row.id, marketplace = row.marketplace, topic = new.topic,
            "a platform asks for something about buyer data; an operator must do it");
    }
    Ok(())
}

/// What a message is about, as we keep it: nobody takes an authorisation away without a signature.
fn kind_of(event: &HookEvent) -> NoticeKind {
    match event.kind {
        HookKind::Orders => NoticeKind::Orders,
        HookKind::Goods => NoticeKind::Goods,
        HookKind::Stock => NoticeKind::Stock,
        HookKind::Refunds => NoticeKind::Refunds,
        HookKind::Revoked if event.trusted => NoticeKind::Revoked,
        HookKind::Authorised => NoticeKind::Authorised,
        HookKind::Privacy if event.trusted => NoticeKind::Privacy,
        HookKind::Revoked | HookKind::Privacy | HookKind::Challenge | HookKind::Other => NoticeKind::Other,
    }
}

fn hint_of(kind: NoticeKind) -> Option<HintKind> {
    match kind {
        NoticeKind::Orders | NoticeKind::Refunds => Some(HintKind::Orders),
        NoticeKind::Goods => Some(HintKind::Goods),
        NoticeKind::Stock => Some(HintKind::Stock),
        NoticeKind::Revoked | NoticeKind::Authorised | NoticeKind::Privacy | NoticeKind::Other => None,
    }
}

/// Whether a message that names no merchant still names this one, among its ids.
fn speaks_of(row: &store::Model, event: &HookEvent) -> bool {
    let Some(own) = &row.external_id else { return false };
    event.account_id.as_ref().map_or_else(|| event.ids.contains(own), |named| named == own)
}

/// The messages of the stores that the operator sees.
pub async fn list(
    app: &App,
    who: Sight,
    of: Option<StoreId>,
    open: bool,
    page: &PageRequest,
) -> Result<Page<store_notice::Model>, Failure> {
    let stores = match of {
        Some(id) => vec![super::one(app, who, id, None).await?.id],
        None => super::all_of(app, who, None).await?.into_iter().map(|row| row.id).collect(),
    };
    notices::list(app.db.reader(), who.shop, &stores, open, page).await
}

/// An operator has done what a message asks for.
///
/// # Errors
/// `store_notice.not_found`, also for one of a store that is not his.
pub async fn done(app: &App, who: Sight, id: StoreNoticeId) -> Result<store_notice::Model, Failure> {
    let (shop, by): (ShopId, OperatorId) = (who.shop, who.operator);
    let row = notices::one(app.db.reader(), shop, id).await?;
    super::one(app, who, row.store_id, None).await.map_err(|_| StoreError::NoticeNotFound)?;
    app.db
        .write(async |tx| {
            notices::done(tx, &row, by, app.clock.wall()).await?;
            audit::note(tx, shop, by, "store_notice.done", id, json!({ "topic": row.topic }), app.clock.now()).await?;
            Ok(notices::one(tx, shop, id).await?)
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: HookKind, trusted: bool) -> HookEvent {
        HookEvent {
            kind,
            topic: "t".to_owned(),
            account_id: None,
            ids: vec!["1".to_owned()],
            erases: None,
            dedupe_key: "d".to_owned(),
            version: None,
            trusted,
            answer: HookAnswer::json("{}"),
        }
    }

    #[test]
    fn what_nobody_vouches_for_takes_nothing_away_and_makes_no_work_for_people() {
        assert_eq!(kind_of(&event(HookKind::Revoked, false)), NoticeKind::Other);
        assert_eq!(kind_of(&event(HookKind::Privacy, false)), NoticeKind::Other);
        assert_eq!(kind_of(&event(HookKind::Revoked, true)), NoticeKind::Revoked);
        assert_eq!(hint_of(kind_of(&event(HookKind::Refunds, false))), Some(HintKind::Orders));
        assert_eq!(hint_of(NoticeKind::Other), None);
    }
}
