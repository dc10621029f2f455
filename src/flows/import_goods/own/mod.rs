//! A store's own goods as ours: sold here from our stock, tied to what the store lists, recognised when
//! another store has them too.

mod fetch;
mod kept;
mod known;
mod reading;
mod writer;

use gateways::marketplaces::{Page, RemoteGoods};
use kernel::Failure;
use kernel::id::StoreId;

pub(super) use fetch::{NoPage, gathered, is_about, next, way_to};
pub(super) use known::{Known, Place};
pub(super) use reading::Item;
pub(super) use writer::DUPLICATE;
use writer::{Writer, Written};

use super::page::Stored;
use crate::app::App;
use crate::areas::market_accounts::entity::import_run;
use crate::areas::market_accounts::rules::{OwnTerms, Wish};
use crate::areas::market_accounts::service;
use crate::areas::shops::query::Shop;

/// Writes a page and the run's place in one transaction.
pub(super) async fn store(
    app: &App,
    shop: &Shop,
    run: &import_run::Model,
    store: StoreId,
    wish: &Wish,
    terms: &OwnTerms,
    page: &Page<RemoteGoods>,
) -> Result<Stored, Failure> {
    let account = store.to_string();
    let place = Place { shop: shop.id, marketplace: &run.marketplace, store, account: &account };
    app.db
        .write(async |tx| {
            let (now, wall) = (app.clock.now(), app.clock.wall());
            let known = Known::of(tx, place, &page.rows, &page.missing, wish.category_id, now).await?;
            let writer = Writer::new(run, place, terms, known, now, wall)?;
            let Written { done, opened } = writer.write(tx, page, wish.limit).await?;
            let run = service::save_page(tx, run, &done, now).await?;
            Ok(Stored { run, touched: done.created + done.updated > 0, opened })
        })
        .await
}
