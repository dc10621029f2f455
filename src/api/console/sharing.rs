//! An operator has an order's money shared now.

use crate::api::routes::Routes;
use actix_web::{post, web};
use chrono::{DateTime, Utc};
use kernel::Fen;
use kernel::id::{OrderId, SharingId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::payouts::entity::{sharing, sharing_part};
use crate::areas::payouts::state::{PartResult, SharingKind, SharingState};
use crate::flows::profit_sharing;

pub(super) fn routes(config: &mut Routes) {
    config.service(share);
}

/// Why an order is shared before its after-sale windows are over.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ShareOrder {
    /// Needed while a window is running.
    #[schema(max_length = 200)]
    reason: Option<String>,
}

/// One request at WeChat Pay.
#[derive(Serialize, utoipa::ToSchema)]
struct SharingView {
    /// The `out_order_no`.
    id: SharingId,
    kind: SharingKind,
    state: SharingState,
    amount_fen: Fen,
    /// What WeChat Pay said last, where it was no success.
    fail_reason: Option<String>,
    parts: Vec<SharingPartView>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

/// What one receiver gets.
#[derive(Serialize, utoipa::ToSchema)]
struct SharingPartView {
    /// `leader`, `supplier`, or `shop` for what it is due of a supplier's own merchant.
    party_kind: String,
    /// Its id.
    party_id: String,
    amount_fen: Fen,
    result: PartResult,
    /// Why it got nothing.
    fail_reason: Option<String>,
}

fn view((row, parts): (sharing::Model, Vec<sharing_part::Model>)) -> SharingView {
    let part = |part: sharing_part::Model| SharingPartView {
        party_id: party_id(&part.party_kind, part.party_id),
        party_kind: part.party_kind,
        amount_fen: part.amount_fen,
        result: part.result,
        fail_reason: part.fail_reason,
    };
    SharingView {
        id: row.id,
        kind: row.kind,
        state: row.state,
        amount_fen: row.amount_fen,
        fail_reason: row.fail_reason,
        parts: parts.into_iter().map(part).collect(),
        created_at: row.created_at,
        finished_at: row.finished_at,
    }
}

/// The id of a party as its kind writes it.
pub(super) fn party_id(kind: &str, id: Uuid) -> String {
    match kind {
        "supplier" => kernel::id::SupplierId::from_uuid(id).to_string(),
        "shop" => kernel::id::ShopId::from_uuid(id).to_string(),
        _ => kernel::id::LeaderId::from_uuid(id).to_string(),
    }
}

/// Shares what is released of an order now; while an after-sale window is running a reason is needed.
/// Answers every sharing request of the order.
#[utoipa::path(
    tag = "payouts", operation_id = "share_order", security(("session" = [])), params(("id" = String, Path)),
    request_body = ShareOrder, responses((status = 200, body = ListView<SharingView>), Failures)
)]
#[post("/console/api/v1/orders/{id}/share")]
async fn share(app: web::Data<App>, who: Operator, id: PathId<OrderId>, body: JsonBody<ShareOrder>) -> Reply {
    who.may(Permission::Payouts)?;
    let mut fields = Fields::default();
    let reason = fields.line_if("reason", body.value.reason.as_deref(), 200);
    fields.done()?;
    let sharings = profit_sharing::share_now(&app, &who.shop, *id, who.operator, reason.as_deref()).await?;
    json(&ListView::from(sharings.into_iter().map(view).collect::<Vec<_>>()))
}
