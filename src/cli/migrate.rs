//! `tuanqiao migrate up|down|status`.

use migrations::Migrator;
use sea_orm_migration::MigratorTrait;

use crate::config::Config;
use crate::platform::db::Db;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Apply every migration that is missing.
    Up,
    /// Take the newest migration back. Its tables' data is lost.
    Down,
    /// List the migrations and whether each is applied.
    Status,
}

pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    let db = match action {
        Action::Up => Db::connect(&config.database).await?,
        Action::Down | Action::Status => Db::open(&config.database).await?,
    };
    match action {
        Action::Up => Migrator::up(db.maintenance(), None).await?,
        Action::Down => Migrator::down(db.maintenance(), Some(1)).await?,
        Action::Status => {}
    }
    for migration in Migrator::get_migration_with_status(db.maintenance()).await? {
        println!("{:<10} {}", migration.status().to_string().to_lowercase(), migration.name());
    }
    db.close().await;
    Ok(())
}

/// Refuses a schema that is older or newer than this binary.
pub(super) async fn expect_current(db: &Db) -> anyhow::Result<()> {
    let pending = Migrator::get_pending_migrations(db.maintenance()).await.map_err(|error| {
        anyhow::anyhow!("the database's schema is not one this version knows ({error}); run a matching version")
    })?;
    anyhow::ensure!(
        pending.is_empty(),
        "the database's schema is {} migration(s) behind; run `tuanqiao migrate up`",
        pending.len()
    );
    Ok(())
}
