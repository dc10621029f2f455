//! A member wants to pay balance in.

use chrono::Duration;
use kernel::id::{MemberId, RechargeId, RechargePlanId};
use kernel::{Failure, Fen};

use crate::app::App;
use crate::areas::recharges::entity::recharge;
use crate::areas::recharges::error::RechargeError;
use crate::areas::recharges::state::RechargeState;
use crate::areas::recharges::{plans, service};
use crate::areas::shops::query::Shop;
use crate::flows::member_money::within_ceiling;
use crate::platform::request_keys::Once;

/// What is paid in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// What a plan says, with its gift.
    Plan(RechargePlanId),
    /// An amount of the member's choice, without a gift.
    Amount(Fen),
}

/// Makes a recharge; it can be paid as long as an order can.
///
/// # Errors
/// `recharge.not_offered`, `balance.above_ceiling`.
pub async fn make(
    app: &App,
    shop: &Shop,
    member: MemberId,
    wish: Wish,
    once: &Once<recharge::Model>,
) -> Result<recharge::Model, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let (plan_id, amount, gift) = match wish {
                Wish::Amount(amount) if shop.settings.recharge_free_amount => (None, amount, Fen::ZERO),
                Wish::Amount(_) => return Err(RechargeError::NotOffered.into()),
                Wish::Plan(id) => {
                    let plan = plans::by_id(tx, shop.id, id).await?;
                    if !plan.enabled {
                        return Err(RechargeError::NotOffered.into());
                    }
                    (Some(id), plan.amount_fen, plan.gift_fen)
                }
            };
            within_ceiling(tx, shop, member, amount.plus(gift)?).await?;
            let row = recharge::Model {
                id: RechargeId::new(),
                shop_id: shop.id,
                member_id: member,
                plan_id,
                state: RechargeState::PendingPayment,
                amount_fen: amount,
                gift_fen: gift,
                refunded_fen: Fen::ZERO,
                gift_back_fen: Fen::ZERO,
                expires_at: now + Duration::seconds(shop.settings.payment_window_s),
                next_close_at: None,
                paid_at: None,
                closed_at: None,
                created_at: now,
                updated_at: now,
            };
            service::create(tx, &row).await?;
            once.keep(tx, &row, app.clock.wall()).await?;
            Ok(row)
        })
        .await
}
