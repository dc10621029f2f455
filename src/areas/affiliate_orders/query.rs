//! Reading lines.

use std::collections::HashMap;

use kernel::id::{AffiliateLineId, LeaderId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Time};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::{booking, line};
use super::error::AffiliateError;
use super::state::{LineStatus, Share};

/// Which lines are asked for; empty wishes ask for all.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of this marketplace.
    pub marketplace: Option<String>,
    /// In this status.
    pub status: Option<LineStatus>,
    /// Sold by this leader.
    pub leader: Option<LeaderId>,
    /// Named by the platform with one of ours, or with nobody.
    pub attributed: Option<bool>,
}

/// The lines of a shop, newest first.
pub async fn lines(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    wanted: &Wanted,
    page: &PageRequest,
) -> Result<Page<line::Model>, Failure> {
    let mut select = line::in_shop(shop).order_by_desc(line::Column::Id).limit(page.limit + 1);
    if let Some(marketplace) = &wanted.marketplace {
        select = select.filter(line::Column::Marketplace.eq(marketplace.as_str()));
    }
    if let Some(status) = wanted.status {
        select = select.filter(line::Column::Status.eq(status));
    }
    if let Some(leader) = wanted.leader {
        select = select.filter(line::Column::LeaderId.eq(leader));
    }
    if let Some(attributed) = wanted.attributed {
        let (member, leader) = (line::Column::MemberId, line::Column::LeaderId);
        select = select.filter(match attributed {
            true => member.is_not_null().or(leader.is_not_null()),
            false => member.is_null().and(leader.is_null()),
        });
    }
    if let Some(cursor) = &page.cursor {
        select = select.filter(line::Column::Id.lt(decode_cursor::<AffiliateLineId>(cursor)?));
    }
    let rows = select.all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}

/// The line with this id.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: AffiliateLineId,
) -> Result<Option<line::Model>, AffiliateError> {
    Ok(line::in_shop(shop).filter(line::Column::Id.eq(id)).one(conn).await?)
}

/// Those of `keys` that are known already, held until the caller's transaction ends.
pub async fn held(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    marketplace: &str,
    keys: &[&str],
) -> Result<HashMap<String, line::Model>, AffiliateError> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = line::in_shop(shop)
        .filter(line::Column::Marketplace.eq(marketplace))
        .filter(line::Column::LineKey.is_in(keys.iter().copied()))
        .order_by_asc(line::Column::Id)
        .lock_exclusive()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.line_key.clone(), row)).collect())
}

/// The lines whose leader's part is held no longer, of any shop; what is claimed waits.
pub async fn releasable(conn: &impl ConnectionTrait, now: Time, most: u64) -> Result<Vec<line::Model>, AffiliateError> {
    Ok(line::Entity::find()
        .filter(line::Column::Share.eq(Share::Pending))
        .filter(line::Column::ReleaseAt.lte(now))
        .filter(line::Column::Claimed.eq(false))
        .order_by_asc(line::Column::ReleaseAt)
        .limit(most)
        .all(conn)
        .await?)
}

/// What was booked for a line, oldest first.
pub async fn bookings(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    line: AffiliateLineId,
) -> Result<Vec<booking::Model>, AffiliateError> {
    Ok(booking::in_shop(shop)
        .filter(booking::Column::LineId.eq(line))
        .order_by_asc(booking::Column::Id)
        .all(conn)
        .await?)
}
