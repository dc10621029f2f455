//! Reading leaders.

use kernel::Failure;
use kernel::id::{LeaderId, LeaderLevelId, MemberId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use sea_orm::{Condition, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::{leader, level};
use super::error::LeaderError;
use super::service;
use super::state::LeaderState;
use crate::platform::keyset::next_by;
use crate::platform::seal::Sealer;

/// The leader a member is, if he is one.
pub async fn of_member(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
) -> Result<Option<leader::Model>, LeaderError> {
    Ok(leader::in_shop(shop).filter(leader::Column::MemberId.eq(member)).one(conn).await?)
}

/// The leader with this id.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: LeaderId,
) -> Result<Option<leader::Model>, LeaderError> {
    Ok(leader::in_shop(shop).filter(leader::Column::Id.eq(id)).one(conn).await?)
}

/// Several leaders at once.
pub async fn by_ids(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[LeaderId],
) -> Result<Vec<leader::Model>, LeaderError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(leader::in_shop(shop).filter(leader::Column::Id.is_in(ids.iter().copied())).all(conn).await?)
}

/// The leader with this id, if he is enabled.
pub async fn enabled(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: LeaderId,
) -> Result<Option<leader::Model>, LeaderError> {
    Ok(by_id(conn, shop, id).await?.filter(|leader| leader.state == LeaderState::Enabled))
}

/// Whether a leader's points take new orders.
pub fn serves(leader: &leader::Model) -> bool {
    leader.state == LeaderState::Enabled && !leader.resting
}

/// A shop's leaders in a state (`None`: in any), newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    state: Option<LeaderState>,
    page: &PageRequest,
) -> Result<Page<leader::Model>, Failure> {
    let mut query = leader::in_shop(shop).order_by_desc(leader::Column::Id);
    if let Some(state) = state {
        query = query.filter(leader::Column::State.eq(state));
    }
    if let Some(cursor) = &page.cursor {
        let last: LeaderId = decode_cursor(cursor)?;
        query = query.filter(leader::Column::Id.lt(last));
    }
    let rows = query.limit(page.limit + 1).all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}

/// The level with this id.
pub async fn level(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: LeaderLevelId,
) -> Result<Option<level::Model>, LeaderError> {
    Ok(level::in_shop(shop).filter(level::Column::Id.eq(id)).one(conn).await?)
}

/// Enabled leaders who have none of these levels, by ascending id after `after`.
pub async fn not_on(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    levels: &[LeaderLevelId],
    after: Option<LeaderId>,
    limit: u64,
) -> Result<Vec<leader::Model>, LeaderError> {
    let elsewhere = Condition::any()
        .add(leader::Column::LevelId.is_null())
        .add(leader::Column::LevelId.is_not_in(levels.iter().copied()));
    let rows = leader::in_shop(shop).filter(leader::Column::State.eq(LeaderState::Enabled)).filter(elsewhere);
    Ok(next_by(rows, leader::Column::Id, after, limit).all(conn).await?)
}

/// Opens a leader's telephone number, for those who must call him.
pub fn phone(sealer: &Sealer, leader: &leader::Model) -> Result<Option<String>, LeaderError> {
    let sealed = leader.sealed_phone.as_deref();
    Ok(sealed.map(|sealed| sealer.open_text(&service::phone_place(leader.id), sealed)).transpose()?)
}
