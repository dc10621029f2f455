//! Transfers, shares and their returns as a bill asks for them: by number, and by the day the money moved.

use kernel::Time;
use kernel::id::{SharingId, SharingReturnId, ShopId, TransferId};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::{sharing, sharing_part, sharing_return, transfer};
use super::error::PayoutError;
use super::state::{PartResult, ReturnState, TransferState};
use crate::platform::keyset::next_by;

/// The transfers with one of these numbers, the platform's or ours.
pub async fn transfers(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    theirs: &[String],
    ids: &[TransferId],
) -> Result<Vec<transfer::Model>, PayoutError> {
    let theirs = transfer::Column::PlatformBillNo.is_in(theirs.iter().map(String::as_str));
    let named = theirs.or(transfer::Column::Id.is_in(ids.iter().copied()));
    Ok(transfer::in_shop(shop).filter(named).all(conn).await?)
}

/// The sharing requests with one of these numbers, the platform's or ours, and their parts.
pub async fn sharings(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    theirs: &[String],
    ids: &[SharingId],
) -> Result<(Vec<sharing::Model>, Vec<sharing_part::Model>), PayoutError> {
    let theirs = sharing::Column::PlatformOrderId.is_in(theirs.iter().map(String::as_str));
    let named = theirs.or(sharing::Column::Id.is_in(ids.iter().copied()));
    let rows = sharing::in_shop(shop).filter(named).all(conn).await?;
    let parts = sharing_part::in_shop(shop)
        .filter(sharing_part::Column::SharingId.is_in(rows.iter().map(|row| row.id)))
        .all(conn)
        .await?;
    Ok((rows, parts))
}

/// The returns with one of these numbers, the platform's or ours.
pub async fn returns(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    theirs: &[String],
    ids: &[SharingReturnId],
) -> Result<Vec<sharing_return::Model>, PayoutError> {
    let theirs = sharing_return::Column::PlatformReturnId.is_in(theirs.iter().map(String::as_str));
    let named = theirs.or(sharing_return::Column::Id.is_in(ids.iter().copied()));
    Ok(sharing_return::in_shop(shop).filter(named).all(conn).await?)
}

/// Returns that arrived from `from` on and before `until`; as [`transferred_between`].
pub async fn returned_between(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    (from, until): (Time, Time),
    after: Option<SharingReturnId>,
    limit: u64,
) -> Result<Vec<sharing_return::Model>, PayoutError> {
    use sharing_return::Column as C;
    let billed = sharing_return::in_shop(shop)
        .filter(C::State.eq(ReturnState::Succeeded))
        .filter(C::FinishedAt.gte(from))
        .filter(C::FinishedAt.lt(until));
    Ok(next_by(billed, C::Id, after, limit).all(conn).await?)
}

/// Transfers that arrived from `from` on and before `until`, in the order of their ids, after one
/// already given.
pub async fn transferred_between(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    (from, until): (Time, Time),
    after: Option<TransferId>,
    limit: u64,
) -> Result<Vec<transfer::Model>, PayoutError> {
    use transfer::Column as C;
    let billed = transfer::in_shop(shop)
        .filter(C::State.eq(TransferState::Succeeded))
        .filter(C::FinishedAt.gte(from))
        .filter(C::FinishedAt.lt(until));
    Ok(next_by(billed, C::Id, after, limit).all(conn).await?)
}

/// Sharing requests that ended from `from` on and before `until`, with the parts that arrived; as
/// [`transferred_between`].
pub async fn shared_between(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    (from, until): (Time, Time),
    after: Option<SharingId>,
    limit: u64,
) -> Result<(Vec<sharing::Model>, Vec<sharing_part::Model>), PayoutError> {
    use sharing::Column as C;
    let billed = sharing::in_shop(shop).filter(C::FinishedAt.gte(from)).filter(C::FinishedAt.lt(until));
    let rows = next_by(billed, C::Id, after, limit).all(conn).await?;
    let parts = sharing_part::in_shop(shop)
        .filter(sharing_part::Column::SharingId.is_in(rows.iter().map(|row| row.id)))
        .filter(sharing_part::Column::Result.eq(PartResult::Succeeded))
        .all(conn)
        .await?;
    Ok((rows, parts))
}

/// Which of these transfers are other shops'.
pub async fn transfers_of_others(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[TransferId],
) -> Result<Vec<TransferId>, PayoutError> {
    use transfer::Column as C;
    let others = transfer::Entity::find().filter(C::ShopId.ne(shop)).filter(C::Id.is_in(ids.iter().copied()));
    Ok(others.select_only().column(C::Id).into_tuple().all(conn).await?)
}

/// The merchants that paid the shop's transfers begun since `since`.
pub async fn payers_since(conn: &impl ConnectionTrait, shop: ShopId, since: Time) -> Result<Vec<String>, PayoutError> {
    use transfer::Column as C;
    let payers = transfer::in_shop(shop).select_only().column(C::Mchid).distinct().filter(C::CreatedAt.gte(since));
    Ok(payers.order_by_asc(C::Mchid).into_tuple().all(conn).await?)
}

/// Whether the shop has ever asked for a transfer.
pub async fn transfers_at_all(conn: &impl ConnectionTrait, shop: ShopId) -> Result<bool, PayoutError> {
    Ok(transfer::in_shop(shop).limit(1).one(conn).await?.is_some())
}

/// Whether the shop has ever shared or unfrozen anything.
pub async fn shares_at_all(conn: &impl ConnectionTrait, shop: ShopId) -> Result<bool, PayoutError> {
    Ok(sharing::in_shop(shop).limit(1).one(conn).await?.is_some())
}
