//! Balance and points of members: held for an order when it is placed, spent when it is
//! paid, given back when it closes unpaid; adjusted by operators; earned when an order is completed.

mod adjust;
mod held;
mod points;

pub use adjust::{Adjusted, Wish, adjust};
pub(in crate::flows) use held::{give_back, hold, spend};
pub(in crate::flows) use points::{earn, take_back};

use kernel::id::{MemberId, ShopId};
use kernel::{Failure, Fen};
use sea_orm::ConnectionTrait;

use crate::areas::balances::error::BalanceError;
use crate::areas::ledger;
use crate::areas::ledger::state::AccountKind;
use crate::areas::shops::query::Shop;

/// The accounts a member has with the shop, as he sees them.
pub const ACCOUNTS: [AccountKind; 3] =
    [AccountKind::MemberBalance, AccountKind::MemberBalanceGift, AccountKind::Points];

/// What a member has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Balance that was paid in.
    pub principal: Fen,
    /// Balance that was given.
    pub gift: Fen,
    /// Points.
    pub points: i64,
}

/// Whether a member may have so much more balance. What unpaid orders hold may come back, and counts.
/// A first look: whoever raises the balance asks [`held_within_ceiling`].
///
/// # Errors
/// `balance.above_ceiling`.
pub(in crate::flows) async fn within_ceiling(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    member: MemberId,
    more: Fen,
) -> Result<(), Failure> {
    let has = balance(conn, shop.id, member).await?;
    let held = ledger::query::pending(conn, shop.id, AccountKind::MemberHeld, member.uuid()).await?;
    let all = Fen::sum([has.principal, has.gift, held, more])?;
    let most = shop.settings.member_balance_max_fen;
    if all > most { Err(BalanceError::AboveCeiling(most).into()) } else { Ok(()) }
}

/// The same, the member's balance held from before it is read until the transaction ends: of two that
/// raise it at once the second sees what the first did. Held in the order that journals change accounts.
///
/// # Errors
/// `balance.above_ceiling`.
pub(in crate::flows) async fn held_within_ceiling(
    tx: &impl ConnectionTrait,
    shop: &Shop,
    member: MemberId,
    more: Fen,
) -> Result<(), Failure> {
    let party = member.uuid();
    // All who ask for room meet in this account, whichever part they raise.
    ledger::service::hold(tx, shop.id, AccountKind::MemberBalance, party).await?;
    // An order may hold, or give back, of this part alone.
    ledger::query::balance_held(tx, shop.id, AccountKind::MemberBalanceGift, party).await?;
    within_ceiling(tx, shop, member, more).await
}

/// What a member has now; what orders hold is not in it.
pub async fn balance(conn: &impl ConnectionTrait, shop: ShopId, member: MemberId) -> Result<Balance, Failure> {
    let of = async |account| ledger::query::balance(conn, shop, account, member.uuid()).await;
    Ok(Balance {
        principal: Fen::from_fen(of(AccountKind::MemberBalance).await?),
        gift: Fen::from_fen(of(AccountKind::MemberBalanceGift).await?),
        points: of(AccountKind::Points).await?,
    })
}
