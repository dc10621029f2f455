//! Amounts that are of no single order: suppliers' statements, recharges, and what operators gave members
//! or took.

use kernel::id::{AdjustmentId, RechargeId, ShopId, SupplierStatementId};
use kernel::words::wire;
use kernel::{Failure, Fen};
use sea_orm::entity::prelude::*;
use uuid::Uuid;

use super::{Explanation, Part, Unknown, booked};
use crate::areas::balances::entity::adjustment;
use crate::areas::payments::entity::refund;
use crate::areas::recharges::entity::recharge;
use crate::areas::suppliers::entity::{movement, statement};
use crate::areas::suppliers::state::MovementKind;

/// What a statement is to pay: its opening balance and its lines by kind, less what earlier statements are
/// still to pay of it. Booked are its payments; each line is by its own cause.
pub(super) async fn statement_parts(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: SupplierStatementId,
) -> Result<Explanation, Failure> {
    let row = statement::in_shop(shop).filter(statement::Column::Id.eq(id)).one(conn).await?.ok_or(Unknown)?;
    let lines = movement::in_shop(shop).filter(movement::Column::StatementId.eq(id)).all(conn).await?;
    let mut parts = vec![Part::plain("opening", row.opening_fen)];
    for kind in <MovementKind as sea_orm::Iterable>::iter() {
        let own = lines.iter().filter(|line| line.kind == kind);
        let rule = Some(format!("{} lines", own.clone().count()));
        parts.push(Part { rule, ..Part::plain(&wire(&kind), Fen::sum(own.map(|line| line.amount_fen))?) });
    }
    let rule = Some("due of other statements, or owed by the supplier".to_owned());
    parts.push(Part { rule, ..Part::plain("not_due", row.due_fen.minus(row.closing_fen)?) });
    parts.retain(|part| part.amount != Fen::ZERO);
    let payments = movement::in_shop(shop)
        .filter(movement::Column::CauseId.eq(id.uuid()))
        .filter(movement::Column::Kind.is_in([MovementKind::Paying, MovementKind::Unpaid]));
    let mut causes: Vec<Uuid> = payments.all(conn).await?.iter().map(|moved| moved.id.uuid()).collect();
    causes.push(id.uuid());
    let journals = booked(conn, shop, &causes).await?;
    Ok(Explanation { kind: "supplier_statement", amount: row.due_fen, parts, journals })
}

/// What a recharge is worth in the balance: what was paid and its gift, less what went back.
pub(super) async fn recharge_parts(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: RechargeId,
) -> Result<Explanation, Failure> {
    let row = recharge::in_shop(shop).filter(recharge::Column::Id.eq(id)).one(conn).await?.ok_or(Unknown)?;
    let source = row.plan_id.map(|plan| plan.to_string());
    let mut parts = vec![
        Part { source: source.clone(), ..Part::plain("principal", row.amount_fen) },
        Part { source, ..Part::plain("gift", row.gift_fen) },
        Part::less("refunded", row.refunded_fen)?,
        Part::less("gift_taken_back", row.gift_back_fen)?,
    ];
    parts.retain(|part| part.amount != Fen::ZERO);
    let refunds = refund::in_shop(shop).filter(refund::Column::RechargeId.eq(id)).all(conn).await?;
    let causes: Vec<Uuid> = std::iter::once(id.uuid()).chain(refunds.iter().map(|row| row.id.uuid())).collect();
    let amount = Fen::sum(parts.iter().map(|part| part.amount))?;
    Ok(Explanation { kind: "recharge", amount, parts, journals: booked(conn, shop, &causes).await? })
}

/// What an operator gave a member or took, with his reason; points are in the journal alone.
pub(super) async fn adjustment_parts(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: AdjustmentId,
) -> Result<Explanation, Failure> {
    let row = adjustment::in_shop(shop).filter(adjustment::Column::Id.eq(id)).one(conn).await?.ok_or(Unknown)?;
    let part = Part {
        rule: Some(row.reason.clone()),
        source: Some(row.operator_id.to_string()),
        ..Part::plain("gift", row.gift_fen)
    };
    let journals = booked(conn, shop, &[id.uuid()]).await?;
    Ok(Explanation { kind: "adjustment", amount: row.gift_fen, parts: vec![part], journals })
}
