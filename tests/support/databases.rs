//! Databases for tests: an SQLite file and, on the server that `TUANQIAO_TEST_POSTGRES_URL` names,
//! a PostgreSQL schema; each new, migrated, and removed when dropped. Both the library's tests and
//! `tests/it` include this file, which is why it finds everything through the crate's root.
#![allow(dead_code, reason = "each of the two crates that include it uses a part")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;
use std::time::Duration;

use migrations::Migrator;
use sea_orm::sea_query::{Alias, Expr, Query};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Value};
use sea_orm_migration::MigratorTrait;

use crate::config;
use crate::platform::db::Db;

/// A migrated database of its own. Its `url` may be put into a configuration.
pub struct TestDatabase {
    pub db: Db,
    pub url: String,
    remains: Remains,
}

enum Remains {
    Folder(PathBuf),
    Schema { server: String, name: String },
}

impl TestDatabase {
    /// One of each kind: what a test that touches SQL runs on.
    pub async fn all() -> Vec<Self> {
        let mut all = vec![Self::sqlite().await];
        if let Some(server) = postgres_url() {
            all.push(Self::postgres(&server).await);
        }
        all
    }

    pub async fn sqlite() -> Self {
        let folder = std::env::temp_dir().join(random_name());
        std::fs::create_dir_all(&folder).unwrap();
        let url = format!("sqlite://{}", folder.join("tuanqiao.db").display());
        Self::open(url, Remains::Folder(folder)).await
    }

    pub async fn postgres(server: &str) -> Self {
        let name = random_name();
        let admin = Database::connect(server).await.expect("TUANQIAO_TEST_POSTGRES_URL must name a running server");
        admin.execute_unprepared(&format!("CREATE SCHEMA {name}")).await.unwrap();
        admin.close().await.unwrap();
        let joint = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{joint}options=-c%20search_path%3D{name}");
        Self::open(url, Remains::Schema { server: server.to_owned(), name }).await
    }

    async fn open(url: String, remains: Remains) -> Self {
        let settings = config::Database {
            url: url.clone(),
            max_connections: 16,
            max_readers: 4,
            synchronous: config::Synchronous::Normal,
        };
        let db = Db::connect(&settings).await.unwrap();
        Migrator::up(db.maintenance(), None).await.unwrap();
        Self { db, url, remains }
    }

    /// `sqlite` or `postgres`, to say where an assertion failed.
    pub fn kind(&self) -> &'static str {
        match self.remains {
            Remains::Folder(_) => "sqlite",
            Remains::Schema { .. } => "postgres",
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        match &self.remains {
            Remains::Folder(folder) => drop(std::fs::remove_dir_all(folder)),
            Remains::Schema { server, name } => drop_schema(server.clone(), name.clone()),
        }
    }
}

/// On a runtime of its own, because a `Drop` cannot wait on the test's.
fn drop_schema(server: String, name: String) {
    let done = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let Ok(admin) = Database::connect(server).await else { return };
            // A failed test may have left a transaction open: the schema stays, the test goes on failing.
            let sql = format!("SET lock_timeout = '2s'; DROP SCHEMA {name} CASCADE");
            drop(admin.execute_unprepared(&sql).await);
            drop(admin.close().await);
        });
    });
    drop(done.join());
}

/// The PostgreSQL server for tests; `None` only where the caller asked for SQLite alone.
pub fn postgres_url() -> Option<String> {
    server("TUANQIAO_TEST_POSTGRES_URL")
}

/// The Redis server for tests; `None` only where the caller asked for SQLite alone.
pub fn redis_url() -> Option<String> {
    server("TUANQIAO_TEST_REDIS_URL")
}

fn server(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok().filter(|url| !url.is_empty());
    let sqlite_alone = std::env::var("TUANQIAO_TEST_ONLY").is_ok_and(|only| only == "sqlite");
    assert!(
        url.is_some() || sqlite_alone,
        "{variable} is not set: run `make test` (it starts the servers), or set TUANQIAO_TEST_ONLY=sqlite to leave them out"
    );
    url.filter(|_| !sqlite_alone)
}

fn random_name() -> String {
    format!("tuanqiao_test_{}", uuid::Uuid::new_v4().simple())
}

/// Writes a row into any table, for a test of one area that needs the rows of another.
pub async fn insert(conn: &DatabaseConnection, table: &str, row: Vec<(&str, Value)>) {
    let (columns, values): (Vec<_>, Vec<_>) = row.into_iter().unzip();
    let statement = Query::insert()
        .into_table(Alias::new(table))
        .columns(columns.into_iter().map(Alias::new))
        .values_panic(values.into_iter().map(Expr::value))
        .to_owned();
    conn.execute(&statement).await.unwrap();
}

/// Waits until `condition` holds, at most five seconds.
pub async fn eventually(what: &str, condition: impl AsyncFn() -> bool) {
    for _ in 0..250 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not within five seconds: {what}");
}
