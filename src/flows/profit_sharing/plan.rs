//! What is shared of an order, with whom, and when it is unfrozen.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use kernel::id::{LeaderId, OperatorId, OrderId};
use kernel::{BasisPoints, Failure, Fen, Time};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{Condition, QueryOrder, QuerySelect, entity::prelude::*};
use serde_json::json;

use super::pot::Pot;
use super::receiver::{receiver_of, word};
use super::{ceiling, merchant, owing};
use crate::app::App;
use crate::areas::commissions::entity::commission as earning;
use crate::areas::commissions::state::CommissionState;
use crate::areas::ledger::state::AccountKind;
use crate::areas::orders::entity::order;
use crate::areas::orders::error::OrderError;
use crate::areas::orders::state::OrderStatus;
use crate::areas::payments;
use crate::areas::payments::entity::payment;
use crate::areas::payouts::entity::{sharing, sharing_part};
use crate::areas::payouts::requests::ReceiverShare;
use crate::areas::payouts::sharings::{self, NewPart, Shared};
use crate::areas::payouts::state::{PartResult, SharingKind, SharingState};
use crate::areas::payouts::{PayoutError, query, rules};
use crate::areas::shipping::entity::hold;
use crate::areas::shipping::{holds, management};
use crate::areas::shops::payout::PayoutMode;
use crate::areas::shops::query::Shop;
use crate::areas::{leaders, operators::audit};
use crate::flows::commission;

/// Between an order's last share and its unfreeze, since the platform counts requests an order.
const BETWEEN: Duration = Duration::seconds(3);
/// How long a refused unfreeze is left alone before another is planned.
const UNFREEZE_AGAIN: Duration = Duration::hours(6);
/// Orders older than this are unfrozen by the platform itself.
const FORGOTTEN: Duration = Duration::days(rules::FREEZE_DAYS + 1);

/// Who wants an order shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// The job: all is settled, or the freeze ends.
    Due,
    /// An operator, now; parts that failed are tried again.
    Now,
}

/// The flagged orders of a shop whose next request can be planned, at most `limit`: settled or
/// closed ones, and those whose freeze ends soon. While WeChat keeps a managed shop's money it shares
/// nothing of it, so such an order waits until the money is free or the freeze ends.
pub async fn due_orders(app: &App, shop: &Shop, limit: u64) -> Result<Vec<OrderId>, Failure> {
    let now = app.clock.now();
    let margin = shop.settings.freeze_margin_days;
    let planned = Query::select()
        .expr(Expr::value(1))
        .from(sharing::Entity)
        .and_where(Expr::col((sharing::Entity, sharing::Column::OrderId)).equals((order::Entity, order::Column::Id)))
        .cond_where(
            Condition::any().add(sharing::Column::State.is_in([SharingState::Created, SharingState::Processing])).add(
                Condition::all()
                    .add(sharing::Column::Kind.eq(SharingKind::Unfreeze))
                    // One that was refused is planned again, before the freeze ends and not at once.
                    .add(
                        Condition::any()
                            .add(sharing::Column::State.ne(SharingState::Failed))
                            .add(sharing::Column::CreatedAt.gt(now - UNFREEZE_AGAIN)),
                    ),
            ),
        )
        .to_owned();
    let ended = [OrderStatus::Completed, OrderStatus::Closed];
    let mut settled = Condition::all().add(order::Column::Status.is_in(ended));
    if management::is_known_managed(app.db.reader(), shop.id).await? {
        settled = settled.add(Expr::exists(held_at_wechat()).not());
    }
    let ripe =
        Condition::any().add(settled).add(order::Column::PaidAt.lte(now - (rules::unfreeze_by(now, margin) - now)));
    Ok(order::in_shop(shop.id)
        .select_only()
        .column(order::Column::Id)
        // As a bare term, so that the partial index of flagged orders serves.
        .filter(Expr::col((order::Entity, order::Column::ProfitSharing)))
        .filter(order::Column::PayableFen.gt(0))
        .filter(order::Column::PaidAt.gt(now - FORGOTTEN))
        .filter(order::Column::PaidAt.lte(now - rules::SHARE_AFTER))
        .filter(ripe)
        .filter(Expr::exists(planned).not())
        .order_by_asc(order::Column::PaidAt)
        .limit(limit)
        .into_tuple()
        .all(app.db.reader())
        .await?)
}

/// A payment of the order that WeChat was told of, or is to be told of, and has not set free.
fn held_at_wechat() -> SelectStatement {
    let back = hold::Column::PlatformState.eq(holds::REFUNDED);
    Query::select()
        .expr(Expr::value(1))
        .from(hold::Entity)
        .and_where(Expr::col((hold::Entity, hold::Column::OrderId)).equals((order::Entity, order::Column::Id)))
        .and_where(hold::Column::SettledAt.is_null())
        .cond_where(Condition::any().add(hold::Column::PlatformState.is_null()).add(back.not()))
        .and_where(Expr::col((order::Entity, order::Column::Status)).ne(OrderStatus::Closed))
        .to_owned()
}

/// Writes the next request of an order: a share while a leader is owed something, then the unfreeze.
/// `false` when it takes none.
#[tracing::instrument(skip_all, fields(order = %id))]
pub async fn plan(app: &App, shop: &Shop, id: OrderId) -> Result<bool, Failure> {
    let merchant = merchant::of_order(app.db.reader(), shop.id, id).await?;
    let ceiling = ceiling::of(app, shop, merchant.as_deref()).await;
    app.db
        .write(async |tx| {
            let Some(open) = open_order(app, tx, shop, id).await? else { return Ok(false) };
            if !write_share(app, tx, shop, &open, ceiling, Wanted::Due).await? {
                write_unfreeze(app, tx, &open.shared, !open.sharings.is_empty()).await?;
            }
            Ok(true)
        })
        .await
}

/// An operator has an order shared now. While an after-sale window is running a reason is needed;
/// then what the received lines earned is released early, and the order is unfrozen when it is settled.
///
/// Errors: `sharing.not_offered`, `sharing.not_due`.
pub async fn share_now(
    app: &App,
    shop: &Shop,
    id: OrderId,
    by: OperatorId,
    reason: Option<&str>,
) -> Result<Vec<(sharing::Model, Vec<sharing_part::Model>)>, Failure> {
    let merchant = merchant::of_order(app.db.reader(), shop.id, id).await?;
    let ceiling = ceiling::of(app, shop, merchant.as_deref()).await;
    app.db
        .write(async |tx| {
            let open = open_order(app, tx, shop, id).await?;
            let open = open.ok_or(PayoutError::SharingNotOffered("it is not flagged, not paid, or ended already"))?;
            if app.clock.now() < open.paid_at + rules::SHARE_AFTER {
                return Err(PayoutError::SharingNotDue("a minute has to pass after payment").into());
            }
            if is_held(tx, shop, &open.payment).await? {
                let why = "WeChat keeps the money until the goods were shipped and received";
                return Err(PayoutError::SharingNotDue(why).into());
            }
            let ended = matches!(open.order.status, OrderStatus::Completed | OrderStatus::Closed);
            if !ended && reason.is_none() {
                return Err(PayoutError::SharingNotDue("the after-sale window is running; give a reason").into());
            }
            if !ended {
                commission::release_early(tx, &open.order, app.clock.now()).await?;
            }
            let shares = write_share(app, tx, shop, &open, ceiling, Wanted::Now).await?;
            if !shares && !ended {
                return Err(PayoutError::SharingNotDue("no released commission can be shared").into());
            }
            if !shares {
                write_unfreeze(app, tx, &open.shared, !open.sharings.is_empty()).await?;
            }
            let detail = json!({ "reason": reason });
            audit::note(tx, shop.id, by, "order.share", id, detail, app.clock.now()).await?;
            Ok(query::sharings_of(tx, shop.id, id).await?)
        })
        .await
}

/// Whether WeChat was told of the payment, or is to be told, and has not set its money free.
async fn is_held(tx: &impl ConnectionTrait, shop: &Shop, payment: &payment::Model) -> Result<bool, Failure> {
    if !management::is_known_managed(tx, shop.id).await? {
        return Ok(false);
    }
    let hold = holds::of_payment(tx, shop.id, payment.id).await?;
    Ok(hold.is_some_and(|hold| hold.settled_at.is_none() && hold.platform_state != Some(holds::REFUNDED)))
}

/// A flagged, paid order that can still be shared, locked against another planner.
struct OpenOrder {
    order: order::Model,
    payment: payment::Model,
    paid_at: Time,
    shared: Shared,
    sharings: Vec<(sharing::Model, Vec<sharing_part::Model>)>,
}

async fn open_order(
    app: &App,
    tx: &impl ConnectionTrait,
    shop: &Shop,
    id: OrderId,
) -> Result<Option<OpenOrder>, Failure> {
    let order = order::in_shop(shop.id).filter(order::Column::Id.eq(id)).lock_exclusive().one(tx).await?;
    let order = order.ok_or(OrderError::NotFound(id))?;
    let payment = payments::query::paid_of(tx, shop.id, id).await?;
    let Some(payment) = payment.filter(|_| order.profit_sharing) else { return Ok(None) };
    let (Some(transaction_id), Some(paid_at)) = (payment.transaction_id.clone(), order.paid_at) else {
        return Ok(None);
    };
    let sharings = query::sharings_of(tx, shop.id, id).await?;
    let busy = |row: &sharing::Model| {
        let open = matches!(row.state, SharingState::Created | SharingState::Processing);
        open || (row.kind == SharingKind::Unfreeze && row.state != SharingState::Failed)
    };
    if sharings.iter().any(|(row, _)| busy(row)) || paid_at + FORGOTTEN < app.clock.now() {
        return Ok(None);
    }
    let shared = Shared { shop: shop.id, order: id, payment: payment.id, transaction_id };
    Ok(Some(OpenOrder { order, payment, paid_at, shared, sharings }))
}

/// Writes a share of what the leaders are owed; `false` when there is nothing to share.
async fn write_share(
    app: &App,
    tx: &impl ConnectionTrait,
    shop: &Shop,
    open: &OpenOrder,
    ceiling: BasisPoints,
    wanted: Wanted,
) -> Result<bool, Failure> {
    let mut parts = Vec::new();
    for (leader, owed) in owed_to_leaders(tx, shop, open, wanted).await? {
        let row = leaders::query::by_id(tx, shop.id, leader).await?;
        let Some(receiver) = row.as_ref().map(|row| receiver_of(app, row)).transpose()?.flatten() else { continue };
        let free = owing::free_of(tx, shop, AccountKind::LeaderAvailable, leader.uuid()).await?;
        parts.push(("leader", leader.uuid(), receiver, std::cmp::min(owed, free)));
    }
    let again = wanted == Wanted::Now;
    parts.extend(owing::to_suppliers(app, tx, shop, &open.order, &open.sharings, again).await?);
    parts.extend(owing::to_shop(tx, shop, &open.order, &open.sharings).await?);
    parts.retain(|(.., owed)| owed.is_positive());
    // One request names an account once: where two parties share one, the other's turn is the next.
    let mut named = BTreeSet::new();
    parts.retain(|(_, _, receiver, _)| named.insert(receiver.account.clone()));
    let pot = Pot::of(tx, shop.id, open.order.id, &open.payment, None).await?;
    let room = pot.room((ceiling, shop.settings.payment_fee_bp))?;
    let owed: Vec<Fen> = parts.iter().map(|(.., owed)| *owed).collect();
    let shares = rules::shares(&owed, room)?;
    let parts: Vec<NewPart> = parts
        .into_iter()
        .zip(shares)
        .filter(|(_, share)| share.is_positive())
        .map(|((party_kind, party, receiver, _), share)| NewPart {
            party_kind,
            party,
            share: ReceiverShare { kind: word(receiver.kind).to_owned(), account: receiver.account, amount_fen: share },
        })
        .collect();
    if parts.is_empty() {
        return Ok(false);
    }
    let row = sharings::create(tx, &open.shared, &parts, "团购分账", app.clock.now(), app.clock.wall()).await?;
    tracing::info!(sharing = %row.id, amount = %row.amount_fen, "a share is planned");
    Ok(true)
}

/// Writes the request that ends an order's sharing; after a share the platform wants a pause.
pub(super) async fn write_unfreeze(
    app: &App,
    tx: &impl ConnectionTrait,
    shared: &Shared,
    after_a_share: bool,
) -> Result<(), Failure> {
    let pause = if after_a_share { BETWEEN } else { Duration::zero() };
    let at = app.clock.wall() + pause;
    let row = sharings::create(tx, shared, &[], "解冻剩余资金", app.clock.now(), at).await?;
    tracing::info!(sharing = %row.id, "an unfreeze is planned");
    Ok(())
}

/// What each leader was released on this order and has not been given, by ascending leader.
///
/// A part that failed is owed on and not tried again by itself: the account is at fault. One that
/// was never sent is.
async fn owed_to_leaders(
    tx: &impl ConnectionTrait,
    shop: &Shop,
    open: &OpenOrder,
    wanted: Wanted,
) -> Result<BTreeMap<LeaderId, Fen>, Failure> {
    if shop.profile.payout.mode != PayoutMode::ProfitSharing {
        return Ok(BTreeMap::new());
    }
    let released = earning::in_shop(shop.id)
        .filter(earning::Column::OrderId.eq(open.order.id))
        .filter(earning::Column::State.eq(CommissionState::Released))
        .all(tx)
        .await?;
    let mut owed: BTreeMap<LeaderId, Fen> = BTreeMap::new();
    for row in released {
        let sum = owed.entry(row.leader_id).or_default();
        *sum = sum.plus(row.amount_fen.minus(row.reversed_fen)?)?;
    }
    for (row, part) in open.sharings.iter().flat_map(|(row, parts)| parts.iter().map(move |part| (row, part))) {
        let leader = LeaderId::from_uuid(part.party_id);
        let Some(sum) = owed.get_mut(&leader) else { continue };
        if part.result != PartResult::Closed {
            *sum = sum.minus(part.amount_fen)?;
        } else if wanted == Wanted::Due && row.queries > 0 {
            owed.remove(&leader);
        }
    }
    Ok(owed)
}
