//! Another leader takes a paid order over before its receipt: its commissions and what hangs on
//! them are made anew at his rate of now, in one journal, and it leaves the old leader's delivery list.
//!
//! What has been shipped apart from a list, or has arrived, stays so: the goods go from leader to leader
//! as they say. The pickup code stays, and is redeemed by the new leader alone. An order that is not paid
//! is rather cancelled and placed again.

use std::collections::HashSet;

use kernel::failure::Invalid;
use kernel::id::{DeliveryListId, LeaderId, OperatorId, OrderId, OrderLineId, PickupPointId};
use kernel::words::wire;
use kernel::{Code, Coded, Failure, Time};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::app::App;
use crate::areas::commissions::state::CommissionState;
use crate::areas::deliveries::error::DeliveryError;
use crate::areas::deliveries::state::ListState;
use crate::areas::leaders::entity::leader;
use crate::areas::leaders::error::LeaderError;
use crate::areas::leaders::state::LeaderState;
use crate::areas::ledger::{self, Draft, Floor, state::AccountKind};
use crate::areas::operators::audit;
use crate::areas::orders::entity::{line, order};
use crate::areas::orders::service::LEADER_CHANGED;
use crate::areas::orders::state::{FulfilmentKind, OrderStatus};
use crate::areas::pickup::error::PickupError;
use crate::areas::shops::query::Shop;
use crate::areas::{commissions, deliveries, goods, leaders, orders, pickup};
use crate::flows::{commission, refund};
use crate::platform::request_keys::Once;

/// Who takes an order over.
#[derive(Clone, Debug)]
pub struct Successor {
    /// The leader.
    pub leader: LeaderId,
    /// Where it is collected; his oldest open point when left out.
    pub point: Option<PickupPointId>,
    /// Why, for people.
    pub reason: String,
}

/// Something of the order was handed over, or there is nothing of it to hand over.
#[derive(Debug, thiserror::Error)]
#[error("order {order} is {}, or a part of it was handed over; no other leader can take it over", wire(.status))]
struct OutOfHand {
    order: OrderId,
    status: OrderStatus,
}

impl Coded for OutOfHand {
    fn code(&self) -> Code {
        Code::OrderWrongState
    }

    fn extra(&self) -> Option<serde_json::Value> {
        Some(json!({ "status": self.status }))
    }
}

/// Gives a paid order, of which nothing was handed over, to another leader; the same again changes nothing.
///
/// # Errors
/// `leader.not_found`, `leader.frozen`; `pickup_point.not_found`, `pickup_point.closed`;
/// `order.wrong_state` before payment and from the first hand-over on; `delivery.wrong_state` while a
/// line is on its way with a list.
#[tracing::instrument(skip_all, fields(order = %id, leader = %to.leader))]
pub async fn change(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: OrderId,
    to: &Successor,
    once: &Once<order::Model>,
) -> Result<order::Model, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let leader = leaders::query::by_id(tx, shop.id, to.leader).await?.ok_or(LeaderError::NotFound)?;
            // Lists before orders, as whoever moves an order on locks them.
            let lists = lock_lists(tx, shop, id).await?;
            let mut order = orders::progress::lock(tx, shop.id, id).await?;
            if order.leader_id != Some(leader.id) {
                order = hand_to(tx, shop, by, order, &leader, to, (&lists, now)).await?;
            } else if to.point.is_some() && to.point != order.pickup_point_id {
                return Err(Invalid::field("pickup_point_id", "invalid", "the order is this leader's already").into());
            }
            once.keep(tx, &order, app.clock.wall()).await?;
            Ok(order)
        })
        .await
}

/// Locks the open lists that lines of the order are on.
async fn lock_lists(conn: &impl ConnectionTrait, shop: &Shop, id: OrderId) -> Result<Vec<DeliveryListId>, Failure> {
    let lines = orders::query::lines_of(conn, shop.id, id).await?;
    let ids: Vec<OrderLineId> = lines.iter().map(|line| line.id).collect();
    let lists = deliveries::query::open_lists_of(conn, shop.id, &ids).await?;
    for list in &lists {
        deliveries::query::lock(conn, shop.id, *list).await?;
    }
    Ok(lists)
}

async fn hand_to(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    by: OperatorId,
    order: order::Model,
    leader: &leader::Model,
    to: &Successor,
    (lists, now): (&[DeliveryListId], Time),
) -> Result<order::Model, Failure> {
    if leader.state != LeaderState::Enabled {
        return Err(LeaderError::Frozen.into());
    }
    let lines = orders::query::lines_of(conn, shop.id, order.id).await?;
    still_in_hand(&order, &lines)?;
    let point = point_for(conn, shop, &order, leader.id, to.point).await?;
    leave_lists(conn, shop, &lines, lists).await?;
    let actor = format!("operator:{by}");
    let status = Some(order.status);
    let event = orders::service::noted(conn, &order, status, LEADER_CHANGED, &actor, Some(&to.reason), now).await?;
    let mut draft = Draft::new(shop.id, "leader_change", event.uuid());
    rebuild(conn, shop, &order, lines, leader.id, (&mut draft, now)).await?;
    draft.credit_rest(AccountKind::Revenue, None)?;
    ledger::service::post(conn, &draft, Floor::Zero, now).await?;
    if !orders::service::set_leader(conn, &order, leader.id, point, now).await? {
        return Err(OutOfHand { order: order.id, status: order.status }.into());
    }
    let detail = json!({
        "before": { "leader_id": order.leader_id, "pickup_point_id": order.pickup_point_id },
        "after": { "leader_id": leader.id, "pickup_point_id": point }, "reason": to.reason,
    });
    audit::note(conn, shop.id, by, "order.leader", order.id, detail, now).await?;
    tracing::info!(from = ?order.leader_id, "another leader takes an order over");
    Ok(order::Model { leader_id: Some(leader.id), pickup_point_id: point, updated_at: now, ..order })
}

/// The order is paid, and nothing of it was handed over.
fn still_in_hand(order: &order::Model, lines: &[line::Model]) -> Result<(), OutOfHand> {
    let underway = matches!(order.status, OrderStatus::Paid | OrderStatus::Shipped | OrderStatus::Arrived);
    let handed = lines.iter().any(|line| line.redeemed > 0 || line.received_at.is_some());
    if underway && !handed { Ok(()) } else { Err(OutOfHand { order: order.id, status: order.status }) }
}

/// Where the order is collected from now on; a parcel is collected nowhere.
async fn point_for(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    order: &order::Model,
    leader: LeaderId,
    wanted: Option<PickupPointId>,
) -> Result<Option<PickupPointId>, Failure> {
    let wrong = |why: &str| Invalid::field("pickup_point_id", "invalid", why);
    match (order.fulfilment, wanted) {
        (FulfilmentKind::Express, None) => Ok(None),
        (FulfilmentKind::Express, Some(_)) => Err(wrong("a parcel is collected nowhere").into()),
        (_, None) => Ok(Some(pickup::query::open_of(conn, shop.id, leader).await?.id)),
        (_, Some(wanted)) => {
            let point = pickup::query::by_id(conn, shop.id, wanted).await?.ok_or(PickupError::PointNotFound)?;
            match point.leader_id == leader {
                true if point.open => Ok(Some(point.id)),
                true => Err(PickupError::PointClosed.into()),
                false => Err(wrong("another leader's point").into()),
            }
        }
    }
}

/// Takes the lines off the lists that have not left; the new leader's next list gathers them.
async fn leave_lists(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    lines: &[line::Model],
    locked: &[DeliveryListId],
) -> Result<(), Failure> {
    let ids: Vec<OrderLineId> = lines.iter().map(|line| line.id).collect();
    for id in deliveries::query::open_lists_of(conn, shop.id, &ids).await? {
        let list = deliveries::query::by_id(conn, shop.id, id).await?;
        // A list that was gathered since the look is not locked, and may be leaving just now.
        if list.state != ListState::New || !locked.contains(&id) {
            return Err(DeliveryError::WrongState { list: id, state: list.state }.into());
        }
        deliveries::service::drop_lines(conn, &list, &ids).await?;
    }
    Ok(())
}

/// Gives every line of which something is left its new rule and commissions.
async fn rebuild(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    order: &order::Model,
    lines: Vec<line::Model>,
    leader: LeaderId,
    (draft, now): (&mut Draft, Time),
) -> Result<(), Failure> {
    let terms = commission::terms(conn, shop, leader).await?.ok_or(LeaderError::NotFound)?;
    let ids: Vec<_> = lines.iter().map(|line| line.goods_id).collect();
    let goods = goods::query::by_ids(conn, shop.id, &ids).await?;
    let earned = commissions::query::of_order(conn, shop.id, order.id).await?;
    let pending = earned.iter().filter(|row| row.state == CommissionState::Pending);
    let pending: HashSet<OrderLineId> = pending.map(|row| row.line_id).collect();
    for mut line in lines {
        if line.is_gone() && !pending.contains(&line.id) {
            continue;
        }
        let own = goods.get(&line.goods_id).and_then(|goods| goods.commission.as_ref());
        line.commission_rule = Some(commission::snapshot_anew(&terms, &shop.settings, &line, own)?);
        orders::service::set_commission_rule(conn, &line).await?;
        let refunded = refund::refunded_so_far(conn, shop, &line).await?;
        commission::rebuild(conn, order, &line, &refunded, draft, now).await?;
    }
    Ok(())
}
