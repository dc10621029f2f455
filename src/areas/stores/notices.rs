//! Messages that platforms have pushed: kept once, so that a repetition does nothing.

use chrono::Duration;
use kernel::id::{OperatorId, ShopId, StoreId, StoreNoticeId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{Failure, Time};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, TryInsertResult, entity::prelude::*};
use serde_json::{Value, json};

use super::entity::store_notice::{ActiveModel, Column, Entity, Model, in_shop};
use super::error::StoreError;
use super::state::NoticeKind;

/// How long a message is known again. Platforms repeat theirs for two days at most.
const KEPT: Duration = Duration::days(7);

/// A message, read and verified.
#[derive(Clone, Debug)]
pub struct NewNotice {
    /// What it is about.
    pub kind: NoticeKind,
    /// The platform's word for that.
    pub topic: String,
    /// What repetitions share.
    pub dedupe_key: String,
    /// The things it concerns.
    pub external_ids: Vec<String>,
    /// What must be erased because of it.
    pub erases: Option<Value>,
}

/// Keeps a message; `false`: it was kept before.
pub async fn keep(
    conn: &impl ConnectionTrait,
    (shop, store): (ShopId, StoreId),
    new: &NewNotice,
    wall: Time,
) -> Result<bool, StoreError> {
    let row = ActiveModel {
        id: Set(StoreNoticeId::new()),
        shop_id: Set(shop),
        store_id: Set(store),
        kind: Set(new.kind),
        topic: Set(new.topic.clone()),
        dedupe_key: Set(new.dedupe_key.clone()),
        external_ids: Set(json!(new.external_ids)),
        is_task: Set(new.kind.is_task()),
        erases: Set(new.erases.clone()),
        erased: Set(new.erases.as_ref().map(|_| 0)),
        done_at: Set(None),
        done_by: Set(None),
        received_at: Set(wall),
    };
    let known = OnConflict::columns([Column::StoreId, Column::DedupeKey]).do_nothing().to_owned();
    let kept = Entity::insert(row).on_conflict(known).try_insert().exec_without_returning(conn).await?;
    Ok(matches!(kept, TryInsertResult::Inserted(rows) if rows > 0))
}

/// The shop's messages about `stores`, newest first; `open` are tasks that nobody has done.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    stores: &[StoreId],
    open: bool,
    page: &PageRequest,
) -> Result<Page<Model>, Failure> {
    let mut rows = in_shop(shop).filter(Column::StoreId.is_in(stores.iter().copied())).order_by_desc(Column::Id);
    if open {
        rows = rows.filter(Column::IsTask.eq(true)).filter(Column::DoneAt.is_null());
    }
    if let Some(cursor) = &page.cursor {
        rows = rows.filter(Column::Id.lt(decode_cursor::<StoreNoticeId>(cursor)?));
    }
    let rows = rows.limit(page.limit + 1).all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row: &Model| encode_cursor(&row.id)))
}

/// The shop's message with this id.
///
/// # Errors
/// [`StoreError::NoticeNotFound`].
pub async fn one(conn: &impl ConnectionTrait, shop: ShopId, id: StoreNoticeId) -> Result<Model, StoreError> {
    in_shop(shop).filter(Column::Id.eq(id)).one(conn).await?.ok_or(StoreError::NoticeNotFound)
}

/// An operator has done what a message asks for; doing it again changes nothing.
pub async fn done(conn: &impl ConnectionTrait, row: &Model, by: OperatorId, wall: Time) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::DoneAt, Expr::value(wall))
        .col_expr(Column::DoneBy, Expr::value(by))
        .filter(Column::Id.eq(row.id))
        .filter(Column::IsTask.eq(true))
        .filter(Column::DoneAt.is_null())
        .exec(conn)
        .await?;
    Ok(())
}

/// Messages because of which something is still to be erased, the oldest first. A task that an operator has
/// called done is among them: what the platform asked for is done all the same.
pub async fn to_erase(conn: &impl ConnectionTrait, most: u64) -> Result<Vec<Model>, StoreError> {
    let rows = Entity::find().filter(Column::Erases.is_not_null()).order_by_asc(Column::Id).limit(most);
    Ok(rows.all(conn).await?)
}

/// Counts orders whose receivers have just been erased because of a message.
pub async fn count_erased(conn: &impl ConnectionTrait, id: StoreNoticeId, orders: u64) -> Result<(), StoreError> {
    let orders = i64::try_from(orders).unwrap_or(i64::MAX);
    Entity::update_many()
        .col_expr(Column::Erased, Expr::col(Column::Erased).add(orders))
        .filter(Column::Id.eq(id))
        .filter(Column::Erases.is_not_null())
        .exec(conn)
        .await?;
    Ok(())
}

/// All is erased that a message asked for; the names in it go too. `false`: that was said before.
pub async fn erased(conn: &impl ConnectionTrait, id: StoreNoticeId, wall: Time) -> Result<bool, StoreError> {
    let done = Entity::update_many()
        .col_expr(Column::Erases, Expr::value(None::<Value>))
        .col_expr(Column::ExternalIds, Expr::value(json!([])))
        .col_expr(Column::DoneAt, Expr::col(Column::DoneAt).if_null(wall))
        .filter(Column::Id.eq(id))
        .filter(Column::Erases.is_not_null())
        .exec(conn)
        .await?;
    Ok(done.rows_affected > 0)
}

/// Forgets messages that come no more. Open tasks stay, and so does what took an authorisation away: a
/// copy of it must never do so again.
pub async fn sweep(conn: &impl ConnectionTrait, wall: Time) -> Result<u64, StoreError> {
    let over = Entity::delete_many()
        .filter(Column::ReceivedAt.lt(wall - KEPT))
        .filter(Column::Kind.ne(NoticeKind::Revoked))
        .filter(Column::Erases.is_null())
        .filter(Column::IsTask.eq(false).or(Column::DoneAt.is_not_null()));
    Ok(over.exec(conn).await?.rows_affected)
}
