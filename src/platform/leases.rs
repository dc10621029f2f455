//! Leases: the right of one process to do a thing for a while. A holder that dies loses it by time
//! alone; times are wall time.

use chrono::Duration;
use kernel::Time;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::platform::entity::lease;

/// Takes the lease `name` for `holder`, or prolongs it; `false` when another has it.
pub async fn take(
    conn: &impl ConnectionTrait,
    name: &str,
    holder: &str,
    life: Duration,
    now: Time,
) -> Result<bool, DbErr> {
    let row = lease::ActiveModel { name: Set(name.to_owned()), holder: Set(holder.to_owned()), until: Set(now + life) };
    let free = OnConflict::column(lease::Column::Name).do_nothing().to_owned();
    if lease::Entity::insert(row).on_conflict(free).exec_without_returning(conn).await? == 1 {
        return Ok(true);
    }
    let taken = lease::Entity::update_many()
        .col_expr(lease::Column::Holder, Expr::value(holder))
        .col_expr(lease::Column::Until, Expr::value(now + life))
        .filter(lease::Column::Name.eq(name))
        .filter(lease::Column::Holder.eq(holder).or(lease::Column::Until.lte(now)))
        .exec(conn)
        .await?;
    Ok(taken.rows_affected == 1)
}

/// Gives a lease back before its time.
pub async fn give_back(conn: &impl ConnectionTrait, name: &str, holder: &str) -> Result<(), DbErr> {
    lease::Entity::delete_many()
        .filter(lease::Column::Name.eq(name))
        .filter(lease::Column::Holder.eq(holder))
        .exec(conn)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::platform::test_databases::TestDatabase;

    #[tokio::test]
    async fn a_lease_has_one_holder_until_it_ends() {
        for database in TestDatabase::all().await {
            let conn = database.db.maintenance();
            let now = kernel::Clock::default().wall();
            let (life, later) = (Duration::seconds(10), now + Duration::seconds(10));
            assert!(take(conn, "x", "one", life, now).await.unwrap());
            assert!(!take(conn, "x", "two", life, now).await.unwrap(), "{}", database.kind());
            assert!(take(conn, "x", "one", life, now).await.unwrap());
            assert!(take(conn, "x", "two", life, later).await.unwrap());
            give_back(conn, "x", "one").await.unwrap();
            assert!(!take(conn, "x", "one", life, later).await.unwrap());
            give_back(conn, "x", "two").await.unwrap();
            assert!(take(conn, "x", "one", life, later).await.unwrap());
        }
    }
}
