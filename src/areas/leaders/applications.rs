//! Applications to become a leader. Name, phone and address are sealed together.

use kernel::id::{ApplicationId, LeaderId, MemberId, OperatorId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::place::Place;
use kernel::{Failure, Time};
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};
use serde::{Deserialize, Serialize};

use super::entity::application;
use super::error::LeaderError;
use super::query;
use super::state::{ApplicationState, Decision};
use crate::platform::db::is_unique_violation;
use crate::platform::seal::Sealer;

/// What is sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Who applies.
    pub name: String,
    /// His telephone.
    pub phone: String,
    /// Province, city and district in words.
    pub region: Option<String>,
    /// Where shoppers would collect.
    pub address: String,
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Form([REDACTED])")
    }
}

/// What a member hands in.
#[derive(Clone, Debug)]
pub struct ApplicationDraft {
    /// The sealed part.
    pub form: Form,
    /// The estate or street he would serve.
    pub community: String,
    /// GCJ-02.
    pub place: Place,
    /// A picture's address.
    pub picture: Option<String>,
    /// Who recommended him; fixed from here on.
    pub recommender: Option<LeaderId>,
}

/// Hands an application in.
///
/// Errors: [`LeaderError::ApplicationPending`] (one at a time), [`LeaderError::AlreadyLeader`],
/// [`LeaderError::NoRecommender`].
pub async fn hand_in(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    member: MemberId,
    draft: &ApplicationDraft,
    now: Time,
) -> Result<application::Model, LeaderError> {
    if query::of_member(conn, shop, member).await?.is_some() {
        return Err(LeaderError::AlreadyLeader);
    }
    if let Some(recommender) = draft.recommender {
        query::enabled(conn, shop, recommender).await?.ok_or(LeaderError::NoRecommender)?;
    }
    let id = ApplicationId::new();
    let form = serde_json::to_vec(&draft.form).map_err(|error| LeaderError::Unreadable(error.to_string()))?;
    let row = application::Model {
        id,
        shop_id: shop,
        member_id: member,
        state: ApplicationState::Pending,
        open_member: Some(member),
        sealed_form: sealer.seal(&place_of(id), &form)?,
        community: draft.community.clone(),
        lat: draft.place.lat,
        lng: draft.place.lng,
        recommender_id: draft.recommender,
        picture: draft.picture.clone(),
        reason: None,
        decided_by: None,
        decided_at: None,
        created_at: now,
    };
    match application::Entity::insert(application::ActiveModel::from(row.clone())).exec_without_returning(conn).await {
        Err(error) if is_unique_violation(&error) => Err(LeaderError::ApplicationPending),
        other => Ok(other.map(|_| row)?),
    }
}

/// Decides an application once and gives it back as it now stands.
///
/// Errors: [`LeaderError::ApplicationNotFound`], [`LeaderError::ApplicationDecided`].
pub async fn decide(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: ApplicationId,
    decision: Decision,
    by: Option<OperatorId>,
    reason: Option<&str>,
    now: Time,
) -> Result<application::Model, LeaderError> {
    let known = by_id(conn, shop, id).await?;
    let decided = || LeaderError::ApplicationDecided(known.state);
    let next = known.state.after(decision).ok_or_else(decided)?;
    let changed = application::Entity::update_many()
        .col_expr(application::Column::State, Expr::value(next))
        .col_expr(application::Column::OpenMember, Expr::value(None::<MemberId>))
        .col_expr(application::Column::Reason, Expr::value(reason.map(str::to_owned)))
        .col_expr(application::Column::DecidedBy, Expr::value(by))
        .col_expr(application::Column::DecidedAt, Expr::value(now))
        .filter(application::Column::ShopId.eq(shop))
        .filter(application::Column::Id.eq(id))
        .filter(application::Column::State.eq(known.state))
        .exec(conn)
        .await?
        .rows_affected;
    if changed == 0 {
        return Err(LeaderError::ApplicationDecided(by_id(conn, shop, id).await?.state));
    }
    by_id(conn, shop, id).await
}

/// The application with this id.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: ApplicationId,
) -> Result<application::Model, LeaderError> {
    let found = application::in_shop(shop).filter(application::Column::Id.eq(id)).one(conn).await?;
    found.ok_or(LeaderError::ApplicationNotFound)
}

/// A member's latest application.
pub async fn latest_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    member: MemberId,
) -> Result<Option<application::Model>, LeaderError> {
    let own = application::in_shop(shop).filter(application::Column::MemberId.eq(member));
    Ok(own.order_by_desc(application::Column::Id).one(conn).await?)
}

/// A shop's applications in a state (`None`: in any), newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    state: Option<ApplicationState>,
    page: &PageRequest,
) -> Result<Page<application::Model>, Failure> {
    let mut query = application::in_shop(shop).order_by_desc(application::Column::Id);
    if let Some(state) = state {
        query = query.filter(application::Column::State.eq(state));
    }
    if let Some(cursor) = &page.cursor {
        let last: ApplicationId = decode_cursor(cursor)?;
        query = query.filter(application::Column::Id.lt(last));
    }
    let rows = query.limit(page.limit + 1).all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}

/// Opens the sealed part.
pub fn form(sealer: &Sealer, row: &application::Model) -> Result<Form, LeaderError> {
    let json = sealer.open(&place_of(row.id), &row.sealed_form)?;
    serde_json::from_slice(&json).map_err(|error| LeaderError::Unreadable(error.to_string()))
}

fn place_of(id: ApplicationId) -> String {
    format!("leader_applications.form:{id}")
}
