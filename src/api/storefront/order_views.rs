//! How orders are shown.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use kernel::id::{CheckoutId, GoodsId, LeaderId, MemberId, OrderId, OrderLineId, PickupPointId, SkuId};
use kernel::{Fen, Time};
use serde::Serialize;

use crate::app::App;
use crate::areas::members::addresses::{Contact, contact_of};
use crate::areas::members::error::MemberError;
use crate::areas::orders::entity::{event, line, order};
use crate::areas::orders::money;
use crate::areas::orders::state::{ClosedReason, FulfilmentKind, OrderStatus, RefundStatus};
use crate::areas::shops::query::Shop;
use crate::flows::checkout::Placed;
use crate::platform::seal::Sealer;

/// An order.
#[derive(Serialize, utoipa::ToSchema)]
#[allow(missing_docs, reason = "amounts and times are named by what they are")]
pub struct OrderView {
    pub id: OrderId,
    pub status: OrderStatus,
    pub closed_reason: Option<ClosedReason>,
    pub member_id: MemberId,
    /// The checkout it was placed with, where several orders may be paid at once.
    pub checkout_id: Option<CheckoutId>,
    pub fulfilment: FulfilmentView,
    pub lines: Vec<OrderLineView>,
    pub goods_fen: Fen,
    pub spend_and_save_fen: Fen,
    pub coupon_fen: Fen,
    pub points_used: i64,
    pub points_fen: Fen,
    pub shipping_fen: Fen,
    pub packing_fen: Fen,
    pub balance_fen: Fen,
    /// What WeChat Pay collects.
    pub payable_fen: Fen,
    pub refunded_fen: Fen,
    pub refund_status: RefundStatus,
    pub remark: Option<String>,
    /// Until when it can be paid.
    pub expires_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub paid_at: Option<DateTime<Utc>>,
    pub shipped_at: Option<DateTime<Utc>>,
    pub arrived_at: Option<DateTime<Utc>>,
    pub received_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    /// What the member may do next: `pay`, `cancel`, `pickup_code`, `confirm_receipt`, `after_sale`.
    pub actions: Vec<String>,
    /// Where the goods go; null where several orders are shown, and for a pickup.
    pub address: Option<DeliveryAddressView>,
    /// What happened, oldest first; only where one order is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Vec<TimelineView>>,
}

/// How and where the goods are handed over.
#[derive(Serialize, utoipa::ToSchema)]
#[allow(missing_docs, reason = "the fields are named by what they are")]
pub struct FulfilmentView {
    pub kind: FulfilmentKind,
    pub pickup_point_id: Option<PickupPointId>,
    pub leader_id: Option<LeaderId>,
}

/// Who receives the goods, and where.
#[derive(Serialize, utoipa::ToSchema)]
#[allow(missing_docs, reason = "the fields are named by what they are")]
pub struct DeliveryAddressView {
    pub name: String,
    pub phone: String,
    pub province: String,
    pub city: String,
    pub district: String,
    pub detail: String,
}

impl DeliveryAddressView {
    /// The address of an order, opened; pickup orders have none.
    pub fn of(sealer: &Sealer, order: &order::Model) -> Result<Option<Self>, MemberError> {
        let Some(snapshot) = &order.address else { return Ok(None) };
        let Contact { name, phone, detail } = contact_of(sealer, snapshot)?;
        let text = |field: &str| snapshot.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let (province, city, district) = (text("province"), text("city"), text("district"));
        Ok(Some(Self { name, phone, province, city, district, detail }))
    }
}

/// A line of an order.
#[derive(Serialize, utoipa::ToSchema)]
#[allow(missing_docs, reason = "amounts and times are named by what they are")]
pub struct OrderLineView {
    pub id: OrderLineId,
    pub goods_id: GoodsId,
    pub sku_id: SkuId,
    pub title: String,
    #[schema(value_type = Object)]
    pub specs: serde_json::Value,
    pub picture: Option<String>,
    pub expected_pickup: Option<String>,
    pub unit_price_fen: Fen,
    pub quantity: i64,
    pub goods_fen: Fen,
    pub spend_and_save_fen: Fen,
    pub coupon_fen: Fen,
    pub points_fen: Fen,
    pub shipping_fen: Fen,
    pub packing_fen: Fen,
    pub paid_fen: Fen,
    pub redeemed_quantity: i64,
    pub refunded_quantity: i64,
    pub refunded_fen: Fen,
    pub shipped_at: Option<DateTime<Utc>>,
    pub arrived_at: Option<DateTime<Utc>>,
    pub received_at: Option<DateTime<Utc>>,
    /// Until when an after-sale ticket may be opened.
    pub after_sale_until: Option<DateTime<Utc>>,
    pub carrier: Option<String>,
    pub tracking_no: Option<String>,
}

/// An entry of the timeline.
#[derive(Serialize, utoipa::ToSchema)]
#[allow(missing_docs, reason = "the fields are named by what they are")]
pub struct TimelineView {
    pub event: String,
    pub status: OrderStatus,
    /// `member`, `leader`, `operator`, `wechat` or `system`; in the console with its id after a colon.
    pub actor: String,
    pub note: Option<String>,
    pub at: DateTime<Utc>,
}

impl OrderView {
    /// An order just placed.
    pub fn placed(placed: &Placed, moment: &Moment) -> Self {
        Self::new(&placed.order, &placed.lines, moment)
    }

    /// An order with its lines.
    pub fn new(order: &order::Model, lines: &[line::Model], moment: &Moment) -> Self {
        let own = || lines.iter().filter(|line| line.order_id == order.id);
        Self {
            id: order.id,
            status: order.status,
            closed_reason: order.closed_reason,
            member_id: order.member_id,
            checkout_id: order.checkout_id,
            fulfilment: FulfilmentView {
                kind: order.fulfilment,
                pickup_point_id: order.pickup_point_id,
                leader_id: order.leader_id,
            },
            lines: own().map(OrderLineView::new).collect(),
            goods_fen: order.goods_fen,
            spend_and_save_fen: order.spend_and_save_fen,
            coupon_fen: order.coupon_fen,
            points_used: order.points_used,
            points_fen: order.points_fen,
            shipping_fen: order.shipping_fen,
            packing_fen: order.packing_fen,
            balance_fen: order.balance_fen,
            payable_fen: order.payable_fen,
            refunded_fen: order.refunded_fen,
            refund_status: order.refund_status,
            remark: order.remark.clone(),
            expires_at: order.expires_at,
            created_at: order.created_at,
            paid_at: order.paid_at,
            shipped_at: order.shipped_at,
            arrived_at: order.arrived_at,
            received_at: order.received_at,
            completed_at: order.completed_at,
            closed_at: order.closed_at,
            actions: moment.actions(order, own).into_iter().map(str::to_owned).collect(),
            address: None,
            timeline: None,
        }
    }

    /// The same with its timeline, every actor named in full: for the console alone.
    pub fn with_full_timeline(mut self, events: &[event::Model]) -> Self {
        let full = |event: &event::Model| TimelineView { actor: event.actor.clone(), ..TimelineView::new(event) };
        self.timeline = Some(events.iter().map(full).collect());
        self
    }

    /// The same with the address the goods go to: for the member himself and the console, never in
    /// lists nor in answers that are kept.
    pub fn with_address(mut self, address: Option<DeliveryAddressView>) -> Self {
        self.address = address;
        self
    }

    /// The same with its timeline.
    pub fn with_timeline(mut self, events: &[event::Model]) -> Self {
        self.timeline = Some(events.iter().map(TimelineView::new).collect());
        self
    }
}

/// When an order is looked at, and by which settings: what decides which actions are offered.
#[derive(Clone)]
pub struct Moment {
    shop: Arc<Shop>,
    now: Time,
}

impl Moment {
    /// Now, in this shop.
    pub fn now(app: &App, shop: &Arc<Shop>) -> Self {
        Self { shop: Arc::clone(shop), now: app.clock.now() }
    }

    /// What the member may do next, without what would be refused.
    fn actions<'a, L>(&self, order: &order::Model, lines: impl Fn() -> L) -> Vec<&'static str>
    where
        L: Iterator<Item = &'a line::Model>,
    {
        let pickup = order.fulfilment != FulfilmentKind::Express;
        let kept = |line: &line::Model| line.refunded_quantity < line.quantity;
        let sent = lines().any(|line| line.shipped_at.is_some() || line.redeemed > 0);
        let cancels = self.shop.settings.member_cancel_paid && !sent && lines().any(kept);
        let claims = lines().any(|line| kept(line) && self.window_is_open(line));
        let offered: &[(&'static str, bool)] = match order.status {
            OrderStatus::PendingPayment => &[("pay", self.now < order.expires_at), ("cancel", true)],
            OrderStatus::Paid => &[("cancel", cancels), ("pickup_code", pickup), ("after_sale", claims)],
            OrderStatus::Shipped if pickup => &[("pickup_code", true), ("after_sale", claims)],
            OrderStatus::Shipped => &[("confirm_receipt", true), ("after_sale", claims)],
            OrderStatus::Arrived => &[("pickup_code", true), ("confirm_receipt", true), ("after_sale", claims)],
            OrderStatus::Received => &[("after_sale", claims)],
            OrderStatus::AwaitingGroup | OrderStatus::Completed | OrderStatus::Closed => &[],
        };
        offered.iter().filter(|(_, may)| *may).map(|(action, _)| *action).collect()
    }

    /// Whether an after-sale ticket may still be opened on a line.
    fn window_is_open(&self, line: &line::Model) -> bool {
        line.settled_at.is_none() && line.after_sale_until.is_none_or(|until| self.now < until)
    }
}

impl OrderLineView {
    fn new(line: &line::Model) -> Self {
        Self {
            id: line.id,
            goods_id: line.goods_id,
            sku_id: line.sku_id,
            title: line.title.clone(),
            specs: line.specs.clone(),
            picture: line.picture.clone(),
            expected_pickup: line.expected_pickup.clone(),
            unit_price_fen: line.unit_price_fen,
            quantity: line.quantity,
            goods_fen: line.goods_fen,
            spend_and_save_fen: line.spend_and_save_fen,
            coupon_fen: line.coupon_fen,
            points_fen: line.points_fen,
            shipping_fen: line.shipping_fen,
            packing_fen: line.packing_fen,
            // The stored parts were summed once when the order was placed.
            paid_fen: money::paid(line).unwrap_or_default(),
            redeemed_quantity: line.redeemed,
            refunded_quantity: line.refunded_quantity,
            refunded_fen: line.refunded_fen,
            shipped_at: line.shipped_at,
            arrived_at: line.arrived_at,
            received_at: line.received_at,
            after_sale_until: line.after_sale_until,
            carrier: line.carrier.clone(),
            tracking_no: line.tracking_no.clone(),
        }
    }
}

impl TimelineView {
    fn new(event: &event::Model) -> Self {
        Self {
            event: event.event.clone(),
            status: event.to_status,
            // Whose id it was is for the console alone.
            actor: event.actor.split(':').next().unwrap_or_default().to_owned(),
            note: event.note.clone(),
            at: event.at,
        }
    }
}
