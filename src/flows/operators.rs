//! Operators: signing in to the console, who a session belongs to, and changing operators.

use std::sync::Arc;

use actix_web::web;
use kernel::Failure;
use kernel::id::{OperatorId, OperatorSessionId, ShopId, SupplierId};
use serde_json::json;

use crate::app::App;
use crate::areas::operators::entity::operator;
use crate::areas::operators::error::OperatorError;
use crate::areas::operators::role::Role;
use crate::areas::operators::service::{self, OperatorChange};
use crate::areas::operators::sessions::{self, Opened};
use crate::areas::operators::{audit, passwords, query, totp};
use crate::areas::shops::query::Shop;
use crate::areas::suppliers;
use crate::platform::request_keys::{Once, Slot};

/// Signs an operator in. Unknown users, wrong passwords and wrong one-time codes take the same time
/// and get the same answer.
#[tracing::instrument(skip_all)]
pub async fn sign_in(
    app: &App,
    username: &str,
    password: String,
    totp: Option<&str>,
) -> Result<(operator::Model, Opened), Failure> {
    // A name nobody can have is still worth the same work.
    let username = service::username(username).unwrap_or_default();
    app.sign_ins.begin(&username).map_err(OperatorError::TooManyAttempts)?;
    let known = query::by_username(app.db.reader(), &username).await?.filter(|one| one.disabled_at.is_none());
    let hash = known.as_ref().map(|one| one.password_hash.clone());
    let is_right = off_thread(app, move || passwords::is_right(&password, hash.as_deref())).await?;
    let operator = known.filter(|_| is_right).ok_or(OperatorError::BadCredentials)?;
    if let Some(secret) = service::totp_secret(&app.sealer, &operator)? {
        let step = totp.and_then(|given| totp::step_of(&secret, given, app.clock.wall()));
        if !step.is_some_and(|step| app.sign_ins.spend(operator.id, step)) {
            return Err(OperatorError::BadCredentials.into());
        }
    }
    app.sign_ins.succeeded(&username);
    let opened = app
        .db
        .write(async |tx| {
            let opened = sessions::open(tx, &operator, app.clock.wall()).await?;
            audit::note(tx, operator.shop_id, operator.id, "session.open", operator.id, json!({}), app.clock.now())
                .await?;
            Ok(opened)
        })
        .await?;
    Ok((operator, opened))
}

/// Runs password work on a thread that may block, a few at a time.
async fn off_thread<T: Send + 'static>(app: &App, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let _turn = app.sign_ins.turn().await;
    Ok(web::block(work).await.map_err(|error| OperatorError::Hash(error.to_string()))?)
}

/// A good session: whose, and how his writes prove themselves.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The session.
    pub session: OperatorSessionId,
    /// What `X-CSRF-Token` must say.
    pub csrf_token: String,
    /// The operator.
    pub operator: operator::Model,
    /// His shop.
    pub shop: Arc<Shop>,
}

/// Lets the bearer of a session cookie in and prolongs the session now and then. Read from the
/// database at each call: who is disabled or signed out is out at once.
pub async fn admit(app: &App, token: &str) -> Result<Admitted, Failure> {
    let now = app.clock.wall();
    let (session, operator) = sessions::find(app.db.reader(), token, now).await?;
    let shop = app.shops.by_id(operator.shop_id).map_err(|_| OperatorError::NoSession)?;
    if sessions::wants_touch(&session, now) {
        app.db.write(async |tx| Ok(sessions::touch(tx, session.id, now).await?)).await?;
    }
    Ok(Admitted { session: session.id, csrf_token: session.csrf_token, operator, shop })
}

/// Ends a session.
pub async fn sign_out(app: &App, session: OperatorSessionId) -> Result<(), Failure> {
    app.db.write(async |tx| Ok(sessions::end(tx, session).await?)).await
}

/// Creates an operator; `by` is `None` on the command line.
///
/// Errors: a name or password that cannot be, [`OperatorError::NameTaken`].
pub async fn create(
    app: &App,
    shop: ShopId,
    by: Option<OperatorId>,
    username: &str,
    password: String,
    role: Role,
) -> Result<operator::Model, Failure> {
    create_of(app, shop, by, username, password, (role, None)).await
}

/// As [`create`], with the supplier whose operator it is.
pub async fn create_of(
    app: &App,
    shop: ShopId,
    by: Option<OperatorId>,
    username: &str,
    password: String,
    who: (Role, Option<SupplierId>),
) -> Result<operator::Model, Failure> {
    create_once(app, shop, by, username, password, who, &Slot::without_key().once(201, |_| ())).await
}

/// As [`create`], once an idempotency key; with the supplier whose operator it is.
pub async fn create_once(
    app: &App,
    shop: ShopId,
    by: Option<OperatorId>,
    username: &str,
    password: String,
    (role, supplier): (Role, Option<SupplierId>),
    once: &Once<operator::Model>,
) -> Result<operator::Model, Failure> {
    let username = service::username(username)?;
    passwords::check(&password)?;
    let hash = off_thread(app, move || passwords::hash(&password)).await??;
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            if let Some(supplier) = supplier {
                suppliers::query::by_id(tx, shop, supplier).await?;
            }
            let created = service::create(tx, shop, &username, &hash, (role, supplier), now).await?;
            let detail = json!({ "username": created.username, "role": created.role });
            audit::note(tx, shop, by, "operator.create", created.id, detail, now).await?;
            once.keep(tx, &created, app.clock.wall()).await?;
            Ok(created)
        })
        .await
}

/// What an owner changes of an operator; what is `None` stays.
#[derive(Default)]
pub struct Change {
    /// The role.
    pub role: Option<Role>,
    /// Whether he may sign in no longer.
    pub disabled: Option<bool>,
    /// A new password.
    pub password: Option<String>,
}

/// Changes an operator; his sessions end.
pub async fn change(
    app: &App,
    shop: ShopId,
    by: OperatorId,
    id: OperatorId,
    change: Change,
) -> Result<operator::Model, Failure> {
    let password_hash = match change.password {
        None => None,
        Some(password) => {
            passwords::check(&password)?;
            Some(off_thread(app, move || passwords::hash(&password)).await??)
        }
    };
    let detail = json!({
        "role": change.role, "disabled": change.disabled, "password_changed": password_hash.is_some(),
    });
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let change =
                OperatorChange { role: change.role, disabled: change.disabled, password_hash: password_hash.clone() };
            let changed = service::change(tx, shop, id, change, now).await?;
            audit::note(tx, shop, by, "operator.change", id, detail.clone(), now).await?;
            Ok(changed)
        })
        .await
}

/// Gives an operator a new secret for one-time codes, or takes it away. Answers what an
/// authenticator app reads.
pub async fn set_totp(app: &App, username: &str, on: bool) -> Result<Option<String>, Failure> {
    let operator =
        query::by_username(app.db.reader(), &service::username(username)?).await?.ok_or(OperatorError::NotFound)?;
    let secret = on.then(totp::new_secret);
    app.db
        .write(async |tx| {
            service::set_totp(tx, &app.sealer, operator.id, secret.as_ref().map(<[u8; 20]>::as_slice)).await?;
            audit::note(tx, operator.shop_id, None, "operator.totp", operator.id, json!({ "on": on }), app.clock.now())
                .await?;
            Ok(())
        })
        .await?;
    Ok(secret.map(|secret| totp::enrolment_url(&secret, &operator.username)))
}
