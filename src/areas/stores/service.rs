//! Writing stores. Every change of state is one conditional update.

use kernel::Time;
use kernel::id::{ShopId, StoreId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, UpdateMany, entity::prelude::*};
use serde_json::{Map, Value, json};

use super::entity::store::{ActiveModel, Column, Entity, Model};
use super::error::StoreError;
use super::state::{StoreEvent, StoreState};
use crate::platform::db::is_unique_violation;

/// The longest trouble kept, in characters.
const TROUBLE_LENGTH: usize = 300;

/// A store to be bound.
#[derive(Clone, Debug)]
pub struct NewStore {
    /// Whose.
    pub shop: ShopId,
    /// Where.
    pub marketplace: String,
    /// Its internal name; its form has been checked.
    pub name: String,
    /// Its name for people.
    pub display_name: String,
    /// `self` or `third_party`.
    pub kind: String,
    /// The site chosen; empty where the marketplace has one.
    pub site: String,
    /// The merchant's id there, when it is known beforehand: nobody else may authorise.
    pub expected_id: Option<String>,
    /// The platform's own required data, checked.
    pub data: Map<String, Value>,
    /// The company behind it.
    pub legal_subject: Option<String>,
}

/// Enters a store, to be authorised next.
///
/// # Errors
/// [`StoreError::NameTaken`], [`StoreError::Bound`].
pub async fn create(conn: &impl ConnectionTrait, new: &NewStore, now: Time) -> Result<Model, StoreError> {
    if super::query::named(conn, new.shop, &new.name).await?.is_some() {
        return Err(StoreError::NameTaken);
    }
    let row = ActiveModel {
        id: Set(StoreId::new()),
        shop_id: Set(new.shop),
        marketplace: Set(new.marketplace.clone()),
        name: Set(new.name.clone()),
        display_name: Set(new.display_name.clone()),
        kind: Set(new.kind.clone()),
        site: Set(new.site.clone()),
        expected_id: Set(new.expected_id.clone()),
        // Claimed by the merchant's own consent alone, so that nobody can keep a store from its merchant.
        external_id: Set(None),
        former_id: Set(None),
        external_name: Set(None),
        data: Set(Value::Object(new.data.clone())),
        told: Set(json!({})),
        scopes: Set(json!([])),
        legal_subject: Set(new.legal_subject.clone()),
        state: Set(StoreState::Draft),
        trouble: Set(None),
        sealed_tokens: Set(None),
        token_version: Set(0),
        tokens_end_at: Set(None),
        renew_at: Set(None),
        consent_ends_at: Set(None),
        renewing_until: Set(None),
        renewal_failures: Set(0),
        renewal_rests_until: Set(None),
        authorised_by: Set(None),
        authorised_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    Entity::insert(row).exec_with_returning(conn).await.map_err(bound_or)
}

/// What an operator changes of a store; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// Its name for people.
    pub display_name: Option<String>,
    /// The platform's own required data, checked.
    pub data: Option<Map<String, Value>>,
    /// The merchant's id; before the first authorisation alone.
    pub expected_id: Option<Option<String>>,
    /// The site; before the first authorisation alone.
    pub site: Option<String>,
    /// The company behind it.
    pub legal_subject: Option<Option<String>>,
}

/// Changes what was entered of a store.
///
/// # Errors
/// [`StoreError::WrongState`] for one that was taken off meanwhile.
pub async fn edit(conn: &impl ConnectionTrait, row: &Model, edit: &Edit, now: Time) -> Result<Model, StoreError> {
    let data = edit.data.clone().map_or_else(|| row.data.clone(), Value::Object);
    let update = Entity::update_many()
        .col_expr(Column::DisplayName, Expr::value(edit.display_name.as_ref().unwrap_or(&row.display_name)))
        .col_expr(Column::Data, Expr::value(data))
        .col_expr(Column::ExpectedId, Expr::value(edit.expected_id.clone().unwrap_or_else(|| row.expected_id.clone())))
        .col_expr(Column::Site, Expr::value(edit.site.as_ref().unwrap_or(&row.site)))
        .col_expr(
            Column::LegalSubject,
            Expr::value(edit.legal_subject.clone().unwrap_or_else(|| row.legal_subject.clone())),
        )
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::ShopId.eq(row.shop_id))
        .filter(Column::Id.eq(row.id))
        .filter(Column::State.eq(row.state));
    written(conn, update, row).await?;
    super::query::store(conn, row.shop_id, row.id).await
}

/// An operator stops a store, lets it go on or takes it off; a store taken off forgets its tokens.
///
/// # Errors
/// [`StoreError::WrongState`].
pub async fn change_state(
    conn: &impl ConnectionTrait,
    row: &Model,
    event: StoreEvent,
    now: Time,
) -> Result<Model, StoreError> {
    let mut update = moved(row, event, now)?;
    if event == StoreEvent::Removed {
        // Another shop, or this one, may bind the store again and take its name.
        let name = format!("{}_{}", row.name, row.id.alphanumeric());
        update = update
            .col_expr(Column::Name, Expr::value(name))
            .col_expr(Column::FormerId, Expr::col(Column::ExternalId))
            .col_expr(Column::ExternalId, Expr::value(None::<String>))
            .col_expr(Column::SealedTokens, Expr::value(None::<String>))
            .col_expr(Column::RenewAt, Expr::value(None::<Time>));
    }
    written(conn, update, row).await?;
    super::query::store(conn, row.shop_id, row.id).await
}

/// The platform takes the tokens no more; says whether this call was the one to notice.
pub async fn refused(conn: &impl ConnectionTrait, row: &Model, why: &str, now: Time) -> Result<bool, StoreError> {
    let why: String = why.chars().filter(|c| !c.is_control()).take(TROUBLE_LENGTH).collect();
    let update = match moved(row, StoreEvent::Refused, now) {
        Ok(update) => update,
        Err(StoreError::WrongState(_)) => return Ok(false),
        Err(error) => return Err(error),
    };
    let update = update
        .col_expr(Column::Trouble, Expr::value(why))
        .col_expr(Column::RenewingUntil, Expr::value(None::<Time>))
        .filter(Column::TokenVersion.eq(row.token_version));
    Ok(update.exec(conn).await?.rows_affected == 1)
}

/// The merchant has taken his consent back: the tokens are deleted. Says whether this call did it.
pub async fn revoked(conn: &impl ConnectionTrait, row: &Model, why: &str, now: Time) -> Result<bool, StoreError> {
    let update = match moved(row, StoreEvent::Refused, now) {
        Ok(update) => update,
        Err(StoreError::WrongState(_)) => return Ok(false),
        Err(error) => return Err(error),
    };
    let update = update
        .col_expr(Column::Trouble, Expr::value(why))
        .col_expr(Column::SealedTokens, Expr::value(None::<String>))
        .col_expr(Column::TokenVersion, Expr::col(Column::TokenVersion).add(1))
        .col_expr(Column::TokensEndAt, Expr::value(None::<Time>))
        .col_expr(Column::RenewAt, Expr::value(None::<Time>))
        .col_expr(Column::RenewingUntil, Expr::value(None::<Time>));
    Ok(update.exec(conn).await?.rows_affected == 1)
}

/// The compare-and-set of every change of state.
pub(super) fn moved(row: &Model, event: StoreEvent, now: Time) -> Result<UpdateMany<Entity>, StoreError> {
    let next = row.state.after(event).ok_or(StoreError::WrongState(row.state))?;
    Ok(Entity::update_many()
        .col_expr(Column::State, Expr::value(next))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::ShopId.eq(row.shop_id))
        .filter(Column::Id.eq(row.id))
        .filter(Column::State.eq(row.state)))
}

pub(super) async fn written(
    conn: &impl ConnectionTrait,
    update: UpdateMany<Entity>,
    row: &Model,
) -> Result<(), StoreError> {
    let done = update.exec(conn).await.map_err(bound_or)?;
    if done.rows_affected == 1 { Ok(()) } else { Err(StoreError::WrongState(row.state)) }
}

fn bound_or(error: DbErr) -> StoreError {
    if is_unique_violation(&error) { StoreError::Bound } else { error.into() }
}

/// Where the tokens of `store` are sealed for.
pub fn tokens_place(store: StoreId) -> String {
    format!("stores.tokens:{store}")
}
