//! Writing withdrawals.

use kernel::id::{LeaderId, OperatorId, ShopId, WithdrawalId};
use kernel::{Fen, Time};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, Condition, TryInsertResult, entity::prelude::*};

use super::entity::{withdrawal, withdrawal_counter as counter};
use super::error::PayoutError;
use super::query;
use super::rules::Quote;
use super::state::{WithdrawalChannel, WithdrawalEvent, WithdrawalState};

/// A withdrawal to be written.
#[derive(Clone, Debug)]
pub struct NewWithdrawal {
    /// Its id: what is sealed with it is sealed for it.
    pub id: WithdrawalId,
    /// The shop.
    pub shop: ShopId,
    /// Who asks.
    pub leader: LeaderId,
    /// How.
    pub channel: WithdrawalChannel,
    /// How much is frozen.
    pub amount: Fen,
    /// Fee, tax and net.
    pub quote: Quote,
    /// To whom it goes, where WeChat does not know: sealed, and masked.
    pub payee: Option<(String, String)>,
    /// The Beijing day it counts against.
    pub day: String,
}

/// Writes a withdrawal, `Applied`.
pub async fn apply(
    conn: &impl ConnectionTrait,
    new: &NewWithdrawal,
    now: Time,
) -> Result<withdrawal::Model, PayoutError> {
    let row = withdrawal::Model {
        id: new.id,
        shop_id: new.shop,
        leader_id: new.leader,
        channel: new.channel,
        amount_fen: new.amount,
        fee_fen: new.quote.fee,
        fee_bp: new.quote.fee_bp,
        tax_fen: new.quote.tax.tax,
        net_fen: new.quote.net,
        month_gross_fen: new.quote.tax.gross_before,
        month_tax_fen: new.quote.tax.tax_before,
        sealed_payee: new.payee.as_ref().map(|(sealed, _)| sealed.clone()),
        payee_mask: new.payee.as_ref().map(|(_, mask)| mask.clone()),
        batch_id: None,
        state: WithdrawalState::Applied,
        day: new.day.clone(),
        reason: None,
        decided_by: None,
        decided_at: None,
        created_at: now,
        finished_at: None,
    };
    let active: withdrawal::ActiveModel = row.clone().into();
    withdrawal::Entity::insert(active.reset_all()).exec_without_returning(conn).await?;
    Ok(row)
}

/// What a change of a withdrawal notes beside the state.
#[derive(Clone, Debug, Default)]
pub struct Note {
    /// For the leader.
    pub reason: Option<String>,
    /// The operator who decided; none when a rule did.
    pub by: Option<OperatorId>,
}

/// Moves a withdrawal on by `events`, one after the other, and returns it as it now stands.
///
/// Compare-and-set on the old state: of two callers one wins, the other gets
/// [`PayoutError::WrongState`].
pub async fn advance(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: WithdrawalId,
    events: &[WithdrawalEvent],
    note: &Note,
    now: Time,
) -> Result<withdrawal::Model, PayoutError> {
    let row = query::withdrawal(conn, shop, id).await?.ok_or(PayoutError::NotFound)?;
    let wrong = || PayoutError::WrongState { id, state: row.state };
    let next = events.iter().try_fold(row.state, |state, event| state.after(*event)).ok_or_else(wrong)?;
    let decides = events.iter().any(|e| matches!(e, WithdrawalEvent::Approved | WithdrawalEvent::Rejected));
    let (decided_by, decided_at) =
        if decides { (note.by, Some(now)) } else { (row.decided_by.or(note.by), row.decided_at) };
    let reason = note.reason.clone().or_else(|| row.reason.clone());
    let finished_at = next.is_final().then_some(now);
    let changed = withdrawal::Entity::update_many()
        .col_expr(withdrawal::Column::State, Expr::value(next))
        .col_expr(withdrawal::Column::Reason, Expr::value(reason.clone()))
        .col_expr(withdrawal::Column::DecidedBy, Expr::value(decided_by))
        .col_expr(withdrawal::Column::DecidedAt, Expr::value(decided_at))
        .col_expr(withdrawal::Column::FinishedAt, Expr::value(finished_at))
        .filter(withdrawal::Column::Id.eq(id))
        .filter(withdrawal::Column::State.eq(row.state))
        .exec(conn)
        .await?;
    if changed.rows_affected != 1 {
        return Err(wrong());
    }
    Ok(withdrawal::Model { state: next, reason, decided_by, decided_at, finished_at, ..row })
}

/// The daily limits of a shop.
#[derive(Clone, Copy, Debug)]
pub struct DailyLimits {
    /// Withdrawals a day.
    pub count: Option<i32>,
    /// Money a day.
    pub sum: Option<Fen>,
}

impl DailyLimits {
    fn reached(self) -> PayoutError {
        PayoutError::DailyLimit { count: self.count, sum: self.sum }
    }
}

/// Counts a withdrawal of `amount` against the leader's day, in one conditional statement, so that the
/// limits hold however many ask at once.
pub async fn count_against_day(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    (leader, day): (LeaderId, &str),
    amount: Fen,
    limits: DailyLimits,
) -> Result<(), PayoutError> {
    if limits.count.is_some_and(|most| most < 1) || limits.sum.is_some_and(|most| amount > most) {
        return Err(limits.reached());
    }
    let row = counter::ActiveModel {
        leader_id: Set(leader),
        day: Set(day.to_owned()),
        shop_id: Set(shop),
        count: Set(1),
        sum_fen: Set(amount),
    };
    let column = |column: counter::Column| Expr::col((counter::Entity, column));
    let mut still_fits = Condition::all();
    if let Some(most) = limits.count {
        still_fits = still_fits.add(column(counter::Column::Count).lt(most));
    }
    if let Some(most) = limits.sum {
        still_fits = still_fits.add(column(counter::Column::SumFen).lte(most.minus(amount)?));
    }
    let mut raise = OnConflict::columns([counter::Column::LeaderId, counter::Column::Day]);
    raise
        .value(counter::Column::Count, column(counter::Column::Count).add(1))
        .value(counter::Column::SumFen, column(counter::Column::SumFen).add(amount));
    if limits.count.is_some() || limits.sum.is_some() {
        raise.action_cond_where(still_fits);
    }
    let outcome = counter::Entity::insert(row).on_conflict(raise).try_insert().exec_without_returning(conn).await?;
    match outcome {
        TryInsertResult::Inserted(rows) if rows > 0 => Ok(()),
        _ => Err(limits.reached()),
    }
}

/// Takes a withdrawal that came to nothing out of its day again, once, by the caller's state change.
pub async fn uncount(conn: &impl ConnectionTrait, row: &withdrawal::Model) -> Result<(), PayoutError> {
    counter::Entity::update_many()
        .col_expr(counter::Column::Count, Expr::col(counter::Column::Count).sub(1))
        .col_expr(counter::Column::SumFen, Expr::col(counter::Column::SumFen).sub(row.amount_fen))
        .filter(counter::Column::LeaderId.eq(row.leader_id))
        .filter(counter::Column::Day.eq(&row.day))
        .filter(counter::Column::Count.gt(0))
        .exec(conn)
        .await?;
    Ok(())
}
