//! Fees as bills tell them. A booking is the difference to what was booked before, so that a bill read
//! twice books nothing twice.

use std::collections::HashMap;

use kernel::id::{BillFeeId, ShopId};
use kernel::{Fen, Time};
use sea_orm::{ActiveModelTrait, entity::prelude::*};

use super::entity::fee;
use super::error::BillsError;
use super::state::Subject;

/// What is booked as fee for each of these payments and refunds; below zero for what came back.
pub async fn booked(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    things: &[Uuid],
) -> Result<HashMap<(Subject, Uuid), Fen>, BillsError> {
    let rows = fee::in_shop(shop).filter(fee::Column::SubjectId.is_in(things.iter().copied())).all(conn).await?;
    let mut sums: HashMap<(Subject, Uuid), Fen> = HashMap::new();
    for row in rows {
        let sum = sums.entry((row.subject, row.subject_id)).or_default();
        *sum = sum.plus(row.fee_fen)?;
    }
    Ok(sums)
}

/// Writes one booking: the cause of the journal that goes with it.
pub async fn add(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    (subject, thing): (Subject, Uuid),
    day: &str,
    fee: Fen,
    now: Time,
) -> Result<fee::Model, BillsError> {
    let row = fee::Model {
        id: BillFeeId::new(),
        shop_id: shop,
        subject,
        subject_id: thing,
        day: day.to_owned(),
        fee_fen: fee,
        at: now,
    };
    let active: fee::ActiveModel = row.clone().into();
    fee::Entity::insert(active.reset_all()).exec_without_returning(conn).await?;
    Ok(row)
}
