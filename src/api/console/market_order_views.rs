//! How orders of stores are shown. Of the receiver lists show masks alone.

use chrono::{DateTime, Utc};
use kernel::id::{MarketOrderEventId, MarketOrderId, MarketOrderLineId, MarketShipmentId, OperatorId, SkuId, StoreId};
use serde::Serialize;
use serde_json::Value;

use crate::areas::market_orders::entity::{event, line, order, shipment};
use crate::areas::market_orders::rules::Units;
use crate::areas::market_orders::state::{
    EndedBy, EventKind, LineMatch, OrderState, Oversold, RemoteState, ShipmentState,
};
use crate::flows::market_orders::{ReceiverShown, Whole};

/// An order of a store.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MarketOrderView {
    pub id: MarketOrderId,
    pub store_id: StoreId,
    /// The platform's number.
    pub external_id: String,
    /// For accounts that gather orders of many stores: where it came from.
    #[schema(required)]
    pub origin: Option<String>,
    /// How far we are with it.
    pub state: OrderState,
    /// Where it stands at the platform.
    pub remote_state: RemoteState,
    /// The same in the platform's own words.
    pub wire_state: String,
    /// The platform holds it back: it cannot be confirmed or sent.
    pub held: bool,
    /// A refund is under way: it cannot be confirmed or sent.
    pub refunding: bool,
    /// Who cancelled it.
    #[schema(required)]
    pub ended_by: Option<EndedBy>,
    /// What the buyer pays there. The platform settles it: nothing of it is in the shop's books.
    pub total: AmountView,
    /// Of it for shipping.
    #[schema(required)]
    pub shipping: Option<AmountView>,
    #[schema(required)]
    pub buyer_note: Option<String>,
    /// An operator's note.
    #[schema(required)]
    pub note: Option<String>,
    pub receiver: ReceiverShown,
    /// When it must have been sent.
    #[schema(required)]
    pub ship_before: Option<DateTime<Utc>>,
    #[schema(required)]
    pub placed_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub paid_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub modified_at: Option<DateTime<Utc>>,
    pub read_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// An amount in minor units of its currency.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AmountView {
    /// Fen for CNY.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
}

impl From<&order::Model> for MarketOrderView {
    fn from(row: &order::Model) -> Self {
        let amount = |minor: i64| AmountView { amount_minor: minor, currency: row.currency.clone() };
        Self {
            id: row.id,
            store_id: row.store_id,
            external_id: row.external_id.clone(),
            origin: row.origin.clone(),
            state: row.state,
            remote_state: row.remote_state,
            wire_state: row.wire_state.clone(),
            held: row.held,
            refunding: row.refunding,
            ended_by: row.ended_by,
            total: amount(row.total_minor),
            shipping: row.shipping_minor.map(amount),
            buyer_note: row.buyer_note.clone(),
            note: row.note.clone(),
            receiver: serde_json::from_value(row.receiver.clone()).unwrap_or_default(),
            ship_before: row.ship_before,
            placed_at: row.placed_at,
            paid_at: row.paid_at,
            modified_at: row.modified_at,
            read_at: row.read_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// One line of it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MarketOrderLineView {
    pub id: MarketOrderLineId,
    #[schema(required)]
    pub external_item_id: Option<String>,
    #[schema(required)]
    pub external_sku_id: Option<String>,
    /// The merchant's own code.
    #[schema(required)]
    pub sku_code: Option<String>,
    pub title: String,
    #[schema(required)]
    pub spec: Option<String>,
    pub quantity: i64,
    #[schema(required)]
    pub unit_minor: Option<i64>,
    #[schema(required)]
    pub paid_minor: Option<i64>,
    #[schema(required)]
    pub remote_state: Option<RemoteState>,
    /// The SKU of ours that it sells; null as long as nothing matches.
    #[schema(required)]
    pub sku_id: Option<SkuId>,
    #[schema(required)]
    pub matched_by: Option<LineMatch>,
    /// Units it took from the pool, in all.
    pub taken: i64,
    /// Units of these that went back.
    pub given_back: i64,
    /// Units it lacks.
    pub missing: i64,
    /// Units sent.
    pub shipped: i64,
    /// The SKU is not counted: nothing has to be taken.
    pub unlimited: bool,
    /// What becomes of the units that it lacks.
    #[schema(required)]
    pub shortage: Option<Oversold>,
}

impl From<&line::Model> for MarketOrderLineView {
    fn from(row: &line::Model) -> Self {
        Self {
            id: row.id,
            external_item_id: row.external_item_id.clone(),
            external_sku_id: row.external_sku_id.clone(),
            sku_code: row.sku_code.clone(),
            title: row.title.clone(),
            spec: row.spec.clone(),
            quantity: row.quantity,
            unit_minor: row.unit_minor,
            paid_minor: row.paid_minor,
            remote_state: row.remote_state,
            sku_id: row.sku_id,
            matched_by: row.matched_by,
            taken: row.taken,
            given_back: row.given_back,
            missing: Units::of(row).missing(),
            shipped: row.shipped,
            unlimited: row.unlimited,
            shortage: row.shortage,
        }
    }
}

/// A parcel.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MarketShipmentView {
    pub id: MarketShipmentId,
    /// The carrier in the platform's words.
    pub carrier: String,
    pub tracking_no: String,
    /// `pending` until the platform has heard of it; `told`; `refused`: look at `error`, then replay its
    /// effect or correct the parcel; `here_only`: the platform is not told.
    pub state: ShipmentState,
    /// What is in it: the platform's ids of the lines, and pieces.
    #[schema(value_type = Vec<Object>)]
    pub lines: Value,
    /// Whether it completes the order.
    pub completes: bool,
    /// The parcel it corrects.
    #[schema(required)]
    pub corrects: Option<MarketShipmentId>,
    #[schema(required)]
    pub error: Option<String>,
    pub operator_id: OperatorId,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<&shipment::Model> for MarketShipmentView {
    fn from(row: &shipment::Model) -> Self {
        Self {
            id: row.id,
            carrier: row.carrier_name.clone(),
            tracking_no: row.tracking_no.clone(),
            state: row.state,
            lines: row.lines.clone(),
            completes: row.completes,
            corrects: row.corrects,
            error: row.error.clone(),
            operator_id: row.operator_id,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// One entry of an order's timeline.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MarketOrderEventView {
    pub id: MarketOrderEventId,
    pub kind: EventKind,
    /// `platform`, `system` or `operator:opr_…`.
    pub actor: String,
    #[schema(value_type = Object)]
    pub detail: Value,
    pub at: DateTime<Utc>,
}

impl From<&event::Model> for MarketOrderEventView {
    fn from(row: &event::Model) -> Self {
        Self { id: row.id, kind: row.kind, actor: row.actor.clone(), detail: row.detail.clone(), at: row.at }
    }
}

/// An order with all that belongs to it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MarketOrderDetail {
    #[serde(flatten)]
    pub order: MarketOrderView,
    pub lines: Vec<MarketOrderLineView>,
    /// Parcels that were sent here.
    pub shipments: Vec<MarketShipmentView>,
    /// Parcels that the platform names, ours among them.
    #[schema(value_type = Vec<Object>)]
    pub parcels: Value,
    /// Oldest first.
    pub events: Vec<MarketOrderEventView>,
}

impl From<&Whole> for MarketOrderDetail {
    fn from(whole: &Whole) -> Self {
        Self {
            order: (&whole.order).into(),
            lines: whole.lines.iter().map(MarketOrderLineView::from).collect(),
            shipments: whole.shipments.iter().map(MarketShipmentView::from).collect(),
            parcels: whole.order.parcels.clone(),
            events: whole.events.iter().map(MarketOrderEventView::from).collect(),
        }
    }
}
