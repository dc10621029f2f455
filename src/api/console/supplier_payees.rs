//! The member who takes a supplier's transfers.

use crate::api::routes::Routes;
use actix_web::{delete, put, web};
use kernel::failure::Invalid;
use kernel::id::{MemberId, SupplierId};
use kernel::mask;
use serde::{Deserialize, Serialize};

use super::suppliers::SupplierView;
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId};
use crate::api::fields::Fields;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::members;
use crate::areas::suppliers::payee::Payee;
use crate::flows::suppliers;

pub(super) fn routes(config: &mut Routes) {
    config.service(put_transfer_payee).service(delete_transfer_payee);
}

/// Who takes a supplier's transfers in the mini-program.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct TransferPayee {
    member_id: MemberId,
    /// Masked.
    name: Option<String>,
}

impl From<Payee> for TransferPayee {
    fn from(payee: Payee) -> Self {
        Self { member_id: payee.member, name: payee.name.as_deref().map(mask::name) }
    }
}

/// Who is to take a supplier's transfers: a member, by id or by openid.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTransferPayee {
    /// This or `openid`.
    member_id: Option<MemberId>,
    /// Under the shop's mini-program, which the member has opened.
    #[schema(min_length = 1, max_length = 64)]
    openid: Option<String>,
    /// His name as his wallet has it: WeChat compares it from 2,000 yuan on.
    #[schema(max_length = 40)]
    name: Option<String>,
}

/// Names the member who takes a supplier's transfers and confirms them in the mini-program.
#[utoipa::path(
    tag = "suppliers", security(("session" = [])), params(("id" = SupplierId, Path)),
    request_body = NewTransferPayee, responses((status = 200, body = SupplierView), Failures)
)]
#[put("/console/api/v1/suppliers/{id}/transfer-payee")]
async fn put_transfer_payee(
    app: web::Data<App>,
    who: Operator,
    id: PathId<SupplierId>,
    body: JsonBody<NewTransferPayee>,
) -> Reply {
    who.may(Permission::Payouts)?;
    let NewTransferPayee { member_id, openid, name } = body.value;
    let mut fields = Fields::default();
    let name = fields.line_if("name", name.as_deref(), 40);
    let openid = fields.line_if("openid", openid.as_deref(), 64);
    fields.done()?;
    let member = match (member_id, openid) {
        (Some(member), None) => member,
        (None, Some(openid)) => {
            let found = members::query::by_openid(app.db.reader(), who.shop.id, &openid).await?;
            found.ok_or_else(|| Invalid::field("openid", "unknown", "of a member of the shop"))?.id
        }
        _ => return Err(Invalid::field("member_id", "required", "this or openid, one of the two").into()),
    };
    let payee = Payee { member, name };
    let changed = suppliers::set_payee(&app, &who.shop, who.operator, *id, Some(&payee)).await?;
    json(&SupplierView::new(&app.sealer, changed)?)
}

/// Takes a supplier's payee away: no more transfers to him.
#[utoipa::path(
    tag = "suppliers", security(("session" = [])), params(("id" = SupplierId, Path)),
    responses((status = 200, body = SupplierView), Failures)
)]
#[delete("/console/api/v1/suppliers/{id}/transfer-payee")]
async fn delete_transfer_payee(app: web::Data<App>, who: Operator, id: PathId<SupplierId>) -> Reply {
    who.may(Permission::Payouts)?;
    let changed = suppliers::set_payee(&app, &who.shop, who.operator, *id, None).await?;
    json(&SupplierView::new(&app.sealer, changed)?)
}
