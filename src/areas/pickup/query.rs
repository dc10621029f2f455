//! Reading pickup points and verifiers.

use kernel::Failure;
use kernel::id::{LeaderId, MemberId, PickupPointId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::{point, verifier};
use super::error::PickupError;

/// The most verifiers a leader lists.
const VERIFIERS_MAX: u64 = 200;

/// For which leader a member may redeem, if for any.
pub async fn verifies_for(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
) -> Result<Option<LeaderId>, DbErr> {
    let row = verifier::in_shop(shop)
        .filter(verifier::Column::MemberId.eq(member))
        .filter(verifier::Column::RemovedAt.is_null())
        .one(conn)
        .await?;
    Ok(row.map(|verifier| verifier.leader_id))
}

/// A leader's verifiers, oldest first.
pub async fn verifiers(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
) -> Result<Vec<verifier::Model>, PickupError> {
    let rows = verifier::in_shop(shop)
        .filter(verifier::Column::LeaderId.eq(leader))
        .filter(verifier::Column::RemovedAt.is_null())
        .order_by_asc(verifier::Column::Id)
        .limit(VERIFIERS_MAX)
        .all(conn)
        .await?;
    Ok(rows)
}

/// The point with this id, open or not.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: PickupPointId,
) -> Result<Option<point::Model>, PickupError> {
    Ok(point::in_shop(shop).filter(point::Column::Id.eq(id)).one(conn).await?)
}

/// Several points at once.
pub async fn by_ids(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[PickupPointId],
) -> Result<Vec<point::Model>, PickupError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(point::in_shop(shop).filter(point::Column::Id.is_in(ids.iter().copied())).all(conn).await?)
}

/// A point that takes new orders; its `leader_id` runs it. For checkout.
///
/// Errors: [`PickupError::PointNotFound`], [`PickupError::PointClosed`] (switched off, or its leader
/// frozen or resting).
pub async fn open_point(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: PickupPointId,
) -> Result<point::Model, PickupError> {
    let point = by_id(conn, shop, id).await?.ok_or(PickupError::PointNotFound)?;
    if point.open { Ok(point) } else { Err(PickupError::PointClosed) }
}

/// The oldest point of a leader that takes new orders. Errors: [`PickupError::PointClosed`].
pub async fn open_of(conn: &impl ConnectionTrait, shop: ShopId, leader: LeaderId) -> Result<point::Model, PickupError> {
    let oldest = point::in_shop(shop)
        .filter(point::Column::LeaderId.eq(leader))
        .filter(point::Column::Open.eq(true))
        .order_by_asc(point::Column::Id)
        .one(conn)
        .await?;
    oldest.ok_or(PickupError::PointClosed)
}

/// Which points a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only those that take orders.
    pub open_only: bool,
    /// Only this leader's.
    pub leader: Option<LeaderId>,
}

/// Points, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    filter: Filter,
    page: &PageRequest,
) -> Result<Page<point::Model>, Failure> {
    let mut query = point::in_shop(shop).order_by_desc(point::Column::Id);
    if filter.open_only {
        query = query.filter(point::Column::Open.eq(true));
    }
    if let Some(leader) = filter.leader {
        query = query.filter(point::Column::LeaderId.eq(leader));
    }
    if let Some(cursor) = &page.cursor {
        let last: PickupPointId = decode_cursor(cursor)?;
        query = query.filter(point::Column::Id.lt(last));
    }
    let rows = query.limit(page.limit + 1).all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}
