//! A flagged order's money as sharing sees it: what came, what went back, what was given away.

use kernel::id::{OrderId, PaymentId, SharingId, ShopId};
use kernel::{BasisPoints, Failure, Fen};
use sea_orm::{QuerySelect, entity::prelude::*};

use crate::areas::payments::entity::{payment, refund};
use crate::areas::payments::state::RefundState;
use crate::areas::payouts::state::PartResult;
use crate::areas::payouts::{query, rules};

/// The money of one payment. Read it under the order's lock where something is decided by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pot {
    paid: Fen,
    refunded: Fen,
    given: Fen,
}

impl Pot {
    /// What became of `payment`, leaving out the parts of the request `without`.
    pub(super) async fn of(
        conn: &impl ConnectionTrait,
        shop: ShopId,
        order: OrderId,
        payment: &payment::Model,
        without: Option<SharingId>,
    ) -> Result<Self, Failure> {
        let sharings = query::sharings_of(conn, shop, order).await?;
        let parts = sharings.iter().filter(|(row, _)| Some(row.id) != without).flat_map(|(_, parts)| parts);
        let given = parts.filter(|part| part.result != PartResult::Closed);
        let given = Fen::sum(given.map(|part| part.amount_fen))?;
        Ok(Self { paid: payment.amount_fen, refunded: refunded(conn, shop, payment.id).await?, given })
    }

    /// What may still be shared, under a ceiling and less the platform's fee.
    pub(super) fn room(&self, rates: (BasisPoints, BasisPoints)) -> Result<Fen, Failure> {
        Ok(rules::room_to_share(self.paid, self.refunded, self.given, rates)?)
    }

    /// What is still frozen for the order; below zero when more went back than that.
    pub(super) fn frozen(&self) -> Result<Fen, Failure> {
        Ok(self.paid.minus(self.refunded)?.minus(self.given)?)
    }
}

/// What of the payment went back or is on its way back.
async fn refunded(conn: &impl ConnectionTrait, shop: ShopId, payment: PaymentId) -> Result<Fen, Failure> {
    let amounts: Vec<Fen> = refund::in_shop(shop)
        .select_only()
        .column(refund::Column::WechatFen)
        .filter(refund::Column::PaymentId.eq(payment))
        .filter(refund::Column::State.is_not_in([RefundState::Failed, RefundState::Closed]))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(Fen::sum(amounts)?)
}
