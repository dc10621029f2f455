//! Databases to measure on: real files and a real server, flushed as in production. Every
//! measurement starts from its own copy of the same state.

use std::path::{Path, PathBuf};

use sea_orm::{ConnectionTrait, Database};
use tuanqiao::config::{Config, StockBackend};

/// What the product stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// An SQLite file and the in-process stock gate.
    Sqlite,
    /// PostgreSQL, and the stock gate in Redis.
    Postgres,
}

impl Setup {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL + Redis",
        }
    }
}

/// One database.
#[derive(Clone, Debug)]
pub struct Place {
    pub setup: Setup,
    /// For `database.url`.
    pub url: String,
    name: String,
}

impl Place {
    /// An empty one.
    pub async fn empty(setup: Setup, folder: &Path, name: &str) -> Self {
        match setup {
            Setup::Sqlite => Self::file(folder, name),
            Setup::Postgres => Self::on_server(name, "template0").await,
        }
    }

    /// A copy; nobody may be connected to the original.
    pub async fn copy(&self, folder: &Path, name: &str) -> Self {
        match self.setup {
            Setup::Sqlite => {
                let copy = Self::file(folder, name);
                std::fs::copy(folder.join(&self.name), folder.join(name)).unwrap();
                // What the copy left in the system's cache must not be written while the clock runs.
                std::fs::File::open(folder.join(name)).unwrap().sync_all().unwrap();
                copy
            }
            Setup::Postgres => Self::on_server(name, &self.name).await,
        }
    }

    /// Removes it.
    pub async fn remove(self, folder: &Path) {
        match self.setup {
            Setup::Sqlite => self.remove_files(folder),
            Setup::Postgres => server(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await,
        }
    }

    /// The configuration of a product that stands on this database and is not limited.
    pub fn configure(&self, config: &mut Config) {
        config.database.url.clone_from(&self.url);
        config.stock.backend = match self.setup {
            Setup::Sqlite => StockBackend::Embedded,
            Setup::Postgres => StockBackend::Redis,
        };
        if self.setup == Setup::Postgres {
            config.stock.redis_url = redis_url();
        }
    }

    fn file(folder: &Path, name: &str) -> Self {
        let path = folder.join(name);
        let place = Self { setup: Setup::Sqlite, url: format!("sqlite://{}", path.display()), name: name.to_owned() };
        place.remove_files(folder);
        place
    }

    fn remove_files(&self, folder: &Path) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.join(format!("{}{end}", self.name)));
        }
    }

    async fn on_server(name: &str, template: &str) -> Self {
        // Names of files have a dot, those of databases must not.
        let name = format!("bench_{}_{}", std::process::id(), name.replace('.', "_"));
        server(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        server(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        server("CHECKPOINT").await;
        let mut url = url::Url::parse(&postgres_url()).unwrap();
        url.set_path(&name);
        Self { setup: Setup::Postgres, url: url.into(), name }
    }
}

async fn server(sql: &str) {
    let connection = Database::connect(postgres_url()).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

fn postgres_url() -> String {
    std::env::var("TUANQIAO_TEST_POSTGRES_URL").expect("run scripts/bench.sh, which starts PostgreSQL and Redis")
}

/// Where Redis is.
pub fn redis_url() -> String {
    std::env::var("TUANQIAO_TEST_REDIS_URL").expect("run scripts/bench.sh, which starts PostgreSQL and Redis")
}

/// A folder on the disk of the build, not in memory.
pub fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
