//! The mini-program's access token, kept once for all instances and sealed. Times are wall time.
//!
//! A token is dropped by ending its life, not its row: the row remembers the last forced refresh.

use chrono::Duration;
use kernel::Time;
use kernel::id::ShopId;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use super::entity::wechat_token;
use crate::platform::seal::{SealError, Sealer};

/// The platform grants 20 forced refreshes a day; so far apart they can never be more.
const FORCE_EVERY: Duration = Duration::minutes(75);
/// A token is used no longer than this before its end.
const MARGIN_S: i64 = 300;

/// What can go wrong with the kept token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Sealing failed.
    #[error("the kept token cannot be sealed or opened: {0}")]
    Seal(#[from] SealError),
    /// The database failed.
    #[error("token storage failed: {0}")]
    Db(#[from] DbErr),
}

impl kernel::Coded for TokenError {
    fn code(&self) -> kernel::Code {
        kernel::Code::Internal
    }
}

/// The token in use. One sealed with a lost key counts as none, so that another is fetched.
pub async fn current(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    now: Time,
) -> Result<Option<String>, TokenError> {
    let row = wechat_token::in_shop(shop).filter(wechat_token::Column::ExpiresAt.gt(now)).one(conn).await?;
    Ok(row.and_then(|row| sealer.open_text(&place(shop), &row.sealed_token).ok()))
}

/// Keeps a token that lives `expires_in_s` from now.
pub async fn keep(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    token: &str,
    expires_in_s: i64,
    now: Time,
) -> Result<(), TokenError> {
    let life_s = expires_in_s.clamp(0, 86_400);
    let row = wechat_token::ActiveModel {
        shop_id: Set(shop),
        sealed_token: Set(sealer.seal(&place(shop), token.as_bytes())?),
        expires_at: Set(now + Duration::seconds(life_s - Ord::min(MARGIN_S, life_s / 2))),
        fetched_at: Set(now),
        forced_at: Set(None),
    };
    let replace = OnConflict::column(wechat_token::Column::ShopId)
        .update_columns([
            wechat_token::Column::SealedToken,
            wechat_token::Column::ExpiresAt,
            wechat_token::Column::FetchedAt,
        ])
        .to_owned();
    wechat_token::Entity::insert(row).on_conflict(replace).exec_without_returning(conn).await?;
    Ok(())
}

/// Ends the kept token's life if it is still `token`: long ago, so that a caller who looked at his
/// watch before another forgot the token finds it dead as well.
pub async fn forget(conn: &impl ConnectionTrait, sealer: &Sealer, shop: ShopId, token: &str) -> Result<(), TokenError> {
    let Some(row) = wechat_token::in_shop(shop).one(conn).await? else { return Ok(()) };
    let is_other = sealer.open_text(&place(shop), &row.sealed_token).is_ok_and(|kept| kept != token);
    if is_other {
        return Ok(());
    }
    wechat_token::Entity::update_many()
        .col_expr(wechat_token::Column::ExpiresAt, Expr::value(Time::UNIX_EPOCH))
        .filter(wechat_token::Column::ShopId.eq(shop))
        .filter(wechat_token::Column::SealedToken.eq(row.sealed_token))
        .exec(conn)
        .await?;
    Ok(())
}

/// Spends a forced refresh; `false` when the last one is too near.
pub async fn may_force(conn: &impl ConnectionTrait, shop: ShopId, now: Time) -> Result<bool, TokenError> {
    let spent = wechat_token::Entity::update_many()
        .col_expr(wechat_token::Column::ForcedAt, Expr::value(now))
        .filter(wechat_token::Column::ShopId.eq(shop))
        .filter(wechat_token::Column::ForcedAt.is_null().or(wechat_token::Column::ForcedAt.lte(now - FORCE_EVERY)))
        .exec(conn)
        .await?;
    Ok(spent.rows_affected == 1)
}

fn place(shop: ShopId) -> String {
    format!("wechat_tokens:{shop}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::platform::test_databases::TestDatabase;

    #[tokio::test]
    async fn only_the_token_that_failed_is_forgotten() {
        for database in TestDatabase::all().await {
            let conn = database.db.maintenance();
            let sealer = Sealer::new(&"a key for this test".to_owned().into(), &[]).unwrap();
            let (shop, now) = (ShopId::new(), kernel::Clock::default().wall());
            keep(conn, &sealer, shop, "first", 7200, now).await.unwrap();
            keep(conn, &sealer, shop, "second", 7200, now).await.unwrap();
            forget(conn, &sealer, shop, "first").await.unwrap();
            assert_eq!(current(conn, &sealer, shop, now).await.unwrap().as_deref(), Some("second"));
            let nearly_over = now + Duration::seconds(6900);
            assert_eq!(current(conn, &sealer, shop, nearly_over).await.unwrap(), None, "{}", database.kind());
            forget(conn, &sealer, shop, "second").await.unwrap();
            let slow_watch = now - Duration::minutes(5);
            assert_eq!(current(conn, &sealer, shop, slow_watch).await.unwrap(), None);
            let stored = wechat_token::in_shop(shop).one(conn).await.unwrap().unwrap();
            assert!(!stored.sealed_token.contains("second"));
        }
    }

    #[tokio::test]
    async fn forced_refreshes_are_at_most_twenty_a_day() {
        for database in TestDatabase::all().await {
            let conn = database.db.maintenance();
            let sealer = Sealer::new(&"a key for this test".to_owned().into(), &[]).unwrap();
            let (shop, start) = (ShopId::new(), kernel::Clock::default().wall());
            keep(conn, &sealer, shop, "token", 7200, start).await.unwrap();
            let mut forced = 0;
            for minute in 0..24 * 60 {
                let now = start + Duration::minutes(minute);
                if may_force(conn, shop, now).await.unwrap() {
                    forced += 1;
                    // Another fetch must not make it forget.
                    keep(conn, &sealer, shop, "token", 7200, now).await.unwrap();
                }
            }
            assert!((10..=20).contains(&forced), "{forced} on {}", database.kind());
        }
    }
}
