//! What the shop says and does about complaints: a row first, sent by the outbox.

use kernel::Time;
use kernel::id::{ComplaintActionId, ComplaintId, OperatorId, ShopId, UploadId};
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, entity::prelude::*};
use serde_json::json;

use super::entity::action::{self, Column};
use super::error::ComplaintError;
use super::state::{ActionEvent, ActionKind, ActionState};

/// What is to be said or done.
#[derive(Clone, Debug)]
pub struct NewAction {
    /// What.
    pub kind: ActionKind,
    /// The words of an answer or a refusal.
    pub content: Option<String>,
    /// For a promised refund.
    pub refund_days: Option<i32>,
    /// The pictures of an answer.
    pub pictures: Vec<UploadId>,
}

/// Writes an action; `files` are the names of its pictures' files.
pub async fn create(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    complaint: ComplaintId,
    new: &NewAction,
    files: &[String],
    by: OperatorId,
    wall: Time,
) -> Result<action::Model, ComplaintError> {
    let row = action::Model {
        id: ComplaintActionId::new(),
        shop_id: shop,
        complaint_id: complaint,
        kind: new.kind,
        content: new.content.clone(),
        refund_days: new.refund_days,
        pictures: json!(files),
        media_ids: json!([]),
        state: ActionState::Waiting,
        error: None,
        operator_id: by,
        sent_at: None,
        done_at: None,
        created_at: wall,
    };
    let active: action::ActiveModel = row.clone().into();
    action::Entity::insert(active.reset_all()).exec_without_returning(conn).await?;
    Ok(row)
}

/// The actions of several complaints, oldest first.
pub async fn of_all(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    complaints: &[ComplaintId],
) -> Result<Vec<action::Model>, ComplaintError> {
    if complaints.is_empty() {
        return Ok(Vec::new());
    }
    let of = action::in_shop(shop).filter(Column::ComplaintId.is_in(complaints.iter().copied()));
    Ok(of.order_by_asc(Column::Id).all(conn).await?)
}

/// An action that is to be sent.
pub async fn waiting(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: ComplaintActionId,
) -> Result<Option<action::Model>, ComplaintError> {
    let waiting = action::in_shop(shop).filter(Column::Id.eq(id)).filter(Column::State.eq(ActionState::Waiting));
    Ok(waiting.one(conn).await?)
}

/// Notes that an action is about to be sent.
pub async fn sending(conn: &impl ConnectionTrait, row: &action::Model, wall: Time) -> Result<(), ComplaintError> {
    let first = action::Entity::update_many()
        .col_expr(Column::SentAt, Expr::value(wall))
        .filter(Column::Id.eq(row.id))
        .filter(Column::SentAt.is_null());
    first.exec(conn).await?;
    Ok(())
}

/// Keeps WeChat's numbers of the pictures uploaded so far; `false` where the action has ended or somebody
/// else uploads them.
pub async fn uploaded(
    conn: &impl ConnectionTrait,
    row: &action::Model,
    before: &[String],
    now: &[String],
) -> Result<bool, ComplaintError> {
    let kept = action::Entity::update_many()
        .col_expr(Column::MediaIds, Expr::value(json!(now)))
        .filter(Column::Id.eq(row.id))
        .filter(Column::State.eq(ActionState::Waiting))
        .filter(Column::MediaIds.eq(json!(before)))
        .exec(conn)
        .await?;
    Ok(kept.rows_affected == 1)
}

/// Ends an action; `false` when it has ended before.
pub async fn end(
    conn: &impl ConnectionTrait,
    row: &action::Model,
    event: ActionEvent,
    error: Option<&str>,
    wall: Time,
) -> Result<bool, ComplaintError> {
    let Some(next) = row.state.after(event) else { return Ok(false) };
    let ended = action::Entity::update_many()
        .col_expr(Column::State, Expr::value(next))
        .col_expr(Column::Error, Expr::value(error))
        .col_expr(Column::DoneAt, Expr::value(wall))
        .filter(Column::Id.eq(row.id))
        .filter(Column::State.eq(row.state))
        .exec(conn)
        .await?;
    Ok(ended.rows_affected == 1)
}
