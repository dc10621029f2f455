//! Watching the product at work: every statement a request makes, with its values and its
//! transactions. Played again by `replay.rs` it is the floor, so the floor follows the code.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use actix_web::web::Data;
use bytes::Bytes;
use migrations::Migrator;
use sea_orm::Statement;
use sea_orm_migration::MigratorTrait;
use tokio_util::sync::CancellationToken;
use tuanqiao::app::App;
use tuanqiao::config::{Config, Synchronous};
use tuanqiao::platform::db::{Db, Seen};
use tuanqiao::server::{Role, Server};

use crate::children::MASTER_KEY;
use crate::load::Connection;
use crate::place::Place;

/// What one request does to the database, in order.
pub type Work = Vec<Act>;

/// A read of its own, or a transaction.
#[derive(Clone, Debug)]
pub enum Act {
    Read(Statement),
    Transaction(Vec<Statement>),
}

/// How many statements and transactions a request costs.
pub fn size_of(work: &Work) -> (usize, usize) {
    let statements = work.iter().map(|act| match act {
        Act::Read(_) => 1,
        Act::Transaction(statements) => statements.len(),
    });
    (statements.sum(), work.iter().filter(|act| matches!(act, Act::Transaction(_))).count())
}

#[derive(Default)]
struct Notes {
    acts: Work,
    open: Vec<Statement>,
}

impl Notes {
    fn note(&mut self, seen: Seen<'_>) {
        match seen {
            Seen::Read(statement) => self.acts.push(Act::Read(statement.clone())),
            Seen::Written(statement) => self.open.push(statement.clone()),
            Seen::Committed => self.acts.push(Act::Transaction(std::mem::take(&mut self.open))),
        }
    }
}

/// The configuration of the product in this process. Only the recording flushes less than in
/// production: nothing is measured in it.
pub fn config(place: &Place, platform: SocketAddr) -> Config {
    let mut config = Config::load(None).unwrap();
    place.configure(&mut config);
    config.database.synchronous = Synchronous::Normal;
    config.server.workers = 1;
    config.limits.anonymous_per_ip_per_s = 0;
    config.limits.member_per_s = 0;
    config.limits.operator_per_s = 0;
    config.platforms.wechat_pay = format!("http://{platform}");
    config.platforms.wechat_pay_backup = format!("http://{platform}");
    config.secrets.master_key = MASTER_KEY.to_owned().into();
    config
}

/// The product inside this process, for `work` to look into; no HTTP.
pub async fn inside<T>(config: Config, work: impl AsyncFnOnce(&App) -> T) -> T {
    let db = Db::connect(&config.database).await.unwrap();
    Migrator::up(db.maintenance(), None).await.unwrap();
    let app = App::build(config, db).await.unwrap();
    let value = work(&app).await;
    let maintenance = match app.db.backend() {
        sea_orm::DatabaseBackend::Sqlite => "PRAGMA wal_checkpoint(TRUNCATE)",
        _ => "VACUUM ANALYZE",
    };
    sea_orm::ConnectionTrait::execute_unprepared(app.db.maintenance(), maintenance).await.unwrap();
    app.db.clone().close().await;
    value
}

/// The product, serving in a thread of this process under observation.
struct Observed {
    address: SocketAddr,
    notes: Arc<Mutex<Notes>>,
    stop: CancellationToken,
    thread: JoinHandle<()>,
}

impl Observed {
    fn start(config: Config) -> Self {
        let notes = Arc::new(Mutex::new(Notes::default()));
        let stop = CancellationToken::new();
        let (tell, told) = mpsc::channel();
        let (watching, stopped) = (notes.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let mut db = Db::connect(&config.database).await.unwrap();
                db.watch(move |seen| watching.lock().unwrap().note(seen));
                let app = Data::new(App::build(config, db).await.unwrap());
                let server = Server::start_on(listener, app.clone(), Role::Api).unwrap();
                tell.send(server.address).unwrap();
                stopped.cancelled().await;
                server.stop().await;
                app.db.clone().close().await;
            });
        });
        Self { address: told.recv().unwrap(), notes, stop, thread }
    }

    fn take(&self) -> Work {
        std::mem::take(&mut self.notes.lock().unwrap().acts)
    }
}

/// Sends the requests one after the other. Returns each answer's body and what it did.
pub async fn record(config: Config, requests: &[Bytes]) -> (Vec<String>, Vec<Work>) {
    let observed = Observed::start(config);
    let mut connection = Connection::open(observed.address).await.unwrap();
    observed.take();
    let (mut answers, mut works) = (Vec::with_capacity(requests.len()), Vec::with_capacity(requests.len()));
    for request in requests {
        let (status, body) = connection.call(request).await.unwrap();
        let body = String::from_utf8_lossy(body).into_owned();
        assert!(status < 300, "{status} {body}");
        answers.push(body);
        works.push(observed.take());
    }
    drop(connection);
    observed.stop.cancel();
    tokio::task::spawn_blocking(|| observed.thread.join().unwrap()).await.unwrap();
    (answers, works)
}
