//! `tuanqiao secrets rotate`.

use super::{open_app, told};
use crate::config::Config;
use crate::flows::rotate_secrets;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Seal everything stored anew with `secrets.master_key`. The earlier key must stand in
    /// `secrets.old_master_keys` until this has run to its end; it may be run again at any time.
    Rotate,
}

pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    let Action::Rotate = action;
    let app = open_app(config).await?;
    let report =
        rotate_secrets::rotate(&app, |place, sealed| println!("{place}: {sealed} sealed anew")).await.map_err(told)?;
    app.db.close().await;
    for place in &report.unreadable {
        println!("cannot be opened with any key: {place}");
    }
    anyhow::ensure!(
        report.unreadable.is_empty(),
        "{} value(s) stay as they are; is an earlier key missing in secrets.old_master_keys?",
        report.unreadable.len()
    );
    println!("{} value(s) sealed anew; the earlier keys can be removed", report.sealed);
    Ok(())
}
