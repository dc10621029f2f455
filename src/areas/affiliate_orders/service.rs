//! Writing lines: as the platform tells them, what is booked for them, and the release of a leader's
//! part, once.

use kernel::id::{AffiliateBookingId, AffiliateLineId, LeaderId, MemberId, ShopId};
use kernel::{BasisPoints, Fen, Time};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, IntoActiveModel, entity::prelude::*};

use super::entity::{booking, line};
use super::error::AffiliateError;
use super::state::{BookingKind, LineStatus, Share, ShareEvent};

/// A line as its platform tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The platform's id of the line.
    pub line_key: String,
    /// The number the buyer sees.
    pub order_no: Option<String>,
    /// Where it stands there.
    pub status: LineStatus,
    /// The goods there.
    pub external_id: Option<String>,
    /// Their title.
    pub title: Option<String>,
    /// Pieces.
    pub quantity: i64,
    /// What the buyer pays.
    pub pay: Fen,
    /// Our commission before the fee.
    pub commission: Fen,
    /// The platform's fee.
    pub service_fee: Fen,
    /// Whether a claim is open.
    pub claimed: bool,
    /// The mark's person.
    pub mark_person: Option<String>,
    /// The mark's group.
    pub mark_group: Option<String>,
    /// The position it came through.
    pub position: Option<String>,
    /// The platform's times.
    pub ordered_at: Option<Time>,
    /// Paid.
    pub paid_at: Option<Time>,
    /// Received.
    pub received_at: Option<Time>,
    /// Settled.
    pub settled_at: Option<Time>,
    /// Last changed.
    pub modified_at: Option<Time>,
    /// Other facts.
    pub extra: Json,
}

/// Whose sale a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attribution {
    /// Who bought.
    pub member: Option<MemberId>,
    /// Whose sale it is.
    pub leader: Option<LeaderId>,
    /// The leader's part.
    pub rate: BasisPoints,
}

impl Attribution {
    /// Whether it names anybody.
    pub fn is_somebody(&self) -> bool {
        self.member.is_some() || self.leader.is_some()
    }
}

/// Writes a line seen for the first time. Nothing is booked yet.
pub async fn first_seen(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    marketplace: &str,
    told: &Told,
    whose: Attribution,
    now: Time,
) -> Result<line::Model, AffiliateError> {
    let empty = line::Model {
        id: AffiliateLineId::new(),
        shop_id: shop,
        marketplace: marketplace.to_owned(),
        line_key: told.line_key.clone(),
        order_no: None,
        status: told.status,
        external_id: None,
        title: None,
        quantity: 0,
        pay_fen: Fen::ZERO,
        commission_fen: Fen::ZERO,
        service_fee_fen: Fen::ZERO,
        claimed: false,
        mark_person: None,
        mark_group: None,
        position: None,
        member_id: None,
        leader_id: None,
        rate_bp: BasisPoints::ZERO,
        net_fen: Fen::ZERO,
        leader_fen: Fen::ZERO,
        share: Share::None,
        release_at: None,
        ordered_at: None,
        paid_at: None,
        received_at: None,
        settled_at: None,
        modified_at: None,
        extra: Json::Null,
        created_at: now,
        updated_at: now,
    };
    let row = as_told(&empty, told, Some(whose), now);
    line::Entity::insert(row.clone().into_active_model()).exec_without_returning(conn).await?;
    Ok(row)
}

/// Writes what the platform says now of a line known already; what it said before a later telling
/// is passed over. `whose` names somebody for a line that named nobody.
///
/// Returns the line as it now stands, or `None` when the telling is old or says nothing new.
pub async fn seen_again(
    conn: &impl ConnectionTrait,
    known: &line::Model,
    told: &Told,
    whose: Option<Attribution>,
    now: Time,
) -> Result<Option<line::Model>, AffiliateError> {
    let is_old = matches!((told.modified_at, known.modified_at), (Some(told), Some(known)) if told < known);
    let row = as_told(known, told, whose, now);
    let says_nothing_new = line::Model { updated_at: known.updated_at, ..row.clone() } == *known;
    if is_old || says_nothing_new {
        return Ok(None);
    }
    write(conn, known, &row).await?;
    Ok(Some(row))
}

fn as_told(known: &line::Model, told: &Told, whose: Option<Attribution>, now: Time) -> line::Model {
    let kept = Attribution { member: known.member_id, leader: known.leader_id, rate: known.rate_bp };
    let whose = whose.unwrap_or(kept);
    line::Model {
        order_no: told.order_no.clone(),
        status: told.status,
        external_id: told.external_id.clone(),
        title: told.title.clone(),
        quantity: told.quantity,
        pay_fen: told.pay,
        commission_fen: told.commission,
        service_fee_fen: told.service_fee,
        claimed: told.claimed,
        mark_person: told.mark_person.clone(),
        mark_group: told.mark_group.clone(),
        position: told.position.clone(),
        member_id: whose.member,
        leader_id: whose.leader,
        rate_bp: whose.rate,
        // A platform may leave out a time it told before.
        ordered_at: told.ordered_at.or(known.ordered_at),
        paid_at: told.paid_at.or(known.paid_at),
        received_at: told.received_at.or(known.received_at),
        settled_at: told.settled_at.or(known.settled_at),
        modified_at: told.modified_at.or(known.modified_at),
        extra: told.extra.clone(),
        updated_at: now,
        ..known.clone()
    }
}

/// What a booking changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booked {
    /// What the platform owes from now on.
    pub net: Fen,
    /// What of it is the leader's.
    pub leader: Fen,
    /// Where his part stands.
    pub share: Share,
    /// When it becomes available, while it is held.
    pub release_at: Option<Time>,
}

/// Notes what is booked for a line and returns the booking: the cause of the caller's journal.
pub async fn book(
    conn: &impl ConnectionTrait,
    known: &line::Model,
    booked: Booked,
    now: Time,
) -> Result<AffiliateBookingId, AffiliateError> {
    let row = line::Model {
        net_fen: booked.net,
        leader_fen: booked.leader,
        share: booked.share,
        release_at: booked.release_at,
        updated_at: now,
        ..known.clone()
    };
    write(conn, known, &row).await?;
    let (net, leader) = (booked.net.minus(known.net_fen)?, booked.leader.minus(known.leader_fen)?);
    note(conn, known, BookingKind::Settled, net, leader, now).await
}

/// Makes a leader's held part available: once, whoever else tries. Returns the booking, or `None`
/// when there is nothing to release any more.
pub async fn release(
    conn: &impl ConnectionTrait,
    known: &line::Model,
    now: Time,
) -> Result<Option<AffiliateBookingId>, AffiliateError> {
    let Some(next) = known.share.after(ShareEvent::Released) else { return Ok(None) };
    let update = line::Entity::update_many()
        .col_expr(line::Column::Share, Expr::value(next))
        .col_expr(line::Column::UpdatedAt, Expr::value(now))
        .filter(line::Column::ShopId.eq(known.shop_id))
        .filter(line::Column::Id.eq(known.id))
        .filter(line::Column::Share.eq(known.share))
        .filter(line::Column::LeaderFen.eq(known.leader_fen))
        .filter(line::Column::Claimed.eq(false));
    if update.exec(conn).await?.rows_affected == 0 {
        return Ok(None);
    }
    note(conn, known, BookingKind::Released, Fen::ZERO, known.leader_fen, now).await.map(Some)
}

async fn note(
    conn: &impl ConnectionTrait,
    line: &line::Model,
    kind: BookingKind,
    net: Fen,
    leader: Fen,
    now: Time,
) -> Result<AffiliateBookingId, AffiliateError> {
    let id = AffiliateBookingId::new();
    let row = booking::ActiveModel {
        id: Set(id),
        shop_id: Set(line.shop_id),
        line_id: Set(line.id),
        kind: Set(kind),
        net_fen: Set(net),
        leader_fen: Set(leader),
        at: Set(now),
    };
    booking::Entity::insert(row).exec_without_returning(conn).await?;
    Ok(id)
}

/// Writes a line anew, unless its money has moved since `known` was read.
async fn write(conn: &impl ConnectionTrait, known: &line::Model, row: &line::Model) -> Result<(), AffiliateError> {
    let changed = line::Entity::update_many()
        .set(row.clone().into_active_model().reset_all())
        .filter(line::Column::ShopId.eq(known.shop_id))
        .filter(line::Column::Id.eq(known.id))
        .filter(line::Column::Share.eq(known.share))
        .filter(line::Column::NetFen.eq(known.net_fen))
        .filter(line::Column::LeaderFen.eq(known.leader_fen))
        .exec(conn)
        .await?
        .rows_affected;
    if changed == 1 { Ok(()) } else { Err(AffiliateError::Changed(known.id)) }
}
