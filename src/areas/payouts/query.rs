//! Reading withdrawals, transfers and sharings.

use kernel::id::{LeaderId, OrderId, ShopId, SupplierStatementId, TransferId, WithdrawalId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Fen, Time};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::{sharing, sharing_part, transfer, withdrawal};
use super::error::PayoutError;
use super::state::{PartResult, TransferState, WithdrawalState};

/// The withdrawal with this id.
pub async fn withdrawal(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: WithdrawalId,
) -> Result<Option<withdrawal::Model>, PayoutError> {
    Ok(withdrawal::in_shop(shop).filter(withdrawal::Column::Id.eq(id)).one(conn).await?)
}

/// The transfer of a withdrawal, once there is one.
pub async fn transfer_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    withdrawal: WithdrawalId,
) -> Result<Option<transfer::Model>, PayoutError> {
    Ok(transfer::in_shop(shop).filter(transfer::Column::WithdrawalId.eq(withdrawal)).one(conn).await?)
}

/// The transfers of these withdrawals, in no order.
pub async fn transfers_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    withdrawals: &[withdrawal::Model],
) -> Result<Vec<transfer::Model>, PayoutError> {
    if withdrawals.is_empty() {
        return Ok(Vec::new());
    }
    let ids = withdrawals.iter().map(|row| row.id);
    Ok(transfer::in_shop(shop).filter(transfer::Column::WithdrawalId.is_in(ids)).all(conn).await?)
}

/// The newest transfer of each of these statements that has one.
pub async fn transfers_of_statements(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    statements: &[SupplierStatementId],
) -> Result<Vec<transfer::Model>, PayoutError> {
    if statements.is_empty() {
        return Ok(Vec::new());
    }
    let own = transfer::in_shop(shop).filter(transfer::Column::StatementId.is_in(statements.iter().copied()));
    let mut rows = own.order_by_desc(transfer::Column::Id).all(conn).await?;
    let mut seen = std::collections::HashSet::new();
    rows.retain(|row| seen.insert(row.statement_id));
    Ok(rows)
}

/// Whether a statement's transfer is under way, so that nothing else may be said of its payment.
pub async fn is_being_transferred(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    statement: SupplierStatementId,
) -> Result<bool, PayoutError> {
    let open = [TransferState::Created, TransferState::Processing, TransferState::WaitingForUser];
    let own = transfer::in_shop(shop).filter(transfer::Column::StatementId.eq(statement));
    Ok(own.filter(transfer::Column::State.is_in(open)).one(conn).await?.is_some())
}

/// The transfers of suppliers' statements to a person, newest first.
pub async fn statement_transfers_to(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    openid: &str,
    page: &PageRequest,
) -> Result<Page<transfer::Model>, Failure> {
    use transfer::Column as C;
    let own = transfer::in_shop(shop).filter(C::Openid.eq(openid)).filter(C::StatementId.is_not_null());
    let mut select = own.order_by_desc(C::Id).limit(page.limit + 1);
    if let Some(cursor) = &page.cursor {
        select = select.filter(C::Id.lt(decode_cursor::<TransferId>(cursor)?));
    }
    let rows = select.all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row: &transfer::Model| encode_cursor(&row.id)))
}

/// The withdrawals of a shop, newest first, perhaps of one leader or in one state.
pub async fn withdrawals(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: Option<LeaderId>,
    state: Option<WithdrawalState>,
    page: &PageRequest,
) -> Result<Page<withdrawal::Model>, Failure> {
    let mut select = withdrawal::in_shop(shop).order_by_desc(withdrawal::Column::Id).limit(page.limit + 1);
    if let Some(leader) = leader {
        select = select.filter(withdrawal::Column::LeaderId.eq(leader));
    }
    if let Some(state) = state {
        select = select.filter(withdrawal::Column::State.eq(state));
    }
    if let Some(cursor) = &page.cursor {
        select = select.filter(withdrawal::Column::Id.lt(decode_cursor::<WithdrawalId>(cursor)?));
    }
    let rows = select.all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row: &withdrawal::Model| encode_cursor(&row.id)))
}

/// The withdrawals that were paid from `from` on and before `until`.
pub async fn paid_between(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    (from, until): (Time, Time),
) -> Result<Vec<withdrawal::Model>, PayoutError> {
    use withdrawal::Column as C;
    let paid = withdrawal::in_shop(shop).filter(C::State.eq(WithdrawalState::Paid));
    Ok(paid.filter(C::FinishedAt.gte(from)).filter(C::FinishedAt.lt(until)).order_by_asc(C::Id).all(conn).await?)
}

/// What a leader has asked for in the month of a Beijing day, and what was withheld of it; what came to
/// nothing does not count.
pub async fn month_so_far(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
    day: &str,
) -> Result<(Fen, Fen), PayoutError> {
    use withdrawal::Column as C;
    let month = day.get(..8).ok_or_else(|| PayoutError::Unreadable(format!("{day} is no day")))?;
    let asked: Vec<(Fen, Fen)> = withdrawal::in_shop(shop)
        .select_only()
        .columns([C::AmountFen, C::TaxFen])
        .filter(C::LeaderId.eq(leader))
        .filter(C::Day.starts_with(month))
        .filter(C::State.is_not_in([WithdrawalState::Rejected, WithdrawalState::Failed, WithdrawalState::Cancelled]))
        .into_tuple()
        .all(conn)
        .await?;
    Ok((Fen::sum(asked.iter().map(|(gross, _)| *gross))?, Fen::sum(asked.iter().map(|(_, tax)| *tax))?))
}

/// The sharing requests of an order, oldest first, each with its parts.
pub async fn sharings_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
) -> Result<Vec<(sharing::Model, Vec<sharing_part::Model>)>, PayoutError> {
    let rows = sharing::in_shop(shop)
        .filter(sharing::Column::OrderId.eq(order))
        .order_by_asc(sharing::Column::Id)
        .all(conn)
        .await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let parts = sharing_part::in_shop(shop)
        .filter(sharing_part::Column::SharingId.is_in(ids))
        .order_by_asc(sharing_part::Column::Id)
        .all(conn)
        .await?;
    let with_parts = |row: sharing::Model| {
        let own = parts.iter().filter(|part| part.sharing_id == row.id).cloned().collect();
        (row, own)
    };
    Ok(rows.into_iter().map(with_parts).collect())
}

/// What is on its way to a leader by shares without a result yet.
pub async fn on_its_way(conn: &impl ConnectionTrait, shop: ShopId, leader: LeaderId) -> Result<Fen, PayoutError> {
    on_its_way_to(conn, shop, leader.uuid()).await
}

/// The same, to any party.
pub async fn on_its_way_to(conn: &impl ConnectionTrait, shop: ShopId, party: Uuid) -> Result<Fen, PayoutError> {
    let parts: Vec<Fen> = sharing_part::in_shop(shop)
        .select_only()
        .column(sharing_part::Column::AmountFen)
        .filter(sharing_part::Column::PartyId.eq(party))
        .filter(sharing_part::Column::Result.eq(PartResult::Pending))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(Fen::sum(parts)?)
}
