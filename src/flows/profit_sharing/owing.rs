//! What an order's suppliers are owed by sharing, and what a party's account has free for it.

use std::collections::BTreeMap;

use kernel::id::SupplierId;
use kernel::{Failure, Fen};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::merchant;
use crate::app::App;
use crate::areas::ledger::state::AccountKind;
use crate::areas::orders::entity::order;
use crate::areas::orders::state::OrderStatus;
use crate::areas::payouts::entity::{sharing, sharing_part};
use crate::areas::payouts::query;
use crate::areas::payouts::state::PartResult;
use crate::areas::shops::payout::PayoutMode;
use crate::areas::shops::query::Shop;
use crate::areas::suppliers::state::{PartState, Payout, SupplierState};
use crate::areas::{commissions, ledger, orders, suppliers};
use crate::platform::receiver::Receiver;

/// A party of a share: its kind, who it is, where its money goes, and how much.
pub(super) type Owed = (&'static str, Uuid, Receiver, Fen);

/// What the order's suppliers that are paid by sharing were released on it and have not been given, by
/// ascending supplier. A frozen one is paid nothing, nor one whose own merchant collected the order: its
/// part lies there already, and what else it is owed is not of this money. A part that failed is tried
/// once more only when somebody says so (`again`): the account is at fault; one that was never sent is
/// planned anew.
pub(super) async fn to_suppliers(
    app: &App,
    tx: &impl ConnectionTrait,
    shop: &Shop,
    order: &order::Model,
    sharings: &[(sharing::Model, Vec<sharing_part::Model>)],
    again: bool,
) -> Result<Vec<Owed>, Failure> {
    let mut owed: BTreeMap<SupplierId, Fen> = BTreeMap::new();
    for row in suppliers::parts::of_order(tx, shop.id, order.id).await? {
        if row.state == PartState::Released && order.merchant_id != Some(row.supplier_id) {
            let sum = owed.entry(row.supplier_id).or_default();
            *sum = sum.plus(row.amount_fen.minus(row.reversed_fen)?)?;
        }
    }
    for (row, part) in sharings.iter().flat_map(|(row, parts)| parts.iter().map(move |part| (row, part))) {
        let supplier = SupplierId::from_uuid(part.party_id);
        let Some(sum) = owed.get_mut(&supplier) else { continue };
        if part.result != PartResult::Closed {
            *sum = sum.minus(part.amount_fen)?;
        } else if !again && row.queries > 0 {
            owed.remove(&supplier);
        }
    }
    let ids: Vec<SupplierId> = owed.keys().copied().collect();
    let rows = suppliers::query::by_ids(tx, shop.id, &ids).await?;
    let mut parties = Vec::new();
    for (supplier, owed) in owed {
        let Some(row) = rows.iter().find(|row| row.id == supplier) else { continue };
        let is_paid = row.payout == Payout::Sharing && row.state == SupplierState::Enabled;
        if !is_paid || row.receiver_added_at.is_none() {
            continue;
        }
        let Some(receiver) = suppliers::receiver::of(&app.sealer, row)? else { continue };
        let free = free_of(tx, shop, AccountKind::SupplierAvailable, supplier.uuid()).await?;
        parties.push(("supplier", supplier.uuid(), receiver, std::cmp::min(owed, free)));
    }
    Ok(parties)
}

/// What the shop is due of an order that a supplier's own merchant collected, once all of it is settled:
/// whatever is neither the supplier's, nor a leader's who is paid by sharing, nor has gone back. A shop
/// whose legal name is not kept cannot be a receiver, and is owed on.
pub(super) async fn to_shop(
    tx: &impl ConnectionTrait,
    shop: &Shop,
    order: &order::Model,
    sharings: &[(sharing::Model, Vec<sharing_part::Model>)],
) -> Result<Option<Owed>, Failure> {
    let settled = order.merchant_id.is_some() && order.status == OrderStatus::Completed;
    let Some(receiver) = merchant::of_shop(shop).filter(|_| settled) else { return Ok(None) };
    let lines = orders::query::lines_of(tx, shop.id, order.id).await?;
    let mut gone: Vec<Fen> = lines.iter().map(|line| line.refunded_fen).collect();
    for row in suppliers::parts::of_order(tx, shop.id, order.id).await? {
        gone.push(row.amount_fen.minus(row.reversed_fen)?);
    }
    if shop.profile.payout.mode == PayoutMode::ProfitSharing {
        for row in commissions::query::of_order(tx, shop.id, order.id).await? {
            gone.push(row.amount_fen.minus(row.reversed_fen)?);
        }
    }
    let parts = sharings.iter().flat_map(|(_, parts)| parts).filter(|part| part.party_kind == merchant::SHOP);
    gone.extend(parts.filter(|part| part.result != PartResult::Closed).map(|part| part.amount_fen));
    let due = order.payable_fen.minus(Fen::sum(gone)?)?;
    Ok(due.is_positive().then_some((merchant::SHOP, shop.id.uuid(), receiver, due)))
}

/// What a party has available and not on its way already: a refund may have taken some of it. Its
/// account is held, so that nothing else pays the same money.
pub(super) async fn free_of(
    tx: &impl ConnectionTrait,
    shop: &Shop,
    account: AccountKind,
    party: Uuid,
) -> Result<Fen, Failure> {
    let available = ledger::query::balance_held(tx, shop.id, account, party).await?;
    Ok(Fen::from_fen(available).minus(query::on_its_way_to(tx, shop.id, party).await?)?)
}
