//! Who of the shop's people sees which tickets and decides them: its own operators all of them, a
//! supplier's operator those that are about its supplier's lines and no other.

use kernel::Failure;
use kernel::id::{OperatorId, SupplierId, TicketId};
use kernel::page::{Page, PageRequest};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{Condition, ConnectionTrait, DatabaseTransaction, entity::prelude::*};

use super::{Ticket, held, whole};
use crate::app::App;
use crate::areas::after_sales::entity::{ticket, ticket_line};
use crate::areas::after_sales::error::TicketError;
use crate::areas::after_sales::state::TicketState;
use crate::areas::after_sales::{query, service};
use crate::areas::operators::error::OperatorError;
use crate::areas::operators::role::Permission;
use crate::areas::orders;
use crate::areas::orders::entity::line;
use crate::areas::shops::query::Shop;

/// An operator who looks at tickets or decides them. That he may at all is checked before.
#[derive(Clone, Copy, Debug)]
pub struct Judge {
    /// The operator.
    pub operator: OperatorId,
    /// Whose operator, if a supplier's.
    pub supplier: Option<SupplierId>,
}

impl Judge {
    /// Refuses a supplier's operator where the platform's judgment was asked for: it is not his to give,
    /// nor to overrule.
    pub(super) fn may_decide(self, ticket: &ticket::Model) -> Result<(), OperatorError> {
        match self.supplier.is_some() && ticket.escalated_at.is_some() {
            true => Err(OperatorError::Forbidden(Permission::Orders)),
            false => Ok(()),
        }
    }

    /// The ticket, if it is his to see. To another supplier it does not exist.
    pub(super) async fn sees(
        self,
        conn: &impl ConnectionTrait,
        shop: &Shop,
        id: TicketId,
    ) -> Result<ticket::Model, Failure> {
        let ticket = service::by_id(conn, shop.id, id).await?.ok_or(TicketError::NotFound(id))?;
        let Some(supplier) = self.supplier else { return Ok(ticket) };
        let claimed = service::lines_of(conn, shop.id, id).await?;
        let lines = orders::query::lines_of(conn, shop.id, ticket.order_id).await?;
        let own = |claimed: &ticket_line::Model| {
            lines.iter().any(|line| line.id == claimed.line_id && line.supplier_id == Some(supplier))
        };
        if claimed.is_empty() || !claimed.iter().all(own) {
            return Err(TicketError::NotFound(id).into());
        }
        Ok(ticket)
    }

    /// The same while the order's row is held.
    pub(super) async fn holds(
        self,
        tx: &DatabaseTransaction,
        shop: &Shop,
        id: TicketId,
    ) -> Result<ticket::Model, Failure> {
        self.sees(tx, shop, id).await?;
        held(tx, shop, id).await
    }
}

/// A ticket that `by` may see.
pub async fn one(app: &App, shop: &Shop, by: Judge, id: TicketId) -> Result<Ticket, Failure> {
    let conn = app.db.reader();
    whole(conn, by.sees(conn, shop, id).await?).await
}

/// The tickets that `by` may see, newest first, perhaps of one state alone.
pub async fn list(
    app: &App,
    shop: &Shop,
    by: Judge,
    state: Option<TicketState>,
    page: &PageRequest,
) -> Result<Page<Ticket>, Failure> {
    let conn = app.db.reader();
    let mut wanted = Condition::all();
    if let Some(supplier) = by.supplier {
        let own = line::Column::SupplierId.eq(supplier);
        let foreign =
            Condition::any().add(line::Column::SupplierId.is_null()).add(line::Column::SupplierId.ne(supplier));
        wanted = wanted.add(Expr::exists(lines_with(Condition::all().add(own))));
        wanted = wanted.add(Expr::exists(lines_with(foreign)).not());
    }
    if let Some(state) = state {
        wanted = wanted.add(ticket::Column::State.eq(state));
    }
    let page = query::list(conn, shop.id, wanted, page).await?;
    let ids: Vec<TicketId> = page.items.iter().map(|ticket| ticket.id).collect();
    let lines = query::lines_of_all(conn, shop.id, &ids).await?;
    let events = query::events_of_all(conn, shop.id, &ids).await?;
    Ok(page.map(|ticket| Ticket {
        lines: lines.iter().filter(|line| line.ticket_id == ticket.id).cloned().collect(),
        events: events.iter().filter(|event| event.ticket_id == ticket.id).cloned().collect(),
        ticket,
    }))
}

/// The order lines of a ticket that `fit`.
fn lines_with(fit: Condition) -> SelectStatement {
    let claimed =
        Expr::col((ticket_line::Entity, ticket_line::Column::LineId)).equals((line::Entity, line::Column::Id));
    let own =
        Expr::col((ticket_line::Entity, ticket_line::Column::TicketId)).equals((ticket::Entity, ticket::Column::Id));
    Query::select()
        .expr(Expr::value(1))
        .from(ticket_line::Entity)
        .inner_join(line::Entity, claimed)
        .and_where(own)
        .cond_where(fit)
        .to_owned()
}
