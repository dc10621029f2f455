//! Reading lines, and saying which are to be told.

use std::collections::HashMap;

use kernel::Time;
use kernel::id::{ShopId, SkuId, StoreId, StoreSkuId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{Condition, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::line::{Column, Entity, Model, RANK_CHANGED, RANK_COMPARED, in_store};
use super::state::LineState;
use super::{ChannelError, PushRule};

/// Ids in one `IN (…)`. Both databases bound the parameters of a statement.
const IDS_MAX: usize = 1000;

/// One line of a store.
///
/// # Errors
/// [`ChannelError::LineNotFound`].
pub async fn one(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    id: StoreSkuId,
) -> Result<Model, ChannelError> {
    let row = in_store(shop, store).filter(Column::Id.eq(id)).one(conn).await?;
    row.ok_or(ChannelError::LineNotFound(id))
}

/// What a store is to be told now: changes before what a comparison found, and of each what waited longest.
pub async fn due(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    now: Time,
    most: u64,
) -> Result<Vec<Model>, ChannelError> {
    let rows = in_store(shop, store).filter(Column::PushAt.lte(now));
    let rows = rows.order_by_asc(Column::PushRank).order_by_asc(Column::PushAt).limit(most);
    Ok(rows.all(conn).await?)
}

/// A page of a store's lines that sell a SKU of ours, by id.
pub async fn tied(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    after: Option<StoreSkuId>,
    most: u64,
) -> Result<Vec<Model>, ChannelError> {
    let mut rows = in_store(shop, store).filter(Column::SkuId.is_not_null());
    if let Some(after) = after {
        rows = rows.filter(Column::Id.gt(after));
    }
    Ok(rows.order_by_asc(Column::Id).limit(most).all(conn).await?)
}

/// The lines of some items.
pub async fn of_items(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    items: &[String],
) -> Result<Vec<Model>, ChannelError> {
    let mut rows = Vec::new();
    for some in items.chunks(IDS_MAX) {
        let found = in_store(shop, store).filter(Column::ExternalItemId.is_in(some.iter().map(String::as_str)));
        rows.extend(found.all(conn).await?);
    }
    Ok(rows)
}

/// The lines that a platform's message about stock speaks of: all of an item, or the one whose stock it names.
pub async fn named(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    named: &[String],
) -> Result<Vec<Model>, ChannelError> {
    let mut rows = Vec::new();
    for some in named.chunks(IDS_MAX) {
        let these = || some.iter().map(String::as_str);
        let named = Column::ExternalItemId.is_in(these()).or(Column::StockId.is_in(these()));
        rows.extend(in_store(shop, store).filter(named).all(conn).await?);
    }
    Ok(rows)
}

/// Where each of these SKUs is shown, and how much of it.
pub async fn of_skus(conn: &impl ConnectionTrait, shop: ShopId, skus: &[SkuId]) -> Result<Vec<Model>, ChannelError> {
    let mut rows = Vec::new();
    for some in skus.chunks(IDS_MAX) {
        let found = Entity::find().filter(Column::ShopId.eq(shop)).filter(Column::SkuId.is_in(some.iter().copied()));
        rows.extend(found.order_by_asc(Column::Id).all(conn).await?);
    }
    Ok(rows)
}

/// Lines with these ids, of any store.
pub async fn by_ids(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[StoreSkuId],
) -> Result<HashMap<StoreSkuId, Model>, ChannelError> {
    let mut rows = HashMap::new();
    for some in ids.chunks(IDS_MAX) {
        let found = Entity::find().filter(Column::ShopId.eq(shop)).filter(Column::Id.is_in(some.iter().copied()));
        rows.extend(found.all(conn).await?.into_iter().map(|row| (row.id, row)));
    }
    Ok(rows)
}

/// A store's lines that sell a SKU of ours, oldest first; only those in one state, if asked for.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    state: Option<LineState>,
    page: &PageRequest,
) -> Result<Page<Model>, ChannelError> {
    let mut rows = in_store(shop, store).filter(Column::SkuId.is_not_null()).order_by_asc(Column::Id);
    if let Some(state) = state {
        rows = rows.filter(Column::StockState.eq(state));
    }
    if let Some(cursor) = &page.cursor {
        rows = rows.filter(Column::Id.gt(decode_cursor::<StoreSkuId>(cursor)?));
    }
    let rows = rows.limit(page.limit + 1).all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row: &Model| encode_cursor(&row.id)))
}

/// Units of each SKU that stores were seen to have sold and that no order has told us of.
pub async fn unpulled(
    conn: &impl ConnectionTrait,
    skus: &[SkuId],
    now: Time,
) -> Result<HashMap<SkuId, i64>, ChannelError> {
    let mut units: HashMap<SkuId, i64> = HashMap::new();
    for some in skus.chunks(IDS_MAX) {
        let rows: Vec<(SkuId, i64)> = Entity::find()
            .select_only()
            .column(Column::SkuId)
            .column(Column::Unpulled)
            .filter(Column::SkuId.is_in(some.iter().copied()))
            .filter(Column::Unpulled.gt(0))
            .filter(Column::UnpulledUntil.gt(now))
            .into_tuple()
            .all(conn)
            .await?;
        for (sku, sold) in rows {
            *units.entry(sku).or_default() += sold;
        }
    }
    Ok(units)
}

/// The stock of these SKUs changed: every store that lists one is told at `at`, together with what else
/// changes until then, and before what comparisons found. Says how many lines that concerns.
///
/// What waits already is not put off. A refused line keeps its pause, and one given up its peace.
pub async fn mark(conn: &impl ConnectionTrait, skus: &[SkuId], at: Time) -> Result<u64, ChannelError> {
    let mut marked = 0;
    for some in skus.chunks(IDS_MAX) {
        let pauses = Column::StockState.eq(LineState::Refused).and(Column::Sent.is_null());
        let sooner = Condition::any().add(Column::PushAt.is_null()).add(Column::PushAt.gt(at).and(pauses.not()));
        let push_at = Expr::case(sooner, Expr::value(at)).finally(Expr::col(Column::PushAt));
        let update = Entity::update_many()
            .col_expr(Column::PushAt, push_at.into())
            .col_expr(Column::PushRank, Expr::value(RANK_CHANGED))
            .col_expr(Column::PushMarks, Expr::col(Column::PushMarks).add(1))
            .filter(Column::SkuId.is_in(some.iter().copied()))
            .filter(Column::StockState.ne(LineState::Dead));
        marked += update.exec(conn).await?.rows_affected;
    }
    Ok(marked)
}

/// These lines, which comparisons found, are told at `at`, unless they wait already.
pub async fn mark_lines(conn: &impl ConnectionTrait, ids: &[StoreSkuId], at: Time) -> Result<(), ChannelError> {
    for some in ids.chunks(IDS_MAX) {
        Entity::update_many()
            .col_expr(Column::PushAt, Expr::value(at))
            .col_expr(Column::PushRank, Expr::value(RANK_COMPARED))
            .filter(Column::Id.is_in(some.iter().copied()))
            .filter(Column::StockState.ne(LineState::Dead))
            .filter(Column::PushAt.is_null())
            .exec(conn)
            .await?;
    }
    Ok(())
}

/// Gives a line a rule of its own, or with `None` the store's again; it is told at once.
pub async fn set_rule(
    conn: &impl ConnectionTrait,
    row: &Model,
    rule: Option<&PushRule>,
    now: Time,
) -> Result<(), ChannelError> {
    Entity::update_many()
        .col_expr(Column::StockRule, Expr::value(rule.map(PushRule::stored)))
        .col_expr(Column::PushAt, Expr::value(row.sku_id.map(|_| now)))
        .col_expr(Column::PushRank, Expr::value(RANK_CHANGED))
        .col_expr(Column::PushMarks, Expr::col(Column::PushMarks).add(1))
        .filter(Column::Id.eq(row.id))
        .exec(conn)
        .await?;
    Ok(())
}

/// Lines that were refused or given up are told again at once: all of a store's, or those named. Says how
/// many.
pub async fn replay(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    store: StoreId,
    named: Option<&[StoreSkuId]>,
    now: Time,
) -> Result<u64, ChannelError> {
    let mut update = Entity::update_many()
        .col_expr(Column::StockState, Expr::value(LineState::Refused))
        .col_expr(Column::PushAttempts, Expr::value(0))
        .col_expr(Column::PushAt, Expr::value(now))
        .filter(Column::ShopId.eq(shop))
        .filter(Column::StoreId.eq(store))
        .filter(Column::StockState.is_in([LineState::Refused, LineState::Dead]));
    if let Some(named) = named {
        update = update.filter(Column::Id.is_in(named.iter().copied()));
    }
    Ok(update.exec(conn).await?.rows_affected)
}

impl Model {
    /// The rule that holds for the line where its store's is `of_store`.
    ///
    /// # Errors
    /// [`ChannelError::Unreadable`].
    pub fn rule(&self, of_store: PushRule) -> Result<PushRule, ChannelError> {
        self.stock_rule.as_ref().map_or(Ok(of_store), PushRule::read)
    }

    /// Whether the store shows `wanted` for all that is known: it was told so and has sold nothing since.
    pub fn shows(&self, wanted: i64) -> bool {
        self.sent.is_none() && self.told == Some(wanted) && self.sold_since == 0
    }

    /// Whether nothing is being told, or to be told.
    pub fn is_settled(&self) -> bool {
        self.push_at.is_none() && self.sent.is_none()
    }
}
