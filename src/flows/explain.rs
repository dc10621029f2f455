//! Where an amount comes from: its parts with rule, rate, base and source, and the journals that
//! booked it. Reads alone.

use kernel::id::{CommissionId, JournalId, OrderLineId, RefundId, ShopId, WithdrawalId};
use kernel::{BasisPoints, Code, Coded, Failure, Fen};
use sea_orm::{ConnectionTrait, QueryOrder, QuerySelect, entity::prelude::*};
use uuid::Uuid;

use crate::areas::commissions::entity::commission;
use crate::areas::ledger;
use crate::areas::ledger::query::Journal;
use crate::areas::ledger::state::LedgerUnit;
use crate::areas::orders::entity::line;
use crate::areas::payments::entity::{refund, refund_line};
use crate::areas::payouts;
use crate::areas::payouts::entity::sharing_part;

/// The most journals an explanation lists.
const JOURNALS_MAX: u64 = 100;

/// No amount has this reference.
#[derive(Debug, thiserror::Error)]
#[error("no amount has this reference")]
struct Unknown;

impl Coded for Unknown {
    fn code(&self) -> Code {
        Code::LedgerRefUnknown
    }
}

/// Why an amount is what it is.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// `commission`, `withdrawal`, `order_line`, `refund` or `journal`.
    pub kind: &'static str,
    /// The amount.
    pub amount: Fen,
    /// What it is made of.
    pub parts: Vec<Part>,
    /// What booked it, oldest first.
    pub journals: Vec<Journal>,
}

/// One part of an amount.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it is.
    pub what: String,
    /// How much; what is taken away is negative.
    pub amount: Fen,
    /// What it was reckoned from.
    pub base: Option<Fen>,
    /// By which rate.
    pub rate: Option<BasisPoints>,
    /// By which rule, as stored with it.
    pub rule: Option<String>,
    /// The id it comes from.
    pub source: Option<String>,
}

impl Part {
    fn plain(what: &str, amount: Fen) -> Self {
        Self { what: what.to_owned(), amount, base: None, rate: None, rule: None, source: None }
    }

    fn less(what: &str, amount: Fen) -> Result<Self, Failure> {
        Ok(Self::plain(what, amount.negated()?))
    }
}

/// Explains the amount `reference` names: the id of a commission, a withdrawal, an order line, a
/// refund or a journal. Errors: `ledger.reference_unknown`.
pub async fn explain(conn: &impl ConnectionTrait, shop: ShopId, reference: &str) -> Result<Explanation, Failure> {
    if let Ok(id) = reference.parse() {
        commission_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        withdrawal_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        line_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        refund_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        journal_parts(conn, shop, id).await
    } else {
        Err(Unknown.into())
    }
}

async fn commission_parts(conn: &impl ConnectionTrait, shop: ShopId, id: CommissionId) -> Result<Explanation, Failure> {
    let row = commission::in_shop(shop).filter(commission::Column::Id.eq(id)).one(conn).await?.ok_or(Unknown)?;
    let mut causes = vec![row.order_id.uuid(), row.line_id.uuid(), row.id.uuid()];
    causes.extend(refunds_of_line(conn, shop, row.line_id).await?);
    let shared: Vec<Uuid> = payouts::query::sharings_of(conn, shop, row.order_id)
        .await?
        .into_iter()
        .flat_map(|(_, parts)| parts)
        .filter(|part: &sharing_part::Model| part.party_id == row.leader_id.uuid())
        .map(|part| part.id.uuid())
        .collect();
    causes.extend(shared);
    let mut parts = vec![commission_part(&row)];
    if row.reversed_fen != Fen::ZERO {
        parts.push(Part::less("reversed", row.reversed_fen)?);
    }
    let amount = row.amount_fen.minus(row.reversed_fen)?;
    Ok(Explanation { kind: "commission", amount, parts, journals: booked(conn, shop, &causes).await? })
}

fn commission_part(row: &commission::Model) -> Part {
    Part {
        what: "commission".to_owned(),
        amount: row.amount_fen,
        base: Some(row.base_fen),
        rate: row.rate_bp,
        rule: Some(row.rule.clone()),
        source: Some(row.line_id.to_string()),
    }
}

async fn withdrawal_parts(conn: &impl ConnectionTrait, shop: ShopId, id: WithdrawalId) -> Result<Explanation, Failure> {
    let row = payouts::query::withdrawal(conn, shop, id).await?.ok_or(Unknown)?;
    let fee = Part {
        what: "fee".to_owned(),
        amount: row.fee_fen,
        base: Some(row.amount_fen),
        rate: None,
        rule: Some("withdraw_fee_bp".to_owned()),
        source: None,
    };
    let net = Part { source: Some(row.leader_id.to_string()), ..Part::plain("net", row.net_fen) };
    let mut parts = vec![net, fee];
    if row.tax_fen != Fen::ZERO {
        parts.push(Part::plain("tax", row.tax_fen));
    }
    let journals = booked(conn, shop, &[id.uuid()]).await?;
    Ok(Explanation { kind: "withdrawal", amount: row.amount_fen, parts, journals })
}

async fn line_parts(conn: &impl ConnectionTrait, shop: ShopId, id: OrderLineId) -> Result<Explanation, Failure> {
    let row = line::in_shop(shop).filter(line::Column::Id.eq(id)).one(conn).await?.ok_or(Unknown)?;
    let goods = Part {
        base: Some(row.unit_price_fen),
        rule: Some(format!("unit_price × {}", row.quantity)),
        source: Some(row.sku_id.to_string()),
        ..Part::plain("goods", row.goods_fen)
    };
    let mut parts = vec![
        goods,
        Part::less("spend_and_save", row.spend_and_save_fen)?,
        Part::less("coupon", row.coupon_fen)?,
        Part::less("points", row.points_fen)?,
        Part::plain("shipping", row.shipping_fen),
        Part::plain("packing", row.packing_fen),
    ];
    parts.retain(|part| part.amount != Fen::ZERO);
    let amount = Fen::sum(parts.iter().map(|part| part.amount))?;
    let mut causes = vec![row.order_id.uuid(), id.uuid()];
    causes.extend(refunds_of_line(conn, shop, id).await?);
    Ok(Explanation { kind: "order_line", amount, parts, journals: booked(conn, shop, &causes).await? })
}

async fn refund_parts(conn: &impl ConnectionTrait, shop: ShopId, id: RefundId) -> Result<Explanation, Failure> {
    let row = refund::in_shop(shop).filter(refund::Column::Id.eq(id)).one(conn).await?.ok_or(Unknown)?;
    let lines = refund_line::Entity::find()
        .filter(refund_line::Column::ShopId.eq(shop))
        .filter(refund_line::Column::RefundId.eq(id))
        .order_by_asc(refund_line::Column::LineId)
        .all(conn)
        .await?;
    let part = |line: refund_line::Model| Part {
        rule: Some(format!("{} of the line's units", line.quantity)),
        source: Some(line.line_id.to_string()),
        ..Part::plain("line", line.amount_fen)
    };
    let parts = lines.into_iter().map(part).collect();
    let mut causes = vec![id.uuid()];
    // The refund of a payment that came too late gives back what its own journal took in.
    causes.extend(row.payment_id.filter(|_| row.cause == "late_payment").map(|payment| payment.uuid()));
    let journals = booked(conn, shop, &causes).await?;
    Ok(Explanation { kind: "refund", amount: row.amount_fen, parts, journals })
}

async fn journal_parts(conn: &impl ConnectionTrait, shop: ShopId, id: JournalId) -> Result<Explanation, Failure> {
    let journal = ledger::query::journal(conn, shop, id).await?.ok_or(Unknown)?;
    let money = journal.entries.iter().filter(|entry| entry.unit == LedgerUnit::CnyFen && entry.amount > 0);
    let amount = Fen::sum(money.map(|entry| Fen::from_fen(entry.amount)))?;
    Ok(Explanation { kind: "journal", amount, parts: Vec::new(), journals: vec![journal] })
}

async fn booked(conn: &impl ConnectionTrait, shop: ShopId, causes: &[Uuid]) -> Result<Vec<Journal>, Failure> {
    Ok(ledger::query::journals_of(conn, shop, causes, JOURNALS_MAX).await?)
}

async fn refunds_of_line(conn: &impl ConnectionTrait, shop: ShopId, line: OrderLineId) -> Result<Vec<Uuid>, Failure> {
    let refunds: Vec<RefundId> = refund_line::Entity::find()
        .select_only()
        .column(refund_line::Column::RefundId)
        .filter(refund_line::Column::ShopId.eq(shop))
        .filter(refund_line::Column::LineId.eq(line))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(refunds.into_iter().map(RefundId::uuid).collect())
}
