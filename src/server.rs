//! The process: HTTP workers, jobs and their graceful end.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{HttpServer, web};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::api::entrance::receive;
use crate::api::limits::{FORGET_EVERY, RateLimits};
use crate::api::methods::{self, Offered};
use crate::api::routes::Routes;
use crate::api::{console, files, leader, notify, oauth, operations, pages, sandbox, storefront};
use crate::app::App;
use crate::jobs::{self, Share};
use crate::platform::telemetry;

/// How often what was measured is summed up.
const SUMMED_UP_EVERY: Duration = Duration::from_secs(5);

/// Which part of the work this process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Requests, and the jobs that keep this process's own memory.
    Api,
    /// Jobs alone; the health calls still answer.
    Worker,
    /// Both.
    All,
}

/// A running process.
pub struct Server {
    /// Where the API listens.
    pub address: SocketAddr,
    handle: ServerHandle,
    stop: CancellationToken,
    served: actix_web::rt::task::JoinHandle<std::io::Result<()>>,
    jobs: jobs::Running,
    patience: Duration,
}

impl Server {
    /// Binds and begins to work. Must be called inside an actix system.
    pub fn start(app: web::Data<App>, role: Role) -> std::io::Result<Self> {
        let listener = listen("server.bind", &app.config.server.bind)?;
        Self::start_on(listener, app, role)
    }

    /// As [`Server::start`], on a socket that is bound already.
    pub fn start_on(listener: TcpListener, app: web::Data<App>, role: Role) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let limits = web::Data::new(RateLimits::new(&app.config.limits));
        let workers = match app.config.server.workers {
            0 => std::thread::available_parallelism().map_or(2, usize::from),
            some => some,
        };
        let serves_api = role != Role::Worker;
        let moves_time = app.config.sandbox.enabled;
        let counters = limits.clone();
        let offered = web::Data::new(Offered::new(serves_api, moves_time));
        let state = app.clone();
        let server = HttpServer::new(move || {
            actix_web::App::new()
                .app_data(state.clone())
                .app_data(limits.clone())
                .app_data(offered.clone())
                .wrap(Compress::default())
                .wrap(from_fn(receive))
                .default_service(web::to(methods::refuse))
                .service(operations::healthz)
                .service(operations::readyz)
                .configure(|config| {
                    if serves_api {
                        let mut routes = Routes::Serve(config);
                        routes.configure(storefront::routes).configure(leader::routes).configure(console::routes);
                        files::routes(config);
                        notify::routes(config);
                        oauth::routes(config);
                        sandbox::routes(config, moves_time);
                        pages::routes(config);
                    }
                })
        })
        .workers(workers)
        .shutdown_timeout(app.config.server.shutdown_s)
        .disable_signals()
        .listen(listener)?
        .run();
        let handle = server.handle();
        let stop = CancellationToken::new();
        let share = if role == Role::Api { Share::OwnMemory } else { Share::All };
        let jobs = jobs::start(app.clone(), share, stop.clone());
        actix_web::rt::spawn(forget_idle_callers(counters, stop.clone()));
        let patience = Duration::from_secs(app.config.server.shutdown_s);
        Ok(Self { address, handle, stop, served: actix_web::rt::spawn(server), jobs, patience })
    }

    /// Stops taking work, lets running requests and jobs finish, then returns.
    pub async fn stop(self) {
        self.stop.cancel();
        self.handle.stop(true).await;
        self.jobs.finished(self.patience).await;
        if let Ok(Err(error)) = self.served.await {
            tracing::error!(%error, "the HTTP server ended badly");
        }
    }

    /// Works until the process is asked to end (Ctrl-C or SIGTERM), then stops gracefully; asked
    /// once more it ends at once.
    pub async fn run_until_asked_to_end(self) -> std::io::Result<()> {
        let mut wish = EndWish::listen()?;
        wish.heard().await;
        tracing::info!("stopping: running requests and jobs finish first");
        tokio::select! {
            () = self.stop() => tracing::info!("stopped"),
            () = wish.heard() => {
                tracing::warn!("ended at once; what was running is resumed at the next start");
                std::process::exit(130);
            }
        }
        Ok(())
    }
}

/// The wish that a process ends: Ctrl-C, or SIGTERM as service managers send it.
pub struct EndWish {
    interrupt: Signal,
    terminate: Signal,
}

impl EndWish {
    /// Listens from now on; the signals end the process by themselves no more.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits until the wish is told, the next time it is.
    pub async fn heard(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// A socket on `address`; what goes wrong is told with the `key` it was configured under.
fn listen(key: &str, address: &str) -> std::io::Result<TcpListener> {
    let told = |error: std::io::Error| std::io::Error::new(error.kind(), format!("{key} = {address}: {error}"));
    TcpListener::bind(address).map_err(told)
}

/// Keeps the counters as small as the number of callers of late.
async fn forget_idle_callers(limits: web::Data<RateLimits>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(FORGET_EVERY) => limits.retain_recent(),
        }
    }
}

/// Sums up what was measured, so that it does not pile up where nobody scrapes.
async fn keep_up(handle: PrometheusHandle) {
    loop {
        tokio::time::sleep(SUMMED_UP_EVERY).await;
        handle.run_upkeep();
    }
}

/// Serves `/metrics` on its own address, which need not be public.
pub fn start_metrics(bind: &str) -> std::io::Result<Option<SocketAddr>> {
    let Some(handle) = telemetry::start_metrics() else { return Ok(None) };
    let listener = listen("server.metrics_bind", bind)?;
    let address = listener.local_addr()?;
    actix_web::rt::spawn(keep_up(handle.clone()));
    let render = web::Data::new(handle);
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(render.clone())
            .route("/metrics", web::get().to(async |handle: web::Data<PrometheusHandle>| handle.render()))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)?
    .run();
    actix_web::rt::spawn(server);
    Ok(Some(address))
}
