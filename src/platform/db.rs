//! The database: SQLite with one writer and many readers, or PostgreSQL. [`Db::write`] is the
//! only door to a writing transaction.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kernel::Failure;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    AccessMode, ConnectOptions, Database, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr,
    IsolationLevel, RuntimeErr, Statement, TransactionOptions, TransactionTrait,
};

use crate::config;

/// A connection used so lately is taken as it is; asking it first would double the round trips of
/// every read.
const IDLE_TRUSTED: Duration = Duration::from_secs(1);

/// How often a transaction that lost against another is tried again.
const TRIES_MAX: u32 = 5;

/// The two doors to the database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    backend: DatabaseBackend,
    watcher: Option<Watcher>,
}

/// What somebody who watches the database sees ([`Db::watch`]).
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a> {
    /// A statement outside a writing transaction.
    Read(&'a Statement),
    /// A statement of a writing transaction.
    Written(&'a Statement),
    /// A writing transaction was committed.
    Committed,
}

/// Told of everything [`Seen`].
#[derive(Clone)]
struct Watcher(Arc<dyn Fn(Seen<'_>) + Send + Sync>);

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher")
    }
}

impl Db {
    /// Connects as configured; an SQLite file and its folder are made when missing.
    pub async fn connect(config: &config::Database) -> Result<Self, DbErr> {
        if config.url.starts_with("sqlite:") {
            let writer = Database::connect(sqlite_options(config, false)?).await?;
            let reader = Database::connect(sqlite_options(config, true)?).await?;
            return Ok(Self { writer, reader, backend: DatabaseBackend::Sqlite, watcher: None });
        }
        let mut options = ConnectOptions::new(&config.url);
        options
            .max_connections(config.max_connections)
            .min_connections(config.max_connections.min(2))
            .acquire_timeout(Duration::from_secs(10))
            .test_before_acquire_if_idle_for(IDLE_TRUSTED)
            .sqlx_logging(false);
        let pool = Database::connect(options).await?;
        Ok(Self { writer: pool.clone(), reader: pool, backend: DatabaseBackend::Postgres, watcher: None })
    }

    /// As [`Db::connect`], for those who expect a database: a missing SQLite file is an error, since
    /// an empty one in its place would look like a shop that lost everything.
    pub async fn open(config: &config::Database) -> anyhow::Result<Self> {
        if let Some(file) = sqlite_file(&config.url).filter(|file| !Path::new(file).exists()) {
            anyhow::bail!("there is no database at {file}; `tuanqiao migrate up` makes one");
        }
        Ok(Self::connect(config).await?)
    }

    /// Tells `watcher` of every statement from now on, with its values. To be called before the
    /// database is shared; for measurements, never for a running shop: values are people's.
    pub fn watch(&mut self, watcher: impl Fn(Seen<'_>) + Send + Sync + 'static) {
        let watcher = Watcher(Arc::new(watcher));
        let (of_reads, of_writes) = (watcher.clone(), watcher.clone());
        self.reader.set_metric_callback(move |info| (of_reads.0)(Seen::Read(info.statement)));
        self.writer.set_metric_callback(move |info| (of_writes.0)(Seen::Written(info.statement)));
        self.watcher = Some(watcher);
    }

    /// The connection for plain reads. On SQLite it cannot write.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// The writing connection, for migrations and maintenance alone; everything else goes
    /// through [`Db::write`].
    pub fn maintenance(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Which database it is.
    pub fn backend(&self) -> DatabaseBackend {
        self.backend
    }

    /// Runs `work` in a writing transaction and commits it; any error rolls everything back.
    ///
    /// A transaction that lost against another (deadlock, serialization, busy) runs again, at most
    /// five times in all, so `work` touches the database alone. Who merely waited for another is not run
    /// again: on PostgreSQL what he read before he held the row may be old, so he holds first and reads then.
    pub async fn write<T>(&self, work: impl AsyncFn(&DatabaseTransaction) -> Result<T, Failure>) -> Result<T, Failure> {
        let mut tries = 1;
        loop {
            let outcome = self.write_once(&work).await;
            match outcome {
                Err(failure) if tries < TRIES_MAX && lost_a_race(&failure) => {
                    tracing::debug!(tries, %failure, "a transaction lost against another and runs again");
                    metrics::counter!("database_retries_total").increment(1);
                    tokio::time::sleep(Duration::from_millis(u64::from(tries * tries) * 5)).await;
                    tries += 1;
                }
                other => return other,
            }
        }
    }

    /// Runs `work` in a reading transaction, which sees one moment alone however much is written
    /// meanwhile.
    pub async fn read<T>(&self, work: impl AsyncFn(&DatabaseTransaction) -> Result<T, Failure>) -> Result<T, Failure> {
        let options = match self.backend {
            // Deferred, and a moment of its own from the first statement on.
            DatabaseBackend::Sqlite => TransactionOptions::default(),
            _ => TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                ..Default::default()
            },
        };
        let tx = self.begin(&self.reader, options).await?;
        let outcome = work(&tx).await;
        if let Err(error) = tx.rollback().await {
            tracing::warn!(%error, "a reading transaction did not end well; its connection is dropped");
        }
        outcome
    }

    /// Begins a transaction that whoever waits for it may walk away from at any moment. The driver for
    /// PostgreSQL does not roll back what is dropped between sending BEGIN and its answer, and the pool
    /// would hand the connection on with a transaction open; so a task of its own waits for the answer.
    async fn begin(
        &self,
        conn: &DatabaseConnection,
        options: TransactionOptions,
    ) -> Result<DatabaseTransaction, DbErr> {
        if self.backend == DatabaseBackend::Sqlite {
            return conn.begin_with_options(options).await;
        }
        let conn = conn.clone();
        let begun = tokio::spawn(async move { conn.begin_with_options(options).await }).await;
        begun.unwrap_or_else(|error| Err(DbErr::Custom(format!("a transaction did not begin: {error}"))))
    }

    async fn write_once<T>(
        &self,
        work: &impl AsyncFn(&DatabaseTransaction) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let tx = self.begin(&self.writer, self.options()).await?;
        match work(&tx).await {
            Ok(value) => {
                tx.commit().await?;
                if let Some(watcher) = &self.watcher {
                    (watcher.0)(Seen::Committed);
                }
                Ok(value)
            }
            Err(failure) => {
                if let Err(error) = tx.rollback().await {
                    tracing::warn!(%error, "a rollback failed; the connection is dropped");
                }
                Err(failure)
            }
        }
    }

    fn options(&self) -> TransactionOptions {
        match self.backend {
            DatabaseBackend::Sqlite => TransactionOptions {
                sqlite_transaction_mode: Some(sea_orm::SqliteTransactionMode::Immediate),
                ..Default::default()
            },
            // PostgreSQL's default is what is needed; to say so would be a statement of its own.
            _ => TransactionOptions::default(),
        }
    }

    /// Closes every connection, after which SQLite's file stands alone.
    pub async fn close(self) {
        let Self { writer, reader, .. } = self;
        for connection in [reader, writer] {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "closing the database failed");
            }
        }
    }
}

/// The file of an `sqlite:` address.
fn sqlite_file(url: &str) -> Option<&str> {
    let path = url.strip_prefix("sqlite:")?;
    path.strip_prefix("//").unwrap_or(path).split('?').next()
}

fn sqlite_options(config: &config::Database, read_only: bool) -> Result<ConnectOptions, DbErr> {
    if let Some(folder) = sqlite_file(&config.url).and_then(|file| Path::new(file).parent()) {
        std::fs::create_dir_all(folder).map_err(|error| DbErr::Custom(format!("{}: {error}", folder.display())))?;
    }
    let synchronous = match config.synchronous {
        config::Synchronous::Full => SqliteSynchronous::Full,
        config::Synchronous::Normal => SqliteSynchronous::Normal,
    };
    let mut options = ConnectOptions::new(&config.url);
    options
        .max_connections(if read_only { config.max_readers.max(1) } else { 1 })
        .acquire_timeout(Duration::from_secs(30))
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite: SqliteConnectOptions| {
            sqlite
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(synchronous)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(5))
                .pragma("cache_size", "-65536")
                .pragma("temp_store", "memory")
                .pragma("wal_autocheckpoint", "4000")
                .pragma("query_only", if read_only { "on" } else { "off" })
                .statement_cache_capacity(300)
        });
    Ok(options)
}

/// Whether the failure came from two transactions meeting, so that the loser may simply go again.
fn lost_a_race(failure: &Failure) -> bool {
    database_code(failure.coded()).is_some_and(|code| {
        // PostgreSQL: serialization failure, deadlock. SQLite: busy, locked, busy snapshot.
        ["40001", "40P01", "5", "6", "517"].contains(&code.as_str())
    })
}

/// Whether `error` came from a CHECK: the tests of the last line of defence want to know.
#[cfg(test)]
pub(crate) fn is_check_violation(error: &DbErr) -> bool {
    database_code(error).is_some_and(|code| ["23514", "275"].contains(&code.as_str()))
}

/// Whether `error` says that the row is there already.
pub fn is_unique_violation(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_)))
}

fn database_code(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(DbErr::Exec(inner) | DbErr::Query(inner) | DbErr::Conn(inner)) = error.downcast_ref::<DbErr>()
            && let RuntimeErr::SqlxError(sqlx) = inner
        {
            return sqlx.as_database_error().and_then(|db| db.code()).map(|code| code.into_owned());
        }
        cause = error.source();
    }
    None
}
