//! Differences in the bills.

use actix_web::web::{Data, Json};
use serde_json::{Value, json};

use crate::pay::BillPlant;
use crate::state::SandboxState;

/// `{kind: drop | unknown_order | amount | fee | shift, …}`: from now on the bills differ by it.
pub(super) async fn plant(state: Data<SandboxState>, plant: Json<BillPlant>) -> Json<Value> {
    state.plant_in_bills(plant.into_inner());
    list(state).await
}

/// The differences that stand in the bills.
pub(super) async fn list(state: Data<SandboxState>) -> Json<Value> {
    Json(json!({"plants": state.bill_plants()}))
}

/// The bills are right again.
pub(super) async fn clear(state: Data<SandboxState>) -> Json<Value> {
    state.clear_bill_plants();
    list(state).await
}
