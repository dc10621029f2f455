//! `tuanqiao tour`: the whole story against a running server, as a shopper, a leader and an operator,
//! over HTTP alone. It needs a server in sandbox mode, such as the demo.

mod balance;
mod besides;
mod bridge;
mod guide;
mod merchants;
mod money;
mod provider;
mod purchase;
mod stage;

use std::path::PathBuf;

use anyhow::Context;
use futures::future::LocalBoxFuture;

use super::embedded::log_quietly;
use crate::config::Config;
use guide::Guide;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The server's address; that of `[server] bind` when left out.
    #[arg(long)]
    server: Option<String>,
    /// The sandbox's address; that of `[sandbox] bind` when left out.
    #[arg(long)]
    sandbox: Option<String>,
    /// The operator who opens the shop's books.
    #[arg(long, default_value = super::embedded::OPERATOR)]
    operator: String,
    /// Where his password stands.
    #[arg(long, default_value = "data/demo/operator-password")]
    password_file: PathBuf,
    /// One chapter alone, such as `money`.
    #[arg(long)]
    chapter: Option<String>,
}

/// A chapter: its name, what it shows, and how it is played.
type Chapter = (&'static str, &'static str, for<'a> fn(&'a Guide) -> LocalBoxFuture<'a, anyhow::Result<()>>);

const CHAPTERS: [Chapter; 8] = [
    ("purchase", "From signing in to the leader's money", |guide| Box::pin(purchase::purchase(guide))),
    ("timeout", "An unpaid order times out and its stock is back", |guide| Box::pin(besides::timeout(guide))),
    ("notices", "A duplicate, a forged and a late notification", |guide| Box::pin(besides::notices(guide))),
    ("race", "Two shoppers race for the last unit", |guide| Box::pin(besides::race(guide))),
    ("cancel", "An order is cancelled before payment", |guide| Box::pin(besides::cancel(guide))),
    ("refund", "A paid order is refunded whole", |guide| Box::pin(besides::refund(guide))),
    ("money", "Money on its other roads: in parts, by ticket, late, lost and back", |guide| {
        Box::pin(money::money(guide))
    }),
    ("bridge", "Two stores at marketplaces, one stock", |guide| Box::pin(bridge::bridge(guide))),
];

pub(super) async fn run(mut config: Config, args: Args) -> anyhow::Result<()> {
    log_quietly(&mut config, "error")?;
    let local = |bind: &str| format!("http://{bind}");
    let server = args.server.unwrap_or_else(|| local(&config.server.bind));
    let sandbox = args.sandbox.unwrap_or_else(|| local(&config.sandbox.bind));
    let password = std::fs::read_to_string(&args.password_file).with_context(|| {
        format!("{} holds no operator's password; start `tuanqiao demo` first", args.password_file.display())
    })?;
    let wanted = |name: &str| args.chapter.as_deref().is_none_or(|only| only == name);
    anyhow::ensure!(
        CHAPTERS.iter().any(|(name, ..)| wanted(name)),
        "the chapters are {}",
        CHAPTERS.map(|(name, ..)| name).join(", ")
    );
    let guide = Guide::meet(config, &server, &sandbox, &args.operator, password.trim()).await?;
    for (name, title, play) in CHAPTERS.iter().filter(|(name, ..)| wanted(name)) {
        guide.chapter(name, title);
        play(&guide).await.with_context(|| format!("chapter {name}"))?;
        guide.books_add_up().await.with_context(|| format!("the books after chapter {name}"))?;
    }
    println!("\nThe tour is over: every step went as it should, and the books add up to zero.");
    Ok(())
}
