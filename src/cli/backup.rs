//! `tuanqiao backup FILE`.

use std::path::{Path, PathBuf};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseBackend, Statement};

use crate::config::Config;
use crate::platform::db::Db;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the copy goes; must not exist.
    file: PathBuf,
}

/// Writes a consistent copy of an SQLite database, also while it is being served, and checks it.
pub(super) async fn run(config: Config, args: Args) -> anyhow::Result<()> {
    anyhow::ensure!(
        config.database.url.starts_with("sqlite:"),
        "this database is PostgreSQL: back it up with pg_dump, for instance `pg_dump --format=custom --file=FILE URL`"
    );
    let target = &args.file;
    anyhow::ensure!(!target.exists(), "{} exists; a backup never overwrites", target.display());
    let half_done = target.with_added_extension("part");
    anyhow::ensure!(!half_done.exists(), "{} exists; remove it first", half_done.display());
    let outcome = copy(&config, &half_done).await;
    if outcome.is_err() && half_done.exists() {
        std::fs::remove_file(&half_done)?;
    }
    let pages = outcome?;
    // A hard link refuses a file that appeared meanwhile, where a rename would replace it.
    std::fs::hard_link(&half_done, target)?;
    std::fs::remove_file(&half_done)?;
    println!("{}: {pages} page(s), integrity checked", target.display());
    Ok(())
}

async fn copy(config: &Config, file: &Path) -> anyhow::Result<i64> {
    let path = file.to_str().ok_or_else(|| anyhow::anyhow!("{} is not UTF-8", file.display()))?;
    // Made before SQLite fills it, so that nobody else can read it for a moment.
    let mut options = std::fs::OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(options.write(true).create_new(true), 0o600);
    options.open(file)?;
    let db = Db::open(&config.database).await?;
    let vacuum = Statement::from_sql_and_values(DatabaseBackend::Sqlite, "VACUUM INTO $1", [path.into()]);
    db.maintenance().execute_raw(vacuum).await?;
    db.close().await;
    std::fs::File::open(file)?.sync_all()?;
    check(path).await
}

async fn check(path: &str) -> anyhow::Result<i64> {
    let mut options = ConnectOptions::new(format!("sqlite://{path}?mode=ro"));
    options.max_connections(1).sqlx_logging(false);
    let copy = Database::connect(options).await?;
    let ask = async |pragma: &str| {
        let row = copy.query_one_raw(Statement::from_string(DatabaseBackend::Sqlite, pragma)).await?;
        row.ok_or_else(|| anyhow::anyhow!("{pragma} answered nothing"))
    };
    let verdict: String = ask("PRAGMA integrity_check").await?.try_get_by_index(0)?;
    anyhow::ensure!(verdict == "ok", "the copy is damaged: {verdict}");
    let pages: i64 = ask("PRAGMA page_count").await?.try_get_by_index(0)?;
    copy.close().await?;
    Ok(pages)
}
