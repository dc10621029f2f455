//! What a refund would do to whom, before anybody commits to it. Reads alone.

use std::collections::BTreeMap;

use kernel::id::{LeaderId, OrderId, SupplierId};
use kernel::{Failure, Fen};

use super::operator::Request;
use super::supplier::{self, SupplierShare};
use super::{Part, Split, can_be_made, line_of, means, plan, refunded_with};
use crate::app::App;
use crate::areas::commissions::service::would_reverse;
use crate::areas::ledger::state::AccountKind;
use crate::areas::orders::error::OrderError;
use crate::areas::payouts::returns;
use crate::areas::shops::query::Shop;
use crate::areas::shops::settings::PostSettlementRefund;
use crate::areas::{commissions, ledger, orders, suppliers};
use crate::flows::{profit_sharing, supplier_parts};

/// What a refund would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// What would go back of which line.
    pub parts: Vec<Part>,
    /// Over all means of payment.
    pub amount: Fen,
    /// Of it, by each means, and the points that come back.
    pub split: Split,
    /// What the shop's own revenue gives, the value of the points included.
    pub revenue: Fen,
    /// What each leader gives, by leader.
    pub parties: Vec<PartyShare>,
    /// What each supplier gives, by supplier: its part is always taken back.
    pub suppliers: Vec<SupplierShare>,
    /// What nobody gives back: the sum over the parties.
    pub shortfall: Fen,
}

/// One party's share of a refund.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartyShare {
    /// Who; `None` is never shown.
    pub leader: Option<LeaderId>,
    /// Commission that was not released yet and shrinks.
    pub reversed: Fen,
    /// Released commission that is taken back: from the leader's account (R-30, clawback), or by a
    /// return of the share its merchant received.
    pub returned: Fen,
    /// Released commission that the platform bears.
    pub lost: Fen,
    /// What is lost, and what is taken back beyond what the leader has available now.
    pub shortfall: Fen,
}

/// What `request` would do to `order`; nothing is written.
///
/// # Errors
/// As making it.
pub async fn preview(app: &App, shop: &Shop, order: OrderId, request: &Request) -> Result<Preview, Failure> {
    profit_sharing::hear_out(app, shop, order).await?;
    let conn = app.db.reader();
    let order = orders::query::by_id(conn, shop.id, order).await?.ok_or(OrderError::NotFound(order))?;
    let lines = orders::query::lines_of(conn, shop.id, order.id).await?;
    let parts = plan::parts(&lines, &request.wish, request.with_shipping(shop))?;
    can_be_made(&order, &parts)?;
    let earned = commissions::query::of_order(conn, shop.id, order.id).await?;
    let mut returnable = returns::returnable(conn, shop.id, order.id).await?;
    let mut given_back: BTreeMap<LeaderId, Fen> = BTreeMap::new();
    let mut parties: BTreeMap<LeaderId, PartyShare> = BTreeMap::new();
    let supplied = suppliers::parts::of_order(conn, shop.id, order.id).await?;
    let mut suppliers: BTreeMap<SupplierId, SupplierShare> = BTreeMap::new();
    for part in &parts {
        let line = line_of(&lines, part)?;
        let refunded = refunded_with(conn, shop, line, part).await?;
        let rows: Vec<_> = earned.iter().filter(|row| row.line_id == line.id).cloned().collect();
        let supplied = supplied.iter().find(|row| row.line_id == line.id);
        if let Some(reversal) = supplied.map(|row| supplier_parts::would_reverse(row, &refunded)).transpose()?.flatten()
        {
            supplier::add(&mut suppliers, &mut returnable, reversal)?;
        }
        for reversal in would_reverse(&rows, &refunded)? {
            let party = parties.entry(reversal.leader).or_default();
            party.leader = Some(reversal.leader);
            let mut rest = reversal.amount;
            if reversal.was_released {
                let taken = returns::take(&mut returnable, reversal.leader.uuid(), reversal.amount)?;
                let taken = Fen::sum(taken.iter().map(|taken| taken.amount))?;
                let so_far = given_back.entry(reversal.leader).or_default();
                *so_far = so_far.plus(taken)?;
                rest = rest.minus(taken)?;
            }
            let bearer = match (reversal.was_released, shop.settings.post_settlement_refund) {
                (false, _) => &mut party.reversed,
                (true, PostSettlementRefund::Clawback) => &mut party.returned,
                (true, PostSettlementRefund::PlatformBears) => &mut party.lost,
            };
            *bearer = bearer.plus(rest)?;
        }
    }
    for (leader, party) in &mut parties {
        let account = AccountKind::LeaderAvailable;
        let available = ledger::query::balance(conn, shop.id, account, leader.uuid()).await?;
        let uncovered = party.returned.minus(Fen::from_fen(available.max(0)))?;
        party.shortfall = party.lost.plus(std::cmp::max(uncovered, Fen::ZERO))?;
        // A merchant is asked to give back what it was paid by sharing.
        party.returned = party.returned.plus(given_back.get(leader).copied().unwrap_or_default())?;
    }
    for (supplier, share) in &mut suppliers {
        let available = ledger::query::balance(conn, shop.id, AccountKind::SupplierAvailable, supplier.uuid()).await?;
        share.shortfall = std::cmp::max(share.shortfall.minus(Fen::from_fen(available.max(0)))?, Fen::ZERO);
    }
    let suppliers: Vec<SupplierShare> = suppliers.into_values().collect();
    let parties: Vec<PartyShare> = parties.into_values().collect();
    let amount = Fen::sum(parts.iter().map(|part| part.amount))?;
    let split = means::split(conn, shop, &order, &lines, &parts).await?;
    let given = Fen::sum(parties.iter().flat_map(|party| [party.reversed, party.returned, party.lost]))?;
    let given = given.plus(Fen::sum(suppliers.iter().flat_map(|share| [share.reversed, share.returned]))?)?;
    let short = parties.iter().map(|party| party.shortfall).chain(suppliers.iter().map(|share| share.shortfall));
    Ok(Preview {
        amount,
        split,
        revenue: amount.plus(split.points_value)?.minus(given)?,
        shortfall: Fen::sum(short)?,
        parts,
        parties,
        suppliers,
    })
}
