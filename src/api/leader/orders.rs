//! The orders a leader serves. Members are shown masked: he needs to know them apart, not who they are.

use std::collections::HashMap;

use crate::api::routes::Routes;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use kernel::id::{MemberId, OrderId, OrderLineId, PickupPointId, ShopId, SkuId};
use kernel::page::Page;
use kernel::{Failure, Fen, mask};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use crate::api::auth::SignedInLeader;
use crate::api::body::{PathId, QueryOf, page_request};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::api::storefront::order_views::DeliveryAddressView;
use crate::app::App;
use crate::areas::members;
use crate::areas::members::entity::member;
use crate::areas::orders::by_leader;
use crate::areas::orders::entity::{line, order};
use crate::areas::orders::query::lines_of_all;
use crate::areas::orders::state::{FulfilmentKind, OrderStatus, RefundStatus};
use crate::flows::receipt;

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(detail);
}

/// Which orders are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OrdersQuery {
    /// Only those in this state; every paid one when left out.
    status: Option<OrderStatus>,
    /// Only those that wait at the pickup point longer than the shop allows, the longest first.
    overdue: Option<bool>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// A member, as far as his leader sees him.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct MaskedMember {
    /// The nickname with all but its first character hidden.
    nickname: String,
    /// The phone number with its middle hidden.
    phone: Option<String>,
}

impl MaskedMember {
    /// The members of these orders, masked.
    pub(in crate::api) async fn of_orders<'a>(
        conn: &impl ConnectionTrait,
        shop: ShopId,
        orders: impl IntoIterator<Item = &'a order::Model>,
    ) -> Result<HashMap<MemberId, MaskedMember>, Failure> {
        let ids: Vec<MemberId> = orders.into_iter().map(|order| order.member_id).collect();
        let members = members::query::by_ids(conn, shop, &ids).await?;
        Ok(members.into_iter().map(|member| (member.id, Self::from(member))).collect())
    }
}

impl From<member::Model> for MaskedMember {
    fn from(member: member::Model) -> Self {
        Self { nickname: mask::name(&member.nickname), phone: member.phone_mask }
    }
}

/// A line of an order.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::api) struct LeaderLineView {
    line_id: OrderLineId,
    sku_id: SkuId,
    title: String,
    #[schema(value_type = Object)]
    specs: serde_json::Value,
    picture: Option<String>,
    quantity: i64,
    /// Units that went back.
    refunded_quantity: i64,
    /// Units handed over.
    redeemed: i64,
    /// Units still to be handed over.
    remaining: i64,
    arrived_at: Option<DateTime<Utc>>,
    received_at: Option<DateTime<Utc>>,
}

impl From<&line::Model> for LeaderLineView {
    fn from(line: &line::Model) -> Self {
        Self {
            line_id: line.id,
            sku_id: line.sku_id,
            title: line.title.clone(),
            specs: line.specs.clone(),
            picture: line.picture.clone(),
            quantity: line.quantity,
            refunded_quantity: line.refunded_quantity,
            redeemed: line.redeemed,
            remaining: if line.received_at.is_some() { 0 } else { line.units_to_hand_over().max(0) },
            arrived_at: line.arrived_at,
            received_at: line.received_at,
        }
    }
}

/// An order, as its leader sees it.
#[derive(Serialize, utoipa::ToSchema)]
struct LeaderOrderView {
    id: OrderId,
    status: OrderStatus,
    fulfilment: FulfilmentKind,
    pickup_point_id: Option<PickupPointId>,
    member: Option<MaskedMember>,
    lines: Vec<LeaderLineView>,
    /// Goods before reductions.
    goods_fen: Fen,
    /// What the member paid.
    paid_fen: Fen,
    refunded_fen: Fen,
    refund_status: RefundStatus,
    remark: Option<String>,
    created_at: DateTime<Utc>,
    paid_at: Option<DateTime<Utc>>,
    arrived_at: Option<DateTime<Utc>>,
    received_at: Option<DateTime<Utc>>,
    /// Where he brings the goods: of an order he delivers, and only where one order is shown.
    address: Option<DeliveryAddressView>,
}

/// The leader's orders, newest first.
#[utoipa::path(
    tag = "leader", operation_id = "leader_orders", security(("bearer" = [])), params(OrdersQuery),
    responses((status = 200, body = ListView<LeaderOrderView>), Failures)
)]
#[get("/api/v1/leader/orders")]
async fn list(app: web::Data<App>, who: SignedInLeader, asked: QueryOf<OrdersQuery>) -> Reply {
    let OrdersQuery { status, overdue, limit, cursor } = asked.0;
    let page = page_request(limit, cursor)?;
    let (conn, shop) = (app.db.reader(), who.shop.id);
    let page = if overdue == Some(true) {
        let before = receipt::overdue_since(&who.shop.settings, app.clock.now());
        by_leader::overdue(conn, shop, Some(who.leader.id), before, &page).await?
    } else {
        by_leader::list(conn, shop, who.leader.id, status, &page).await?
    };
    let ids: Vec<OrderId> = page.items.iter().map(|order| order.id).collect();
    let lines = lines_of_all(conn, shop, &ids).await?;
    let members = MaskedMember::of_orders(conn, shop, &page.items).await?;
    let mut views = Vec::with_capacity(page.items.len());
    for order in &page.items {
        views.push(view(order, &lines, members.get(&order.member_id).cloned())?);
    }
    json(&ListView::from(Page { items: views, next_cursor: page.next_cursor }))
}

/// One of the leader's orders; of one that he delivers, with its address.
#[utoipa::path(
    tag = "leader", operation_id = "leader_order", security(("bearer" = [])), params(("id" = OrderId, Path)),
    responses((status = 200, body = LeaderOrderView), Failures)
)]
#[get("/api/v1/leader/orders/{id}")]
async fn detail(app: web::Data<App>, who: SignedInLeader, id: PathId<OrderId>) -> Reply {
    let (conn, shop) = (app.db.reader(), who.shop.id);
    let order = by_leader::by_id(conn, shop, who.leader.id, *id).await?;
    let lines = lines_of_all(conn, shop, &[order.id]).await?;
    let member = MaskedMember::of_orders(conn, shop, [&order]).await?.remove(&order.member_id);
    let mut view = view(&order, &lines, member)?;
    if order.fulfilment == FulfilmentKind::LeaderDelivery {
        view.address = DeliveryAddressView::of(&app.sealer, &order)?;
    }
    json(&view)
}

fn view(order: &order::Model, lines: &[line::Model], member: Option<MaskedMember>) -> Result<LeaderOrderView, Failure> {
    let own = lines.iter().filter(|line| line.order_id == order.id);
    Ok(LeaderOrderView {
        id: order.id,
        status: order.status,
        fulfilment: order.fulfilment,
        pickup_point_id: order.pickup_point_id,
        member,
        lines: own.map(LeaderLineView::from).collect(),
        goods_fen: order.goods_fen,
        paid_fen: if order.paid_at.is_some() { order.payable_fen.plus(order.balance_fen)? } else { Fen::ZERO },
        refunded_fen: order.refunded_fen,
        refund_status: order.refund_status,
        remark: order.remark.clone(),
        created_at: order.created_at,
        paid_at: order.paid_at,
        arrived_at: order.arrived_at,
        received_at: order.received_at,
        address: None,
    })
}
