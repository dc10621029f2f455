//! Reading recharges.

use kernel::id::{MemberId, RechargeId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Time};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::recharge;
use super::error::RechargeError;
use super::state::RechargeState;

/// A recharge.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: RechargeId,
) -> Result<recharge::Model, RechargeError> {
    let found = recharge::in_shop(shop).filter(recharge::Column::Id.eq(id)).one(conn).await?;
    found.ok_or(RechargeError::NotFound(id))
}

/// The same with its row held until the transaction ends.
pub async fn held(conn: &impl ConnectionTrait, shop: ShopId, id: RechargeId) -> Result<recharge::Model, RechargeError> {
    let found = recharge::in_shop(shop).filter(recharge::Column::Id.eq(id)).lock_exclusive().one(conn).await?;
    found.ok_or(RechargeError::NotFound(id))
}

/// A recharge of this member; another's does not exist for him.
pub async fn of_member(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
    id: RechargeId,
) -> Result<recharge::Model, RechargeError> {
    let found = by_id(conn, shop, id).await?;
    if found.member_id == member { Ok(found) } else { Err(RechargeError::NotFound(id)) }
}

/// Recharges, newest first, perhaps of one member or one state alone.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: Option<MemberId>,
    state: Option<RechargeState>,
    page: &PageRequest,
) -> Result<Page<recharge::Model>, Failure> {
    let mut select = recharge::in_shop(shop).order_by_desc(recharge::Column::Id).limit(page.limit + 1);
    if let Some(member) = member {
        select = select.filter(recharge::Column::MemberId.eq(member));
    }
    if let Some(state) = state {
        select = select.filter(recharge::Column::State.eq(state));
    }
    if let Some(cursor) = &page.cursor {
        select = select.filter(recharge::Column::Id.lt(decode_cursor::<RechargeId>(cursor)?));
    }
    let rows = select.all(conn).await.map_err(RechargeError::Db)?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}

/// Unpaid recharges of all shops whose time is over, as far as closing them is to be tried now.
pub async fn overdue(
    conn: &impl ConnectionTrait,
    (now, wall): (Time, Time),
    limit: u64,
) -> Result<Vec<recharge::Model>, RechargeError> {
    let due = recharge::Column::NextCloseAt.is_null().or(recharge::Column::NextCloseAt.lte(wall));
    Ok(recharge::Entity::find()
        .filter(recharge::Column::State.eq(RechargeState::PendingPayment))
        .filter(recharge::Column::ExpiresAt.lte(now))
        .filter(due)
        .order_by_asc(recharge::Column::ExpiresAt)
        .limit(limit)
        .all(conn)
        .await?)
}
