//! What the clock does with tickets whose deadline has passed: a claim nobody answered is granted,
//! a return that was never sent ends, one that was sent counts as received.

use chrono::Duration;
use kernel::{Code, Failure, Time};
use sea_orm::DatabaseTransaction;

use super::decide::{Decider, decided, grant};
use super::goods_back::take_back;
use super::held;
use super::overtaken::end_if_overtaken;
use crate::app::App;
use crate::areas::after_sales::entity::ticket;
use crate::areas::after_sales::service::{self, Change};
use crate::areas::after_sales::state::{TicketEvent, TicketState};
use crate::areas::shops::query::Shop;
use crate::flows::refund::{self, Made};

/// Tickets taken at a time.
const BATCH: u64 = 50;
/// How long one waits whose work failed.
const PATIENCE: Duration = Duration::hours(1);

/// Goes on with tickets that waited long enough: how many, and whether more may be due.
pub async fn deadlines_pass(app: &App) -> Result<(u64, bool), Failure> {
    let due = service::overdue(app.db.reader(), app.clock.now(), BATCH).await?;
    let full = u64::try_from(due.len()).unwrap_or(BATCH) >= BATCH;
    let mut done = 0;
    for ticket in due {
        let shop = app.shops.by_id(ticket.shop_id)?;
        match pass(app, &shop, &ticket).await {
            Ok(()) => done += 1,
            // An operator or the member was faster.
            Err(failure) if failure.code() == Code::AfterSaleWrongState => {}
            Err(failure) => {
                tracing::error!(ticket = %ticket.id, %failure, "ALARM: a ticket's deadline passed and nothing could be done");
                let later = app.clock.now() + PATIENCE;
                app.db.write(async |tx| Ok(service::put_off(tx, &ticket, later).await?)).await?;
            }
        }
    }
    Ok((done, full))
}

async fn pass(app: &App, shop: &Shop, known: &ticket::Model) -> Result<(), Failure> {
    let made = app
        .db
        .write(async |tx| {
            let now = app.clock.now();
            // As it stands now: the deadline may have moved.
            let ticket = held(tx, shop, known.id).await?;
            let due = ticket.deadline_at.is_some_and(|at| at <= now);
            if !due || end_if_overtaken(app, tx, shop, &ticket, now).await? {
                return Ok(None);
            }
            apply(app, tx, shop, &ticket, now).await
        })
        .await?;
    if let Some(made) = made {
        refund::after_commit(app, shop, &made).await;
    }
    Ok(())
}

async fn apply(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    ticket: &ticket::Model,
    now: Time,
) -> Result<Option<Made>, Failure> {
    let by = Decider::Rule;
    let (after, made, action) = match (ticket.state, ticket.return_shipped_at) {
        (TicketState::Requested, _) => {
            let (after, made) = grant(app, tx, shop, ticket, by, now).await?;
            (after, made, "after_sale.approve")
        }
        (TicketState::AwaitingReturn, None) => {
            let actor = by.actor();
            let after = service::advance(tx, ticket, TicketEvent::Withdrawn, &Change::by(&actor), now).await?;
            (after, None, "after_sale.return_overdue")
        }
        (TicketState::AwaitingReturn, Some(_)) => {
            // Nobody has looked at the goods, so that nobody sells them again.
            let (after, made) = take_back(app, tx, shop, ticket, (by, false), now).await?;
            (after, Some(made), "after_sale.goods_returned")
        }
        _ => return Ok(None),
    };
    decided(app, tx, after, by, action).await?;
    Ok(made)
}
