//! Sessions: families of rotating refresh tokens (api.md, auth). Times here are wall time.

use chrono::{Duration, SubsecRound};
use kernel::Time;
use kernel::id::{MemberId, SessionId, ShopId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{QuerySelect, entity::prelude::*};

use super::entity::{member, session};
use super::error::MemberError;
use super::tokens::{self, ACCESS_LIFE, Claims, REFRESH_LIFE};
use crate::platform::seal::Sealer;

/// Mini-programs refresh in parallel: within this time an old refresh token gets the same answer.
const GRACE: Duration = Duration::seconds(30);

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
        rotated_at: now,
        expires_at: now + REFRESH_LIFE,
        revoked_at: None,
        created_at: now,
    };
    let tokens = tokens_of(sealer, &row);
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

/// Rotates a session's tokens.
pub async fn rotate(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    token: &str,
    now: Time,
) -> Result<Refreshed, MemberError> {
    let now = now.trunc_subsecs(0);
    let (id, generation) = tokens::open_refresh(sealer, token)?;
    let mut row = session::Entity::find_by_id(id).one(conn).await?.ok_or(MemberError::TokenInvalid)?;
    if row.revoked_at.is_some() {
        return Err(MemberError::TokenInvalid);
    }
    if row.expires_at <= now {
        return Err(MemberError::TokenExpired);
    }
    let banned = member::Entity::find_by_id(row.member_id).one(conn).await?.is_none_or(|m| m.banned_at.is_some());
    if banned {
        return Err(MemberError::Banned);
    }
    if generation == row.generation {
        let next = Expr::col(session::Column::Generation).add(1);
        let changed = session::Entity::update_many()
            .col_expr(session::Column::Generation, next)
            .col_expr(session::Column::RotatedAt, Expr::value(now))
            .col_expr(session::Column::ExpiresAt, Expr::value(now + REFRESH_LIFE))
            .filter(session::Column::Id.eq(id))
            .filter(session::Column::Generation.eq(generation))
            .exec(conn)
            .await?
            .rows_affected;
        if changed == 1 {
            row.rotated_at = now;
        } else {
            // A parallel refresh was first: its answer is ours too.
            row = session::Entity::find_by_id(id).one(conn).await?.ok_or(MemberError::TokenInvalid)?;
            return Ok(Refreshed::Tokens(tokens_of(sealer, &row)));
        }
        row.generation += 1;
        return Ok(Refreshed::Tokens(tokens_of(sealer, &row)));
    }
    if generation + 1 == row.generation && now - row.rotated_at <= GRACE {
        return Ok(Refreshed::Tokens(tokens_of(sealer, &row)));
    }
    revoke(conn, row.shop_id, id, now).await?;
    Ok(Refreshed::Revoked(id))
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

/// The tokens of a row as it stands: the same row gives the same tokens.
fn tokens_of(sealer: &Sealer, row: &session::Model) -> Tokens {
    let claims =
        Claims { shop: row.shop_id, member: row.member_id, session: row.id, expires_at: row.rotated_at + ACCESS_LIFE };
    Tokens {
        access_token: tokens::access(sealer, &claims),
        refresh_token: tokens::refresh(sealer, row.id, row.generation),
        expires_in: ACCESS_LIFE.num_seconds(),
    }
}
