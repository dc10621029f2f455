//! Writing returns of shared money: who can give back, what is on its way, and what a failed
//! return leaves a party owing.

use chrono::Duration;
use kernel::id::{OrderId, RefundId, SharingReturnId, ShopId};
use kernel::{Fen, Time};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};
use uuid::Uuid;

use super::entity::{sharing_part, sharing_return};
use super::error::PayoutError;
use super::query::sharings_of;
use super::requests;
use super::state::{PartResult, ReturnEvent, ReturnState, SharingState};

/// How long one worker keeps a return to itself while it talks to the platform.
const CLAIM: Duration = Duration::seconds(45);
/// The receiver type that can give back.
const MERCHANT: &str = "MERCHANT_ID";

const OPEN: [ReturnState; 2] = [ReturnState::Created, ReturnState::Processing];

/// A part that a merchant received, and what of it can still be asked back.
#[derive(Clone, Debug)]
pub struct Returnable {
    /// The part.
    pub part: sharing_part::Model,
    /// What was not asked back yet.
    pub left: Fen,
}

/// A part of a receiver's part that is asked back.
#[derive(Clone, Debug)]
pub struct Taken {
    /// From which part.
    pub part: sharing_part::Model,
    /// How much.
    pub amount: Fen,
}

/// What of an order's shares merchants can give back. Read it under the order's lock.
pub async fn returnable(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    order: OrderId,
) -> Result<Vec<Returnable>, PayoutError> {
    // The platform takes returns of finished shares alone.
    let finished = |state| state == SharingState::Finished;
    let parts: Vec<_> = sharings_of(conn, shop, order)
        .await?
        .into_iter()
        .filter(|(row, _)| finished(row.state))
        .flat_map(|(_, parts)| parts)
        .filter(|part| part.result == PartResult::Succeeded && part.receiver_type == MERCHANT)
        .collect();
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let asked = sharing_return::in_shop(shop)
        .filter(sharing_return::Column::PartId.is_in(parts.iter().map(|part| part.id)))
        .all(conn)
        .await?;
    let left_of = |part: sharing_part::Model| {
        // What failed is owed by the party already, and is not asked for twice.
        let of_it = asked.iter().filter(|back| back.part_id == part.id).map(|back| back.amount_fen);
        Ok(Returnable { left: part.amount_fen.minus(Fen::sum(of_it)?)?, part })
    };
    parts.into_iter().map(left_of).collect()
}

/// What others got of an order by sharing and keep. What is asked back counts as come back until its
/// return fails.
pub async fn given(conn: &impl ConnectionTrait, shop: ShopId, order: OrderId) -> Result<Fen, PayoutError> {
    let parts = sharings_of(conn, shop, order).await?.into_iter().flat_map(|(_, parts)| parts);
    let parts: Vec<_> = parts.filter(|part| part.result == PartResult::Succeeded).collect();
    if parts.is_empty() {
        return Ok(Fen::ZERO);
    }
    let back = sharing_return::in_shop(shop)
        .filter(sharing_return::Column::PartId.is_in(parts.iter().map(|part| part.id)))
        .filter(sharing_return::Column::State.ne(ReturnState::Failed))
        .all(conn)
        .await?;
    let back = Fen::sum(back.iter().map(|row| row.amount_fen))?;
    Ok(Fen::sum(parts.iter().map(|part| part.amount_fen))?.minus(back)?)
}

/// Takes up to `amount` of what `party` can give back.
pub fn take(from: &mut [Returnable], party: Uuid, amount: Fen) -> Result<Vec<Taken>, PayoutError> {
    let (mut wanted, mut taken) = (amount, Vec::new());
    for source in from.iter_mut().filter(|source| source.part.party_id == party) {
        let now = std::cmp::min(wanted, source.left);
        if now.is_positive() {
            source.left = source.left.minus(now)?;
            wanted = wanted.minus(now)?;
            taken.push(Taken { part: source.part.clone(), amount: now });
        }
    }
    Ok(taken)
}

/// Writes a return for each part taken, to be sent at once.
pub async fn create(
    conn: &impl ConnectionTrait,
    refund: RefundId,
    taken: &[Taken],
    now: Time,
    wall: Time,
) -> Result<(), PayoutError> {
    let rows = taken.iter().map(|taken| sharing_return::Model {
        id: SharingReturnId::new(),
        shop_id: taken.part.shop_id,
        part_id: taken.part.id,
        sharing_id: taken.part.sharing_id,
        refund_id: refund,
        party_id: taken.part.party_id,
        return_mchid: taken.part.account.clone(),
        amount_fen: taken.amount,
        netted_fen: Fen::ZERO,
        state: ReturnState::Created,
        platform_return_id: None,
        fail_reason: None,
        next_query_at: Some(wall),
        queries: 0,
        created_at: now,
        finished_at: None,
    });
    let rows: Vec<_> = rows.map(|row| sharing_return::ActiveModel::from(row).reset_all()).collect();
    if !rows.is_empty() {
        sharing_return::Entity::insert_many(rows).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// The returns of every shop that are due at `wall`, oldest first, at most `limit`.
pub async fn due(
    conn: &impl ConnectionTrait,
    wall: Time,
    limit: u64,
) -> Result<Vec<(ShopId, SharingReturnId)>, PayoutError> {
    Ok(sharing_return::Entity::find()
        .select_only()
        .columns([sharing_return::Column::ShopId, sharing_return::Column::Id])
        .filter(sharing_return::Column::State.is_in(OPEN))
        .filter(sharing_return::Column::NextQueryAt.lte(wall))
        .order_by_asc(sharing_return::Column::NextQueryAt)
        .limit(limit)
        .into_tuple()
        .all(conn)
        .await?)
}

/// Takes a return that is due at `wall` for one exchange; `None` when another worker has it.
pub async fn claim(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: SharingReturnId,
    wall: Time,
) -> Result<Option<sharing_return::Model>, PayoutError> {
    let row = sharing_return::in_shop(shop)
        .filter(sharing_return::Column::Id.eq(id))
        .filter(sharing_return::Column::State.is_in(OPEN))
        .filter(sharing_return::Column::NextQueryAt.lte(wall));
    let Some(row) = row.one(conn).await? else { return Ok(None) };
    let claimed = sharing_return::Entity::update_many()
        .col_expr(sharing_return::Column::NextQueryAt, Expr::value(wall + CLAIM))
        .col_expr(sharing_return::Column::Queries, Expr::col(sharing_return::Column::Queries).add(1))
        .filter(sharing_return::Column::Id.eq(row.id))
        .filter(sharing_return::Column::State.eq(row.state))
        .filter(sharing_return::Column::Queries.eq(row.queries))
        .exec(conn)
        .await?;
    Ok((claimed.rows_affected == 1).then_some(row))
}

/// Puts an open return off until `at` (wall time), with what was said.
pub async fn look_again(
    conn: &impl ConnectionTrait,
    id: SharingReturnId,
    at: Time,
    said: Option<String>,
) -> Result<(), PayoutError> {
    let mut update = sharing_return::Entity::update_many()
        .col_expr(sharing_return::Column::NextQueryAt, Expr::value(at))
        .filter(sharing_return::Column::Id.eq(id))
        .filter(sharing_return::Column::State.is_in(OPEN));
    if let Some(said) = said {
        update = update.col_expr(sharing_return::Column::FailReason, Expr::value(requests::cut(said)));
    }
    update.exec(conn).await?;
    Ok(())
}

/// What the platform told about a return.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The platform's number.
    pub return_id: Option<String>,
    /// Why it failed.
    pub fail_reason: Option<String>,
    /// When to ask again, wall time; none once final.
    pub ask_again: Option<Time>,
}

/// Moves a return on by `event`; `false` when the event cannot happen to it or another was faster.
pub async fn advance(
    conn: &impl ConnectionTrait,
    row: &sharing_return::Model,
    event: ReturnEvent,
    told: &Told,
    now: Time,
) -> Result<bool, PayoutError> {
    let Some(next) = row.state.after(event) else { return Ok(false) };
    let return_id = told.return_id.clone().or_else(|| row.platform_return_id.clone());
    let changed = sharing_return::Entity::update_many()
        .col_expr(sharing_return::Column::State, Expr::value(next))
        .col_expr(sharing_return::Column::PlatformReturnId, Expr::value(return_id))
        .col_expr(sharing_return::Column::FailReason, Expr::value(told.fail_reason.clone().map(requests::cut)))
        .col_expr(sharing_return::Column::NextQueryAt, Expr::value(told.ask_again))
        .col_expr(sharing_return::Column::FinishedAt, Expr::value(next.is_final().then_some(now)))
        .filter(sharing_return::Column::Id.eq(row.id))
        .filter(sharing_return::Column::State.eq(row.state))
        .exec(conn)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// The returns of these refunds, oldest first.
pub async fn of_refunds(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    refunds: &[RefundId],
) -> Result<Vec<sharing_return::Model>, PayoutError> {
    if refunds.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sharing_return::in_shop(shop)
        .filter(sharing_return::Column::RefundId.is_in(refunds.iter().copied()))
        .order_by_asc(sharing_return::Column::Id);
    Ok(rows.all(conn).await?)
}

/// A return, and what kind of party is asked for it.
#[derive(Clone, Debug)]
pub struct OfParty {
    /// The return.
    pub row: sharing_return::Model,
    /// As on the part it comes back from: `leader` or `supplier`.
    pub party_kind: String,
}

/// The same returns with who is asked, for people to look at.
pub async fn with_parties(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    refunds: &[RefundId],
) -> Result<Vec<OfParty>, PayoutError> {
    let rows = of_refunds(conn, shop, refunds).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let parts = sharing_part::in_shop(shop)
        .filter(sharing_part::Column::Id.is_in(rows.iter().map(|row| row.part_id)))
        .all(conn)
        .await?;
    let with_party = |row: sharing_return::Model| {
        let part = parts.iter().find(|part| part.id == row.part_id)?;
        Some(OfParty { party_kind: part.party_kind.clone(), row })
    };
    Ok(rows.into_iter().filter_map(with_party).collect())
}

/// Makes good what `party` owes of returns that failed, at most `most`; answers how much. Call it in
/// the transaction that books it.
pub async fn make_good(conn: &impl ConnectionTrait, shop: ShopId, party: Uuid, most: Fen) -> Result<Fen, PayoutError> {
    let owing = sharing_return::in_shop(shop)
        .filter(sharing_return::Column::PartyId.eq(party))
        .filter(sharing_return::Column::State.eq(ReturnState::Failed))
        .filter(Expr::col(sharing_return::Column::NettedFen).lt(Expr::col(sharing_return::Column::AmountFen)))
        .order_by_asc(sharing_return::Column::Id)
        .all(conn)
        .await?;
    let mut made_good = Fen::ZERO;
    for row in owing {
        let part = std::cmp::min(most.minus(made_good)?, row.amount_fen.minus(row.netted_fen)?);
        if !part.is_positive() {
            break;
        }
        let netted = sharing_return::Entity::update_many()
            .col_expr(sharing_return::Column::NettedFen, Expr::value(row.netted_fen.plus(part)?))
            .filter(sharing_return::Column::Id.eq(row.id))
            .filter(sharing_return::Column::NettedFen.eq(row.netted_fen))
            .exec(conn)
            .await?;
        if netted.rows_affected == 1 {
            made_good = made_good.plus(part)?;
        }
    }
    Ok(made_good)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use kernel::id::{SharingId, SharingPartId};

    use super::*;

    fn source(party: Uuid, left: i64) -> Returnable {
        let part = sharing_part::Model {
            id: SharingPartId::new(),
            sharing_id: SharingId::new(),
            shop_id: ShopId::new(),
            party_kind: "leader".to_owned(),
            party_id: party,
            receiver_type: MERCHANT.to_owned(),
            account: "1900000001".to_owned(),
            amount_fen: Fen::from_fen(left),
            result: PartResult::Succeeded,
            fail_reason: None,
        };
        Returnable { part, left: Fen::from_fen(left) }
    }

    #[test]
    fn no_more_is_taken_than_a_party_can_give_and_from_nobody_else() {
        let (anna, ben) = (Uuid::new_v4(), Uuid::new_v4());
        let mut all = vec![source(anna, 300), source(ben, 1_000), source(anna, 200)];
        let amounts = |taken: Vec<Taken>| taken.iter().map(|taken| taken.amount.fen()).collect::<Vec<_>>();
        assert_eq!(amounts(take(&mut all, anna, Fen::from_fen(350)).unwrap()), [300, 50]);
        assert_eq!(amounts(take(&mut all, anna, Fen::from_fen(350)).unwrap()), [150]);
        assert_eq!(amounts(take(&mut all, anna, Fen::from_fen(1)).unwrap()), Vec::<i64>::new());
        assert_eq!(all[1].left, Fen::from_fen(1_000));
    }
}
