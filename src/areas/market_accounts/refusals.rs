//! Every refusal of a run, with the goods it concerns; the run itself keeps the counts.

use kernel::Time;
use kernel::id::{ImportId, ImportRefusalId, ShopId};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::import_refusal::{ActiveModel, Column, Entity, Model, in_shop};
use super::entity::import_run;
use super::error::MarketError;
use super::rules::storable;

/// Most refusals kept of a run; beyond them only the counts go on.
pub const KEPT_MAX: i64 = 20_000;
/// Rows of one `INSERT`.
const ROWS_MAX: usize = 500;

/// Goods that were not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The marketplace's id.
    pub external_id: Option<String>,
    /// Their title there.
    pub title: Option<String>,
    /// Why.
    pub reason: String,
}

/// Keeps a page's refusals, as long as its run has room for them.
pub async fn keep(
    conn: &impl ConnectionTrait,
    run: &import_run::Model,
    refusals: &[Refusal],
    now: Time,
) -> Result<(), MarketError> {
    let room = usize::try_from(KEPT_MAX.saturating_sub(run.refused)).unwrap_or(0);
    let row = |refusal: &Refusal| ActiveModel {
        id: Set(ImportRefusalId::new()),
        shop_id: Set(run.shop_id),
        run_id: Set(run.id),
        external_id: Set(refusal.external_id.as_deref().map(|text| storable(text, 200))),
        title: Set(refusal.title.as_deref().map(|text| storable(text, 200))),
        reason: Set(storable(&refusal.reason, 300)),
        at: Set(now),
    };
    let rows: Vec<_> = refusals.iter().take(room).map(row).collect();
    for some in rows.chunks(ROWS_MAX) {
        Entity::insert_many(some.to_vec()).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// The refusals of a run in the order they came, after the one with the id `after`.
pub async fn of_run(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    run: ImportId,
    after: Option<ImportRefusalId>,
    most: u64,
) -> Result<Vec<Model>, MarketError> {
    let mut rows = in_shop(shop).filter(Column::RunId.eq(run)).order_by_asc(Column::Id).limit(most);
    if let Some(after) = after {
        rows = rows.filter(Column::Id.gt(after));
    }
    Ok(rows.all(conn).await?)
}
