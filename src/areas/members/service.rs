//! Writing members.

use kernel::Time;
use kernel::id::{LeaderId, MemberId, PickupPointId, ShopId};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, IntoActiveModel, entity::prelude::*};

use super::entity::{leader_binding, member};
use super::error::MemberError;
use super::query;
use crate::platform::seal::Sealer;

/// What WeChat says of a user who signs in.
pub struct Arrival<'a> {
    /// Unique in the mini-program.
    pub openid: &'a str,
    /// Unique in the open platform account, where there is one.
    pub unionid: Option<&'a str>,
    /// Decrypts what the mini-program sends; sealed at rest.
    pub session_key: &'a str,
    /// Who invited, as the mini-program passed it on.
    pub invited_by: Option<&'a str>,
}

/// Finds or creates the member of (shop, openid) and notes the new session key.
pub async fn arrive(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    arrival: &Arrival<'_>,
    now: Time,
) -> Result<member::Model, MemberError> {
    let fresh = member::ActiveModel {
        id: Set(MemberId::new()),
        shop_id: Set(shop),
        openid: Set(arrival.openid.to_owned()),
        unionid: Set(arrival.unionid.map(str::to_owned)),
        sealed_session_key: Set(None),
        nickname: Set("微信用户".to_owned()),
        avatar: Set(None),
        sealed_phone: Set(None),
        phone_index: Set(None),
        phone_mask: Set(None),
        pickup_point_id: Set(None),
        leader_id: Set(None),
        invited_by: Set(arrival.invited_by.map(str::to_owned)),
        has_paid: Set(false),
        banned_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let known_already = OnConflict::columns([member::Column::ShopId, member::Column::Openid]).do_nothing().to_owned();
    member::Entity::insert(fresh).on_conflict(known_already).exec_without_returning(conn).await?;
    let row = query::by_openid(conn, shop, arrival.openid).await?.ok_or(MemberError::TokenInvalid)?;
    if row.banned_at.is_some() {
        return Err(MemberError::Banned);
    }
    let place = session_key_place(row.id);
    let mut change = row.clone().into_active_model();
    change.sealed_session_key = Set(Some(sealer.seal(&place, arrival.session_key.as_bytes())?));
    if let Some(unionid) = arrival.unionid {
        change.unionid = Set(Some(unionid.to_owned()));
    }
    change.updated_at = Set(now);
    Ok(member::Entity::update(change).exec(conn).await?)
}

fn session_key_place(member: MemberId) -> String {
    format!("members.session_key:{member}")
}

/// A change of the profile; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// The nickname.
    pub nickname: Option<String>,
    /// The picture's URL; `Some(None)` takes it away.
    pub avatar: Option<Option<String>>,
}

/// Changes the profile.
pub async fn change_profile(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: MemberId,
    change: ProfileChange,
    now: Time,
) -> Result<(), MemberError> {
    let mut update = member::Entity::update_many().col_expr(member::Column::UpdatedAt, Expr::value(now));
    if let Some(nickname) = change.nickname {
        update = update.col_expr(member::Column::Nickname, Expr::value(nickname));
    }
    if let Some(avatar) = change.avatar {
        update = update.col_expr(member::Column::Avatar, Expr::value(avatar));
    }
    update.filter(member::Column::ShopId.eq(shop)).filter(member::Column::Id.eq(id)).exec(conn).await?;
    Ok(())
}

/// Keeps a member's phone number: sealed, with a mask for people and a keyed hash to find it by.
pub async fn set_phone(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    id: MemberId,
    phone: &str,
    now: Time,
) -> Result<String, MemberError> {
    let mask = kernel::mask::phone(phone);
    let sealed = sealer.seal(&format!("members.phone:{id}"), phone.as_bytes())?;
    let index = phone_index(sealer, shop, phone);
    member::Entity::update_many()
        .col_expr(member::Column::SealedPhone, Expr::value(sealed))
        .col_expr(member::Column::PhoneIndex, Expr::value(index))
        .col_expr(member::Column::PhoneMask, Expr::value(mask.clone()))
        .col_expr(member::Column::UpdatedAt, Expr::value(now))
        .filter(member::Column::ShopId.eq(shop))
        .filter(member::Column::Id.eq(id))
        .exec(conn)
        .await?;
    Ok(mask)
}

/// What a member of the shop is found by when his whole phone number is known.
pub(super) fn phone_index(sealer: &Sealer, shop: ShopId, phone: &str) -> String {
    hex::encode(sealer.keyed_hash("member-phone", format!("{shop}:{phone}").as_bytes()))
}

/// Shuts a member out since `at`, or lets him in again, and says whether that changed anything.
pub async fn set_banned(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: MemberId,
    at: Option<Time>,
) -> Result<bool, MemberError> {
    let column = member::Column::BannedAt;
    let other_way = if at.is_some() { column.is_null() } else { column.is_not_null() };
    let changed = member::Entity::update_many()
        .col_expr(column, Expr::value(at))
        .filter(member::Column::ShopId.eq(shop))
        .filter(member::Column::Id.eq(id))
        .filter(other_way)
        .exec(conn)
        .await?
        .rows_affected;
    Ok(changed == 1)
}

/// Makes `point`, run by `leader`, the member's current pickup point, and keeps the history of leaders.
pub async fn choose_pickup_point(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: MemberId,
    point: PickupPointId,
    leader: LeaderId,
    now: Time,
) -> Result<(), MemberError> {
    member::Entity::update_many()
        .col_expr(member::Column::PickupPointId, Expr::value(point))
        .col_expr(member::Column::UpdatedAt, Expr::value(now))
        .filter(member::Column::ShopId.eq(shop))
        .filter(member::Column::Id.eq(id))
        .exec(conn)
        .await?;
    bind_to_leader(conn, shop, id, leader, "pickup_point", now).await
}

/// Remembers the member's latest leader; the same leader again changes nothing.
pub async fn bind_to_leader(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: MemberId,
    leader: LeaderId,
    source: &str,
    now: Time,
) -> Result<(), MemberError> {
    let changed = member::Entity::update_many()
        .col_expr(member::Column::LeaderId, Expr::value(leader))
        .filter(member::Column::ShopId.eq(shop))
        .filter(member::Column::Id.eq(id))
        .filter(member::Column::LeaderId.is_null().or(member::Column::LeaderId.ne(leader)))
        .exec(conn)
        .await?
        .rows_affected;
    if changed == 0 {
        return Ok(());
    }
    let row = leader_binding::ActiveModel {
        member_id: Set(id),
        bound_at: Set(now),
        shop_id: Set(shop),
        leader_id: Set(leader),
        source: Set(source.to_owned()),
    };
    leader_binding::Entity::insert(row)
        .on_conflict(
            OnConflict::columns([leader_binding::Column::MemberId, leader_binding::Column::BoundAt])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(conn)
        .await?;
    Ok(())
}

/// Notes that the member has paid an order and says whether it is the first; of two racing
/// payments one is.
pub async fn note_payment(conn: &impl ConnectionTrait, shop: ShopId, id: MemberId) -> Result<bool, MemberError> {
    let changed = member::Entity::update_many()
        .col_expr(member::Column::HasPaid, Expr::value(true))
        .filter(member::Column::ShopId.eq(shop))
        .filter(member::Column::Id.eq(id))
        .filter(member::Column::HasPaid.eq(false))
        .exec(conn)
        .await?
        .rows_affected;
    Ok(changed == 1)
}
