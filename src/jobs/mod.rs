//! The clock's work: a table of jobs, each a bounded function that may run in every process at once.

use std::time::Duration;

use actix_web::web::Data;
use futures::future::LocalBoxFuture;
use kernel::Failure;
use tokio_util::sync::CancellationToken;

use crate::app::App;

mod close_expired_orders;
mod deliver_outbox;
mod import_marketplaces;
mod query_open_payments;
mod reconcile_stock;
mod refresh_lists;
mod send_transfers;
mod share_profits;
mod sweep;

/// One kind of recurring work.
pub struct Job {
    /// For logs and metrics.
    pub name: &'static str,
    /// The pause after a run that found nothing more to do.
    pub every: Duration,
    /// Does a bounded piece and says how much it did; a full piece is followed by another at once.
    pub run: for<'a> fn(&'a App) -> LocalBoxFuture<'a, Result<Done, Failure>>,
}

/// How a run went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing more is due.
    AllOf(u64),
    /// More may be due at once.
    PartOf(u64),
}

/// Every job: one line each.
pub const JOBS: &[Job] = &[
    Job {
        name: "close_expired_orders",
        every: Duration::from_secs(1),
        run: |app| Box::pin(close_expired_orders::run(app)),
    },
    Job { name: "deliver_outbox", every: Duration::from_secs(1), run: |app| Box::pin(deliver_outbox::run(app)) },
    Job {
        name: "import_marketplaces",
        every: Duration::from_secs(1),
        run: |app| Box::pin(import_marketplaces::run(app)),
    },
    Job {
        name: "query_open_payments",
        every: Duration::from_secs(2),
        run: |app| Box::pin(query_open_payments::run(app)),
    },
    Job { name: "reconcile_stock", every: Duration::from_secs(5), run: |app| Box::pin(reconcile_stock::run(app)) },
    Job { name: "refresh_lists", every: Duration::from_secs(3), run: |app| Box::pin(refresh_lists::run(app)) },
    Job { name: "sweep", every: Duration::from_secs(600), run: |app| Box::pin(sweep::run(app)) },
    Job { name: "send_transfers", every: Duration::from_secs(1), run: |app| Box::pin(send_transfers::run(app)) },
    Job { name: "share_profits", every: Duration::from_secs(5), run: |app| Box::pin(share_profits::run(app)) },
];

/// The jobs at work.
pub struct Running(Vec<actix_web::rt::task::JoinHandle<()>>);

/// Starts every job on the current thread; they end soon after `stop`.
pub fn start(app: Data<App>, stop: CancellationToken) -> Running {
    Running(JOBS.iter().map(|job| actix_web::rt::spawn(repeat(job, app.clone(), stop.clone()))).collect())
}

impl Running {
    /// Waits until every job has ended its current run, at most `patience`.
    pub async fn finished(self, patience: Duration) {
        let all = futures::future::join_all(self.0);
        if tokio::time::timeout(patience, all).await.is_err() {
            tracing::warn!("some jobs did not finish in time; what they began is resumed at the next start");
        }
    }
}

/// Runs every job once and again while it finds work; tests and the command line use this.
pub async fn run_due(app: &App) -> Result<u64, Failure> {
    let mut total = 0;
    for job in JOBS {
        loop {
            match (job.run)(app).await? {
                Done::AllOf(n) => {
                    total += n;
                    break;
                }
                Done::PartOf(n) => total += n,
            }
        }
    }
    Ok(total)
}

async fn repeat(job: &'static Job, app: Data<App>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let started = std::time::Instant::now();
        let outcome = (job.run)(&app).await;
        metrics::histogram!("job_seconds", "job" => job.name).record(started.elapsed().as_secs_f64());
        let pause = match outcome {
            Ok(Done::PartOf(_)) => Duration::ZERO,
            Ok(Done::AllOf(_)) => job.every,
            Err(failure) => {
                metrics::counter!("job_failures_total", "job" => job.name).increment(1);
                tracing::error!(job = job.name, %failure, "a job failed and will run again");
                job.every.max(Duration::from_secs(1))
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
            () = app.bell.rung(), if job.name == "deliver_outbox" => {}
        }
    }
}
