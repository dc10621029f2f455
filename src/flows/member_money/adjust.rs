//! An operator gives a member balance or points, or takes them away, and says why.

use kernel::id::{AdjustmentId, MemberId, OperatorId};
use kernel::{Failure, Fen};
use serde_json::json;

use super::{Balance, balance, held_within_ceiling};
use crate::app::App;
use crate::areas::balances::entity::adjustment;
use crate::areas::balances::error::BalanceError;
use crate::areas::balances::service;
use crate::areas::ledger::error::LedgerError;
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::members;
use crate::areas::members::error::MemberError;
use crate::areas::operators::audit;
use crate::areas::shops::query::Shop;
use crate::platform::request_keys::Once;

/// What an operator wants, already checked for its form.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Balance: always of the part that is a gift, since nobody paid it in.
    pub gift: Fen,
    /// Points.
    pub points: i64,
    /// Why; the member reads it too.
    pub reason: String,
}

/// An adjustment with what the member has after it.
#[derive(Clone, Debug)]
pub struct Adjusted {
    /// What was done.
    pub row: adjustment::Model,
    /// What the member has now.
    pub balance: Balance,
}

/// Changes a member's balance or points by a difference. What is given is a marketing cost, what is
/// taken away lowers it.
///
/// # Errors
/// `balance.not_enough` and `points.not_enough` below zero, `balance.above_ceiling`.
pub async fn adjust(
    app: &App,
    shop: &Shop,
    operator: OperatorId,
    member: MemberId,
    wish: &Wish,
    once: &Once<Adjusted>,
) -> Result<Adjusted, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            members::query::by_id(tx, shop.id, member).await?.ok_or(MemberError::NotFound)?;
            let row = adjustment::Model {
                id: AdjustmentId::new(),
                shop_id: shop.id,
                member_id: member,
                operator_id: operator,
                gift_fen: wish.gift,
                points: wish.points,
                reason: wish.reason.clone(),
                created_at: now,
            };
            service::adjust(tx, &row).await?;
            if wish.gift.is_positive() {
                held_within_ceiling(tx, shop, member, wish.gift).await?;
            }
            let party = Some(member.uuid());
            let mut draft = Draft::new(shop.id, "adjustment", row.id.uuid());
            draft.note = Some(wish.reason.clone());
            draft.debit(AccountKind::Marketing, None, wish.gift);
            draft.credit(AccountKind::MemberBalanceGift, party, wish.gift)?;
            draft.points((AccountKind::PointsIssued, None), (AccountKind::Points, party), wish.points);
            match ledger::service::post(tx, &draft, Floor::Zero, now).await {
                Err(LedgerError::TooLittle(AccountKind::Points)) => return Err(BalanceError::TooFewPoints.into()),
                Err(LedgerError::TooLittle(_)) => return Err(BalanceError::TooLittle.into()),
                other => other?,
            }
            let balance = balance(tx, shop.id, member).await?;
            let detail = json!({
                "adjustment_id": row.id, "gift_fen": wish.gift, "points": wish.points, "reason": wish.reason,
            });
            audit::note(tx, shop.id, operator, "member.adjust", member, detail, now).await?;
            let adjusted = Adjusted { row, balance };
            once.keep(tx, &adjusted, app.clock.wall()).await?;
            Ok(adjusted)
        })
        .await
}
