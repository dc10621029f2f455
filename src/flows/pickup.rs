//! Showing a pickup code, and handing goods over against it. A code is given at payment.

use kernel::failure::Invalid;
use kernel::id::{LeaderId, MemberId, OrderId, ShopId};
use kernel::{Failure, FieldFault, Time};
use sea_orm::ConnectionTrait;

use crate::app::App;
use crate::areas::members::entity::member;
use crate::areas::orders::entity::{line, order};
use crate::areas::orders::error::OrderError;
use crate::areas::orders::state::{OrderEvent, OrderStatus};
use crate::areas::orders::{progress, query};
use crate::areas::pickup::entity::redemption;
use crate::areas::pickup::redemptions::{self, Handed, RedeemError};
use crate::areas::shops::query::Shop;
use crate::areas::{leaders, members};
use crate::flows::receipt;
use crate::platform::request_keys::Once;

/// The code a member shows for his own order, once it is paid and until it is closed.
pub async fn code_of(app: &App, shop: &Shop, member: MemberId, id: OrderId) -> Result<String, Failure> {
    let order = query::of_member(app.db.reader(), shop.id, member, id).await?;
    let wrong = OrderError::WrongState { order: id, status: order.status, event: OrderEvent::HandedOver };
    let payable = matches!(order.status, OrderStatus::PendingPayment | OrderStatus::AwaitingGroup);
    let code = order.pickup_code.filter(|_| !payable && order.status != OrderStatus::Closed);
    Ok(code.ok_or(wrong)?)
}

/// Who redeems, and for which leaders.
#[derive(Clone, Debug)]
pub struct Redeemer {
    /// The leader himself or one of his verifiers.
    pub member: MemberId,
    /// Whose orders.
    pub leaders: Vec<LeaderId>,
}

/// A hand-over that took place.
#[derive(Clone, Debug)]
pub struct Redeemed {
    /// Its record.
    pub redemption: redemption::Model,
    /// The order as it now stands.
    pub order: order::Model,
    /// Its lines as they now stand.
    pub lines: Vec<line::Model>,
    /// What changed hands now.
    pub handed: Vec<Handed>,
    /// Who collects.
    pub member: Option<member::Model>,
}

/// Hands goods over against a pickup code: what `asked` names, or everything that is here.
///
/// Only orders of the redeemer's leaders: an unknown code and another leader's are answered alike.
/// A line is received with its last unit, an order with its last line.
#[tracing::instrument(skip_all, fields(member = %who.member))]
pub async fn redeem(
    app: &App,
    shop: &Shop,
    who: &Redeemer,
    code: &str,
    asked: &[Handed],
    once: &Once<Redeemed>,
) -> Result<Redeemed, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let found = progress::by_pickup_code(tx, shop.id, code).await?;
            let known = found.and_then(|order| Some((order.id, order.leader_id?)));
            let known = known.filter(|(_, leader)| who.leaders.contains(leader));
            let (found, leader) = known.ok_or(RedeemError::CodeUnknown)?;
            let order = progress::lock(tx, shop.id, found).await?;
            if order.leader_id != Some(leader) {
                // Since the look another leader took it over.
                return Err(RedeemError::CodeUnknown.into());
            }
            let lines = query::lines_of(tx, shop.id, order.id).await?;
            in_reach(tx, &order, &lines).await?;
            let handed = match asked {
                [] => everything_here(tx, &order, &lines).await?,
                asked => as_asked(tx, &order, &lines, asked).await?,
            };
            let redeemed = hand_over(tx, shop, (who.member, leader), order, handed, (now, app.clock.wall())).await?;
            once.keep(tx, &redeemed, app.clock.wall()).await?;
            Ok(redeemed)
        })
        .await
}

async fn hand_over(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    (member, leader): (MemberId, LeaderId),
    order: order::Model,
    handed: Vec<Handed>,
    (now, wall): (Time, Time),
) -> Result<Redeemed, Failure> {
    for part in &handed {
        if !progress::hand_over(conn, shop.id, part.line_id, part.quantity).await? {
            return Err(wrong_state(&order).into());
        }
    }
    let redemption = redemptions::record(conn, shop.id, order.id, leader, member, &handed, now).await?;
    let lines = query::lines_of(conn, shop.id, order.id).await?;
    receipt::receive_handed_over(conn, shop, &lines, now).await?;
    let order = receipt::move_on(conn, order, &format!("leader:{leader}"), (now, wall)).await?;
    let lines = query::lines_of(conn, shop.id, order.id).await?;
    let member = members::query::by_id(conn, shop.id, order.member_id).await?;
    Ok(Redeemed { redemption, order, lines, handed, member })
}

/// Whether the order is where it can be handed over.
async fn in_reach(conn: &impl ConnectionTrait, order: &order::Model, lines: &[line::Model]) -> Result<(), Failure> {
    match order.status {
        OrderStatus::Shipped | OrderStatus::Arrived => Ok(()),
        OrderStatus::Paid | OrderStatus::AwaitingGroup => Err(RedeemError::NotArrived.into()),
        OrderStatus::Received | OrderStatus::Completed => Err(already(conn, order, lines).await?.into()),
        OrderStatus::PendingPayment | OrderStatus::Closed => Err(wrong_state(order).into()),
    }
}

fn wrong_state(order: &order::Model) -> OrderError {
    OrderError::WrongState { order: order.id, status: order.status, event: OrderEvent::HandedOver }
}

fn is_open(line: &line::Model) -> bool {
    line.received_at.is_none() && line.units_to_hand_over() > 0
}

async fn everything_here(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    lines: &[line::Model],
) -> Result<Vec<Handed>, Failure> {
    let here = lines.iter().filter(|line| is_open(line) && line.arrived_at.is_some());
    let handed: Vec<Handed> =
        here.map(|line| Handed { line_id: line.id, quantity: line.units_to_hand_over() }).collect();
    if !handed.is_empty() {
        return Ok(handed);
    }
    if lines.iter().any(is_open) {
        return Err(RedeemError::NotArrived.into());
    }
    Err(already(conn, order, lines).await?.into())
}

async fn as_asked(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    lines: &[line::Model],
    asked: &[Handed],
) -> Result<Vec<Handed>, Failure> {
    let mut faults = Vec::new();
    for (place, part) in asked.iter().enumerate() {
        let Some(line) = lines.iter().find(|line| line.id == part.line_id) else {
            faults.push(FieldFault::new(format!("lines[{place}].line_id"), "unknown", "not a line of this order"));
            continue;
        };
        if !is_open(line) {
            return Err(already(conn, order, lines).await?.into());
        }
        if line.arrived_at.is_none() {
            return Err(RedeemError::NotArrived.into());
        }
        let most = line.units_to_hand_over();
        if !(1..=most).contains(&part.quantity) {
            faults.push(FieldFault::new(format!("lines[{place}].quantity"), "out_of_range", format!("1 to {most}")));
        }
    }
    Invalid::unless_empty(faults)?;
    Ok(asked.to_vec())
}

/// When and by whom the order was handed over before.
async fn already(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    lines: &[line::Model],
) -> Result<RedeemError, Failure> {
    if let Some(last) = redemptions::latest(conn, order.shop_id, order.id).await? {
        let by = redeemer_name(conn, order.shop_id, last.leader_id, last.member_id).await?;
        return Ok(RedeemError::AlreadyRedeemed { at: last.at, by });
    }
    let at = lines.iter().filter_map(|line| line.received_at).max().or(order.received_at).unwrap_or(order.updated_at);
    Ok(RedeemError::AlreadyRedeemed { at, by: None })
}

async fn redeemer_name(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    leader: LeaderId,
    member: MemberId,
) -> Result<Option<String>, Failure> {
    match leaders::query::by_id(conn, shop, leader).await? {
        Some(leader) if leader.member_id == member => Ok(Some(leader.name)),
        _ => Ok(redemptions::verifier_name(conn, shop, leader, member).await?),
    }
}
