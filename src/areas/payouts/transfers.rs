//! Writing transfers: rows first, calls after.

use chrono::Duration;
use kernel::Time;
use kernel::id::{ShopId, SupplierStatementId, TransferId, WithdrawalId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::transfer;
use super::error::PayoutError;
use super::requests::{self, TransferRequest};
use super::state::{TransferEvent, TransferState};

/// How long one worker keeps a transfer to itself while it talks to the platform.
const CLAIM: Duration = Duration::seconds(45);

/// What a transfer pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pays {
    /// A leader's withdrawal, which has one transfer in its life.
    Withdrawal(WithdrawalId),
    /// A supplier's statement, which may have another once one has come to nothing.
    Statement(SupplierStatementId),
}

impl Pays {
    /// What a stored transfer pays.
    pub fn of(row: &transfer::Model) -> Result<Self, PayoutError> {
        let withdrawal = row.withdrawal_id.map(Self::Withdrawal);
        let pays = withdrawal.or_else(|| row.statement_id.map(Self::Statement));
        pays.ok_or_else(|| PayoutError::Unreadable(format!("the transfer {} pays nothing", row.id)))
    }
}

/// Writes a transfer by the merchant `mchid` with the exact request, due at once. Its number is new and
/// never replaced: the table takes no second one for the same thing while this one may still pay.
pub async fn create(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    pays: Pays,
    mchid: &str,
    request: &TransferRequest,
    now: Time,
    wall: Time,
) -> Result<transfer::Model, PayoutError> {
    let row = transfer::Model {
        id: TransferId::new(),
        shop_id: shop,
        withdrawal_id: if let Pays::Withdrawal(id) = pays { Some(id) } else { None },
        statement_id: if let Pays::Statement(id) = pays { Some(id) } else { None },
        mchid: mchid.to_owned(),
        state: TransferState::Created,
        amount_fen: request.amount_fen,
        openid: request.openid.clone(),
        request_body: Some(requests::to_text(request)?),
        unanswered_at: None,
        platform_bill_no: None,
        package_info: None,
        fail_reason: None,
        next_query_at: Some(wall),
        queries: 0,
        created_at: now,
        finished_at: None,
    };
    let active: transfer::ActiveModel = row.clone().into();
    transfer::Entity::insert(active.reset_all()).exec_without_returning(conn).await?;
    Ok(row)
}

/// The transfers of every shop that are due at `wall`, oldest first, at most `limit`.
pub async fn due(
    conn: &impl ConnectionTrait,
    wall: Time,
    limit: u64,
) -> Result<Vec<(ShopId, TransferId)>, PayoutError> {
    let open = [TransferState::Created, TransferState::Processing, TransferState::WaitingForUser];
    Ok(transfer::Entity::find()
        .select_only()
        .columns([transfer::Column::ShopId, transfer::Column::Id])
        .filter(transfer::Column::State.is_in(open))
        .filter(transfer::Column::NextQueryAt.lte(wall))
        .order_by_asc(transfer::Column::NextQueryAt)
        .limit(limit)
        .into_tuple()
        .all(conn)
        .await?)
}

/// Takes an open transfer for one exchange with the platform; `None` when it is final or another
/// worker has it. With `only_due` it must be due at `wall`.
pub async fn claim(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: TransferId,
    only_due: bool,
    wall: Time,
) -> Result<Option<transfer::Model>, PayoutError> {
    let Some(row) = by_id(conn, shop, id).await? else { return Ok(None) };
    if row.state.is_final() || (only_due && row.next_query_at.is_none_or(|at| at > wall)) {
        return Ok(None);
    }
    let claimed = transfer::Entity::update_many()
        .col_expr(transfer::Column::NextQueryAt, Expr::value(wall + CLAIM))
        .col_expr(transfer::Column::Queries, Expr::col(transfer::Column::Queries).add(1))
        .filter(transfer::Column::Id.eq(id))
        .filter(transfer::Column::State.eq(row.state))
        .filter(transfer::Column::Queries.eq(row.queries))
        .exec(conn)
        .await?;
    Ok((claimed.rows_affected == 1).then_some(row))
}

/// Takes an open transfer from whoever has it, and answers it as it stands since then; `None` once it is
/// final. What went out before is noted on it, and under an older claim nothing more [goes out](goes_out).
pub async fn take_over(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: TransferId,
    wall: Time,
) -> Result<Option<transfer::Model>, PayoutError> {
    let open = by_id(conn, shop, id).await?.filter(|row| !row.state.is_final());
    if open.is_none() {
        return Ok(None);
    }
    claim(conn, shop, id, false, wall).await?.ok_or(PayoutError::Contended)?;
    by_id(conn, shop, id).await
}

/// Notes that a transfer, as [`claim`] answered it, is sent now. `false` when somebody has taken it over,
/// who may have ended it: then it must not be sent.
pub async fn goes_out(conn: &impl ConnectionTrait, row: &transfer::Model, wall: Time) -> Result<bool, PayoutError> {
    note_unanswered(conn, row, Some(wall)).await
}

/// Notes that the platform refused what [`goes_out`] noted, or that it never left: only what was sent
/// earlier may still arrive.
pub async fn did_not_arrive(conn: &impl ConnectionTrait, row: &transfer::Model) -> Result<(), PayoutError> {
    note_unanswered(conn, row, row.unanswered_at).await?;
    Ok(())
}

/// By the one who claimed `row` and has it still.
async fn note_unanswered(
    conn: &impl ConnectionTrait,
    row: &transfer::Model,
    at: Option<Time>,
) -> Result<bool, PayoutError> {
    let noted = transfer::Entity::update_many()
        .col_expr(transfer::Column::UnansweredAt, Expr::value(at))
        .filter(transfer::Column::Id.eq(row.id))
        .filter(transfer::Column::State.eq(row.state))
        .filter(transfer::Column::Queries.eq(row.queries.saturating_add(1)))
        .exec(conn)
        .await?;
    Ok(noted.rows_affected == 1)
}

/// Ends a transfer that the platform does not know, as [`take_over`] answered it. `false` when it was taken
/// over in its turn, or somebody told more of it.
pub async fn cancel_unmade(
    conn: &impl ConnectionTrait,
    row: &transfer::Model,
    reason: &str,
    now: Time,
) -> Result<bool, PayoutError> {
    let Some(next) = row.state.after(TransferEvent::Cancelled) else { return Ok(false) };
    let told = Told { fail_reason: Some(reason.to_owned()), ..Told::default() };
    let changed = store(row, &told)
        .col_expr(transfer::Column::State, Expr::value(next))
        .col_expr(transfer::Column::FinishedAt, Expr::value(Some(now)))
        .filter(transfer::Column::Queries.eq(row.queries))
        .filter(transfer::Column::PlatformBillNo.is_null())
        .exec(conn)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Keeps the exact bytes of a request before they are sent the first time, and answers those that
/// count: another worker's, when it was first.
pub async fn keep_wire(
    conn: &impl ConnectionTrait,
    row: &transfer::Model,
    request: &TransferRequest,
) -> Result<TransferRequest, PayoutError> {
    let kept = transfer::Entity::update_many()
        .col_expr(transfer::Column::RequestBody, Expr::value(requests::to_text(request)?))
        .filter(transfer::Column::Id.eq(row.id))
        .filter(transfer::Column::RequestBody.eq(row.request_body.clone()))
        .exec(conn)
        .await?;
    if kept.rows_affected == 1 {
        return Ok(request.clone());
    }
    let row = by_id(conn, row.shop_id, row.id).await?.ok_or(PayoutError::NotFound)?;
    requests::from_text(row.request_body.as_deref())
}

/// Puts a transfer back, to be looked at again at `at` (wall time), with what was said.
pub async fn look_again(
    conn: &impl ConnectionTrait,
    id: TransferId,
    at: Time,
    said: Option<String>,
) -> Result<(), PayoutError> {
    let mut update = transfer::Entity::update_many()
        .col_expr(transfer::Column::NextQueryAt, Expr::value(at))
        .filter(transfer::Column::Id.eq(id));
    if let Some(said) = said {
        update = update.col_expr(transfer::Column::FailReason, Expr::value(requests::cut(said)));
    }
    update.exec(conn).await?;
    Ok(())
}

/// What the platform told about a transfer.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The platform's number.
    pub bill_no: Option<String>,
    /// What opens the confirmation; none once it is of no use.
    pub package_info: Option<String>,
    /// Why it ended unpaid.
    pub fail_reason: Option<String>,
    /// When to ask again, wall time; none once final.
    pub ask_again: Option<Time>,
}

/// Moves a transfer on by `event` and stores what was told. `None` when the event cannot happen to
/// it or another was faster: then nothing was written and nothing more is to be done.
pub async fn advance(
    conn: &impl ConnectionTrait,
    row: &transfer::Model,
    event: TransferEvent,
    told: &Told,
    now: Time,
) -> Result<Option<TransferState>, PayoutError> {
    let Some(next) = row.state.after(event) else { return Ok(None) };
    let changed = store(row, told)
        .col_expr(transfer::Column::State, Expr::value(next))
        .col_expr(transfer::Column::FinishedAt, Expr::value(next.is_final().then_some(now)))
        .exec(conn)
        .await?;
    Ok((changed.rows_affected == 1).then_some(next))
}

/// Stores what was told about a transfer whose state stays.
pub async fn refresh(conn: &impl ConnectionTrait, row: &transfer::Model, told: &Told) -> Result<(), PayoutError> {
    store(row, told).exec(conn).await?;
    Ok(())
}

fn store(row: &transfer::Model, told: &Told) -> sea_orm::UpdateMany<transfer::Entity> {
    let bill_no = told.bill_no.clone().or_else(|| row.platform_bill_no.clone());
    let update = transfer::Entity::update_many();
    // A number of the platform's answers every sending.
    let update = if told.bill_no.is_some() {
        update.col_expr(transfer::Column::UnansweredAt, Expr::value(None::<Time>))
    } else {
        update
    };
    update
        .col_expr(transfer::Column::PlatformBillNo, Expr::value(bill_no))
        .col_expr(transfer::Column::PackageInfo, Expr::value(told.package_info.clone()))
        .col_expr(transfer::Column::FailReason, Expr::value(told.fail_reason.clone().map(requests::cut)))
        .col_expr(transfer::Column::NextQueryAt, Expr::value(told.ask_again))
        .filter(transfer::Column::Id.eq(row.id))
        .filter(transfer::Column::State.eq(row.state))
}

/// The transfer with this id.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: TransferId,
) -> Result<Option<transfer::Model>, PayoutError> {
    Ok(transfer::in_shop(shop).filter(transfer::Column::Id.eq(id)).one(conn).await?)
}
