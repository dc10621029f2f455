//! A supplier's part through an order's life: its terms are frozen when it is ordered, it is reckoned
//! when it is paid, taken back as money goes back, and released when the after-sale window has ended.

use kernel::id::SupplierId;
use kernel::{Failure, Fen, Time};
use sea_orm::ConnectionTrait;
use serde::Deserialize;

use crate::areas::commissions::entity::commission;
use crate::areas::commissions::error::CommissionError;
use crate::areas::commissions::rules::{self as earning, Refunded};
use crate::areas::commissions::state::CommissionKind;
use crate::areas::goods::entity::sku;
use crate::areas::ledger::Draft;
use crate::areas::ledger::state::AccountKind;
use crate::areas::orders;
use crate::areas::orders::entity::{line, order};
use crate::areas::orders::state::FulfilmentKind;
use crate::areas::payouts::returns;
use crate::areas::suppliers::SupplierError;
use crate::areas::suppliers::entity::{part, supplier};
use crate::areas::suppliers::movements::{self, NewMovement};
use crate::areas::suppliers::parts::{self, NewPart};
use crate::areas::suppliers::rules::{self, Agreed, LineMoney, Snapshot};
use crate::areas::suppliers::state::{MovementKind, PartState, Terms};
use crate::flows::supplier_advances;

/// What was agreed with a supplier about a SKU, to be stored on the line that is ordered.
pub fn snapshot(supplier: &supplier::Model, sku: &sku::Model) -> Result<serde_json::Value, Failure> {
    let agreed = match (supplier.terms, sku.settlement_price_fen) {
        (Terms::SettlementPrice, Some(price)) => Agreed::SettlementPriceFen(price),
        _ => Agreed::ServiceFeeBp(supplier.service_fee_bp),
    };
    let snapshot = Snapshot { independent: supplier.independent, agreed };
    Ok(serde_json::to_value(snapshot).map_err(SupplierError::Rule)?)
}

/// Writes the suppliers' parts of a paid order, pending, inside the payment's transaction, whose
/// journal books what is returned. `earned` are the commissions of the same lines.
pub async fn accrue(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    lines: &[line::Model],
    earned: &[commission::Model],
    now: Time,
) -> Result<Vec<part::Model>, Failure> {
    let mut wanted = Vec::new();
    for line in lines {
        wanted.extend(reckoned(order, line, earned)?);
    }
    Ok(parts::create(conn, order.shop_id, order.id, &wanted, now).await?)
}

/// What the supplier of a line gets of it, if it has one.
fn reckoned(
    order: &order::Model,
    line: &line::Model,
    earned: &[commission::Model],
) -> Result<Option<NewPart>, Failure> {
    let (Some(supplier), Some(rule)) = (line.supplier_id, &line.supplier_rule) else { return Ok(None) };
    let snapshot = Snapshot::deserialize(rule).map_err(SupplierError::Rule)?;
    let money = money_of(order, line, earned)?;
    let share = rules::share(&snapshot, &money).map_err(SupplierError::Money)?;
    if share.loss.is_positive() {
        tracing::warn!(line = %line.id, loss = %share.loss, "a supplier's line gives away more than its money; the shop bears it");
        metrics::counter!("supplier_lines_above_whole_total").increment(1);
    }
    Ok(Some(NewPart { line: line.id, supplier, snapshot, money, share }))
}

/// Reckons a line's part anew from the commissions `earned` of it, since another leader takes it over
/// into `draft`, the journal of that change. `refunded` is what has gone back before.
pub async fn rebuild(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    line: &line::Model,
    earned: &[commission::Model],
    refunded: &Refunded,
    draft: &mut Draft,
) -> Result<(), Failure> {
    let Some(part) = reckoned(order, line, earned)? else { return Ok(()) };
    let Some(known) = parts::held(conn, line.shop_id, line.id).await? else { return Ok(()) };
    let mut fresh = parts::anew(&known, &part);
    fresh.reversed_fen = reversed_so_far(&fresh, refunded)?;
    if fresh.reversed_fen == fresh.amount_fen && fresh.reversed_fen.is_positive() {
        fresh.state = PartState::Reversed;
    }
    if !parts::replace(conn, &known, &fresh).await? {
        return Err(SupplierError::Changed(known.id).into());
    }
    let party = Some(known.supplier_id.uuid());
    draft.debit(AccountKind::SupplierPending, party, known.amount_fen.minus(known.reversed_fen)?);
    Ok(draft.credit(AccountKind::SupplierPending, party, fresh.amount_fen.minus(fresh.reversed_fen)?)?)
}

fn money_of(order: &order::Model, line: &line::Model, earned: &[commission::Model]) -> Result<LineMoney, Failure> {
    let sum = |kind: CommissionKind| {
        Fen::sum(earned.iter().filter(|row| row.line_id == line.id && row.kind == kind).map(|row| row.amount_fen))
    };
    let express = order.fulfilment == FulfilmentKind::Express;
    let base = line.goods_fen.minus(line.spend_and_save_fen)?.minus(line.coupon_fen)?;
    let base = if points_count(line)? { base } else { base.minus(line.points_fen)? };
    Ok(LineMoney {
        base: base.max(Fen::ZERO),
        commission: sum(CommissionKind::Own)?,
        referral: sum(CommissionKind::Referral)?,
        express_shipping: if express { line.shipping_fen } else { Fen::ZERO },
        quantity: line.quantity,
    })
}

/// Whether money paid by points is in the base: as the line's commissions have it, and where
/// nobody earns it is.
pub fn points_count(line: &line::Model) -> Result<bool, Failure> {
    let Some(rule) = &line.commission_rule else { return Ok(true) };
    let snapshot = earning::Snapshot::deserialize(rule).map_err(CommissionError::from)?;
    Ok(snapshot.points_in_base)
}

/// A part that a refund takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reversal {
    /// Whose.
    pub supplier: SupplierId,
    /// How much this refund takes: above zero.
    pub amount: Fen,
    /// Whether it had been released already.
    pub was_released: bool,
}

/// What a refund would take back of a part once `refunded` has gone back: its freight by the
/// freight that went back, the rest by the goods.
pub fn would_reverse(row: &part::Model, refunded: &Refunded) -> Result<Option<Reversal>, Failure> {
    let amount = reversed_so_far(row, refunded)?.minus(row.reversed_fen)?;
    let was_released = row.state == PartState::Released;
    Ok(amount.is_positive().then_some(Reversal { supplier: row.supplier_id, amount, was_released }))
}

fn reversed_so_far(row: &part::Model, refunded: &Refunded) -> Result<Fen, Failure> {
    let goods = row.amount_fen.minus(row.shipping_fen)?;
    let goods = earning::reversed_so_far(goods, CommissionKind::Own, refunded)?;
    let shipping = earning::reversed_so_far(row.shipping_fen, CommissionKind::Delivery, refunded)?;
    Ok(goods.plus(shipping)?.max(row.reversed_fen))
}

/// Takes back what a refund of a line reverses of its supplier's part, inside the refund's
/// transaction. The caller books it.
pub async fn reverse(
    conn: &impl ConnectionTrait,
    line: &line::Model,
    refunded: &Refunded,
) -> Result<Option<Reversal>, Failure> {
    if line.supplier_rule.is_none() {
        return Ok(None);
    }
    let Some(row) = parts::held(conn, line.shop_id, line.id).await? else { return Ok(None) };
    let Some(reversal) = would_reverse(&row, refunded)? else { return Ok(None) };
    if !parts::note_reversed(conn, &row, row.reversed_fen.plus(reversal.amount)?).await? {
        return Err(SupplierError::Changed(row.id).into());
    }
    Ok(Some(reversal))
}

/// The loss that was booked at payment for a line whose terms gave away more than its money.
pub async fn loss_of(conn: &impl ConnectionTrait, line: &line::Model) -> Result<Fen, Failure> {
    if line.supplier_rule.is_none() {
        return Ok(Fen::ZERO);
    }
    Ok(parts::of_line(conn, line.shop_id, line.id).await?.map_or(Fen::ZERO, |row| row.loss_fen))
}

/// Releases the supplier's part of a line into `draft`, the journal of the line's release; what a
/// share that did not come back left owing is made good first. What its own merchant should have of
/// it and has not is owed.
pub async fn release(
    conn: &impl ConnectionTrait,
    line: &line::Model,
    draft: &mut Draft,
    now: Time,
) -> Result<(), Failure> {
    if line.supplier_rule.is_none() {
        return Ok(());
    }
    let Some(row) = parts::release(conn, line.shop_id, line.id, now).await? else { return Ok(()) };
    let (party, amount) = (Some(row.supplier_id.uuid()), row.amount_fen.minus(row.reversed_fen)?);
    draft.debit(AccountKind::SupplierPending, party, amount);
    draft.credit(AccountKind::SupplierAvailable, party, amount)?;
    let order = collected_by(conn, line, row.supplier_id).await?;
    let collected = if order.is_some() { amount } else { Fen::ZERO };
    draft.debit(AccountKind::SupplierAvailable, party, collected);
    draft.credit(AccountKind::Clearing, party, collected)?;
    let payable = amount.minus(collected)?;
    let owed = returns::make_good(conn, line.shop_id, row.supplier_id.uuid(), payable).await?;
    draft.debit(AccountKind::SupplierAvailable, party, owed);
    draft.credit(AccountKind::PartyReceivable, party, owed)?;
    let moved = |kind, amount| NewMovement {
        shop: row.shop_id,
        supplier: row.supplier_id,
        kind,
        amount,
        order: Some(row.order_id),
        line: Some(row.line_id),
        cause: line.id.uuid(),
    };
    let all = [
        moved(MovementKind::Released, amount),
        moved(MovementKind::Collected, collected.negated()?),
        moved(MovementKind::MadeGood, owed.negated()?),
    ];
    movements::note(conn, &all, now).await?;
    match order {
        Some(order) => supplier_advances::book(conn, &order, draft, now).await,
        None => Ok(()),
    }
}

/// Whether the supplier's own merchant collected the money of a line: then its part lies there already.
pub async fn collects(conn: &impl ConnectionTrait, line: &line::Model, supplier: SupplierId) -> Result<bool, Failure> {
    Ok(collected_by(conn, line, supplier).await?.is_some())
}

/// The order of a line, where the supplier's own merchant collected its money.
async fn collected_by(
    conn: &impl ConnectionTrait,
    line: &line::Model,
    supplier: SupplierId,
) -> Result<Option<order::Model>, Failure> {
    let order = orders::query::by_id(conn, line.shop_id, line.order_id).await?;
    Ok(order.filter(|order| order.merchant_id == Some(supplier)))
}
