//! The buyer's money comes first: what is planned and not sent steps back, and an order of
//! which more goes back than is still frozen is unfrozen before its refund is sent.

use kernel::id::ShopId;
use kernel::{Failure, Fen, Time};
use sea_orm::ConnectionTrait;

use super::plan::write_unfreeze;
use super::pot::Pot;
use crate::app::App;
use crate::areas::orders::entity::order;
use crate::areas::payments::entity::{payment, refund};
use crate::areas::payments::service as payments;
use crate::areas::payouts::entity::{sharing, sharing_part};
use crate::areas::payouts::query;
use crate::areas::payouts::sharings::{self, Shared, Told};
use crate::areas::payouts::state::{PartResult, SharingEvent, SharingKind, SharingState};

/// Why a share that was never sent is given up. The planner plans it anew with what is left.
const OVERTAKEN: &str = "a refund of the order came first";

/// Prepares the sharing of a locked order for a refund of `amount` that is about to be written.
pub async fn make_way(
    app: &App,
    tx: &impl ConnectionTrait,
    order: &order::Model,
    payment: &payment::Model,
    amount: Fen,
) -> Result<(), Failure> {
    let Some(transaction_id) = payment.transaction_id.clone().filter(|_| order.profit_sharing) else { return Ok(()) };
    let (shop, now) = (order.shop_id, app.clock.now());
    let sharings = query::sharings_of(tx, shop, order.id).await?;
    for (row, parts) in sharings.iter().filter(|(row, _)| row.kind == SharingKind::Share && never_sent(row)) {
        give_up(tx, row, parts, OVERTAKEN, now).await?;
    }
    let pot = Pot::of(tx, shop, order.id, payment, None).await?;
    let ends = |(row, _): &(sharing::Model, _)| row.kind == SharingKind::Unfreeze && row.state != SharingState::Failed;
    if amount > pot.frozen()? && !sharings.iter().any(ends) {
        let shared = Shared { shop, order: order.id, payment: payment.id, transaction_id };
        write_unfreeze(app, tx, &shared, !sharings.is_empty()).await?;
    }
    Ok(())
}

/// Whether nobody has ever taken the request to send it; decided under the order's lock.
pub(super) fn never_sent(row: &sharing::Model) -> bool {
    row.state == SharingState::Created && row.queries == 0
}

/// Ends a share that is not made; its parts stay owed.
pub(super) async fn give_up(
    tx: &impl ConnectionTrait,
    row: &sharing::Model,
    parts: &[sharing_part::Model],
    why: &str,
    now: Time,
) -> Result<(), Failure> {
    let told = Told { fail_reason: Some(why.to_owned()), ..Told::default() };
    if sharings::advance(tx, row, SharingEvent::Refused, &told, now).await?.is_some() {
        for part in parts {
            sharings::settle_part(tx, part.id, PartResult::Closed, Some(why.to_owned())).await?;
        }
        tracing::info!(sharing = %row.id, why, "a share is given up before it was made");
    }
    Ok(())
}

/// Why a refund has to wait, if it has to: its order is being unfrozen and what is still frozen does
/// not cover it.
pub async fn in_the_way(app: &App, shop: ShopId, refund: &refund::Model) -> Result<Option<String>, Failure> {
    let conn = app.db.reader();
    let Some(order) = refund.order_id else { return Ok(None) };
    let sharings = query::sharings_of(conn, shop, order).await?;
    let open = [SharingState::Created, SharingState::Processing];
    let ending = sharings.iter().find(|(row, _)| row.kind == SharingKind::Unfreeze && open.contains(&row.state));
    let Some((ending, _)) = ending else { return Ok(None) };
    let Some(payment) = payments::by_id(conn, shop, ending.payment_id).await? else { return Ok(None) };
    let pot = Pot::of(conn, shop, order, &payment, None).await?;
    let covered = !pot.frozen()?.is_negative();
    Ok((!covered).then(|| format!("the order's money is unfrozen first, by {}", ending.id)))
}
