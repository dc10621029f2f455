//! Payments and refunds as a bill asks for them: by number, and by the day the money moved.

use kernel::Time;
use kernel::id::{PaymentId, RefundId, ShopId};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{QuerySelect, QueryTrait, entity::prelude::*};

use super::entity::{payment, refund, remedy};
use super::error::PaymentError;
use super::remedies::RemedyWay;
use super::state::{PaymentState, RefundState};
use crate::platform::keyset::next_by;

/// The payments with one of these numbers, the platform's or ours.
pub async fn payments(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    transactions: &[String],
    ids: &[PaymentId],
) -> Result<Vec<payment::Model>, PaymentError> {
    let theirs = payment::Column::TransactionId.is_in(transactions.iter().map(String::as_str));
    let named = theirs.or(payment::Column::Id.is_in(ids.iter().copied()));
    Ok(payment::in_shop(shop).filter(named).all(conn).await?)
}

/// The refunds with one of these numbers, the platform's or ours.
pub async fn refunds(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    theirs: &[String],
    ids: &[RefundId],
) -> Result<Vec<refund::Model>, PaymentError> {
    let theirs = refund::Column::PlatformRefundId.is_in(theirs.iter().map(String::as_str));
    let named = theirs.or(refund::Column::Id.is_in(ids.iter().copied()));
    Ok(refund::in_shop(shop).filter(named).all(conn).await?)
}

/// Payments whose money came from `from` on and before `until`, by the platform's clock where it told
/// the time; in the order of their ids, after one already given.
pub async fn paid_between(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    (from, until): (Time, Time),
    after: Option<PaymentId>,
    limit: u64,
) -> Result<Vec<payment::Model>, PaymentError> {
    use payment::Column as C;
    let by_theirs = C::PlatformPaidAt.gte(from).and(C::PlatformPaidAt.lt(until));
    let by_ours = C::PlatformPaidAt.is_null().and(C::PaidAt.gte(from)).and(C::PaidAt.lt(until));
    let billed = payment::in_shop(shop).filter(C::State.eq(PaymentState::Succeeded)).filter(by_theirs.or(by_ours));
    Ok(next_by(billed, C::Id, after, limit).all(conn).await?)
}

/// Refunds by WeChat Pay that ended well from `from` on and before `until`, as [`paid_between`].
pub async fn refunded_between(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    (from, until): (Time, Time),
    after: Option<RefundId>,
    limit: u64,
) -> Result<Vec<refund::Model>, PaymentError> {
    use refund::Column as C;
    let by_hand = remedy::in_shop(shop)
        .select_only()
        .column(remedy::Column::RefundId)
        .filter(remedy::Column::Way.eq(RemedyWay::ByHand))
        .into_query();
    let billed = refund::in_shop(shop)
        .filter(C::State.eq(RefundState::Succeeded))
        .filter(C::WechatFen.gt(0))
        // What the shop paid by hand is in no bill.
        .filter(C::Id.not_in_subquery(by_hand))
        .filter(C::FinishedAt.gte(from))
        .filter(C::FinishedAt.lt(until));
    Ok(next_by(billed, C::Id, after, limit).all(conn).await?)
}
