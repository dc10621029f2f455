//! `tuanqiao import --platform … --query …`.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kernel::ListingKind;

use super::{open_app, shop_called, told};
use crate::app::App;
use crate::areas::market_accounts::entity::import_run;
use crate::areas::market_accounts::query;
use crate::areas::market_accounts::rules::{By, GOODS_MAX, Wish};
use crate::areas::market_accounts::state::RunState;
use crate::areas::shops::query::Shop;
use crate::config::Config;
use crate::flows::import_goods::{self, Order};
use crate::platform::request_keys::Slot;

/// How often a run that another process works on is looked at.
const LOOK: Duration = Duration::from_millis(300);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The marketplace, such as pinduoduo_affiliate.
    #[arg(long)]
    platform: String,
    /// Words to search for.
    #[arg(long, required_unless_present = "id")]
    query: Option<String>,
    /// One of the marketplace's own ids; may be given several times.
    #[arg(long, conflicts_with = "query")]
    id: Vec<String>,
    /// The shop's code; the only shop when left out.
    #[arg(long)]
    shop: Option<String>,
    /// At most so many goods; when left out, every --id or the first 100 of the search.
    #[arg(long, value_parser = clap::value_parser!(i64).range(1..=GOODS_MAX))]
    limit: Option<i64>,
}

pub(super) async fn run(config: Config, args: Args) -> anyhow::Result<()> {
    let app = open_app(config).await?;
    let shop = shop_called(&app, args.shop.as_deref())?;
    let wish = wished(&args)?;
    let limit = wish.limit;
    let begun = taken_up(&app, &shop, &args.platform, wish).await?;
    let ended = follow(&app, &shop, begun, limit).await?;
    let summary = format!(
        "{}: {} goods looked at, {} new, {} changed, {} refused",
        ended.id, ended.fetched, ended.created, ended.updated, ended.refused
    );
    app.db.close().await;
    match ended.state {
        RunState::Done => {
            println!("{summary}");
            refused(&ended)
        }
        state => {
            let why = ended.last_error.as_deref().unwrap_or("stopped by an operator");
            let when = ended.resume_at.map(|at| format!("; goes on at {at}")).unwrap_or_default();
            anyhow::bail!("{summary}\nthe import is {state:?}: {why}{when}\nthe same command goes on where it stopped")
        }
    }
}

/// What the command asks for.
fn wished(args: &Args) -> anyhow::Result<Wish> {
    let by = match &args.query {
        Some(words) => By::Query(text("--query", words, 100)?),
        None => By::Ids(args.id.iter().map(|id| text("--id", id, 200)).collect::<Result<_, _>>()?),
    };
    let limit = args.limit.unwrap_or_else(|| by.goods_wanted());
    Ok(Wish { by, limit, category_id: None, own: None })
}

/// What was left unfinished by the same command, or a new run.
async fn taken_up(app: &App, shop: &Shop, platform: &str, wish: Wish) -> anyhow::Result<import_run::Model> {
    let listing = ListingKind::Affiliate;
    let left = query::unfinished(app.db.reader(), shop.id, platform, listing, &wish).await;
    match left.map_err(|error| told(error.into()))? {
        None => {
            let order = Order { marketplace: platform.to_owned(), account: None, store: None, listing, wish };
            let once = Slot::without_key().once(201, |row: &import_run::Model| row.id);
            import_goods::start(app, shop, None, &order, &once).await.map_err(told)
        }
        Some(left) if left.state == RunState::Running => Ok(left),
        Some(left) => import_goods::resume(app, shop, None, left.id).await.map_err(told),
    }
}

fn text(name: &str, given: &str, most: usize) -> anyhow::Result<String> {
    let given = given.trim();
    let fits = (1..=most).contains(&given.chars().count()) && !given.chars().any(char::is_control);
    anyhow::ensure!(fits, "{name} takes 1 to {most} characters on one line");
    Ok(given.to_owned())
}

/// Works on the run, or watches another process do so, until it stops.
async fn follow(app: &App, shop: &Shop, mut run: import_run::Model, limit: i64) -> anyhow::Result<import_run::Model> {
    let bar = bar(limit);
    while run.state == RunState::Running {
        run = match import_goods::take_up(app, shop, run.id).await.map_err(told)? {
            Some(mine) => import_goods::step(app, shop, mine).await.map_err(told)?,
            None => {
                tokio::time::sleep(LOOK).await;
                query::run(app.db.reader(), shop.id, run.id).await.map_err(|error| told(error.into()))?
            }
        };
        show(&bar, &run);
    }
    bar.finish_and_clear();
    Ok(run)
}

fn bar(limit: i64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg} [{elapsed}]");
    let bar = ProgressBar::with_draw_target(u64::try_from(limit).ok(), ProgressDrawTarget::stderr());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn show(bar: &ProgressBar, run: &import_run::Model) {
    let words = format!("{} new, {} changed, {} refused", run.created, run.updated, run.refused);
    // A bar that is no terminal draws nothing; a line a page tells the same to a log.
    if std::io::stderr().is_terminal() {
        bar.set_position(run.fetched.unsigned_abs());
        bar.set_message(words);
    } else {
        eprintln!("{} looked at, {words}", run.fetched);
    }
}

fn refused(run: &import_run::Model) -> anyhow::Result<()> {
    for (reason, refused) in query::refusals_of(run).map_err(|error| told(error.into()))?.0 {
        println!("  refused {}: {reason} ({})", refused.count, refused.examples.join(", "));
    }
    Ok(())
}
