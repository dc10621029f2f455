//! What stores sold themselves, as their orders tell it.

use std::collections::BTreeMap;

use kernel::Time;
use kernel::id::{SkuId, StoreId};
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, entity::prelude::*};

use super::ChannelError;
use super::entity::line::{Column, Entity, Model};

/// Units that an order of a store took from the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sold {
    /// The SKU.
    pub sku: SkuId,
    /// The item there, where the order names it.
    pub item: Option<String>,
    /// The variant there.
    pub variant: Option<String>,
    /// Units.
    pub units: i64,
}

/// Orders of the store have told of units it sold, which have just left the pool: it shows fewer already,
/// without being told. To be called once for each taking, in its transaction.
///
/// A sale that a look at the store had guessed is known now.
pub async fn sold_there(
    conn: &impl ConnectionTrait,
    store: StoreId,
    sold: &[Sold],
    now: Time,
) -> Result<(), ChannelError> {
    if sold.is_empty() {
        return Ok(());
    }
    let skus = sold.iter().map(|one| one.sku);
    let rows = Entity::find().filter(Column::StoreId.eq(store)).filter(Column::SkuId.is_in(skus));
    let rows = rows.order_by_asc(Column::Id).all(conn).await?;
    let mut units: BTreeMap<_, (&Model, i64)> = BTreeMap::new();
    for one in sold.iter().filter(|one| one.units > 0) {
        if let Some(row) = listing_of(&rows, one) {
            units.entry(row.id).or_insert((row, 0)).1 += one.units;
        }
    }
    for (id, (row, sold)) in units {
        let guessed = if row.unpulled_until.is_some_and(|until| until > now) { row.unpulled } else { 0 };
        let known = std::cmp::min(guessed, sold);
        Entity::update_many()
            .col_expr(Column::Unpulled, Expr::value(guessed - known))
            .col_expr(Column::SoldSince, Expr::value(row.sold_since.saturating_add(sold - known)))
            .filter(Column::Id.eq(id))
            .exec(conn)
            .await?;
    }
    Ok(())
}

/// The listing that sold: the one the order names, else the SKU's first.
fn listing_of<'a>(rows: &'a [Model], sold: &Sold) -> Option<&'a Model> {
    let mut of_sku = rows.iter().filter(|row| row.sku_id == Some(sold.sku));
    let named = of_sku.clone().find(|row| {
        sold.item.as_deref().is_some_and(|item| item == row.external_item_id)
            && sold.variant.as_deref().unwrap_or_default() == row.external_sku_id
    });
    named.or_else(|| of_sku.next())
}
