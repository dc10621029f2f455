//! Writing what WeChat tells of complaints.

use chrono::Duration;
use kernel::id::{ComplaintId, OrderId, PaymentId, ShopId};
use kernel::{Fen, Time, mask};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, QuerySelect, entity::prelude::*};

use super::entity::{action, complaint, watch};
use super::error::ComplaintError;
use super::query;
use super::state::ComplaintState;
use crate::platform::seal::Sealer;

/// Within how long a complaint has to be answered; later the merchant is penalised.
pub const ANSWER_WITHIN: Duration = Duration::hours(24);

/// Where a payer's phone number is sealed for.
pub fn phone_place(id: ComplaintId) -> String {
    format!("complaints.phone:{id}")
}

/// What WeChat says of a complaint.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the row's own names")]
pub struct Heard {
    pub complaint_no: String,
    pub state: ComplaintState,
    pub detail: String,
    pub problem_type: Option<String>,
    pub problem_description: Option<String>,
    pub phone: Option<String>,
    pub order_id: Option<OrderId>,
    pub payment_id: Option<PaymentId>,
    pub merchant_no: Option<String>,
    pub payments: Json,
    pub pictures: Vec<String>,
    pub apply_refund_fen: Option<Fen>,
    pub full_refunded: bool,
    pub awaits_answer: bool,
    pub times: i32,
    /// When it was filed; the notice's arrival where WeChat does not say.
    pub complained_at: Option<Time>,
}

/// Writes a complaint down of which only the number is known; its row.
pub async fn touch(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    number: &str,
    wall: Time,
) -> Result<complaint::Model, ComplaintError> {
    let row = complaint::ActiveModel {
        id: Set(ComplaintId::new()),
        shop_id: Set(shop),
        complaint_no: Set(number.to_owned()),
        state: Set(ComplaintState::Pending),
        detail: Set(String::new()),
        payments: Set(Json::Array(Vec::new())),
        pictures: Set(Json::Array(Vec::new())),
        full_refunded: Set(false),
        awaits_answer: Set(true),
        times: Set(1),
        complained_at: Set(wall),
        deadline_at: Set(wall + ANSWER_WITHIN),
        created_at: Set(wall),
        updated_at: Set(wall),
        ..Default::default()
    };
    let known =
        OnConflict::columns([complaint::Column::ShopId, complaint::Column::ComplaintNo]).do_nothing().to_owned();
    complaint::Entity::insert(row).on_conflict(known).exec_without_returning(conn).await?;
    let row = query::by_number(conn, shop, number).await?;
    row.ok_or_else(|| DbErr::RecordNotFound(number.to_owned()).into())
}

/// Forgets a complaint that is another shop's, and what was to be said about it.
pub async fn forget(conn: &impl ConnectionTrait, id: ComplaintId) -> Result<(), ComplaintError> {
    action::Entity::delete_many().filter(action::Column::ComplaintId.eq(id)).exec(conn).await?;
    complaint::Entity::delete_many().filter(complaint::Column::Id.eq(id)).exec(conn).await?;
    Ok(())
}

/// Keeps what WeChat says, and gives the row as it then stands. Only what it says can move a complaint.
pub async fn keep(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    heard: &Heard,
    wall: Time,
) -> Result<complaint::Model, ComplaintError> {
    use complaint::Column as C;
    let row = touch(conn, shop, &heard.complaint_no, wall).await?;
    let complained_at = heard.complained_at.unwrap_or(row.complained_at);
    let completed_at = row.completed_at.or_else(|| (heard.state == ComplaintState::Processed).then_some(wall));
    let mut update = complaint::Entity::update_many()
        .col_expr(C::State, Expr::value(heard.state))
        .col_expr(C::Detail, Expr::value(heard.detail.clone()))
        .col_expr(C::ProblemType, Expr::value(heard.problem_type.clone()))
        .col_expr(C::ProblemDescription, Expr::value(heard.problem_description.clone()))
        .col_expr(C::OrderId, Expr::value(heard.order_id))
        .col_expr(C::PaymentId, Expr::value(heard.payment_id))
        .col_expr(C::MerchantNo, Expr::value(heard.merchant_no.clone()))
        .col_expr(C::Payments, Expr::value(heard.payments.clone()))
        .col_expr(C::Pictures, Expr::value(Json::from(heard.pictures.clone())))
        .col_expr(C::ApplyRefundFen, Expr::value(heard.apply_refund_fen))
        .col_expr(C::FullRefunded, Expr::value(heard.full_refunded))
        .col_expr(C::AwaitsAnswer, Expr::value(heard.awaits_answer))
        .col_expr(C::Times, Expr::value(heard.times.max(1)))
        .col_expr(C::ComplainedAt, Expr::value(complained_at))
        .col_expr(C::DeadlineAt, Expr::value(complained_at + ANSWER_WITHIN))
        .col_expr(C::CompletedAt, Expr::value(completed_at))
        .col_expr(C::RefreshedAt, Expr::value(wall))
        .col_expr(C::UpdatedAt, Expr::value(wall));
    if let Some(phone) = &heard.phone {
        update = update
            .col_expr(C::SealedPhone, Expr::value(sealer.seal(&phone_place(row.id), phone.as_bytes())?))
            .col_expr(C::PhoneMask, Expr::value(mask::phone(phone)));
    }
    update.filter(C::Id.eq(row.id)).exec(conn).await?;
    query::by_id(conn, shop, row.id).await
}

/// Notes our first answer.
pub async fn answered(conn: &impl ConnectionTrait, id: ComplaintId, wall: Time) -> Result<(), ComplaintError> {
    complaint::Entity::update_many()
        .col_expr(complaint::Column::AnsweredAt, Expr::value(wall))
        .filter(complaint::Column::Id.eq(id))
        .filter(complaint::Column::AnsweredAt.is_null())
        .exec(conn)
        .await?;
    Ok(())
}

/// Begins to read a shop's complaints, first at `next_at`; where it is known already nothing changes.
pub async fn begin_watch(conn: &impl ConnectionTrait, shop: ShopId, next_at: Time) -> Result<(), ComplaintError> {
    let row = watch::ActiveModel { shop_id: Set(shop), url: Set(None), next_at: Set(next_at) };
    let known = OnConflict::column(watch::Column::ShopId).do_nothing().to_owned();
    watch::Entity::insert(row).on_conflict(known).exec_without_returning(conn).await?;
    Ok(())
}

/// The shops that are read, and those of them whose time has come.
pub async fn watches(conn: &impl ConnectionTrait) -> Result<Vec<watch::Model>, ComplaintError> {
    Ok(watch::Entity::find().limit(10_000).all(conn).await?)
}

/// Takes a shop's turn; `false` when another process did.
pub async fn take_turn(
    conn: &impl ConnectionTrait,
    known: &watch::Model,
    next_at: Time,
) -> Result<bool, ComplaintError> {
    let taken = watch::Entity::update_many()
        .col_expr(watch::Column::NextAt, Expr::value(next_at))
        .filter(watch::Column::ShopId.eq(known.shop_id))
        .filter(watch::Column::NextAt.eq(known.next_at))
        .exec(conn)
        .await?;
    Ok(taken.rows_affected == 1)
}

/// Remembers where WeChat sends notices: to the shop, or to another that signs with the same number.
pub async fn registered(conn: &impl ConnectionTrait, shop: ShopId, url: &str) -> Result<(), ComplaintError> {
    watch::Entity::update_many()
        .col_expr(watch::Column::Url, Expr::value(url))
        .filter(watch::Column::ShopId.eq(shop))
        .exec(conn)
        .await?;
    Ok(())
}
