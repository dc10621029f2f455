//! Writing pickup points and verifiers.

use kernel::Time;
use kernel::id::{LeaderId, MemberId, PickupPointId, ShopId, VerifierId};
use kernel::place::Place;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, IntoActiveModel, entity::prelude::*};

use super::entity::{point, verifier};
use super::error::PickupError;
use super::query;
use crate::platform::db::is_unique_violation;

/// What a point is made of.
#[derive(Clone, Debug)]
pub struct PointDraft {
    /// For people.
    pub name: String,
    /// The estate or street it serves.
    pub community: String,
    /// Province, city and district, as the operator writes them.
    pub region: Option<String>,
    /// Where shoppers go.
    pub address: String,
    /// GCJ-02.
    pub place: Place,
    /// A picture's address.
    pub picture: Option<String>,
    /// When it hands over, in words.
    pub hours: Option<String>,
    /// The point's own switch.
    pub enabled: bool,
}

/// Creates a point of `leader`; it is open when it is enabled and the leader serves.
pub async fn create_point(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
    leader_serves: bool,
    draft: PointDraft,
    now: Time,
) -> Result<point::Model, PickupError> {
    let row = point::Model {
        id: PickupPointId::new(),
        shop_id: shop,
        leader_id: leader,
        name: draft.name,
        community: draft.community,
        region: draft.region,
        address: draft.address,
        lat: draft.place.lat,
        lng: draft.place.lng,
        picture: draft.picture,
        hours: draft.hours,
        enabled: draft.enabled,
        open: draft.enabled && leader_serves,
        created_at: now,
        updated_at: now,
    };
    point::Entity::insert(point::ActiveModel::from(row.clone())).exec_without_returning(conn).await?;
    Ok(row)
}

/// A change of a point; what is `None` stays.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "the fields are those of the draft")]
pub struct PointChange {
    pub name: Option<String>,
    pub community: Option<String>,
    pub region: Option<Option<String>>,
    pub address: Option<String>,
    pub place: Option<Place>,
    pub picture: Option<Option<String>>,
    pub hours: Option<Option<String>>,
    pub enabled: Option<bool>,
}

/// Changes a point. `leader_serves` is whether its leader is enabled and not resting.
pub async fn change_point(
    conn: &impl ConnectionTrait,
    known: point::Model,
    leader_serves: bool,
    change: PointChange,
    now: Time,
) -> Result<point::Model, PickupError> {
    let enabled = change.enabled.unwrap_or(known.enabled);
    let row = point::Model {
        name: change.name.unwrap_or(known.name),
        community: change.community.unwrap_or(known.community),
        region: change.region.unwrap_or(known.region),
        address: change.address.unwrap_or(known.address),
        lat: change.place.map_or(known.lat, |place| place.lat),
        lng: change.place.map_or(known.lng, |place| place.lng),
        picture: change.picture.unwrap_or(known.picture),
        hours: change.hours.unwrap_or(known.hours),
        enabled,
        open: enabled && leader_serves,
        updated_at: now,
        ..known
    };
    point::Entity::update(row.clone().into_active_model().reset_all()).exec(conn).await?;
    Ok(row)
}

/// Opens a leader's enabled points, or closes all of them.
pub async fn set_serving(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
    serves: bool,
    now: Time,
) -> Result<(), PickupError> {
    let open = if serves { Expr::col(point::Column::Enabled) } else { Expr::value(false) };
    point::Entity::update_many()
        .col_expr(point::Column::Open, open)
        .col_expr(point::Column::UpdatedAt, Expr::value(now))
        .filter(point::Column::ShopId.eq(shop))
        .filter(point::Column::LeaderId.eq(leader))
        .exec(conn)
        .await?;
    Ok(())
}

/// Lets a member redeem for a leader. A member redeems for one leader at a time.
///
/// Errors: [`PickupError::VerifierExists`].
pub async fn add_verifier(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
    member: MemberId,
    name: &str,
    now: Time,
) -> Result<verifier::Model, PickupError> {
    if query::verifies_for(conn, shop, member).await?.is_some() {
        return Err(PickupError::VerifierExists);
    }
    let before = verifier::in_shop(shop)
        .filter(verifier::Column::LeaderId.eq(leader))
        .filter(verifier::Column::MemberId.eq(member))
        .one(conn)
        .await?;
    if let Some(before) = before {
        let row = verifier::Model { name: name.to_owned(), removed_at: None, ..before };
        let back = verifier::Entity::update(row.into_active_model().reset_all()).exec(conn).await;
        return kept(back);
    }
    let row = verifier::Model {
        id: VerifierId::new(),
        shop_id: shop,
        leader_id: leader,
        member_id: member,
        name: name.to_owned(),
        removed_at: None,
        created_at: now,
    };
    let inserted =
        verifier::Entity::insert(verifier::ActiveModel::from(row.clone())).exec_without_returning(conn).await;
    kept(inserted.map(|_| row))
}

/// Two leaders may name one member at once: the database keeps one of them.
fn kept(written: Result<verifier::Model, DbErr>) -> Result<verifier::Model, PickupError> {
    match written {
        Err(error) if is_unique_violation(&error) => Err(PickupError::VerifierExists),
        other => Ok(other?),
    }
}

/// Ends a verifier's right; what he redeemed stays recorded.
pub async fn remove_verifier(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
    id: VerifierId,
    now: Time,
) -> Result<(), PickupError> {
    let removed = verifier::Entity::update_many()
        .set(verifier::ActiveModel { removed_at: Set(Some(now)), ..Default::default() })
        .filter(verifier::Column::ShopId.eq(shop))
        .filter(verifier::Column::LeaderId.eq(leader))
        .filter(verifier::Column::Id.eq(id))
        .filter(verifier::Column::RemovedAt.is_null())
        .exec(conn)
        .await?;
    if removed.rows_affected == 1 { Ok(()) } else { Err(PickupError::VerifierNotFound) }
}
