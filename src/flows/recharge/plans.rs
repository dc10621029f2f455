//! What a shop offers.

use kernel::id::{OperatorId, RechargePlanId};
use kernel::{Failure, Fen};
use serde_json::json;

use crate::app::App;
use crate::areas::operators::audit;
use crate::areas::recharges::entity::plan;
use crate::areas::recharges::plans;
use crate::areas::shops::query::Shop;
use crate::platform::request_keys::Once;

/// A plan, already checked for its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanDraft {
    /// What is paid in.
    pub amount: Fen,
    /// What is given on top.
    pub gift: Fen,
    /// Whether members may take it.
    pub enabled: bool,
    /// Its place among the plans.
    pub position: i32,
}

/// Makes a plan.
pub async fn create_plan(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    draft: &PlanDraft,
    once: &Once<plan::Model>,
) -> Result<plan::Model, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let row = plan::Model {
                id: RechargePlanId::new(),
                shop_id: shop.id,
                amount_fen: draft.amount,
                gift_fen: draft.gift,
                enabled: draft.enabled,
                position: draft.position,
                created_at: now,
                updated_at: now,
            };
            plans::create(tx, &row).await?;
            audit::note(tx, shop.id, by, "recharge_plan.create", row.id, told(&row), now).await?;
            once.keep(tx, &row, app.clock.wall()).await?;
            Ok(row)
        })
        .await
}

/// Changes a plan; recharges that were made by it keep what they were made with.
pub async fn change_plan(
    app: &App,
    shop: &Shop,
    by: OperatorId,
    id: RechargePlanId,
    draft: &PlanDraft,
) -> Result<plan::Model, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let before = plans::by_id(tx, shop.id, id).await?;
            let row = plan::Model {
                amount_fen: draft.amount,
                gift_fen: draft.gift,
                enabled: draft.enabled,
                position: draft.position,
                updated_at: now,
                ..before.clone()
            };
            plans::keep(tx, &row).await?;
            let detail = json!({ "before": told(&before), "after": told(&row) });
            audit::note(tx, shop.id, by, "recharge_plan.change", id, detail, now).await?;
            Ok(row)
        })
        .await
}

fn told(row: &plan::Model) -> serde_json::Value {
    json!({
        "amount_fen": row.amount_fen, "gift_fen": row.gift_fen, "enabled": row.enabled, "position": row.position,
    })
}
