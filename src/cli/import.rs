//! `tuanqiao import --platform … --query …`: begins an import as the console does, and stays with it.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kernel::ListingKind;
use kernel::id::CategoryId;

use super::{open_app, shop_called, told};
use crate::app::App;
use crate::areas::market_accounts::entity::import_run;
use crate::areas::market_accounts::rules::{By, Duplicates, GOODS_MAX, OwnTerms, STORE_GOODS_MAX, Wish};
use crate::areas::market_accounts::state::RunState;
use crate::areas::market_accounts::{mappings, query};
use crate::areas::shops::query::Shop;
use crate::config::Config;
use crate::flows::import_goods::{self, Order};
use crate::platform::request_keys::Slot;

/// Most ids or links of one import.
const IDS_MAX: usize = 1_000;
/// How often a run that another process works on is looked at.
const LOOK: Duration = Duration::from_millis(300);

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("goods").required(true).args(["query", "id", "link", "whole"])))]
pub(super) struct Args {
    /// The marketplace, such as pinduoduo_affiliate; one of stores, such as pinduoduo, gives a store's own goods.
    #[arg(long)]
    platform: String,
    /// The store whose goods come in, by name or id; the only one at the marketplace when left out.
    #[arg(long)]
    store: Option<String>,
    /// Words to search for; in a store, words that the titles of its goods have.
    #[arg(long)]
    query: Option<String>,
    /// One of the marketplace's own ids; may be given several times.
    #[arg(long)]
    id: Vec<String>,
    /// The address of a goods' page; may be given several times.
    #[arg(long)]
    link: Vec<String>,
    /// Everything the store has.
    #[arg(long)]
    whole: bool,
    /// The shop's code; the only shop when left out.
    #[arg(long)]
    shop: Option<String>,
    /// At most so many goods; when left out, every --id or --link, the first 100 of an affiliate search, or
    /// all that fits in a store.
    #[arg(long, value_parser = clap::value_parser!(i64).range(1..=STORE_GOODS_MAX))]
    limit: Option<i64>,
    /// The category of new goods, unless the marketplace's is mapped to one of ours.
    #[arg(long)]
    category: Option<CategoryId>,
    /// A store's new goods are on sale here at once.
    #[arg(long)]
    on_shelf: bool,
    /// What becomes of a store's goods that the shop has already; link when left out.
    #[arg(long)]
    duplicates: Option<AlreadyThere>,
    /// Leaves the pictures of a store's goods where they are.
    #[arg(long)]
    no_pictures: bool,
}

/// What becomes of goods that the shop has already.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum AlreadyThere {
    /// The store's variants sell the SKUs that there are.
    Link,
    /// They are made once more.
    New,
    /// They are refused.
    Skip,
}

pub(super) async fn run(config: Config, args: Args) -> anyhow::Result<()> {
    let app = open_app(config).await?;
    let shop = shop_called(&app, args.shop.as_deref())?;
    let order = ordered(&app, &shop, &args).await?;
    // Of what a store has nobody knows how much it is.
    let length = match (order.listing, &order.wish.by) {
        (ListingKind::Own, By::Query(_) | By::Whole) => args.limit,
        _ => Some(order.wish.limit),
    };
    let begun = taken_up(&app, &shop, order).await?;
    let ended = follow(&app, &shop, begun, length).await?;
    let summary = format!("{}: {} goods looked at, {}", ended.id, ended.fetched, counted(&ended));
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

/// What the command asks for, with the store and the items it names.
async fn ordered(app: &App, shop: &Shop, args: &Args) -> anyhow::Result<Order> {
    let by = named(app, shop, args)?;
    let (marketplace, category_id) = (args.platform.clone(), args.category);
    if !import_goods::has_stores(&args.platform) {
        let of_stores = args.store.is_some() || args.whole || args.on_shelf || args.no_pictures;
        anyhow::ensure!(!of_stores && args.duplicates.is_none(), "{marketplace} has no stores of merchants");
        let limit = args.limit.unwrap_or_else(|| by.goods_wanted());
        anyhow::ensure!(limit <= GOODS_MAX, "--limit takes at most {GOODS_MAX} here");
        let wish = Wish { by, limit, category_id, own: None };
        return Ok(Order { marketplace, account: None, store: None, listing: ListingKind::Affiliate, wish });
    }
    let store = import_goods::store_of_shop(app, shop, &marketplace, args.store.as_deref()).await.map_err(told)?;
    let price = mappings::price_rule(app.db.reader(), shop.id, store.id).await;
    let own = OwnTerms {
        on_shelf: args.on_shelf,
        duplicates: match args.duplicates {
            None | Some(AlreadyThere::Link) => Duplicates::Link,
            Some(AlreadyThere::New) => Duplicates::New,
            Some(AlreadyThere::Skip) => Duplicates::Skip,
        },
        price: price.map_err(|error| told(error.into()))?,
        pictures: !args.no_pictures,
        makes: true,
    };
    let every = if matches!(by, By::Query(_)) { STORE_GOODS_MAX } else { by.goods_wanted() };
    let wish = Wish { by, limit: args.limit.unwrap_or(every), category_id, own: Some(own) };
    let (account, store) = (Some(store.name), Some(store.id));
    Ok(Order { marketplace, account, store, listing: ListingKind::Own, wish })
}

/// The goods that the command names.
fn named(app: &App, shop: &Shop, args: &Args) -> anyhow::Result<By> {
    let each = |name: &str, given: &[String], most: usize| -> anyhow::Result<Vec<String>> {
        anyhow::ensure!(given.len() <= IDS_MAX, "{name} may be given {IDS_MAX} times at most");
        given.iter().map(|one| text(name, one, most)).collect()
    };
    Ok(match &args.query {
        Some(words) => By::Query(text("--query", words, 100)?),
        None if args.whole => By::Whole,
        None if args.link.is_empty() => By::Ids(each("--id", &args.id, 200)?),
        None => {
            let links = each("--link", &args.link, 1_000)?;
            By::Ids(import_goods::items_of_links(app, shop, &args.platform, &links).map_err(told)?)
        }
    })
}

/// What was left unfinished by the same command, or a new run.
async fn taken_up(app: &App, shop: &Shop, order: Order) -> anyhow::Result<import_run::Model> {
    let kind = (order.listing, order.store);
    let left = query::unfinished(app.db.reader(), shop.id, &order.marketplace, kind, &order.wish).await;
    match left.map_err(|error| told(error.into()))? {
        None => {
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
async fn follow(
    app: &App,
    shop: &Shop,
    mut run: import_run::Model,
    length: Option<i64>,
) -> anyhow::Result<import_run::Model> {
    let bar = bar(length);
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

fn bar(length: Option<i64>) -> ProgressBar {
    let length = length.and_then(|length| u64::try_from(length).ok());
    let template = match length {
        Some(_) => "{bar:40} {pos}/{len} {msg} [{elapsed}]",
        None => "{spinner} {pos} {msg} [{elapsed}]",
    };
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// What has become of the goods so far.
fn counted(run: &import_run::Model) -> String {
    let linked = match run.listing {
        ListingKind::Own => format!("{} linked, ", run.linked),
        ListingKind::Affiliate => String::new(),
    };
    format!("{} new, {} changed, {linked}{} refused", run.created, run.updated, run.refused)
}

fn show(bar: &ProgressBar, run: &import_run::Model) {
    let words = counted(run);
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
