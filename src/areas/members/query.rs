//! Reading members.

use kernel::Failure;
use kernel::id::{LeaderId, MemberId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use sea_orm::{Condition, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::member;
use super::error::MemberError;
use super::service::phone_index;
use crate::platform::seal::Sealer;

/// The member with this id.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: MemberId,
) -> Result<Option<member::Model>, MemberError> {
    Ok(member::in_shop(shop).filter(member::Column::Id.eq(id)).one(conn).await?)
}

/// The member with this openid.
pub async fn by_openid(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    openid: &str,
) -> Result<Option<member::Model>, MemberError> {
    Ok(member::in_shop(shop).filter(member::Column::Openid.eq(openid)).one(conn).await?)
}

/// Several members at once.
pub async fn by_ids(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[MemberId],
) -> Result<Vec<member::Model>, MemberError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(member::in_shop(shop).filter(member::Column::Id.is_in(ids.iter().copied())).all(conn).await?)
}

/// The shop's members, newest first: all, or those with this id, phone number, masked phone number or
/// nickname.
pub async fn list(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    sought: Option<&str>,
    page: &PageRequest,
) -> Result<Page<member::Model>, Failure> {
    let mut query = member::in_shop(shop).order_by_desc(member::Column::Id);
    if let Some(sought) = sought {
        let mut any = Condition::any()
            .add(member::Column::Nickname.eq(sought))
            .add(member::Column::PhoneMask.eq(sought))
            .add(member::Column::PhoneIndex.eq(phone_index(sealer, shop, sought)));
        if let Ok(id) = sought.parse::<MemberId>() {
            any = any.add(member::Column::Id.eq(id));
        }
        query = query.filter(any);
    }
    if let Some(cursor) = &page.cursor {
        let last: MemberId = decode_cursor(cursor)?;
        query = query.filter(member::Column::Id.lt(last));
    }
    let rows = query.limit(page.limit + 1).all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}

/// The members whose latest leader this is, newest first.
pub async fn of_leader(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
    page: &PageRequest,
) -> Result<Page<member::Model>, Failure> {
    let mut query = member::in_shop(shop).filter(member::Column::LeaderId.eq(leader)).order_by_desc(member::Column::Id);
    if let Some(cursor) = &page.cursor {
        let last: MemberId = decode_cursor(cursor)?;
        query = query.filter(member::Column::Id.lt(last));
    }
    let rows = query.limit(page.limit + 1).all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}

/// How many members each of these leaders is the latest of; who has none is left out.
pub async fn count_of_leaders(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leaders: &[LeaderId],
) -> Result<Vec<(LeaderId, i64)>, MemberError> {
    if leaders.is_empty() {
        return Ok(Vec::new());
    }
    Ok(member::in_shop(shop)
        .select_only()
        .column(member::Column::LeaderId)
        .column_as(member::Column::Id.count(), "members")
        .filter(member::Column::LeaderId.is_in(leaders.iter().copied()))
        .group_by(member::Column::LeaderId)
        .into_tuple()
        .all(conn)
        .await?)
}
