//! `tuanqiao contract export`.

use std::path::PathBuf;

use crate::api::document;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Write miniapp-api.yaml, console-api.yaml and docs/error-codes.md from the code's annotations.
    Export {
        /// The folder they stand in.
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
}

pub(super) fn run(action: &Action) -> anyhow::Result<()> {
    let Action::Export { folder } = action;
    for (file, text) in document::files()? {
        let path = folder.join(file);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, text).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(())
}
