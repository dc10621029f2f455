//! Console sessions: an opaque token in a cookie, stored hashed, and a token against forged
//! requests. Times here are wall time.

use chrono::Duration;
use kernel::Time;
use kernel::crypto::random;
use kernel::id::OperatorSessionId;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;

use super::entity::{operator, operator_session};
use super::error::OperatorError;
use crate::platform::seal::token_hash;

/// How long a session lives without a request.
pub const LIFE: Duration = Duration::hours(12);
/// A session is prolonged at most this often, so that reading pages is not a write each.
const TOUCH_EVERY: Duration = Duration::minutes(10);

/// A session that was just opened.
#[derive(Clone)]
pub struct Opened {
    /// For the cookie; kept nowhere.
    pub token: String,
    /// For the `X-CSRF-Token` header.
    pub csrf_token: String,
}

/// Opens a session and forgets the operator's expired ones.
pub async fn open(conn: &impl ConnectionTrait, operator: &operator::Model, now: Time) -> Result<Opened, OperatorError> {
    operator_session::Entity::delete_many()
        .filter(operator_session::Column::OperatorId.eq(operator.id))
        .filter(operator_session::Column::ExpiresAt.lte(now))
        .exec(conn)
        .await?;
    let opened = Opened { token: random::token(), csrf_token: random::token() };
    let row = operator_session::Model {
        id: OperatorSessionId::new(),
        shop_id: operator.shop_id,
        operator_id: operator.id,
        token_hash: token_hash(&opened.token),
        csrf_token: opened.csrf_token.clone(),
        expires_at: now + LIFE,
        created_at: now,
    };
    operator_session::Entity::insert(operator_session::ActiveModel::from(row)).exec_without_returning(conn).await?;
    Ok(opened)
}

/// The session of a cookie and its operator, if both are good.
pub async fn find(
    conn: &impl ConnectionTrait,
    token: &str,
    now: Time,
) -> Result<(operator_session::Model, operator::Model), OperatorError> {
    let session = operator_session::Entity::find()
        .filter(operator_session::Column::TokenHash.eq(token_hash(token)))
        .filter(operator_session::Column::ExpiresAt.gt(now))
        .one(conn)
        .await?
        .ok_or(OperatorError::NoSession)?;
    let operator = operator::in_shop(session.shop_id)
        .filter(operator::Column::Id.eq(session.operator_id))
        .filter(operator::Column::DisabledAt.is_null())
        .one(conn)
        .await?
        .ok_or(OperatorError::NoSession)?;
    Ok((session, operator))
}

/// Whether a session is due to be prolonged.
pub fn wants_touch(session: &operator_session::Model, now: Time) -> bool {
    now + LIFE - session.expires_at >= TOUCH_EVERY
}

/// Prolongs a session.
pub async fn touch(conn: &impl ConnectionTrait, id: OperatorSessionId, now: Time) -> Result<(), OperatorError> {
    operator_session::Entity::update_many()
        .col_expr(operator_session::Column::ExpiresAt, Expr::value(now + LIFE))
        .filter(operator_session::Column::Id.eq(id))
        .exec(conn)
        .await?;
    Ok(())
}

/// Ends a session.
pub async fn end(conn: &impl ConnectionTrait, id: OperatorSessionId) -> Result<(), OperatorError> {
    operator_session::Entity::delete_by_id(id).exec(conn).await?;
    Ok(())
}

/// Ends every session of an operator.
pub async fn end_all(conn: &impl ConnectionTrait, operator: kernel::id::OperatorId) -> Result<(), OperatorError> {
    operator_session::Entity::delete_many()
        .filter(operator_session::Column::OperatorId.eq(operator))
        .exec(conn)
        .await?;
    Ok(())
}
