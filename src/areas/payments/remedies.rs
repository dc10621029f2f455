//! Refunds that WeChat cannot pay (WeChat Pay sheet §5): an operator has an abnormal one sent to a card of
//! the payer's, or pays by hand and proves it, as he does one that was refused for good or closed.

use kernel::Time;
use kernel::id::{OperatorId, RefundId, RemedyId, ShopId};
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

use super::entity::remedy;
use super::error::PaymentError;

/// How the money reaches the payer.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RemedyWay {
    /// WeChat sends it to a card of his.
    Card,
    /// The shop paid him outside WeChat.
    ByHand,
}

/// Where a remedy stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RemedyState {
    /// To be told to WeChat.
    Waiting,
    /// WeChat took it, or it was paid: the refund itself says what became of it.
    Done,
    /// WeChat did not take it.
    Refused,
}

impl RemedyState {
    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        self != Self::Waiting
    }
}

/// A remedy to be written.
#[derive(Clone, Debug)]
pub struct NewRemedy {
    /// The exact request and the platform's key it is encrypted for; none when paid by hand.
    pub request: Option<(String, String)>,
    /// To which card, masked; or how it was paid.
    pub note: String,
    /// The address of a picture that proves it.
    pub proof: Option<String>,
}

impl NewRemedy {
    /// How the money is to reach the payer.
    pub fn way(&self) -> RemedyWay {
        if self.request.is_some() { RemedyWay::Card } else { RemedyWay::ByHand }
    }
}

/// Writes a remedy; `None` when another is under way. The caller holds the order's row, so that two
/// come one after the other.
pub async fn create(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    refund: RefundId,
    new: NewRemedy,
    by: OperatorId,
    now: Time,
) -> Result<Option<remedy::Model>, PaymentError> {
    let open = remedy::in_shop(shop).filter(remedy::Column::OpenRefund.eq(refund));
    if open.one(conn).await?.is_some() {
        return Ok(None);
    }
    let way = new.way();
    let state = match way {
        RemedyWay::Card => RemedyState::Waiting,
        RemedyWay::ByHand => RemedyState::Done,
    };
    let (body, serial) = new.request.unzip();
    let row = remedy::Model {
        id: RemedyId::new(),
        shop_id: shop,
        refund_id: refund,
        way,
        state,
        open_refund: (!state.is_final()).then_some(refund),
        body,
        serial,
        note: new.note,
        proof: new.proof,
        operator_id: by,
        sent_at: None,
        error: None,
        created_at: now,
        ended_at: state.is_final().then_some(now),
    };
    remedy::Entity::insert(remedy::ActiveModel::from(row.clone())).exec_without_returning(conn).await?;
    Ok(Some(row))
}

/// A remedy that WeChat is still to be told.
pub async fn waiting(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: RemedyId,
) -> Result<Option<remedy::Model>, PaymentError> {
    let own = remedy::in_shop(shop).filter(remedy::Column::Id.eq(id));
    Ok(own.filter(remedy::Column::State.eq(RemedyState::Waiting)).one(conn).await?)
}

/// Notes that a remedy goes out now.
pub async fn sending(conn: &impl ConnectionTrait, row: &remedy::Model, now: Time) -> Result<(), PaymentError> {
    remedy::Entity::update_many()
        .col_expr(remedy::Column::SentAt, Expr::value(row.sent_at.unwrap_or(now)))
        .filter(remedy::Column::Id.eq(row.id))
        .exec(conn)
        .await?;
    Ok(())
}

/// Ends a remedy; `false` when it had ended before.
pub async fn end(
    conn: &impl ConnectionTrait,
    row: &remedy::Model,
    state: RemedyState,
    error: Option<String>,
    now: Time,
) -> Result<bool, PaymentError> {
    let error = error.map(|why| why.chars().take(500).collect::<String>());
    let changed = remedy::Entity::update_many()
        .col_expr(remedy::Column::State, Expr::value(state))
        .col_expr(remedy::Column::OpenRefund, Expr::value(None::<RefundId>))
        .col_expr(remedy::Column::Error, Expr::value(error))
        .col_expr(remedy::Column::EndedAt, Expr::value(now))
        .filter(remedy::Column::Id.eq(row.id))
        .filter(remedy::Column::State.eq(RemedyState::Waiting))
        .exec(conn)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// What was done about a refund, oldest first.
pub async fn of_refund(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    refund: RefundId,
) -> Result<Vec<remedy::Model>, PaymentError> {
    let own = remedy::in_shop(shop).filter(remedy::Column::RefundId.eq(refund));
    Ok(own.order_by_asc(remedy::Column::Id).all(conn).await?)
}

/// Whether the shop paid a refund by hand: WeChat's money for it stays where it is then.
pub async fn paid_by_hand(conn: &impl ConnectionTrait, shop: ShopId, refund: RefundId) -> Result<bool, PaymentError> {
    let own = remedy::in_shop(shop).filter(remedy::Column::RefundId.eq(refund));
    Ok(own.filter(remedy::Column::Way.eq(RemedyWay::ByHand)).one(conn).await?.is_some())
}
