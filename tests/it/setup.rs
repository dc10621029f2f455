//! On what a test runs: the two set-ups, and a database of its own for each test.

use std::path::PathBuf;

use sea_orm::{ConnectionTrait, Database};
use tuanqiao::config::StockBackend;

/// Makes two tests of one story: `name::sqlite_embedded` and `name::postgres_redis`.
///
/// With `app: TestApp` the story gets a running app with one shop and changes nothing about it; with
/// `setup: Setup` it starts its own by [`TestApp::with`].
macro_rules! on_both {
    (@both $name:ident) => {
        #[test]
        fn sqlite_embedded() {
            $crate::setup::run($crate::setup::Setup::SqliteEmbedded, story);
        }

        #[test]
        fn postgres_redis() {
            $crate::setup::run($crate::setup::Setup::PostgresRedis, story);
        }
    };
    ($(#[$doc:meta])* async fn $name:ident($app:ident: TestApp) $body:block) => {
        $(#[$doc])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn story(setup: $crate::setup::Setup) {
                let mut running = $crate::app::TestApp::with(setup, |_| {}).await;
                #[allow(unused_variables, reason = "a story may need the sandbox alone")]
                let $app = &mut running;
                $body
                running.stop().await;
            }

            on_both!(@both $name);
        }
    };
    ($(#[$doc:meta])* async fn $name:ident($setup:ident: Setup) $body:block) => {
        $(#[$doc])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn story($setup: $crate::setup::Setup) $body

            on_both!(@both $name);
        }
    };
}

/// Which parts the product stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// The embedded default: an SQLite file and the in-process stock gate.
    SqliteEmbedded,
    /// Servers: PostgreSQL and a stock gate in Redis.
    PostgresRedis,
}

/// Runs one story to its end.
pub fn run(setup: Setup, story: impl AsyncFnOnce(Setup)) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    if let Ok(level) = std::env::var("TEST_LOG") {
        let mut log = tuanqiao::config::Config::load(None).unwrap().log;
        log.format = tuanqiao::config::LogFormat::Pretty;
        log.level = level;
        tuanqiao::platform::telemetry::start_logging(&log).unwrap();
    }
    actix_web::rt::System::new().block_on(story(setup));
}

/// Where one test keeps its data; gone when dropped, also after a failure.
pub struct Place {
    /// A folder of its own.
    pub folder: PathBuf,
    /// For `database.url`.
    pub database_url: String,
    /// For `stock.backend`.
    pub stock: StockBackend,
    /// For `stock.redis_url`.
    pub redis_url: String,
    /// The server's URL and the name of our database on it.
    on_server: Option<(String, String)>,
}

impl Place {
    /// A fresh, empty database.
    pub async fn make(setup: Setup) -> Self {
        let name = format!("it_{}", uuid::Uuid::new_v4().simple());
        let folder = std::env::temp_dir().join(format!("tuanqiao-{name}"));
        std::fs::create_dir_all(&folder).unwrap();
        match setup {
            Setup::SqliteEmbedded => Self {
                database_url: format!("sqlite://{}", folder.join("shop.db").display()),
                folder,
                stock: StockBackend::Embedded,
                redis_url: "redis://127.0.0.1:1".to_owned(),
                on_server: None,
            },
            Setup::PostgresRedis => {
                let server = service("TUANQIAO_TEST_POSTGRES_URL");
                let connection = Database::connect(&server).await.unwrap();
                connection.execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.unwrap();
                connection.close().await.unwrap();
                let mut url = url::Url::parse(&server).unwrap();
                url.set_path(&name);
                Self {
                    folder,
                    database_url: url.into(),
                    stock: StockBackend::Redis,
                    redis_url: service("TUANQIAO_TEST_REDIS_URL"),
                    on_server: Some((server, name)),
                }
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        let Some((server, name)) = self.on_server.take() else { return };
        // A runtime of its own, because the test's may be unwinding.
        let dropping = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let connection = Database::connect(&server).await?;
                connection.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await
            })
        });
        if !matches!(dropping.join(), Ok(Ok(_))) {
            eprintln!("a database of a test was not dropped");
        }
    }
}

fn service(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} is not set: run `scripts/services.sh run scripts/test.sh`, or `make test-fast` without servers"
        )
    })
}
