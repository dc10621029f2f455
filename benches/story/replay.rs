//! The floor: the very statements of the product, with their values and transactions, through raw
//! sqlx, and the signatures the flow cannot do without. No HTTP, no JSON, no rule.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sea_orm::Statement;
use sea_query_sqlx::SqlxValues;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

use crate::cpu;
use crate::load::Outcome;
use crate::place::{Place, Setup};
use crate::record::{Act, Work};
use crate::report::Run;

/// What a request costs beside its statements.
pub type Signing = Arc<dyn Fn() + Send + Sync>;

/// Plays the work of a request each, `tasks` at once, after the first `warm_up` ones unmeasured.
pub async fn replay(place: &Place, works: &Arc<[Work]>, warm_up: usize, tasks: usize, signing: &Signing) -> Run {
    let stage = Arc::new(Stage::open(place).await);
    play_all(&stage, works, 0..warm_up, tasks, signing).await;
    let before = cpu::own();
    let outcome = play_all(&stage, works, warm_up..works.len(), tasks, signing).await;
    let cpu = cpu::own() - before;
    stage.close().await;
    Run { outcome, cpu }
}

async fn play_all(
    stage: &Arc<Stage>,
    works: &Arc<[Work]>,
    range: Range<usize>,
    tasks: usize,
    signing: &Signing,
) -> Outcome {
    let next = Arc::new(AtomicUsize::new(range.start));
    let start = Instant::now();
    let players: Vec<_> = (0..tasks)
        .map(|_| {
            let (stage, works, next, signing) = (stage.clone(), works.clone(), next.clone(), signing.clone());
            let end = range.end;
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(work) = works.get(index).filter(|_| index < end) else { return latencies };
                    let begun = Instant::now();
                    signing();
                    stage.play(work).await.unwrap();
                    latencies.push(u32::try_from(begun.elapsed().as_micros()).unwrap());
                }
            })
        })
        .collect();
    let mut outcome = Outcome::default();
    for player in players {
        outcome.latencies.extend(player.await.unwrap());
    }
    outcome.elapsed = start.elapsed();
    outcome.done = outcome.latencies.len();
    outcome.latencies.sort_unstable();
    outcome
}

enum Stage {
    Sqlite { reader: SqlitePool, writer: SqlitePool },
    Postgres(PgPool),
}

impl Stage {
    /// Connections as the product opens them: as many, and as durable.
    async fn open(place: &Place) -> Self {
        match place.setup {
            Setup::Sqlite => {
                let options = || {
                    place
                        .url
                        .parse::<SqliteConnectOptions>()
                        .unwrap()
                        .journal_mode(SqliteJournalMode::Wal)
                        .synchronous(SqliteSynchronous::Full)
                        .foreign_keys(true)
                        .busy_timeout(Duration::from_secs(5))
                        .pragma("cache_size", "-65536")
                        .pragma("temp_store", "memory")
                        .pragma("wal_autocheckpoint", "4000")
                        .statement_cache_capacity(300)
                };
                let writer = SqlitePoolOptions::new()
                    .test_before_acquire(false)
                    .max_connections(1)
                    .connect_with(options())
                    .await
                    .unwrap();
                let reader = options().pragma("query_only", "on");
                let reader = SqlitePoolOptions::new()
                    .test_before_acquire(false)
                    .max_connections(4)
                    .connect_with(reader)
                    .await
                    .unwrap();
                Self::Sqlite { reader, writer }
            }
            Setup::Postgres => {
                let options: PgConnectOptions = place.url.parse().unwrap();
                let pool = PgPoolOptions::new()
                    .test_before_acquire(false)
                    .max_connections(20)
                    .connect_with(options)
                    .await
                    .unwrap();
                Self::Postgres(pool)
            }
        }
    }

    async fn play(&self, work: &Work) -> Result<(), sqlx::Error> {
        for act in work {
            match (self, act) {
                (Self::Sqlite { reader, .. }, Act::Read(statement)) => {
                    query(statement).fetch_all(reader).await?;
                }
                (Self::Sqlite { writer, .. }, Act::Transaction(statements)) => {
                    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
                    for statement in statements {
                        query(statement).fetch_all(&mut *tx).await?;
                    }
                    tx.commit().await?;
                }
                (Self::Postgres(pool), Act::Read(statement)) => {
                    query(statement).fetch_all(pool).await?;
                }
                (Self::Postgres(pool), Act::Transaction(statements)) => {
                    let mut tx = pool.begin().await?;
                    for statement in statements {
                        query(statement).fetch_all(&mut *tx).await?;
                    }
                    tx.commit().await?;
                }
            }
        }
        Ok(())
    }

    async fn close(&self) {
        match self {
            Self::Sqlite { reader, writer } => {
                reader.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

fn query<D: sqlx::Database>(statement: &Statement) -> sqlx::query::Query<'_, D, SqlxValues>
where
    SqlxValues: sqlx::IntoArguments<D>,
{
    let values = statement.values.clone().unwrap_or_else(|| sea_orm::Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values))
}
