//! Lists of goods by cursor: the shopper's, of what is on sale now, and the operator's, of all.

use kernel::Time;
use kernel::id::{CategoryId, GoodsId, PickupPointId, ShopId};
use kernel::page::{BadCursor, Page, PageRequest, decode_cursor, encode_cursor};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SimpleExpr};
use sea_orm::{Condition, Iterable, QueryOrder, QuerySelect, Select, entity::prelude::*};
use serde::{Deserialize, Serialize};

use super::entity::{goods, goods_region, goods_word};
use super::error::GoodsError;
use super::words::Asked;

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// As the operator placed them.
    #[default]
    Default,
    /// The newest first.
    Newest,
    /// The cheapest first.
    PriceAsc,
    /// The dearest first.
    PriceDesc,
}

impl std::str::FromStr for Sort {
    type Err = serde::de::value::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use serde::de::IntoDeserializer;
        Self::deserialize(text.into_deserializer())
    }
}

/// What a shopper's list asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// In one of these categories.
    pub categories: Option<Vec<CategoryId>>,
    /// Found under all of these words; an empty list finds nothing.
    pub words: Option<Vec<Asked>>,
    /// Sold at this pickup point; without one, what is sold everywhere.
    pub point: Option<PickupPointId>,
    /// Without what is for new buyers alone.
    pub without_new_buyer_goods: bool,
    /// In this order.
    pub sort: Sort,
}

/// What an operator's list asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Managed {
    /// In one of these categories.
    pub categories: Option<Vec<CategoryId>>,
    /// Found under all of these words.
    pub words: Option<Vec<Asked>>,
    /// On the shelf or off it.
    pub on_shelf: Option<bool>,
    /// Of this kind.
    pub kind: Option<kernel::ListingKind>,
}

/// What is on sale at `now`. The rows come without their `detail`.
pub async fn on_sale(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    wanted: &Wanted,
    page: &PageRequest,
    now: Time,
) -> Result<Page<goods::Model>, GoodsError> {
    let mut select = filtered(shop, wanted.categories.as_deref(), wanted.words.as_deref())
        .filter(goods::Column::OnShelf.eq(true))
        .filter(goods::Column::SaleFrom.is_null().or(goods::Column::SaleFrom.lte(now)))
        .filter(goods::Column::SaleUntil.is_null().or(goods::Column::SaleUntil.gt(now)))
        .filter(in_region(shop, wanted.point));
    if wanted.without_new_buyer_goods {
        select = select.filter(goods::Column::NewBuyerOnly.eq(false));
    }
    if wanted.words.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Page { items: Vec::new(), next_cursor: None });
    }
    paged(conn, select, wanted.sort, page).await
}

/// Goods of a shop, the newest first. The rows come without their `detail`.
pub async fn managed(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    wanted: &Managed,
    page: &PageRequest,
) -> Result<Page<goods::Model>, GoodsError> {
    let mut select = filtered(shop, wanted.categories.as_deref(), wanted.words.as_deref());
    if let Some(on_shelf) = wanted.on_shelf {
        select = select.filter(goods::Column::OnShelf.eq(on_shelf));
    }
    if let Some(kind) = wanted.kind {
        select = select.filter(goods::Column::Kind.eq(kind));
    }
    paged(conn, select, Sort::Newest, page).await
}

fn filtered(shop: ShopId, categories: Option<&[CategoryId]>, words: Option<&[Asked]>) -> Select<goods::Entity> {
    let mut select = goods::in_shop(shop).filter(goods::Column::DeletedAt.is_null());
    if let Some(categories) = categories {
        select = select.filter(goods::Column::CategoryId.is_in(categories.iter().copied()));
    }
    for word in words.unwrap_or_default() {
        select = select.filter(found_under(shop, word));
    }
    select
}

fn found_under(shop: ShopId, asked: &Asked) -> SimpleExpr {
    let found = Query::select()
        .column(goods_word::Column::GoodsId)
        .from(goods_word::Entity)
        .and_where(goods_word::Column::ShopId.eq(shop))
        .cond_where(match asked {
            Asked::Whole(word) => Condition::all().add(goods_word::Column::Word.eq(word)),
            // The column's order is that of code points, of which this is the last.
            Asked::Beginning(word) => Condition::all()
                .add(goods_word::Column::Word.gte(word))
                .add(goods_word::Column::Word.lt(format!("{word}\u{10FFFF}"))),
        })
        .to_owned();
    goods::Column::Id.in_subquery(found)
}

fn in_region(shop: ShopId, point: Option<PickupPointId>) -> SimpleExpr {
    let everywhere = goods::Column::RegionLimited.eq(false);
    let Some(point) = point else { return everywhere };
    let sold_here = Query::select()
        .column(goods_region::Column::GoodsId)
        .from(goods_region::Entity)
        .and_where(goods_region::Column::ShopId.eq(shop))
        .and_where(goods_region::Column::PickupPointId.eq(point))
        .to_owned();
    everywhere.or(goods::Column::Id.in_subquery(sold_here))
}

/// A cursor names the sort it belongs to, the last row's key in it, and the row.
type Cursor = (Sort, i64, GoodsId);

async fn paged(
    conn: &impl ConnectionTrait,
    mut select: Select<goods::Entity>,
    sort: Sort,
    page: &PageRequest,
) -> Result<Page<goods::Model>, GoodsError> {
    let (key, order) = match sort {
        Sort::Default => (Some(goods::Column::Position), Order::Asc),
        Sort::Newest => (None, Order::Desc),
        Sort::PriceAsc => (Some(goods::Column::PriceFromFen), Order::Asc),
        Sort::PriceDesc => (Some(goods::Column::PriceFromFen), Order::Desc),
    };
    if let Some(cursor) = &page.cursor {
        let (of, last, id): Cursor = decode_cursor(cursor)?;
        if of != sort {
            return Err(BadCursor.into());
        }
        select = select.filter(after(key, &order, last, id));
    }
    if let Some(key) = key {
        select = select.order_by(key, order.clone());
    }
    let rows = select
        .order_by(goods::Column::Id, order)
        .limit(page.limit + 1)
        .select_only()
        .columns(goods::Column::iter().filter(|column| !matches!(column, goods::Column::Detail)))
        // A page of descriptions may be a megabyte that no list shows.
        .expr_as(Expr::value(""), "detail")
        .into_model::<goods::Model>()
        .all(conn)
        .await?;
    Ok(Page::cut(rows, page.limit, |row| {
        let last = match sort {
            Sort::Default => i64::from(row.position),
            Sort::Newest => 0,
            Sort::PriceAsc | Sort::PriceDesc => row.price_from_fen.fen(),
        };
        encode_cursor(&(sort, last, row.id))
    }))
}

/// The rows after (`last`, `id`) in this order. The outer bound lets an index begin there.
fn after(key: Option<goods::Column>, order: &Order, last: i64, id: GoodsId) -> SimpleExpr {
    let descending = matches!(order, Order::Desc);
    let id = if descending { goods::Column::Id.lt(id) } else { goods::Column::Id.gt(id) };
    let Some(key) = key else { return id };
    let (from, beyond) = if descending { (key.lte(last), key.lt(last)) } else { (key.gte(last), key.gt(last)) };
    from.and(beyond.or(id))
}
