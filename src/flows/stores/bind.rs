//! Entering a store, changing it, stopping it and taking it off; and who works on it.

use std::collections::BTreeSet;

use gateways::marketplaces::{AccountKind, Setup, check_setup, is_account_name};
use kernel::failure::Invalid;
use kernel::id::{OperatorId, StoreId};
use kernel::{Failure, FieldFault};
use serde_json::{Map, Value, json};

use crate::app::{App, Market};
use crate::areas::market_accounts::{MarketError, service as imports};
use crate::areas::operators::{audit, query as people, role::Role};
use crate::areas::shops::query::Shop;
use crate::areas::stores::entity::{store, store_operator};
use crate::areas::stores::service::{self, Edit, NewStore};
use crate::areas::stores::state::{Duty, StoreEvent, StoreState};
use crate::areas::stores::{StoreError, operators, query};
use crate::platform::request_keys::Once;

/// A store as an operator enters it.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Where.
    pub marketplace: String,
    /// Its internal name.
    pub name: String,
    /// Its name for people.
    pub display_name: String,
    /// Whose app acts; the platform's usual way when left out.
    pub kind: Option<String>,
    /// The site, where the platform has several.
    pub site: Option<String>,
    /// The merchant's id, when it is known.
    pub external_id: Option<String>,
    /// The platform's own required data.
    pub data: Map<String, Value>,
    /// The company behind it.
    pub legal_subject: Option<String>,
}

/// What an operator changes; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Its name for people.
    pub display_name: Option<String>,
    /// The platform's own required data, as a whole.
    pub data: Option<Map<String, Value>>,
    /// The merchant's id; before the first authorisation alone.
    pub external_id: Option<Option<String>>,
    /// The site; before the first authorisation alone.
    pub site: Option<String>,
    /// The company behind it.
    pub legal_subject: Option<Option<String>>,
}

/// Enters a store, to be authorised next.
///
/// # Errors
/// `marketplace.unknown`, `marketplace.not_configured`, `validation.failed` with every field at fault,
/// `name.taken`.
pub async fn enter(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    wish: &Wish,
    once: &Once<store::Model>,
) -> Result<store::Model, Failure> {
    let market = app.marketplaces.of(shop, &wish.marketplace)?;
    let kind = kind_of(&market, wish)?;
    let mut faults = Vec::new();
    if !is_account_name(&wish.name) {
        faults.push(FieldFault::new("name", "invalid", "letters, digits and underscores alone"));
    }
    let setup = Setup {
        kind,
        site: wish.site.clone(),
        account_id: wish.external_id.clone(),
        data: wish.data.clone(),
        redirect_uri: app.marketplaces.callback_url(&wish.marketplace),
    };
    faults.extend(setup_faults(&market, &setup));
    Invalid::unless_empty(faults)?;
    let new = NewStore {
        shop: shop.id,
        marketplace: wish.marketplace.clone(),
        name: wish.name.clone(),
        display_name: wish.display_name.clone(),
        kind: kind.word().to_owned(),
        site: wish.site.clone().unwrap_or_default(),
        expected_id: wish.external_id.clone(),
        data: wish.data.clone(),
        legal_subject: wish.legal_subject.clone(),
    };
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let row = service::create(tx, &new, now).await?;
            let detail =
                json!({ "marketplace": row.marketplace, "name": row.name, "kind": row.kind, "site": row.site });
            audit::note(tx, shop.id, by, "store.create", row.id, detail, now).await?;
            once.keep(tx, &row, app.clock.wall()).await?;
            Ok(row)
        })
        .await
}

fn kind_of(market: &Market, wish: &Wish) -> Result<AccountKind, Failure> {
    let Some(facts) = market.descriptor.store.as_ref() else {
        let marketplace = wish.marketplace.clone();
        return Err(MarketError::ListingNotOffered { marketplace, given: "affiliate" }.into());
    };
    let usual = facts.ways.first().map_or(AccountKind::ThirdParty, |way| way.kind);
    let Some(word) = &wish.kind else { return Ok(usual) };
    let unknown = || Invalid::field("kind", "invalid", "self or third_party");
    Ok(AccountKind::parse(word).ok_or_else(unknown)?)
}

/// What is wrong with a setup, by the request's own fields.
fn setup_faults(market: &Market, setup: &Setup) -> Vec<FieldFault> {
    let Err(error) = check_setup(market.channel.connector(), setup) else { return Vec::new() };
    let fault = |(key, what): (String, String)| {
        let field = if key == "kind" || key == "site" { key } else { format!("data.{key}") };
        let code = if what.contains("missing") { "required" } else { "invalid" };
        FieldFault::new(field, code, what)
    };
    error.faults.into_iter().map(fault).collect()
}

/// Changes what was entered of a store.
///
/// # Errors
/// `validation.failed`; `store.wrong_state` for the merchant or site of a store that was authorised.
pub async fn change(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    row: &store::Model,
    change: Change,
) -> Result<store::Model, Failure> {
    let moves = change.external_id.is_some() || change.site.is_some();
    if row.state == StoreState::Removed || moves && row.state != StoreState::Draft {
        return Err(StoreError::WrongState(row.state).into());
    }
    if change.data.is_some() || change.site.is_some() {
        let known = app.marketplaces.store(shop, row)?;
        let setup = Setup {
            site: change.site.clone().or(known.setup.site),
            data: change.data.clone().unwrap_or(known.setup.data),
            ..known.setup
        };
        Invalid::unless_empty(setup_faults(&known.market, &setup))?;
    }
    let edit = Edit {
        display_name: change.display_name,
        data: change.data,
        expected_id: change.external_id,
        site: change.site,
        legal_subject: change.legal_subject,
    };
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let changed = service::edit(tx, row, &edit, now).await?;
            let told = |row: &store::Model| {
                json!({ "display_name": row.display_name, "data": row.data, "expected_id": row.expected_id,
                    "site": row.site, "legal_subject": row.legal_subject })
            };
            let detail = json!({ "before": told(row), "after": told(&changed) });
            audit::note(tx, shop.id, by, "store.change", row.id, detail, now).await?;
            Ok(changed)
        })
        .await
}

/// An operator stops a store, lets it go on, or takes it off.
///
/// # Errors
/// `store.wrong_state`; `store.reauthorize` for one that its merchant alone brings back.
pub async fn keep_state(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    row: &store::Model,
    event: StoreEvent,
) -> Result<store::Model, Failure> {
    let action = match event {
        StoreEvent::Paused => "store.pause",
        StoreEvent::Resumed => "store.resume",
        StoreEvent::Removed => "store.remove",
        StoreEvent::Authorised | StoreEvent::Refused => return Err(StoreError::WrongState(row.state).into()),
    };
    if row.state == StoreState::Reauthorize && event != StoreEvent::Removed {
        return Err(StoreError::Reauthorize.into());
    }
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let changed = service::change_state(tx, row, event, now).await?;
            if event == StoreEvent::Removed {
                operators::replace(tx, shop.id, row.id, &BTreeSet::new(), now).await?;
            }
            if event == StoreEvent::Resumed {
                imports::resume_of_store(tx, shop.id, row.id, now).await?;
            }
            audit::note(tx, shop.id, by, action, row.id, json!({ "name": row.name, "from": row.state }), now).await?;
            Ok(changed)
        })
        .await
}

/// Who is bound to a store.
pub async fn operators_of(app: &App, store: StoreId) -> Result<Vec<store_operator::Model>, Failure> {
    Ok(operators::of_store(app.db.reader(), store).await?)
}

/// Binds these operators to a store and nobody else.
///
/// # Errors
/// `validation.failed` names each that is nobody of this shop.
pub async fn set_operators(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    store: StoreId,
    wanted: &[(OperatorId, Duty)],
) -> Result<Vec<store_operator::Model>, Failure> {
    let known = people::list(app.db.reader(), shop.id).await?;
    let works_here = |id: OperatorId| known.iter().any(|one| one.id == id && one.role != Role::Supplier);
    let stranger = |(place, (id, _)): (usize, &(OperatorId, Duty))| {
        let field = format!("operators[{place}].operator_id");
        (!works_here(*id)).then(|| FieldFault::new(field, "unknown", "no such operator of this shop"))
    };
    Invalid::unless_empty(wanted.iter().enumerate().filter_map(stranger).collect())?;
    let wanted: BTreeSet<(OperatorId, Duty)> = wanted.iter().copied().collect();
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            query::store(tx, shop.id, store).await?;
            operators::replace(tx, shop.id, store, &wanted, now).await?;
            let told: Vec<Value> =
                wanted.iter().map(|(operator, duty)| json!({ "operator": operator, "duty": duty })).collect();
            audit::note(tx, shop.id, by, "store.operators", store, json!({ "operators": told }), now).await?;
            Ok(operators::of_store(tx, store).await?)
        })
        .await
}
