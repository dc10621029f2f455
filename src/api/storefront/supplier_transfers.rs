//! What a supplier's payee gets by transfer, and what opens WeChat's confirmation of it.

use crate::api::routes::Routes;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use kernel::id::{SupplierStatementId, TransferId};
use kernel::{Failure, Fen};
use serde::Serialize;

use crate::api::auth::SignedInMember;
use crate::api::body::{PageQuery, PathId, QueryOf};
use crate::api::leader::withdrawals::Confirmation;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::members;
use crate::areas::payouts::entity::transfer;
use crate::areas::payouts::state::TransferState;
use crate::areas::payouts::{PayoutError, query, transfers};

pub(super) fn routes(config: &mut Routes) {
    config.service(my_supplier_transfers).service(my_supplier_transfer);
}

/// A transfer that pays a supplier's statement.
#[derive(Serialize, utoipa::ToSchema)]
struct SupplierTransfer {
    id: TransferId,
    statement_id: Option<SupplierStatementId>,
    /// What arrives.
    amount_fen: Fen,
    /// `waiting_for_user` asks its receiver to confirm in WeChat, within a day.
    state: TransferState,
    /// Why it came to nothing.
    fail_reason: Option<String>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl From<&transfer::Model> for SupplierTransfer {
    fn from(row: &transfer::Model) -> Self {
        Self {
            id: row.id,
            statement_id: row.statement_id,
            amount_fen: row.amount_fen,
            state: row.state,
            fail_reason: row.fail_reason.clone(),
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}

/// A transfer with what the mini-program needs to have it confirmed.
#[derive(Serialize, utoipa::ToSchema)]
struct SupplierTransferDetail {
    #[serde(flatten)]
    transfer: SupplierTransfer,
    /// While it waits to be confirmed, else null.
    confirmation: Option<Confirmation>,
}

/// The transfers to the member as a supplier's payee, newest first.
#[utoipa::path(
    tag = "me", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = ListView<SupplierTransfer>), Failures)
)]
#[get("/api/v1/supplier-transfers")]
async fn my_supplier_transfers(app: web::Data<App>, who: SignedInMember, page: QueryOf<PageQuery>) -> Reply {
    let openid = openid_of(&app, &who).await?;
    let page = query::statement_transfers_to(app.db.reader(), who.shop.id, &openid, &page.0.checked()?).await?;
    json(&ListView::from(page.map(|row| SupplierTransfer::from(&row))))
}

/// One of them; while it waits to be confirmed, with what opens WeChat's confirmation.
#[utoipa::path(
    tag = "me", security(("bearer" = [])), params(("id" = TransferId, Path)),
    responses((status = 200, body = SupplierTransferDetail), Failures)
)]
#[get("/api/v1/supplier-transfers/{id}")]
async fn my_supplier_transfer(app: web::Data<App>, who: SignedInMember, id: PathId<TransferId>) -> Reply {
    let openid = openid_of(&app, &who).await?;
    let row = transfers::by_id(app.db.reader(), who.shop.id, *id).await?;
    let mine = |row: &transfer::Model| row.openid == openid && row.statement_id.is_some();
    let row = row.filter(mine).ok_or(PayoutError::NoTransfer)?;
    json(&SupplierTransferDetail {
        transfer: SupplierTransfer::from(&row),
        confirmation: Confirmation::of(&who.shop, &row),
    })
}

async fn openid_of(app: &App, who: &SignedInMember) -> Result<String, Failure> {
    let member = members::query::by_id(app.db.reader(), who.shop.id, who.member).await?;
    Ok(member.ok_or(members::error::MemberError::NotFound)?.openid)
}
