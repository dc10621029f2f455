//! Work that is cut off between any two steps leaves no transaction behind.

use std::pin::pin;
use std::task::Poll;

use chrono::Duration;
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use tuanqiao::platform::leases;

use crate::app::TestApp;

/// Polls so often; says whether it was done by then.
async fn cut_off_after(polls: usize, work: impl Future) -> bool {
    let (mut work, mut left) = (pin!(work), polls);
    std::future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        work.as_mut().poll(context).map(|_| true)
    })
    .await
}

/// Connections that wait inside a transaction; PostgreSQL alone tells.
async fn left_open(app: &TestApp) -> i64 {
    let conn = app.app.db.maintenance();
    if conn.get_database_backend() != DatabaseBackend::Postgres {
        return 0;
    }
    // The connection that asks may be the one: then its transaction is older than its statement.
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let text = "SELECT COUNT(*) + (statement_timestamp() - now() > interval '10 ms')::int AS n \
                FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let row = conn.query_one_raw(Statement::from_string(DatabaseBackend::Postgres, text)).await.unwrap();
    row.unwrap().try_get("", "n").unwrap()
}

on_both! {
    async fn a_write_that_is_cut_off_leaves_no_transaction_behind(app: TestApp) {
        let wall = app.app.clock.wall();
        let mut done = 0;
        for polls in 1..60 {
            let name = format!("cut-off-{polls}");
            let write = app.app.db.write(async |tx| {
                Ok(leases::take(tx, &name, "somebody", Duration::minutes(1), wall).await?)
            });
            let finished = cut_off_after(polls, write).await;
            done += usize::from(finished);
            // What was cut off is undone before anybody else comes by.
            for _ in 0..200 {
                if left_open(app).await == 0 {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            assert_eq!(left_open(app).await, 0, "cut off after {polls} polls");
            let again = async |tx: &_| Ok(leases::take(tx, &name, "another", Duration::minutes(1), wall).await?);
            let free = app.app.db.write(again).await.unwrap();
            assert!(!(finished && free), "{polls}: what was done stays done");
        }
        // The driver of SQLite may be done at the first poll.
        let cut = app.app.db.maintenance().get_database_backend() == DatabaseBackend::Sqlite || done < 59;
        assert!(done > 0 && cut, "some were cut off and some were not: {done}");
    }
}
