//! What a supplier's own merchant lays out for others. A refund of an order that it collected comes out of
//! its money alone, also where a leader or the shop has been given a part of that money. What it then lacks
//! of the supplier's own part is owed to the supplier, and its next statement pays it.

use kernel::{Failure, Fen, Time};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::orders::entity::order;
use crate::areas::payments::refunds;
use crate::areas::payouts::returns;
use crate::areas::suppliers::movements::{self, NewMovement};
use crate::areas::suppliers::parts;
use crate::areas::suppliers::state::{MovementKind, PartState};

/// What the merchant of a locked order lacks of its supplier's released part and is not owed yet; below
/// zero what it is owed too much. Nothing where the shop's own merchant was paid. A return counts as come
/// back until it fails, and the platform's fee is the merchant's own.
pub(super) async fn missing(conn: &impl ConnectionTrait, order: &order::Model) -> Result<Fen, Failure> {
    let Some(supplier) = order.merchant_id else { return Ok(Fen::ZERO) };
    let own = parts::of_order(conn, order.shop_id, order.id).await?;
    let own = own.iter().filter(|part| part.supplier_id == supplier && part.state == PartState::Released);
    let mut lacks = Fen::ZERO.minus(order.payable_fen)?;
    for part in own {
        lacks = lacks.plus(part.amount_fen)?.minus(part.reversed_fen)?;
    }
    lacks = lacks.plus(refunds::by_wechat(conn, order.shop_id, order.id).await?)?;
    lacks = lacks.plus(returns::given(conn, order.shop_id, order.id).await?)?;
    let owed = movements::advanced(conn, order.shop_id, order.id).await?;
    Ok(lacks.max(Fen::ZERO).minus(owed)?)
}

/// Books in `draft` what is missing of a locked order.
pub(super) async fn book(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    draft: &mut Draft,
    now: Time,
) -> Result<(), Failure> {
    let Some(supplier) = order.merchant_id else { return Ok(()) };
    let (party, amount) = (Some(supplier.uuid()), missing(conn, order).await?);
    draft.debit(AccountKind::Clearing, party, amount);
    draft.credit(AccountKind::SupplierAvailable, party, amount)?;
    let kind = MovementKind::Advanced;
    let (shop, cause) = (order.shop_id, draft.cause_id);
    let moved = NewMovement { shop, supplier, kind, amount, order: Some(order.id), line: None, cause };
    Ok(movements::note(conn, &[moved], now).await?)
}

/// Books it alone, after `cause`: a part that arrived, or a return that failed.
pub(super) async fn settle(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    cause: Uuid,
    now: Time,
) -> Result<(), Failure> {
    let mut draft = Draft::new(order.shop_id, "advanced", cause);
    book(conn, order, &mut draft, now).await?;
    Ok(ledger::service::post(conn, &draft, Floor::Below, now).await?)
}
