//! The process: HTTP workers, jobs and their graceful end.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::{Compress, DefaultHeaders, NormalizePath, from_fn};
use actix_web::{HttpServer, web};
use tokio_util::sync::CancellationToken;
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::AppExt;

use crate::api::limits::{RateLimits, limit_rate};
use crate::api::methods::{self, Offered};
use crate::api::problem::render_problems;
use crate::api::{console, document, leader, notify, operations, storefront};
use crate::app::App;
use crate::jobs;
use crate::platform::telemetry;

/// Which part of the work this process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Requests alone.
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
    jobs: Option<jobs::Running>,
    patience: Duration,
}

impl Server {
    /// Binds and begins to work. Must be called inside an actix system.
    pub fn start(app: web::Data<App>, role: Role) -> std::io::Result<Self> {
        let listener = TcpListener::bind(&app.config.server.bind)?;
        Self::start_on(listener, app, role)
    }

    /// As [`Server::start`], on a socket that is bound already.
    pub fn start_on(listener: TcpListener, app: web::Data<App>, role: Role) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let limits = web::Data::new(RateLimits::new(&app.config.limits));
        let documents = web::Data::new((document::miniapp(), document::console()));
        let workers = match app.config.server.workers {
            0 => std::thread::available_parallelism().map_or(2, usize::from),
            some => some,
        };
        let serves_api = role != Role::Worker;
        let offered = web::Data::new(Offered::new(serves_api.then_some(documents.get_ref())));
        let state = app.clone();
        let server = HttpServer::new(move || {
            let documents = documents.clone();
            actix_web::App::new()
                .into_utoipa_app()
                .app_data(state.clone())
                .app_data(limits.clone())
                .app_data(offered.clone())
                .map(|app| {
                    app.wrap(from_fn(methods::head_as_get))
                        .wrap(Compress::default())
                        .wrap(from_fn(limit_rate))
                        .wrap(from_fn(render_problems))
                        .wrap(strict_headers())
                        .wrap(TracingLogger::default())
                        .wrap(NormalizePath::trim())
                })
                .map(|app| app.default_service(web::to(methods::refuse)))
                .map(|app| app.service(operations::healthz).service(operations::readyz))
                .configure(|config| {
                    if serves_api {
                        config.configure(storefront::routes).configure(leader::routes).configure(console::routes);
                    }
                })
                .map(|app| {
                    app.configure(|config| {
                        if serves_api {
                            crate::api::files::routes(config);
                            notify::routes(config);
                            crate::api::sandbox::routes(config);
                            crate::api::pages::routes(config, &documents);
                        }
                    })
                })
                .into_app()
        })
        .workers(workers)
        .shutdown_timeout(app.config.server.shutdown_s)
        .disable_signals()
        .listen(listener)?
        .run();
        let handle = server.handle();
        let stop = CancellationToken::new();
        let jobs = (role != Role::Api).then(|| jobs::start(app.clone(), stop.clone()));
        let patience = Duration::from_secs(app.config.server.shutdown_s);
        Ok(Self { address, handle, stop, served: actix_web::rt::spawn(server), jobs, patience })
    }

    /// Stops taking work, lets running requests and jobs finish, then returns.
    pub async fn stop(self) {
        self.stop.cancel();
        self.handle.stop(true).await;
        if let Some(jobs) = self.jobs {
            jobs.finished(self.patience).await;
        }
        if let Ok(Err(error)) = self.served.await {
            tracing::error!(%error, "the HTTP server ended badly");
        }
    }

    /// Works until the process is asked to end (Ctrl-C or SIGTERM), then stops gracefully.
    pub async fn run_until_asked_to_end(self) -> std::io::Result<()> {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping: running requests and jobs finish first");
        self.stop().await;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Serves `/metrics` on its own address, which need not be public.
pub fn start_metrics(bind: &str) -> std::io::Result<Option<SocketAddr>> {
    let Some(handle) = telemetry::start_metrics() else { return Ok(None) };
    let listener = TcpListener::bind(bind)?;
    let address = listener.local_addr()?;
    let render = web::Data::new(handle);
    let server = HttpServer::new(move || {
        actix_web::App::new().app_data(render.clone()).route(
            "/metrics",
            web::get().to(|handle: web::Data<metrics_exporter_prometheus::PrometheusHandle>| async move {
                handle.run_upkeep();
                handle.render()
            }),
        )
    })
    .workers(1)
    .disable_signals()
    .listen(listener)?
    .run();
    actix_web::rt::spawn(server);
    Ok(Some(address))
}

fn strict_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("X-Frame-Options", "DENY"))
        .add(("Referrer-Policy", "no-referrer"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
}
