//! What a supplier looks at: its goods and its lines of orders, without the buyers.

use crate::api::routes::Routes;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use kernel::id::{GoodsId, OrderId, OrderLineId, SkuId, SupplierId, SupplierPartId};
use kernel::page::Page;
use kernel::{BasisPoints, Fen};
use serde::Serialize;

use crate::api::auth_console::AnyOperator;
use crate::api::body::{PageQuery, PathId, QueryOf};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::goods::{of_supplier, query as goods};
use crate::areas::orders::entity::line;
use crate::areas::suppliers::entity::part;
use crate::areas::suppliers::query;
use crate::areas::suppliers::state::PartState;
use crate::flows::supplier_statements as flow;

pub(super) fn routes(config: &mut Routes) {
    config.service(supplier_goods).service(supplier_lines);
}

/// A supplier's part of an order line.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct SupplierLine {
    id: SupplierPartId,
    order_id: OrderId,
    line_id: OrderLineId,
    title: String,
    quantity: i64,
    refunded_quantity: i64,
    /// Unit price × quantity.
    goods_fen: Fen,
    /// What went back to the buyer.
    refunded_fen: Fen,
    /// What fee and commissions are reckoned from.
    base_fen: Fen,
    fee_bp: Option<BasisPoints>,
    /// A unit's settlement price, in place of a fee.
    settlement_price_fen: Option<Fen>,
    fee_fen: Fen,
    commission_fen: Fen,
    referral_fen: Fen,
    shipping_fen: Fen,
    /// What the supplier gets.
    amount_fen: Fen,
    /// What of it refunds took back.
    reversed_fen: Fen,
    state: PartState,
    paid_at: DateTime<Utc>,
    released_at: Option<DateTime<Utc>>,
}

impl SupplierLine {
    pub(super) fn new(line: &line::Model, part: &part::Model) -> Self {
        Self {
            id: part.id,
            order_id: part.order_id,
            line_id: part.line_id,
            title: line.title.clone(),
            quantity: line.quantity,
            refunded_quantity: line.refunded_quantity,
            goods_fen: line.goods_fen,
            refunded_fen: line.refunded_fen,
            base_fen: part.base_fen,
            fee_bp: part.fee_bp,
            settlement_price_fen: part.price_fen,
            fee_fen: part.fee_fen,
            commission_fen: part.commission_fen,
            referral_fen: part.referral_fen,
            shipping_fen: part.shipping_fen,
            amount_fen: part.amount_fen,
            reversed_fen: part.reversed_fen,
            state: part.state,
            paid_at: part.created_at,
            released_at: part.released_at,
        }
    }
}

/// A supplier's lines of paid orders, newest first, whatever became of them.
#[utoipa::path(
    tag = "suppliers", operation_id = "list_supplier_lines", security(("session" = [])),
    params(("id" = SupplierId, Path), PageQuery), responses((status = 200, body = ListView<SupplierLine>), Failures)
)]
#[get("/console/api/v1/suppliers/{id}/lines")]
async fn supplier_lines(
    app: web::Data<App>,
    who: AnyOperator,
    id: PathId<SupplierId>,
    asked: QueryOf<PageQuery>,
) -> Reply {
    who.sees(*id)?;
    query::by_id(app.db.reader(), who.shop().id, *id).await?;
    let rows = flow::parts_of(app.db.reader(), who.shop().id, *id, &asked.0.checked()?).await?;
    json(&ListView::from(rows.map(|(line, part)| SupplierLine::new(&line, &part))))
}

/// A supplier's goods, as far as they are its business.
#[derive(Serialize, utoipa::ToSchema)]
struct SupplierGoods {
    id: GoodsId,
    title: String,
    on_shelf: bool,
    skus: Vec<SupplierSku>,
}

/// A SKU of a supplier's goods.
#[derive(Serialize, utoipa::ToSchema)]
struct SupplierSku {
    id: SkuId,
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    specs: serde_json::Value,
    price_fen: Fen,
    settlement_price_fen: Option<Fen>,
    /// Units that can be sold; null is unlimited.
    stock: Option<i64>,
}

/// A supplier's goods, newest first.
#[utoipa::path(
    tag = "suppliers", operation_id = "list_supplier_goods", security(("session" = [])),
    params(("id" = SupplierId, Path), PageQuery), responses((status = 200, body = ListView<SupplierGoods>), Failures)
)]
#[get("/console/api/v1/suppliers/{id}/goods")]
async fn supplier_goods(
    app: web::Data<App>,
    who: AnyOperator,
    id: PathId<SupplierId>,
    asked: QueryOf<PageQuery>,
) -> Reply {
    who.sees(*id)?;
    let (conn, shop) = (app.db.reader(), who.shop().id);
    query::by_id(conn, shop, *id).await?;
    let rows = of_supplier::list(conn, shop, *id, &asked.0.checked()?).await?;
    let ids: Vec<GoodsId> = rows.items.iter().map(|row| row.id).collect();
    let mut skus = goods::skus_of(conn, shop, &ids).await?;
    let items = rows.items.into_iter().map(|row| SupplierGoods {
        skus: skus.remove(&row.id).unwrap_or_default().into_iter().map(SupplierSku::from).collect(),
        id: row.id,
        title: row.title,
        on_shelf: row.on_shelf,
    });
    json(&ListView::from(Page { items: items.collect(), next_cursor: rows.next_cursor }))
}

impl From<crate::areas::goods::entity::sku::Model> for SupplierSku {
    fn from(row: crate::areas::goods::entity::sku::Model) -> Self {
        Self {
            id: row.id,
            specs: row.specs,
            price_fen: row.price_fen,
            settlement_price_fen: row.settlement_price_fen,
            stock: row.free,
        }
    }
}
