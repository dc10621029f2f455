//! What is on its way to the leader, and his signature for it.

use std::collections::{BTreeMap, HashSet};

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::Failure;
use kernel::checks::Checks;
use kernel::failure::Invalid;
use kernel::id::{DeliveryListId, LeaderId, OrderId, OrderLineId, ShopId, SkuId};
use kernel::page::Page;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use crate::api::auth::SignedInLeader;
use crate::api::body::{JsonBody, PathId, QueryOf, page_request};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::deliveries::entity::{delivery_line, list};
use crate::areas::deliveries::query;
use crate::areas::deliveries::state::ListState;
use crate::areas::orders::entity::line;
use crate::areas::orders::query::lines_of_all;
use crate::flows::deliver::{self, Signature};

/// No list has more lines.
const LINES_MAX: usize = 10_000;
/// More units than any list has.
const UNITS_MAX: i64 = 1_000_000;

pub(super) fn routes(config: &mut Routes) {
    config.service(deliveries).service(receive);
}

/// Which lists are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DeliveriesQuery {
    /// Only those in this state.
    state: Option<ListState>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// A delivery list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct DeliveryListView {
    id: DeliveryListId,
    leader_id: LeaderId,
    state: ListState,
    /// Orders paid until then are on it.
    until: DateTime<Utc>,
    created_at: DateTime<Utc>,
    departed_at: Option<DateTime<Utc>>,
    delivered_at: Option<DateTime<Utc>>,
    /// When the leader signed.
    received_at: Option<DateTime<Utc>>,
    /// What the leader noted.
    note: Option<String>,
    /// What travels, summed by SKU: for picking and for counting on arrival.
    skus: Vec<DeliverySkuView>,
    /// What travels, by order and line: for handing over.
    lines: Vec<DeliveryLineView>,
}

/// All units of one SKU on a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct DeliverySkuView {
    sku_id: SkuId,
    title: String,
    #[schema(value_type = Object)]
    specs: serde_json::Value,
    /// Units on the list.
    quantity: i64,
    /// Units of these refunded since the list was gathered or printed: a difference.
    refunded_since: i64,
    /// Units that did not arrive.
    short: i64,
}

/// One order line on a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct DeliveryLineView {
    line_id: OrderLineId,
    order_id: OrderId,
    sku_id: SkuId,
    title: String,
    #[schema(value_type = Object)]
    specs: serde_json::Value,
    quantity: i64,
    refunded_since: i64,
    short: i64,
}

impl DeliveryListView {
    /// Lists with what is on them.
    pub(in crate::api) async fn of(
        conn: &impl ConnectionTrait,
        shop: ShopId,
        lists: &[list::Model],
    ) -> Result<Vec<Self>, Failure> {
        let ids: Vec<DeliveryListId> = lists.iter().map(|list| list.id).collect();
        let rows = query::lines_of(conn, shop, &ids).await?;
        let orders: HashSet<OrderId> = rows.iter().map(|row| row.order_id).collect();
        let orders: Vec<OrderId> = orders.into_iter().collect();
        let known = lines_of_all(conn, shop, &orders).await?;
        let known: BTreeMap<OrderLineId, &line::Model> = known.iter().map(|line| (line.id, line)).collect();
        Ok(lists.iter().map(|list| Self::one(list, &rows, &known)).collect())
    }

    fn one(list: &list::Model, rows: &[delivery_line::Model], known: &BTreeMap<OrderLineId, &line::Model>) -> Self {
        let own = rows.iter().filter(|row| row.list_id == list.id);
        let lines: Vec<DeliveryLineView> =
            own.filter_map(|row| Some(line_view(row, known.get(&row.line_id)?))).collect();
        Self {
            id: list.id,
            leader_id: list.leader_id,
            state: list.state,
            until: list.until,
            created_at: list.created_at,
            departed_at: list.departed_at,
            delivered_at: list.delivered_at,
            received_at: list.received_at,
            note: list.note.clone(),
            skus: by_sku(&lines),
            lines,
        }
    }
}

fn line_view(row: &delivery_line::Model, line: &line::Model) -> DeliveryLineView {
    DeliveryLineView {
        line_id: row.line_id,
        order_id: row.order_id,
        sku_id: row.sku_id,
        title: line.title.clone(),
        specs: line.specs.clone(),
        quantity: row.quantity,
        refunded_since: (row.quantity - line.units_left()).max(0),
        short: row.short,
    }
}

fn by_sku(lines: &[DeliveryLineView]) -> Vec<DeliverySkuView> {
    let mut sums: BTreeMap<SkuId, DeliverySkuView> = BTreeMap::new();
    for line in lines {
        let sum = sums.entry(line.sku_id).or_insert_with(|| DeliverySkuView {
            sku_id: line.sku_id,
            title: line.title.clone(),
            specs: line.specs.clone(),
            quantity: 0,
            refunded_since: 0,
            short: 0,
        });
        sum.quantity += line.quantity;
        sum.refunded_since += line.refunded_since;
        sum.short += line.short;
    }
    sums.into_values().collect()
}

/// The leader's delivery lists, newest first, each with what is on it.
#[utoipa::path(
    tag = "leader", operation_id = "leader_deliveries", security(("bearer" = [])), params(DeliveriesQuery),
    responses((status = 200, body = ListView<DeliveryListView>), Failures)
)]
#[get("/api/v1/leader/deliveries")]
async fn deliveries(app: web::Data<App>, who: SignedInLeader, asked: QueryOf<DeliveriesQuery>) -> Reply {
    let DeliveriesQuery { state, limit, cursor } = asked.0;
    let page = page_request(limit, cursor)?;
    let (conn, shop) = (app.db.reader(), who.shop.id);
    let page = query::list(conn, shop, Some(who.leader.id), state, &page).await?;
    let items = DeliveryListView::of(conn, shop, &page.items).await?;
    json(&ListView::from(Page { items, next_cursor: page.next_cursor }))
}

/// What a leader signs for.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SignFor {
    /// Lines of which units are missing; the others are complete.
    #[schema(max_items = 10_000)]
    lines: Option<Vec<ShortLine>>,
    /// For the operator.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// Units of a line that did not arrive.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ShortLine {
    line_id: OrderLineId,
    #[schema(minimum = 0, maximum = 1_000_000)]
    short: i64,
}

/// A list, signed for.
#[derive(Serialize, utoipa::ToSchema)]
struct SignedForView {
    id: DeliveryListId,
    state: ListState,
    delivered_at: Option<DateTime<Utc>>,
    received_at: Option<DateTime<Utc>>,
    note: Option<String>,
}

fn signed(list: &list::Model) -> SignedForView {
    SignedForView {
        id: list.id,
        state: list.state,
        delivered_at: list.delivered_at,
        received_at: list.received_at,
        note: list.note.clone(),
    }
}

/// Signs for a delivery list: its orders have arrived, but for the lines named short.
#[utoipa::path(
    tag = "leader", operation_id = "receive_delivery", security(("bearer" = [])), request_body = SignFor,
    params(
        ("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")
    ),
    responses((status = 200, body = SignedForView), Failures)
)]
#[post("/api/v1/leader/deliveries/{id}/receive")]
async fn receive(
    app: web::Data<App>,
    who: SignedInLeader,
    id: PathId<DeliveryListId>,
    key: IdempotencyKey,
    body: JsonBody<SignFor>,
) -> Reply {
    let signature = checked(body.value)?;
    let work = async |once: &_| deliver::receive(&app, &who.shop, who.leader.id, *id, &signature, once).await;
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::OK, signed, work).await
}

fn checked(body: SignFor) -> Result<Signature, Invalid> {
    let lines = body.lines.unwrap_or_default();
    let mut checks = Checks::default();
    checks.count("lines", lines.len(), LINES_MAX);
    if let Some(note) = &body.note {
        checks.text("note", note, 0, 500);
    }
    let mut seen = HashSet::new();
    for (place, line) in lines.iter().enumerate() {
        checks.range(format!("lines[{place}].short"), line.short, 0, UNITS_MAX);
        checks.need(seen.insert(line.line_id), format!("lines[{place}].line_id"), "invalid", "named twice");
    }
    checks.done()?;
    Ok(Signature { short: lines.into_iter().map(|line| (line.line_id, line.short)).collect(), note: body.note })
}
