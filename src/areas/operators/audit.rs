//! The log of what operators changed. Console flows write it in their own transaction.

use kernel::Time;
use kernel::id::{AuditId, OperatorId, ShopId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::audit_entry;

/// Notes that `operator` did `action` (such as `leader.approve`) to `subject` (an id).
///
/// `operator` is `None` for the command line. `detail` holds before and after; never a secret, a
/// password or an unmasked phone number.
pub async fn note(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    operator: impl Into<Option<OperatorId>>,
    action: &str,
    subject: impl std::fmt::Display,
    detail: serde_json::Value,
    now: Time,
) -> Result<(), DbErr> {
    let row = audit_entry::ActiveModel {
        id: Set(AuditId::new()),
        shop_id: Set(shop),
        operator_id: Set(operator.into()),
        action: Set(action.to_owned()),
        subject: Set(subject.to_string()),
        detail: Set(detail),
        at: Set(now),
    };
    audit_entry::Entity::insert(row).exec_without_returning(conn).await?;
    Ok(())
}

/// The shop's log, newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    page: &PageRequest,
) -> Result<Page<audit_entry::Model>, kernel::Failure> {
    let mut query =
        audit_entry::in_shop(shop).order_by_desc(audit_entry::Column::At).order_by_desc(audit_entry::Column::Id);
    if let Some(cursor) = &page.cursor {
        let (at, id): (Time, AuditId) = decode_cursor(cursor)?;
        let earlier = audit_entry::Column::At.eq(at).and(audit_entry::Column::Id.lt(id));
        query = query.filter(audit_entry::Column::At.lt(at).or(earlier));
    }
    let rows = query.limit(page.limit + 1).all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&(row.at, row.id))))
}
