//! `tuanqiao bill reconcile --date …`.

use std::io::IsTerminal;
use std::time::Duration;

use chrono::NaiveDate;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kernel::words::wire;
use kernel::{Code, Fen};

use super::{open_app, told};
use crate::app::App;
use crate::areas::bills::cases;
use crate::areas::bills::entity::run;
use crate::areas::bills::state::{CaseState, RunState};
use crate::areas::shops::query::Shop;
use crate::config::Config;
use crate::flows::reconcile_bills::{self, Worker};

/// How often another worker on the same bills is looked at.
const LOOK: Duration = Duration::from_millis(500);

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Hold WeChat Pay's bills of a day against the books and say what differs. The same command again
    /// goes on where it was left; of a day that is done, everything is read and judged once more.
    Reconcile {
        /// The day (Beijing), as YYYY-MM-DD. Its bills exist from 10:00 of the next day on.
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: NaiveDate,
        /// The code of one shop; every shop with a payment account when left out.
        #[arg(long, value_name = "CODE")]
        shop: Option<String>,
    },
}

pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    let Action::Reconcile { date, shop } = action;
    let app = open_app(config).await?;
    let shops = match shop {
        Some(code) => vec![app.shops.by_code(&code).map_err(|error| told(error.into()))?],
        None => app.shops.all().iter().filter(|shop| shop.profile.wechat_pay.is_some()).cloned().collect(),
    };
    anyhow::ensure!(!shops.is_empty(), "no shop has a payment account");
    let mut unread = 0;
    for shop in shops {
        let worker = waited_for(&app, &shop).await?;
        let outcome = reconcile(&app, &shop, &worker, date).await;
        worker.done(&app, &shop).await.map_err(told)?;
        unread += outcome?;
        tell_cases(&app, &shop, date).await?;
    }
    app.db.close().await;
    anyhow::ensure!(unread == 0, "{unread} bill(s) could not be read; the same command tries again");
    Ok(())
}

/// The right to work on the shop's bills, once nobody else does.
async fn waited_for(app: &App, shop: &Shop) -> anyhow::Result<Worker> {
    let worker = Worker::new();
    loop {
        match worker.take(app, shop).await {
            Err(failure) if failure.code() == Code::Busy => tokio::time::sleep(LOOK).await,
            other => return other.map(|()| worker).map_err(told),
        }
    }
}

/// Works on every bill of the day; how many could not be read.
async fn reconcile(app: &App, shop: &Shop, worker: &Worker, day: NaiveDate) -> anyhow::Result<usize> {
    let mut unread = 0;
    for row in reconcile_bills::begin(app, shop, day).await.map_err(told)? {
        let ended = follow(app, shop, worker, row).await?;
        let name = format!("{}: {} {}", shop.code, wire(&ended.kind), ended.day);
        match ended.state {
            RunState::Done if ended.hash.is_none() => {
                println!("{name}: no bill, nothing happened; {} case(s)", ended.cases)
            }
            RunState::Done => {
                let (lines, matched, cases) = (ended.lines, ended.matched, ended.cases);
                println!("{name}: {lines} line(s), {matched} as ours, {cases} case(s)");
            }
            _ => {
                println!("{name}: not read: {}", ended.last_error.as_deref().unwrap_or("no answer"));
                unread += 1;
            }
        }
    }
    Ok(unread)
}

async fn follow(app: &App, shop: &Shop, worker: &Worker, mut row: run::Model) -> anyhow::Result<run::Model> {
    let bar = bar(&row);
    loop {
        let before = row.state;
        row = reconcile_bills::step(app, shop, worker, row).await.map_err(told)?;
        show(&bar, &row);
        // A bill that could not be read waits as before.
        if row.state == RunState::Done || (before, row.state) == (RunState::Waiting, RunState::Waiting) {
            bar.finish_and_clear();
            return Ok(row);
        }
    }
}

fn bar(row: &run::Model) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {bar:40} {pos}/{len} {msg} [{elapsed}]");
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_prefix(wire(&row.kind))
}

fn show(bar: &ProgressBar, row: &run::Model) {
    // A bar that is no terminal draws nothing; a line a step tells the same to a log.
    if std::io::stderr().is_terminal() {
        bar.set_length(row.lines.unsigned_abs());
        bar.set_position(row.judged.unsigned_abs());
        bar.set_message(wire(&row.state));
    } else {
        eprintln!(
            "{} {}: {} of {} line(s) judged, {}",
            wire(&row.kind),
            row.day,
            row.judged,
            row.lines,
            wire(&row.state)
        );
    }
}

/// Says what of the day differs and what of it is open.
async fn tell_cases(app: &App, shop: &Shop, day: NaiveDate) -> anyhow::Result<()> {
    let found = cases::of_day(app.db.reader(), shop.id, day).await.map_err(|error| told(error.into()))?;
    for case in &found {
        let number = case.our_no.as_deref().or(case.platform_no.as_deref()).unwrap_or("without a number");
        let fen = |fen: Option<Fen>| fen.map_or_else(|| "nothing".to_owned(), |fen| format!("{} fen", fen.fen()));
        let (ours, theirs) = (fen(case.ours_fen), fen(case.theirs_fen));
        let words = [wire(&case.state), wire(&case.cause), wire(&case.class), wire(&case.subject)].join(" ");
        let more = case.note.as_ref().or(case.detail.as_ref()).map(|more| format!("; {more}")).unwrap_or_default();
        println!("  {}: {words} {number}: ours {ours}, theirs {theirs}{more}", case.id);
    }
    let open = found.iter().filter(|case| case.state == CaseState::Open).count();
    println!("{}: {day}: {open} case(s) open, {} settled", shop.code, found.len() - open);
    Ok(())
}
