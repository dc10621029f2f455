//! Reading tickets.

use std::collections::HashSet;

use kernel::id::OrderLineId;
use sea_orm::{QuerySelect, entity::prelude::*};

use super::entity::ticket_line;

/// Which of these lines, of any shop, have an open ticket.
pub async fn open_among(conn: &impl ConnectionTrait, lines: &[OrderLineId]) -> Result<HashSet<OrderLineId>, DbErr> {
    if lines.is_empty() {
        return Ok(HashSet::new());
    }
    let open: Vec<OrderLineId> = ticket_line::Entity::find()
        .select_only()
        .column(ticket_line::Column::LineId)
        .filter(ticket_line::Column::OpenLine.is_in(lines.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(open.into_iter().collect())
}
