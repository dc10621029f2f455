//! Writing and reading what WeChat is told. Every change is conditional on the old state and on the
//! bytes under way.

use kernel::Time;
use kernel::id::{OrderLineId, PaymentId, ShippingUploadId, ShopId};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, QueryOrder, UpdateMany, entity::prelude::*};

use super::entity::upload::{self, Column};
use super::state::{Logistics, UploadEvent, UploadKind, UploadState};
use super::subject::Subject;

/// The payment that is to be told of.
#[derive(Clone, Debug)]
pub struct Of {
    /// Whose.
    pub shop: ShopId,
    /// For what.
    pub subject: Subject,
    /// The payment.
    pub payment: PaymentId,
    /// WeChat's number of it.
    pub transaction_id: String,
    /// How the goods travel.
    pub logistics: Logistics,
}

/// Writes what is to be told; `None` when it was written before.
pub async fn create(
    conn: &impl ConnectionTrait,
    of: &Of,
    kind: UploadKind,
    wall: Time,
) -> Result<Option<ShippingUploadId>, DbErr> {
    let id = ShippingUploadId::new();
    let row = upload::ActiveModel {
        id: Set(id),
        shop_id: Set(of.shop),
        order_id: Set(of.subject.order()),
        recharge_id: Set(of.subject.recharge()),
        payment_id: Set(of.payment),
        transaction_id: Set(of.transaction_id.clone()),
        kind: Set(kind),
        state: Set(UploadState::Waiting),
        logistics: Set(of.logistics),
        request_body: Set(None),
        request_lines: Set(lines_json(&[])),
        request_is_last: Set(false),
        recorded_body: Set(None),
        recorded_lines: Set(lines_json(&[])),
        attempts: Set(0),
        unknown_answers: Set(0),
        errcode: Set(None),
        errmsg: Set(None),
        next_try_at: Set(None),
        uploaded_at: Set(None),
        recorded_at: Set(None),
        created_at: Set(wall),
        updated_at: Set(wall),
    };
    let known = OnConflict::columns([Column::PaymentId, Column::Kind]).do_nothing().to_owned();
    let written = upload::Entity::insert(row).on_conflict(known).exec_without_returning(conn).await?;
    Ok((written == 1).then_some(id))
}

/// One row.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: ShippingUploadId,
) -> Result<Option<upload::Model>, DbErr> {
    upload::in_shop(shop).filter(Column::Id.eq(id)).one(conn).await
}

/// What was and is to be told of a payment: the first telling, then the correction.
pub async fn of_payment(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    payment: PaymentId,
) -> Result<Vec<upload::Model>, DbErr> {
    upload::in_shop(shop).filter(Column::PaymentId.eq(payment)).order_by_asc(Column::Id).all(conn).await
}

/// The same of several payments.
pub async fn of_payments(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    payments: &[PaymentId],
) -> Result<Vec<upload::Model>, DbErr> {
    if payments.is_empty() {
        return Ok(Vec::new());
    }
    let of = upload::in_shop(shop).filter(Column::PaymentId.is_in(payments.iter().copied()));
    of.order_by_asc(Column::Id).all(conn).await
}

/// Stores the bytes that are about to be sent, and what they tell of; `false` when others are under way.
pub async fn prepare(
    conn: &impl ConnectionTrait,
    row: &upload::Model,
    request: &Request,
    wall: Time,
) -> Result<bool, DbErr> {
    let stored = upload::Entity::update_many()
        .col_expr(Column::RequestBody, Expr::value(request.body.clone()))
        .col_expr(Column::RequestLines, Expr::value(lines_json(&request.lines)))
        .col_expr(Column::RequestIsLast, Expr::value(request.is_last))
        .col_expr(Column::UploadedAt, Expr::value(request.uploaded_at))
        .col_expr(Column::UpdatedAt, Expr::value(wall))
        .filter(Column::Id.eq(row.id))
        .filter(Column::State.eq(row.state))
        .filter(Column::RequestBody.is_null());
    Ok(stored.exec(conn).await?.rows_affected == 1)
}

/// Bytes to be sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// Exactly these.
    pub body: String,
    /// The lines they tell of.
    pub lines: Vec<OrderLineId>,
    /// Whether nothing is left to be told afterwards.
    pub is_last: bool,
    /// The `upload_time` in them.
    pub uploaded_at: Time,
}

/// What WeChat said of the bytes.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Its number, where it refused.
    pub errcode: Option<i64>,
    /// Its words.
    pub errmsg: Option<String>,
}

/// Moves a row on by `event`; `false` when somebody else did before.
pub async fn advance(
    conn: &impl ConnectionTrait,
    row: &upload::Model,
    event: UploadEvent,
    said: &Said,
    wall: Time,
) -> Result<bool, DbErr> {
    let Some(next) = row.state.after(event) else { return Ok(false) };
    let mut update = spoken(row, said, wall)
        .col_expr(Column::State, Expr::value(next))
        .col_expr(Column::NextTryAt, Expr::value(None::<Time>))
        .col_expr(Column::UnknownAnswers, Expr::value(0))
        .col_expr(Column::RequestBody, Expr::value(None::<String>));
    match event {
        UploadEvent::PartTaken | UploadEvent::AllTaken => {
            let mut known = lines_of(&row.recorded_lines);
            known.extend(lines_of(&row.request_lines));
            update = update
                .col_expr(Column::RecordedLines, Expr::value(lines_json(&known)))
                .col_expr(Column::RecordedBody, Expr::value(row.request_body.clone()))
                .col_expr(Column::RecordedAt, Expr::value(wall));
        }
        UploadEvent::WantedAgain => {
            update = update.col_expr(Column::RecordedLines, Expr::value(lines_json(&[])));
        }
        UploadEvent::Refused | UploadEvent::NotNeeded => {}
    }
    Ok(update.exec(conn).await?.rows_affected == 1)
}

/// Notes an answer that settles nothing: the same bytes are sent again.
pub async fn note(
    conn: &impl ConnectionTrait,
    row: &upload::Model,
    said: &Said,
    unknown: Option<Time>,
    wall: Time,
) -> Result<(), DbErr> {
    let mut update = spoken(row, said, wall).col_expr(Column::NextTryAt, Expr::value(unknown));
    if unknown.is_some() {
        update = update.col_expr(Column::UnknownAnswers, Expr::col(Column::UnknownAnswers).add(1));
    }
    update.exec(conn).await?;
    Ok(())
}

/// The update every answer begins with.
fn spoken(row: &upload::Model, said: &Said, wall: Time) -> UpdateMany<upload::Entity> {
    let same_bytes = match &row.request_body {
        Some(body) => Column::RequestBody.eq(body.as_str()),
        None => Column::RequestBody.is_null(),
    };
    let words = said.errmsg.as_ref().map(|words| words.chars().take(500).collect::<String>());
    upload::Entity::update_many()
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .col_expr(Column::Errcode, Expr::value(said.errcode))
        .col_expr(Column::Errmsg, Expr::value(words))
        .col_expr(Column::UpdatedAt, Expr::value(wall))
        .filter(Column::Id.eq(row.id))
        .filter(Column::State.eq(row.state))
        .filter(same_bytes)
}

/// Line ids as a column keeps them.
pub fn lines_json(lines: &[OrderLineId]) -> Json {
    Json::Array(lines.iter().map(|line| Json::String(line.to_string())).collect())
}

/// Line ids out of a column.
pub fn lines_of(column: &Json) -> Vec<OrderLineId> {
    let texts = column.as_array().into_iter().flatten().filter_map(Json::as_str);
    texts.filter_map(|text| text.parse().ok()).collect()
}
