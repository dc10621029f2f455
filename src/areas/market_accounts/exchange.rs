//! Rates of exchange, as an operator has entered them by day. None is ever guessed.

use std::collections::HashMap;

use chrono::{Duration, NaiveDate};
use kernel::Time;
use kernel::id::{OperatorId, ShopId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::exchange_rate::{ActiveModel, Column, Entity, Model, in_shop};
use super::error::MarketError;

/// How old a rate may be, in days.
pub const DAYS_MAX: i64 = 7;
/// Most rates of a list.
const LIST_MAX: u64 = 200;

/// Enters what one unit of `currency` is worth on `day`, in millionths of a yuan; entered again it is
/// replaced.
pub async fn put(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    currency: &str,
    day: NaiveDate,
    micro_cny: i64,
    operator: OperatorId,
    now: Time,
) -> Result<(), MarketError> {
    let row = ActiveModel {
        shop_id: Set(shop),
        currency: Set(currency.to_owned()),
        day: Set(day.to_string()),
        micro_cny: Set(micro_cny),
        operator_id: Set(Some(operator)),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let mut again = OnConflict::columns([Column::ShopId, Column::Currency, Column::Day]);
    again.update_columns([Column::MicroCny, Column::OperatorId, Column::UpdatedAt]);
    Entity::insert(row).on_conflict(again).exec_without_returning(conn).await?;
    Ok(())
}

/// The rates entered, newest day first.
pub async fn list(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Vec<Model>, MarketError> {
    let rows = in_shop(shop).order_by_desc(Column::Day).order_by_asc(Column::Currency).limit(LIST_MAX);
    Ok(rows.all(conn).await?)
}

/// The rates that hold on `day`: of each currency the latest of that day or the [`DAYS_MAX`] before it.
pub async fn on_day(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    day: NaiveDate,
) -> Result<HashMap<String, i64>, MarketError> {
    let first = day.checked_sub_signed(Duration::days(DAYS_MAX)).unwrap_or(day);
    let rows = in_shop(shop)
        .filter(Column::Day.gte(first.to_string()))
        .filter(Column::Day.lte(day.to_string()))
        .order_by_asc(Column::Day)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.currency, row.micro_cny)).collect())
}
