//! `tuanqiao operator create|totp`.

use std::io::{BufRead, IsTerminal};

use kernel::Code;
use kernel::id::{ShopId, SupplierId};

use super::{open_app, shop_called, told};
use crate::app::App;
use crate::areas::operators::role::Role;
use crate::areas::operators::{query, service};
use crate::areas::suppliers;
use crate::config::Config;
use crate::flows;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Create a console operator. The password is asked for, or read from the standard input.
    Create {
        /// The shop's code; the only shop when left out.
        #[arg(long, value_name = "CODE")]
        shop: Option<String>,
        /// Unique in the installation.
        #[arg(long)]
        username: String,
        /// What the operator may do.
        #[arg(long, value_enum, default_value = "owner")]
        role: Role,
        /// Whose operator, with the role `supplier`: the supplier's id or name.
        #[arg(long, value_name = "ID_OR_NAME", required_if_eq("role", "supplier"))]
        supplier: Option<String>,
        /// Succeed, and change nothing, when the operator is there already.
        #[arg(long)]
        if_missing: bool,
    },
    /// Give an operator one-time codes; prints what an authenticator app reads. His sessions end.
    Totp {
        /// The operator.
        #[arg(long)]
        username: String,
        /// Take the one-time codes away.
        #[arg(long)]
        off: bool,
    },
}

pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    let app = open_app(config).await?;
    match action {
        Action::Create { shop, username, role, supplier, if_missing } => {
            let shop = shop_called(&app, shop.as_deref())?;
            let name = service::username(&username).map_err(|error| told(error.into()))?;
            let known = query::by_username(app.db.reader(), &name).await.map_err(|error| told(error.into()))?;
            if let (true, Some(known)) = (if_missing, known.filter(|known| known.shop_id == shop.id)) {
                println!("{} {} (already there)", known.id, known.username);
                return Ok(());
            }
            let supplier = supplier_called(&app, shop.id, supplier.as_deref()).await?;
            let who = (role, supplier);
            match flows::operators::create_of(&app, shop.id, None, &username, password()?, who).await {
                Ok(created) => println!("{} {}", created.id, created.username),
                Err(failure) if failure.code() == Code::NameTaken => anyhow::bail!("the user name {name} is taken"),
                Err(failure) => return Err(told(failure)),
            }
        }
        Action::Totp { username, off } => {
            match flows::operators::set_totp(&app, &username, !off).await.map_err(told)? {
                Some(url) => println!("{url}"),
                None => println!("one-time codes are off"),
            }
        }
    }
    app.db.close().await;
    Ok(())
}

/// The supplier that is named, before anybody is asked for a password.
async fn supplier_called(app: &App, shop: ShopId, given: Option<&str>) -> anyhow::Result<Option<SupplierId>> {
    let Some(given) = given else { return Ok(None) };
    let found = suppliers::query::called(app.db.reader(), shop, given).await.map_err(|error| told(error.into()))?;
    match found {
        Some(supplier) => Ok(Some(supplier.id)),
        None => anyhow::bail!("the shop has no supplier {given}"),
    }
}

/// Asks for the password twice, or reads one line when nobody sits there.
fn password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        let first = rpassword::prompt_password("Password: ")?;
        anyhow::ensure!(first == rpassword::prompt_password("Again: ")?, "the two passwords differ");
        return Ok(first);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
