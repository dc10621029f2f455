//! The door to Redis: one multiplexed connection, kept by one task, given up at the first sign of
//! trouble. While Redis is away a call fails at once, so that nobody pays for it in waiting.

use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, IntoConnectionInfo, RedisError, RedisResult,
    ScriptInvocation, ServerErrorKind,
};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// Commands that may wait in the connection's queue; above it callers wait their turn.
const QUEUE: usize = 2048;

/// How long Redis may take.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// To accept a connection and greet.
    pub connect: Duration,
    /// To answer one command. What an unanswered command did is unknown.
    pub answer: Duration,
    /// Between two looks at an idle connection, and the longest wait between two tries to connect.
    pub look: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { connect: Duration::from_millis(500), answer: Duration::from_millis(250), look: Duration::from_secs(1) }
    }
}

/// Why Redis did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RedisFault {
    /// There is no connection; nothing was sent.
    #[error("Redis is not connected")]
    Away,
    /// The connection broke or the answer is late; what the command did is unknown.
    #[error("Redis did not answer, what it did is unknown: {0}")]
    Lost(#[source] RedisError),
    /// Redis answered with an error.
    #[error("Redis refused: {0}")]
    Refused(#[source] RedisError),
    /// The address is not one of Redis. It is not repeated here, since it may hold a password.
    #[error("the Redis address is not valid; write redis://host:port or redis+cluster://host:port,host:port")]
    Address,
}

/// A handle on Redis. Cheap to clone; the connection closes with the last of them.
#[derive(Clone)]
pub struct Redis {
    shared: Arc<Shared>,
}

struct Shared {
    /// The connection and its number, or `None` while Redis is away.
    current: RwLock<Option<(u64, Connection)>>,
    /// Woken when the connection is given up and when there is a new one.
    changed: Notify,
}

#[derive(Clone)]
enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

enum Target {
    Single(Box<Client>, Box<AsyncConnectionConfig>),
    Cluster(Box<ClusterClient>),
}

impl Redis {
    /// Begins to connect to `url` (`redis://`, `rediss://`, `redis+cluster://a:1,b:2`) and returns
    /// at once; Redis may come later, or go and come back. Call it on the runtime that lives as
    /// long as the process, because the connection's task lives there.
    pub fn start(url: &str, timing: Timing) -> Result<Self, RedisFault> {
        let target = Target::parse(url, timing).map_err(|_| RedisFault::Address)?;
        let shared = Arc::new(Shared { current: RwLock::new(None), changed: Notify::new() });
        tokio::spawn(keep(Arc::downgrade(&shared), target, timing));
        Ok(Self { shared })
    }

    /// Runs a script, loading it where it is not known yet.
    pub async fn script<T: FromRedisValue>(&self, call: &ScriptInvocation<'_>) -> Result<T, RedisFault> {
        let (number, mut connection) = self.shared.current().ok_or(RedisFault::Away)?;
        let answer = match &mut connection {
            Connection::Single(single) => call.invoke_async(single).await,
            Connection::Cluster(cluster) => call.invoke_async(cluster).await,
        };
        self.shared.judge(number, answer)
    }

    /// Runs one command.
    pub async fn command<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisFault> {
        let (number, mut connection) = self.shared.current().ok_or(RedisFault::Away)?;
        let answer = connection.ask(command).await;
        self.shared.judge(number, answer)
    }

    /// Whether Redis answers now.
    pub async fn ready(&self) -> Result<(), RedisFault> {
        self.command::<String>(&redis::cmd("PING")).await.map(drop)
    }

    /// Waits until there is a connection, at most `within`, and says whether there is one.
    pub async fn connected(&self, within: Duration) -> bool {
        let arrival = async {
            loop {
                // Registered before looking, so that a connection made in between is not missed.
                let changed = self.shared.changed.notified();
                if self.shared.current().is_some() {
                    return;
                }
                changed.await;
            }
        };
        timeout(within, arrival).await.is_ok()
    }
}

impl Shared {
    fn current(&self) -> Option<(u64, Connection)> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, connection: Option<(u64, Connection)>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = connection;
        self.changed.notify_waiters();
    }

    /// Gives connection `number` up, unless a newer one took its place.
    fn give_up(&self, number: u64) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|(now, _)| *now == number) {
            *current = None;
            drop(current);
            self.changed.notify_waiters();
        }
    }

    fn judge<T>(&self, number: u64, answer: RedisResult<T>) -> Result<T, RedisFault> {
        answer.map_err(|error| {
            // A replica that was the master before a failover answers READONLY for ever.
            let demoted = error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly);
            if error.is_io_error() || error.is_unrecoverable_error() || demoted {
                self.give_up(number);
                return RedisFault::Lost(error);
            }
            RedisFault::Refused(error)
        })
    }
}

impl Connection {
    async fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> RedisResult<T> {
        match self {
            Connection::Single(single) => command.query_async(single).await,
            Connection::Cluster(cluster) => command.query_async(cluster).await,
        }
    }
}

impl Target {
    fn parse(url: &str, timing: Timing) -> RedisResult<Self> {
        for (scheme, node_scheme) in [("redis+cluster://", "redis://"), ("rediss+cluster://", "rediss://")] {
            if let Some(nodes) = url.strip_prefix(scheme) {
                let nodes = nodes.split(',').map(|node| format!("{node_scheme}{node}"));
                let client = ClusterClient::builder(nodes)
                    .connection_timeout(timing.connect)
                    .response_timeout(timing.answer)
                    .overall_response_timeout(Some(timing.answer * 2))
                    .tcp_settings(TcpSettings::default().set_nodelay(true))
                    .build()?;
                return Ok(Self::Cluster(Box::new(client)));
            }
        }
        let info = url.into_connection_info()?.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(timing.connect))
            .set_response_timeout(Some(timing.answer))
            .set_pipeline_buffer_size(QUEUE);
        Ok(Self::Single(Box::new(Client::open(info)?), Box::new(config)))
    }

    /// A connection that has answered once.
    async fn connect(&self) -> RedisResult<Connection> {
        let mut connection = match self {
            Target::Single(client, config) => {
                Connection::Single(client.get_multiplexed_async_connection_with_config(config).await?)
            }
            Target::Cluster(client) => Connection::Cluster(client.get_async_connection().await?),
        };
        connection.ask::<String>(&redis::cmd("PING")).await?;
        Ok(connection)
    }
}

/// Connects, watches, and connects again, until the last handle is gone.
async fn keep(shared: Weak<Shared>, target: Target, timing: Timing) {
    let first_wait = Duration::from_millis(50).min(timing.look);
    let mut wait = first_wait;
    let mut told = false;
    for number in 0.. {
        let connected = timeout(timing.connect + timing.answer, target.connect()).await;
        let Some(handle) = shared.upgrade() else { return };
        match connected {
            Ok(Ok(connection)) => {
                tracing::info!("Redis is connected");
                handle.put(Some((number, connection)));
                drop(handle);
                watch(&shared, number, timing.look).await;
                if shared.strong_count() == 0 {
                    return;
                }
                tracing::warn!("the connection to Redis is lost; orders go to the database alone");
                (wait, told) = (first_wait, true);
            }
            failed => {
                if !told {
                    let why = failed.map_or_else(|_| "no answer in time".to_owned(), |e| format!("{:?}", e.err()));
                    tracing::warn!(why, "Redis cannot be reached; trying on");
                    told = true;
                }
                drop(handle);
                sleep(wait).await;
                wait = (wait * 2).min(timing.look);
            }
        }
    }
}

/// Returns when connection `number` is given up, or when nobody holds a handle any more.
async fn watch(shared: &Weak<Shared>, number: u64, look: Duration) {
    loop {
        let Some(handle) = shared.upgrade() else { return };
        let changed = handle.changed.notified();
        let Some((now, mut connection)) = handle.current() else { return };
        if now != number {
            return;
        }
        if timeout(look, changed).await.is_err() {
            let answer = connection.ask::<String>(&redis::cmd("PING")).await;
            // Judged for its effect: a connection that does not answer is given up.
            drop(handle.judge(number, answer));
        }
    }
}
