//! Writing and reading suppliers' statements: every movement is listed by one of them, once.

use kernel::id::{OperatorId, ShopId, SupplierId, SupplierStatementId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Fen, Time};
use sea_orm::sea_query::Expr;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::{movement, statement, supplier};
use super::error::SupplierError;
use super::state::{StatementEvent, StatementState};

/// The statement with this id.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: SupplierStatementId,
) -> Result<statement::Model, SupplierError> {
    let found = statement::in_shop(shop).filter(statement::Column::Id.eq(id)).one(conn).await?;
    found.ok_or(SupplierError::StatementNotFound(id))
}

/// The newest statement of a supplier.
pub async fn newest(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    supplier: SupplierId,
) -> Result<Option<statement::Model>, SupplierError> {
    let newest = statement::in_shop(shop)
        .filter(statement::Column::SupplierId.eq(supplier))
        .order_by_desc(statement::Column::No)
        .one(conn)
        .await?;
    Ok(newest)
}

/// A supplier's statements, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    supplier: SupplierId,
    page: &PageRequest,
) -> Result<Page<statement::Model>, Failure> {
    let mut query = statement::in_shop(shop)
        .filter(statement::Column::SupplierId.eq(supplier))
        .order_by_desc(statement::Column::Id);
    if let Some(cursor) = &page.cursor {
        query = query.filter(statement::Column::Id.lt(decode_cursor::<SupplierStatementId>(cursor)?));
    }
    let rows = query.limit(page.limit + 1).all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}

/// The lines of a statement, oldest first.
pub async fn lines(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: SupplierStatementId,
) -> Result<Vec<movement::Model>, SupplierError> {
    let rows = movement::in_shop(shop)
        .filter(movement::Column::StatementId.eq(id))
        .order_by_asc(movement::Column::Id)
        .all(conn)
        .await?;
    Ok(rows)
}

/// Makes the next statement of a supplier, which the caller holds, of every movement that none lists
/// yet; it opens with what the one before closed with.
///
/// # Errors
/// [`SupplierError::NothingToState`] when nothing moved.
pub async fn make(
    conn: &impl ConnectionTrait,
    supplier: &supplier::Model,
    now: Time,
) -> Result<statement::Model, SupplierError> {
    let before = newest(conn, supplier.shop_id, supplier.id).await?;
    let opening = before.as_ref().map_or(Fen::ZERO, |before| before.closing_fen);
    let row = statement::Model {
        id: SupplierStatementId::new(),
        shop_id: supplier.shop_id,
        supplier_id: supplier.id,
        no: before.as_ref().map_or(0, |before| before.no) + 1,
        from_at: before.as_ref().map(|before| before.until_at),
        until_at: now,
        opening_fen: opening,
        closing_fen: opening,
        due_fen: Fen::ZERO,
        paid_fen: Fen::ZERO,
        state: StatementState::Draft,
        payout: supplier.payout,
        confirmed_by: None,
        confirmed_at: None,
        paid_by: None,
        paid_at: None,
        reference: None,
        proof: None,
        fail_reason: None,
        created_at: now,
        updated_at: now,
    };
    let active = statement::ActiveModel::from(row.clone()).reset_all();
    statement::Entity::insert(active).exec_without_returning(conn).await?;
    let claimed = movement::Entity::update_many()
        .col_expr(movement::Column::StatementId, Expr::value(row.id))
        .filter(movement::Column::ShopId.eq(supplier.shop_id))
        .filter(movement::Column::SupplierId.eq(supplier.id))
        .filter(movement::Column::StatementId.is_null())
        .exec_with_returning(conn)
        .await?;
    if claimed.is_empty() {
        return Err(SupplierError::NothingToState);
    }
    let closing = opening.plus(Fen::sum(claimed.iter().map(|moved| moved.amount_fen))?)?;
    let due = closing.minus(still_due(conn, &row).await?)?.max(Fen::ZERO);
    let row = statement::Model { closing_fen: closing, due_fen: due, ..row };
    statement::Entity::update(row.clone().into_active_model().reset_all()).exec(conn).await?;
    Ok(row)
}

/// What statements before `row` are still to pay of the same balance.
async fn still_due(conn: &impl ConnectionTrait, row: &statement::Model) -> Result<Fen, SupplierError> {
    let open = [StatementState::Draft, StatementState::Confirmed, StatementState::Failed];
    let due: Vec<Fen> = statement::in_shop(row.shop_id)
        .select_only()
        .column(statement::Column::DueFen)
        .filter(statement::Column::SupplierId.eq(row.supplier_id))
        .filter(statement::Column::Id.ne(row.id))
        .filter(statement::Column::State.is_in(open))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(Fen::sum(due)?)
}

/// What a step writes beside the state; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Note {
    /// Who confirmed it.
    pub confirmed_by: Option<OperatorId>,
    /// Who paid it.
    pub paid_by: Option<OperatorId>,
    /// What is paid.
    pub paid: Option<Fen>,
    /// What the bank calls the payment.
    pub reference: Option<String>,
    /// The proof's file.
    pub proof: Option<String>,
    /// Why it failed.
    pub fail_reason: Option<String>,
}

/// Moves a statement on by `event`.
///
/// # Errors
/// [`SupplierError::StatementState`] when it cannot happen here, or another was faster.
pub async fn advance(
    conn: &impl ConnectionTrait,
    known: &statement::Model,
    event: StatementEvent,
    note: Note,
    now: Time,
) -> Result<statement::Model, SupplierError> {
    let wrong = SupplierError::StatementState(known.state);
    let Some(next) = known.state.after(event) else { return Err(wrong) };
    let row = statement::Model {
        state: next,
        confirmed_by: note.confirmed_by.or(known.confirmed_by),
        confirmed_at: note.confirmed_by.map(|_| now).or(known.confirmed_at),
        paid_by: note.paid_by.or(known.paid_by),
        paid_at: if next == StatementState::Paid { Some(now) } else { known.paid_at },
        paid_fen: note.paid.unwrap_or(known.paid_fen),
        reference: note.reference.or_else(|| known.reference.clone()),
        proof: note.proof.or_else(|| known.proof.clone()),
        fail_reason: note.fail_reason.or_else(|| known.fail_reason.clone()),
        updated_at: now,
        ..known.clone()
    };
    let changed = statement::Entity::update_many()
        .set(row.clone().into_active_model().reset_all())
        .filter(statement::Column::Id.eq(known.id))
        .filter(statement::Column::State.eq(known.state))
        .exec(conn)
        .await?;
    if changed.rows_affected == 1 { Ok(row) } else { Err(wrong) }
}

/// Which suppliers of a shop have movements that no statement lists.
pub async fn unstated(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Vec<SupplierId>, SupplierError> {
    Ok(movement::in_shop(shop)
        .select_only()
        .column(movement::Column::SupplierId)
        .distinct()
        .filter(movement::Column::StatementId.is_null())
        .into_tuple()
        .all(conn)
        .await?)
}
