//! Where an amount comes from: its parts with rule, rate, base and source, and the journals that
//! booked it. Reads alone.

mod of_no_order;

use kernel::id::{
    AffiliateLineId, CommissionId, JournalId, LeaderId, OrderId, OrderLineId, PaymentId, RefundId, SharingPartId,
    ShopId, SupplierPartId, WithdrawalId,
};
use kernel::{BasisPoints, Code, Coded, Failure, Fen};
use sea_orm::{ConnectionTrait, QueryOrder, QuerySelect, entity::prelude::*};
use uuid::Uuid;

use crate::areas::affiliate_orders;
use crate::areas::commissions::entity::commission;
use crate::areas::ledger;
use crate::areas::ledger::query::Journal;
use crate::areas::ledger::state::{AccountKind, LedgerUnit};
use crate::areas::orders::entity::line;
use crate::areas::payments::entity::{refund, refund_line};
use crate::areas::payments::{refunds, service as payments};
use crate::areas::payouts::entity::{sharing, sharing_part};
use crate::areas::suppliers::entity::part as supplied;
use crate::areas::{orders, payouts};

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
    /// `commission`, `affiliate_commission`, `withdrawal`, `order`, `order_line`, `payment`, `refund`,
    /// `share`, `referral_reward`, `supplier_part`, `supplier_statement`, `recharge`, `adjustment` or `journal`.
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
    /// Or by which amount a unit.
    pub fixed: Option<Fen>,
    /// Times which multiplier.
    pub multiplier: Option<BasisPoints>,
    /// By which rule, as stored with it.
    pub rule: Option<String>,
    /// The id it comes from.
    pub source: Option<String>,
}

impl Part {
    fn plain(what: &str, amount: Fen) -> Self {
        let what = what.to_owned();
        Self { what, amount, base: None, rate: None, fixed: None, multiplier: None, rule: None, source: None }
    }

    fn less(what: &str, amount: Fen) -> Result<Self, Failure> {
        Ok(Self::plain(what, amount.negated()?))
    }
}

/// Explains the amount `reference` names: the id of a commission, an affiliate line, a withdrawal, an
/// order, an order line, a payment, a refund, a part of a share, a supplier's part of a line or its statement,
/// a recharge, an adjustment of a member's balance or a journal; that of a leader for the reward his
/// recommender got. Errors: `ledger.reference_unknown`.
pub async fn explain(conn: &impl ConnectionTrait, shop: ShopId, reference: &str) -> Result<Explanation, Failure> {
    if let Ok(id) = reference.parse() {
        commission_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        affiliate_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        withdrawal_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        order_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        line_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        payment_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        refund_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        share_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        reward_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        supplier_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        of_no_order::statement_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        of_no_order::recharge_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        of_no_order::adjustment_parts(conn, shop, id).await
    } else if let Ok(id) = reference.parse() {
        journal_parts(conn, shop, id).await
    } else {
        Err(Unknown.into())
    }
}

async fn order_parts(conn: &impl ConnectionTrait, shop: ShopId, id: OrderId) -> Result<Explanation, Failure> {
    let row = orders::query::by_id(conn, shop, id).await?.ok_or(Unknown)?;
    let mut parts = Vec::new();
    for line in orders::query::lines_of(conn, shop, id).await? {
        let source = Some(line.id.to_string());
        parts.push(Part { source, rule: Some("goods of a line".to_owned()), ..Part::plain("goods", line.goods_fen) });
    }
    parts.extend([
        Part::less("spend_and_save", row.spend_and_save_fen)?,
        Part { source: row.coupon_id.map(|id| id.to_string()), ..Part::less("coupon", row.coupon_fen)? },
        Part::less("points", row.points_fen)?,
        Part::plain("shipping", row.shipping_fen),
        Part::plain("packing", row.packing_fen),
        Part::less("balance", row.balance_fen)?,
    ]);
    parts.retain(|part| part.amount != Fen::ZERO);
    let mut causes = vec![id.uuid()];
    causes.extend(taken_over(conn, shop, id).await?);
    causes.extend(refunds::of_order(conn, shop, id).await?.iter().map(|refund| refund.id.uuid()));
    Ok(Explanation { kind: "order", amount: row.payable_fen, parts, journals: booked(conn, shop, &causes).await? })
}

async fn payment_parts(conn: &impl ConnectionTrait, shop: ShopId, id: PaymentId) -> Result<Explanation, Failure> {
    let row = payments::by_id(conn, shop, id).await?.ok_or(Unknown)?;
    let rule = if row.late { "paid though the order wanted no money" } else { "payable_fen of the order" };
    let of_what = row.order_id.map(|id| (id.to_string(), id.uuid()));
    let of_what = of_what.or(row.recharge_id.map(|id| (id.to_string(), id.uuid())));
    let (rule, source) = (Some(rule.to_owned()), of_what.as_ref().map(|(name, _)| name.clone()));
    let parts = vec![Part { rule, source, ..Part::plain("payable", row.amount_fen) }];
    // In time it is booked under its order, too late under its own number.
    let journals =
        booked(conn, shop, &of_what.iter().map(|(_, id)| *id).chain([id.uuid()]).collect::<Vec<_>>()).await?;
    Ok(Explanation { kind: "payment", amount: row.amount_fen, parts, journals })
}

async fn share_parts(conn: &impl ConnectionTrait, shop: ShopId, id: SharingPartId) -> Result<Explanation, Failure> {
    let row = sharing_part::in_shop(shop).filter(sharing_part::Column::Id.eq(id)).one(conn).await?.ok_or(Unknown)?;
    let share = sharing::in_shop(shop).filter(sharing::Column::Id.eq(row.sharing_id)).one(conn).await?;
    let share = share.ok_or(Unknown)?;
    let parts = vec![Part {
        base: Some(share.amount_fen),
        rule: Some(format!("a part of {}, which is {:?}", share.id, row.result).to_lowercase()),
        source: Some(share.order_id.to_string()),
        ..Part::plain("share", row.amount_fen)
    }];
    let journals = booked(conn, shop, &[id.uuid()]).await?;
    Ok(Explanation { kind: "share", amount: row.amount_fen, parts, journals })
}

/// The reward for a recommended leader: his id is its cause.
async fn reward_parts(conn: &impl ConnectionTrait, shop: ShopId, id: LeaderId) -> Result<Explanation, Failure> {
    let mut journals = booked(conn, shop, &[id.uuid()]).await?;
    journals.retain(|journal| journal.journal.cause_kind == "referral_reward");
    let entries = journals.iter().flat_map(|journal| &journal.entries);
    let gained = entries.filter(|entry| entry.account == AccountKind::LeaderAvailable);
    let mut parts = Vec::new();
    for entry in gained {
        parts.push(Part {
            rule: Some("referral_reward_fen".to_owned()),
            source: entry.party.map(|party| LeaderId::from_uuid(party).to_string()),
            ..Part::less("referral_reward", Fen::from_fen(entry.amount))?
        });
    }
    if parts.is_empty() {
        return Err(Unknown.into());
    }
    let amount = Fen::sum(parts.iter().map(|part| part.amount))?;
    Ok(Explanation { kind: "referral_reward", amount, parts, journals })
}

async fn commission_parts(conn: &impl ConnectionTrait, shop: ShopId, id: CommissionId) -> Result<Explanation, Failure> {
    let row = commission::in_shop(shop).filter(commission::Column::Id.eq(id)).one(conn).await?.ok_or(Unknown)?;
    let mut causes = vec![row.order_id.uuid(), row.line_id.uuid(), row.id.uuid()];
    causes.extend(taken_over(conn, shop, row.order_id).await?);
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
        fixed: row.fixed_fen,
        multiplier: Some(row.multiplier_bp),
        rule: Some(row.rule.clone()),
        source: Some(row.line_id.to_string()),
    }
}

/// A leader's part of an affiliate line: half_up((commission − fee) × rate), once it is settled.
async fn affiliate_parts(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: AffiliateLineId,
) -> Result<Explanation, Failure> {
    let row = affiliate_orders::query::by_id(conn, shop, id).await?.ok_or(Unknown)?;
    let part = Part {
        base: Some(row.net_fen),
        rate: Some(row.rate_bp),
        rule: Some("affiliate_leader_bp".to_owned()),
        source: Some(format!("{} {}", row.marketplace, row.line_key)),
        ..Part::plain("affiliate_commission", row.leader_fen)
    };
    let bookings = affiliate_orders::query::bookings(conn, shop, id).await?;
    let causes: Vec<Uuid> = bookings.iter().map(|booking| booking.id.uuid()).collect();
    let journals = booked(conn, shop, &causes).await?;
    Ok(Explanation { kind: "affiliate_commission", amount: row.leader_fen, parts: vec![part], journals })
}

async fn withdrawal_parts(conn: &impl ConnectionTrait, shop: ShopId, id: WithdrawalId) -> Result<Explanation, Failure> {
    let row = payouts::query::withdrawal(conn, shop, id).await?.ok_or(Unknown)?;
    let fee = Part {
        base: Some(row.amount_fen),
        rate: Some(row.fee_bp),
        rule: Some("withdraw_fee_bp".to_owned()),
        ..Part::plain("fee", row.fee_fen)
    };
    let net = Part { source: Some(row.leader_id.to_string()), ..Part::plain("net", row.net_fen) };
    let mut parts = vec![net, fee];
    if row.tax_fen != Fen::ZERO {
        // The month's tax with this one, less what was withheld earlier in it.
        let base = Some(row.month_gross_fen.plus(row.amount_fen)?);
        parts.push(Part { base, rule: Some("withhold by_table".to_owned()), ..Part::plain("tax", row.tax_fen) });
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
    causes.extend(taken_over(conn, shop, row.order_id).await?);
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

/// A supplier's part of a line: base − fee − commissions (+ freight), less what went back.
async fn supplier_parts(conn: &impl ConnectionTrait, shop: ShopId, id: SupplierPartId) -> Result<Explanation, Failure> {
    let row = supplied::Entity::find_by_id(id).filter(supplied::Column::ShopId.eq(shop)).one(conn).await?;
    let row = row.ok_or(Unknown)?;
    let rule = if row.price_fen.is_some() { "what the settlement price leaves" } else { "service_fee_bp" };
    let base = Part { source: Some(row.line_id.to_string()), ..Part::plain("base", row.base_fen) };
    let fee = Part {
        base: Some(row.base_fen),
        rate: row.fee_bp,
        fixed: row.price_fen,
        rule: Some(rule.to_owned()),
        ..Part::less("service_fee", row.fee_fen)?
    };
    let mut parts = vec![
        base,
        fee,
        Part::less("leader_commission", row.commission_fen)?,
        Part::less("referrals", row.referral_fen)?,
        Part::plain("shipping", row.shipping_fen),
        Part { rule: Some("borne by the shop".to_owned()), ..Part::plain("above_the_line", row.loss_fen) },
        Part::less("reversed", row.reversed_fen)?,
    ];
    parts.retain(|part| part.amount != Fen::ZERO);
    let mut causes = vec![row.order_id.uuid(), row.line_id.uuid()];
    causes.extend(taken_over(conn, shop, row.order_id).await?);
    causes.extend(refunds_of_line(conn, shop, row.line_id).await?);
    let shared = payouts::query::sharings_of(conn, shop, row.order_id).await?.into_iter().flat_map(|(_, parts)| parts);
    let shared = shared.filter(|part: &sharing_part::Model| part.party_id == row.supplier_id.uuid());
    causes.extend(shared.map(|part| part.id.uuid()));
    let amount = row.amount_fen.minus(row.reversed_fen)?;
    Ok(Explanation { kind: "supplier_part", amount, parts, journals: booked(conn, shop, &causes).await? })
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

/// What booked that other leaders took an order over.
async fn taken_over(conn: &impl ConnectionTrait, shop: ShopId, order: OrderId) -> Result<Vec<Uuid>, Failure> {
    let mut events = orders::query::timeline(conn, shop, order).await?;
    events.retain(|event| event.event == orders::service::LEADER_CHANGED);
    Ok(events.into_iter().map(|event| event.id.uuid()).collect())
}
