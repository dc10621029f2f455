//! The clock's work: a table of jobs, each a bounded function that may run in every process at once.

use std::time::Duration;

use actix_web::web::Data;
use futures::future::LocalBoxFuture;
use kernel::Failure;
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// One kind of recurring work.
pub struct Job {
    /// For logs and metrics.
    pub name: &'static str,
    /// The pause after a run that found nothing more to do.
    pub every: Duration,
    /// Whether it keeps what the process itself remembers, so that every process has to run it.
    everywhere: fn(&App) -> bool,
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

/// Which jobs a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// All of them.
    All,
    /// Those that keep its own memory, because another process does the rest.
    OwnMemory,
}

impl Job {
    fn is_in(&self, share: Share, app: &App) -> bool {
        share == Share::All || (self.everywhere)(app)
    }
}

/// Every job: one line each, with its pause in seconds and, where it keeps the memory of the
/// process itself, when it has to run in every process.
macro_rules! jobs {
    ($($name:ident: $every_s:literal $(, everywhere if $everywhere:expr)?;)*) => {
        $(mod $name;)*

        /// Every job.
        pub const JOBS: &[Job] = &[$(Job {
            name: stringify!($name),
            every: Duration::from_secs($every_s),
            everywhere: first!($($everywhere,)? |_| false),
            run: |app| Box::pin($name::run(app)),
        },)*];
    };
}

macro_rules! first {
    ($first:expr $(, $_other:expr)*) => {
        $first
    };
}

jobs! {
    close_expired_orders: 1;
    close_recharges: 2;
    copy_pictures: 2;
    deliver_outbox: 1;
    fill_market_orders: 3;
    forget_market_buyers: 5;
    forget_market_receivers: 600;
    import_marketplaces: 1;
    pull_affiliate_orders: 2;
    pull_market_orders: 2;
    push_stock: 1;
    query_open_payments: 2;
    raise_leaders: 60;
    receive_orders: 30;
    reconcile_bills: 60;
    reconcile_channels: 3;
    reconcile_stock: 5, everywhere if |app| app.gate.is_embedded();
    refresh_lists: 3, everywhere if |_| true;
    register_receivers: 60;
    release_affiliate_commissions: 5;
    release_commissions: 5;
    renew_imports: 30;
    renew_store_tokens: 30;
    send_transfers: 1;
    share_profits: 5;
    state_suppliers: 60;
    sweep: 600;
    verify_books: 60;
    watch_complaints: 10;
    watch_shipping: 5;
    watch_tickets: 10;
}

/// The jobs at work.
pub struct Running(Vec<actix_web::rt::task::JoinHandle<()>>);

/// Starts this process's share of the jobs on the current thread; they end soon after `stop`.
pub fn start(app: Data<App>, share: Share, stop: CancellationToken) -> Running {
    let ours = JOBS.iter().filter(|job| job.is_in(share, &app));
    Running(ours.map(|job| actix_web::rt::spawn(repeat(job, app.clone(), stop.clone()))).collect())
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

/// The pause of a job: the table's, or what the configuration says.
fn pause_after(job: &Job, app: &App) -> Duration {
    match job.name {
        "reconcile_stock" => Duration::from_secs(app.config.stock.reconcile_s.max(1)),
        _ => job.every,
    }
}

async fn repeat(job: &'static Job, app: Data<App>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let started = std::time::Instant::now();
        let outcome = (job.run)(&app).await;
        metrics::histogram!("job_seconds", "job" => job.name).record(started.elapsed().as_secs_f64());
        let pause = match outcome {
            Ok(Done::PartOf(_)) => Duration::ZERO,
            Ok(Done::AllOf(_)) => pause_after(job, &app),
            Err(failure) => {
                metrics::counter!("job_failures_total", "job" => job.name).increment(1);
                tracing::error!(job = job.name, %failure, "a job failed and will run again");
                job.every.max(Duration::from_secs(1))
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
            () = app.time_moved.notified() => {}
            () = app.bell.rung(), if job.name == "deliver_outbox" => {}
        }
    }
}
