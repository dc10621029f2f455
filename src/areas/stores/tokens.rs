//! Tokens as they are stored: sealed, versioned, renewed by one holder of a lease.

use chrono::Duration;
use kernel::Time;
use kernel::id::OperatorId;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};
use serde_json::Value;

use super::entity::store::{Column, Entity, Model};
use super::error::StoreError;
use super::service::{moved, written};
use super::state::{StoreEvent, StoreState};

/// Renewals in a row that the platform may refuse before the merchant is asked.
pub const REFUSALS_MAX: i32 = 2;

/// A new set of tokens, sealed.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// For [`super::service::tokens_place`].
    pub tokens: String,
    /// When the access token ends.
    pub end_at: Option<Time>,
    /// When it is due for renewal.
    pub renew_at: Option<Time>,
    /// When the merchant must authorise again.
    pub consent_ends_at: Option<Time>,
    /// Who authorised.
    pub external_id: Option<String>,
    /// His name there.
    pub external_name: Option<String>,
    /// Further facts that calls need.
    pub told: Value,
    /// The rights granted.
    pub scopes: Value,
}

/// The merchant has authorised: the store works with these tokens.
///
/// # Errors
/// [`StoreError::Bound`] when another store of the installation is that merchant's; [`StoreError::WrongState`].
pub async fn authorised(
    conn: &impl ConnectionTrait,
    row: &Model,
    sealed: &Sealed,
    by: Option<OperatorId>,
    now: Time,
) -> Result<Model, StoreError> {
    let update = moved(row, StoreEvent::Authorised, now)?
        .col_expr(Column::AuthorisedBy, Expr::value(by))
        .col_expr(Column::AuthorisedAt, Expr::value(now))
        .col_expr(Column::ExternalId, Expr::value(sealed.external_id.clone().or_else(|| row.external_id.clone())));
    written(conn, put(update, row, sealed), row).await?;
    super::query::store(conn, row.shop_id, row.id).await
}

/// Takes the renewal of one store's tokens for `life`; `false`: another has it, or was faster.
pub async fn claim_renewal(
    conn: &impl ConnectionTrait,
    row: &Model,
    life: Duration,
    wall: Time,
) -> Result<bool, StoreError> {
    let taken = Entity::update_many()
        .col_expr(Column::RenewingUntil, Expr::value(wall + life))
        .filter(Column::Id.eq(row.id))
        .filter(Column::State.eq(StoreState::Active))
        .filter(Column::TokenVersion.eq(row.token_version))
        .filter(Column::RenewingUntil.is_null().or(Column::RenewingUntil.lte(wall)))
        .exec(conn)
        .await?;
    Ok(taken.rows_affected == 1)
}

/// Writes renewed tokens down, before anybody uses them; `false`: others stand there by now.
pub async fn renewed(conn: &impl ConnectionTrait, row: &Model, sealed: &Sealed, now: Time) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(row.id))
        .filter(Column::State.eq(StoreState::Active));
    Ok(put(update, row, sealed).exec(conn).await?.rows_affected == 1)
}

/// Gives a renewal back that came to nothing, until when nobody tries another. `refused` counts it
/// against the tokens; `trouble` is for people. Says how many refusals there are now.
pub async fn renewal_failed(
    conn: &impl ConnectionTrait,
    row: &Model,
    refused: bool,
    trouble: Option<&str>,
    rests_until: Time,
) -> Result<i32, StoreError> {
    let failures = if refused { row.renewal_failures.saturating_add(1) } else { row.renewal_failures };
    Entity::update_many()
        .col_expr(Column::RenewingUntil, Expr::value(None::<Time>))
        .col_expr(Column::RenewalFailures, Expr::value(failures))
        .col_expr(Column::RenewalRestsUntil, Expr::value(rests_until))
        .col_expr(Column::Trouble, Expr::value(trouble.or(row.trouble.as_deref())))
        .filter(Column::Id.eq(row.id))
        .filter(Column::TokenVersion.eq(row.token_version))
        .exec(conn)
        .await?;
    Ok(failures)
}

/// Stores whose tokens are due, those that waited longest first.
pub async fn due(conn: &impl ConnectionTrait, wall: Time, most: u64) -> Result<Vec<Model>, StoreError> {
    let rows = Entity::find()
        .filter(Column::State.eq(StoreState::Active))
        .filter(Column::RenewAt.lte(wall))
        .filter(Column::RenewingUntil.is_null().or(Column::RenewingUntil.lte(wall)))
        .filter(Column::RenewalRestsUntil.is_null().or(Column::RenewalRestsUntil.lte(wall)))
        .order_by_asc(Column::RenewAt)
        .limit(most);
    Ok(rows.all(conn).await?)
}

fn put(update: sea_orm::UpdateMany<Entity>, row: &Model, sealed: &Sealed) -> sea_orm::UpdateMany<Entity> {
    let name = sealed.external_name.clone().or_else(|| row.external_name.clone());
    update
        .col_expr(Column::SealedTokens, Expr::value(sealed.tokens.clone()))
        .col_expr(Column::TokenVersion, Expr::value(row.token_version + 1))
        .col_expr(Column::TokensEndAt, Expr::value(sealed.end_at))
        .col_expr(Column::RenewAt, Expr::value(sealed.renew_at))
        .col_expr(Column::ConsentEndsAt, Expr::value(sealed.consent_ends_at))
        .col_expr(Column::ExternalName, Expr::value(name))
        .col_expr(Column::Told, Expr::value(sealed.told.clone()))
        .col_expr(Column::Scopes, Expr::value(sealed.scopes.clone()))
        .col_expr(Column::RenewingUntil, Expr::value(None::<Time>))
        .col_expr(Column::RenewalFailures, Expr::value(0))
        .col_expr(Column::Trouble, Expr::value(None::<String>))
        .col_expr(Column::RenewalRestsUntil, Expr::value(None::<Time>))
        .filter(Column::TokenVersion.eq(row.token_version))
}
