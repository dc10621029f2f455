//! Writing the SKUs of goods: those named are added or changed, the others are no longer sold.

use std::collections::HashMap;

use kernel::Time;
use kernel::failure::Invalid;
use kernel::id::{GoodsId, SkuId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use super::draft::SkuDraft;
use super::entity::{goods, sku};
use super::error::GoodsError;
use super::rules::specs_key;
use super::service::{counts_stock, json};

/// SKUs whose counts the stock area has to hear of. `None` is unlimited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkuChanges {
    /// New ones, with their first count.
    pub opened: Vec<(SkuId, Option<i64>)>,
    /// Ones that existed and shall be counted otherwise: counted again or no longer, or back on
    /// sale with another number.
    pub recounted: Vec<Recount>,
}

/// A SKU that existed and gets another count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recount {
    /// The SKU.
    pub sku: SkuId,
    /// What it has.
    pub had: Option<i64>,
    /// What it shall have.
    pub wanted: Option<i64>,
}

/// Writes `drafts` over `known`, the rows there are, removed ones too.
pub(super) async fn write(
    conn: &impl ConnectionTrait,
    goods: &goods::Model,
    known: Vec<sku::Model>,
    drafts: &[SkuDraft],
    now: Time,
) -> Result<SkuChanges, GoodsError> {
    let mut changes = SkuChanges::default();
    let mut left: HashMap<SkuId, sku::Model> = known.into_iter().map(|row| (row.id, row)).collect();
    let mut fresh = Vec::new();
    for (place, draft) in drafts.iter().enumerate() {
        let key = specs_key(&draft.specs);
        let id = match draft.id {
            Some(id) => Some(id),
            None => left.values().find(|row| row.specs_key == key).map(|row| row.id),
        };
        let Some(id) = id else {
            let count = first_count(goods, place, draft)?;
            let row = sku::ActiveModel {
                id: Set(SkuId::new()),
                shop_id: Set(goods.shop_id),
                goods_id: Set(goods.id),
                free: Set(count),
                created_at: Set(now),
                ..columns(goods.id, draft, key, place, now)?
            };
            changes.opened.push((*row.id.as_ref(), count));
            fresh.push(row);
            continue;
        };
        let row = left.remove(&id).ok_or(GoodsError::SkuNotFound(id))?;
        if row.specs_key != key && left.values().any(|other| other.specs_key == key) {
            let field = format!("skus[{place}].specs");
            return Err(Invalid::field(field, "invalid", "another SKU of these goods has or had these specs").into());
        }
        changes.recounted.extend(recount(&row, place, draft)?);
        let row = sku::ActiveModel { id: Set(id), ..columns(goods.id, draft, key, place, now)? };
        sku::Entity::update(row).validate()?.filter(sku::Column::GoodsId.eq(goods.id)).exec(conn).await?;
    }
    let gone: Vec<SkuId> = left.into_values().filter(|row| row.removed_at.is_none()).map(|row| row.id).collect();
    if !gone.is_empty() {
        sku::Entity::update_many()
            .col_expr(sku::Column::RemovedAt, Expr::value(now))
            .filter(sku::Column::GoodsId.eq(goods.id))
            .filter(sku::Column::Id.is_in(gone))
            .exec(conn)
            .await?;
    }
    if !fresh.is_empty() {
        sku::Entity::insert_many(fresh).exec_without_returning(conn).await?;
    }
    Ok(changes)
}

fn first_count(goods: &goods::Model, place: usize, draft: &SkuDraft) -> Result<Option<i64>, GoodsError> {
    match draft.stock {
        Some(count) => Ok(count),
        None if counts_stock(goods) => {
            let field = format!("skus[{place}].stock");
            Err(Invalid::field(field, "required", "a new SKU needs a number, or null for unlimited").into())
        }
        None => Ok(None),
    }
}

fn recount(row: &sku::Model, place: usize, draft: &SkuDraft) -> Result<Option<Recount>, GoodsError> {
    let Some(wanted) = draft.stock.filter(|wanted| *wanted != row.free) else { return Ok(None) };
    if row.removed_at.is_none() && row.free.is_some() && wanted.is_some() {
        let field = format!("skus[{place}].stock");
        let detail = "an existing SKU's stock moves by POST /console/api/v1/skus/{id}/stock";
        return Err(Invalid::field(field, "invalid", detail).into());
    }
    Ok(Some(Recount { sku: row.id, had: row.free, wanted }))
}

/// The columns a draft decides.
pub(super) fn columns(
    goods: GoodsId,
    draft: &SkuDraft,
    key: String,
    place: usize,
    now: Time,
) -> Result<sku::ActiveModel, GoodsError> {
    Ok(sku::ActiveModel {
        specs: Set(json(goods, "specs", &draft.specs)?),
        specs_key: Set(key),
        price_fen: Set(draft.price_fen),
        original_price_fen: Set(draft.original_price_fen),
        cost_fen: Set(draft.cost_fen),
        member_price_fen: Set(draft.member_price_fen),
        settlement_price_fen: Set(draft.settlement_price_fen),
        weight_g: Set(draft.weight_g),
        barcode: Set(draft.barcode.clone()),
        picture: Set(draft.picture.clone()),
        position: Set(i32::try_from(place).unwrap_or(i32::MAX)),
        removed_at: Set(None),
        updated_at: Set(now),
        ..Default::default()
    })
}
