//! `tuanqiao leader approve|list`.

use kernel::id::ApplicationId;
use kernel::page::{LIMIT_MAX, PageRequest};

use super::{open_app, shop_called, told};
use crate::app::App;
use crate::areas::leaders::{applications, query, state::ApplicationState};
use crate::areas::shops::query::Shop;
use crate::config::Config;
use crate::flows;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Approve an application: the member becomes a leader with a pickup point.
    Approve {
        /// The shop's code; the only shop when left out.
        #[arg(long, value_name = "CODE")]
        shop: Option<String>,
        /// The application.
        application: String,
    },
    /// List the waiting applications and the leaders.
    List {
        /// The shop's code; the only shop when left out.
        #[arg(long, value_name = "CODE")]
        shop: Option<String>,
    },
}

pub(super) async fn run(config: Config, action: Action) -> anyhow::Result<()> {
    let app = open_app(config).await?;
    match action {
        Action::Approve { shop, application } => {
            let shop = shop_called(&app, shop.as_deref())?;
            let id: ApplicationId = application.parse()?;
            let approved = flows::leaders::approve(&app, &shop, None, id).await.map_err(told)?;
            println!("{} {} at {}", approved.leader.id, approved.leader.name, approved.point.id);
        }
        Action::List { shop } => {
            let shop = shop_called(&app, shop.as_deref())?;
            list(&app, &shop).await.map_err(told)?;
        }
    }
    app.db.close().await;
    Ok(())
}

async fn list(app: &App, shop: &Shop) -> Result<(), kernel::Failure> {
    let conn = app.db.reader();
    let mut page = PageRequest { limit: LIMIT_MAX, cursor: None };
    loop {
        let waiting = applications::list(conn, shop.id, Some(ApplicationState::Pending), &page).await?;
        for row in &waiting.items {
            let form = applications::form(&app.sealer, row)?;
            println!("{} waiting {} {}", row.id, kernel::mask::name(&form.name), row.community);
        }
        page.cursor = waiting.next_cursor;
        if page.cursor.is_none() {
            break;
        }
    }
    loop {
        let leaders = query::list(conn, shop.id, None, &page).await?;
        for row in &leaders.items {
            let resting = if row.resting { ", resting" } else { "" };
            println!("{} {:?}{resting} {}", row.id, row.state, row.name);
        }
        page.cursor = leaders.next_cursor;
        if page.cursor.is_none() {
            return Ok(());
        }
    }
}
