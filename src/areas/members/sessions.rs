//! Sessions: families of rotating refresh tokens. Times here are wall time.

use chrono::{Duration, SubsecRound};
use kernel::Time;
use kernel::id::{MemberId, SessionId, ShopId};
use sea_orm::sea_query::Expr;
use sea_orm::{QuerySelect, entity::prelude::*};
use serde::{Deserialize, Serialize};

use super::entity::{member, session};
use super::error::MemberError;
use super::tokens::{self, ACCESS_LIFE, Claims, REFRESH_LIFE};
use crate::platform::seal::Sealer;

/// Mini-programs refresh in parallel: within this time an old refresh token gets the same answer.
const GRACE: Duration = Duration::seconds(30);
/// So many first uses within that time are remembered of a session; nobody refreshes so often.
const ROTATIONS_MAX: usize = 50;

/// What a sign-in or a refresh gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// For the `Authorization` header.
    pub access_token: String,
    /// For the next refresh.
    pub refresh_token: String,
    /// Seconds the access token is good.
    pub expires_in: i64,
}

/// Opens a session.
pub async fn open(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    member: MemberId,
    now: Time,
) -> Result<Tokens, MemberError> {
    let now = now.trunc_subsecs(0);
    let row = session::Model {
        id: SessionId::new(),
        shop_id: shop,
        member_id: member,
        generation: 1,
        rotations: Json::Array(Vec::new()),
        expires_at: now + REFRESH_LIFE,
        revoked_at: None,
        created_at: now,
    };
    let tokens = tokens_of(sealer, &row, row.generation, now);
    session::Entity::insert(session::ActiveModel::from(row)).exec_without_returning(conn).await?;
    Ok(tokens)
}

/// What became of a refresh token.
pub enum Refreshed {
    /// New tokens, or the same as a moment ago.
    Tokens(Tokens),
    /// The token came again long after its first use: the family has been revoked, and the
    /// caller must commit that.
    Revoked(SessionId),
}

/// One use of a refresh token for the first time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Rotation {
    /// The generation of the token that was used.
    used: i32,
    at: Time,
}

/// Rotates a session's tokens.
///
/// A token used again soon after its own first use gets what it got then, however often the
/// family was rotated since; used later, it ends the family.
pub async fn rotate(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    token: &str,
    now: Time,
) -> Result<Refreshed, MemberError> {
    let now = now.trunc_subsecs(0);
    let (id, generation) = tokens::open_refresh(sealer, token)?;
    let mut row = good(conn, id, now).await?;
    if generation == row.generation {
        if turn(conn, &row, now).await? {
            return Ok(Refreshed::Tokens(tokens_of(sealer, &row, generation + 1, now)));
        }
        // A parallel refresh was first: its answer is ours too.
        row = good(conn, id, now).await?;
    }
    let first_use = rotations_of(&row)?.into_iter().find(|rotation| rotation.used == generation);
    match first_use.filter(|rotation| now - rotation.at <= GRACE) {
        Some(rotation) => Ok(Refreshed::Tokens(tokens_of(sealer, &row, generation + 1, rotation.at))),
        None => {
            revoke(conn, row.shop_id, id, now).await?;
            Ok(Refreshed::Revoked(id))
        }
    }
}

/// A session that may go on.
async fn good(conn: &impl ConnectionTrait, id: SessionId, now: Time) -> Result<session::Model, MemberError> {
    let row = session::Entity::find_by_id(id).one(conn).await?.ok_or(MemberError::TokenInvalid)?;
    if row.revoked_at.is_some() {
        return Err(MemberError::TokenInvalid);
    }
    if row.expires_at <= now {
        return Err(MemberError::TokenExpired);
    }
    let banned = member::Entity::find_by_id(row.member_id).one(conn).await?.is_none_or(|m| m.banned_at.is_some());
    if banned { Err(MemberError::Banned) } else { Ok(row) }
}

/// Makes the next refresh token the live one; `false` when a parallel refresh did so first.
async fn turn(conn: &impl ConnectionTrait, row: &session::Model, now: Time) -> Result<bool, MemberError> {
    let mut rotations = rotations_of(row)?;
    rotations.retain(|rotation| now - rotation.at <= GRACE);
    rotations.push(Rotation { used: row.generation, at: now });
    let too_many = rotations.len().saturating_sub(ROTATIONS_MAX);
    rotations.drain(..too_many);
    let rotations = serde_json::to_value(rotations).map_err(|error| DbErr::Json(error.to_string()))?;
    let changed = session::Entity::update_many()
        .col_expr(session::Column::Generation, Expr::value(row.generation + 1))
        .col_expr(session::Column::Rotations, Expr::value(rotations))
        .col_expr(session::Column::ExpiresAt, Expr::value(now + REFRESH_LIFE))
        .filter(session::Column::Id.eq(row.id))
        .filter(session::Column::Generation.eq(row.generation))
        .exec(conn)
        .await?;
    Ok(changed.rows_affected == 1)
}

fn rotations_of(row: &session::Model) -> Result<Vec<Rotation>, DbErr> {
    serde_json::from_value(row.rotations.clone()).map_err(|error| DbErr::Json(error.to_string()))
}

/// Ends a session.
pub async fn revoke(conn: &impl ConnectionTrait, shop: ShopId, id: SessionId, now: Time) -> Result<(), MemberError> {
    session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(now))
        .filter(session::Column::ShopId.eq(shop))
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::RevokedAt.is_null())
        .exec(conn)
        .await?;
    Ok(())
}

/// The sessions ended and the members banned lately enough that an access token may still be around.
pub async fn barred(
    conn: &impl ConnectionTrait,
    now: Time,
) -> Result<(std::collections::HashSet<SessionId>, std::collections::HashSet<MemberId>), MemberError> {
    let sessions: Vec<SessionId> = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::RevokedAt.gt(now - ACCESS_LIFE))
        .into_tuple()
        .all(conn)
        .await?;
    let members: Vec<MemberId> = member::Entity::find()
        .select_only()
        .column(member::Column::Id)
        .filter(member::Column::BannedAt.is_not_null())
        .into_tuple()
        .all(conn)
        .await?;
    Ok((sessions.into_iter().collect(), members.into_iter().collect()))
}

/// The tokens of a session's `generation`, given at `at`: the same two give the same tokens.
fn tokens_of(sealer: &Sealer, row: &session::Model, generation: i32, at: Time) -> Tokens {
    let claims = Claims { shop: row.shop_id, member: row.member_id, session: row.id, expires_at: at + ACCESS_LIFE };
    Tokens {
        access_token: tokens::access(sealer, &claims),
        refresh_token: tokens::refresh(sealer, row.id, generation),
        expires_in: ACCESS_LIFE.num_seconds(),
    }
}
