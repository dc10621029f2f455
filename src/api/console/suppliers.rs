//! Suppliers, and where their money goes.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{delete, get, patch, post, put, web};
use chrono::{DateTime, Utc};
use kernel::BasisPoints;
use kernel::failure::Invalid;
use kernel::id::SupplierId;
use serde::{Deserialize, Serialize};

use super::receivers::{NewReceiver, ReceiverView};
use super::supplier_payees::TransferPayee;
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId, QueryOf, page_request};
use crate::api::fields::{Fields, null_or};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::suppliers::entity::supplier;
use crate::areas::suppliers::service::SupplierDraft;
use crate::areas::suppliers::state::{Payout, SupplierState, Terms};
use crate::areas::suppliers::{SupplierError, payee, query, receiver};
use crate::flows;
use crate::platform::receiver::Receiver;
use crate::platform::seal::Sealer;

pub(super) fn routes(config: &mut Routes) {
    config
        .service(list_suppliers)
        .service(create_supplier)
        .service(get_supplier)
        .service(patch_supplier)
        .service(put_supplier)
        .service(put_supplier_receiver)
        .service(delete_supplier_receiver);
}

/// A supplier.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct SupplierView {
    id: SupplierId,
    name: String,
    /// Who is called.
    contact: Option<String>,
    /// With its middle hidden; whole where one supplier is read.
    phone: Option<String>,
    state: SupplierState,
    /// Sends its goods itself and keeps the freight; its goods take no 满减.
    independent: bool,
    terms: Terms,
    /// What the shop keeps of a line's base; 0 where the terms are a settlement price.
    service_fee_bp: BasisPoints,
    /// Days of one statement.
    settlement_days: i32,
    payout: Payout,
    /// The sub-merchant that collects its money itself.
    sub_mchid: Option<String>,
    sharing_receiver: Option<ReceiverView>,
    transfer_payee: Option<TransferPayee>,
    created_at: DateTime<Utc>,
}

impl SupplierView {
    pub(super) fn new(sealer: &Sealer, row: supplier::Model) -> Result<Self, SupplierError> {
        let (receiver, payee) = (receiver::of(sealer, &row)?, payee::of(sealer, &row)?);
        Ok(Self {
            id: row.id,
            name: row.name,
            contact: row.contact,
            phone: row.phone_mask,
            state: row.state,
            independent: row.independent,
            terms: row.terms,
            service_fee_bp: row.service_fee_bp,
            settlement_days: row.settlement_days,
            payout: row.payout,
            sub_mchid: row.sub_mchid,
            sharing_receiver: receiver.map(|receiver| ReceiverView::new(receiver, row.receiver_added_at)),
            transfer_payee: payee.map(TransferPayee::from),
            created_at: row.created_at,
        })
    }
}

/// What a supplier is made of; what is left out stays, or is as the description says.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SupplierBody {
    /// Unique in the shop; required of a new one.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Who is called; null forgets it.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<String>, max_length = 50)]
    contact: Option<Option<String>>,
    /// null forgets it.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<String>, max_length = 20)]
    phone: Option<Option<String>>,
    /// A frozen supplier's goods are not sold and it is not paid; `enabled` at first.
    state: Option<SupplierState>,
    /// Sends its goods itself and keeps the freight; `false` at first.
    independent: Option<bool>,
    /// `service_fee` at first. A settlement price is kept with each SKU of the supplier's goods.
    terms: Option<Terms>,
    /// With the leaders' rate and the referral rates at most 10000; 0 at first.
    #[schema(value_type = Option<i32>, minimum = 0, maximum = 10000)]
    service_fee_bp: Option<BasisPoints>,
    /// Days of one statement; 30 at first.
    #[schema(minimum = 1, maximum = 366)]
    settlement_days: Option<i32>,
    /// `manual` at first. `transfer` needs a merchant of the shop that may transfer.
    payout: Option<Payout>,
    /// The sub-merchant that collects its money itself; null forgets it.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<String>, min_length = 8, max_length = 10)]
    sub_mchid: Option<Option<String>>,
}

impl SupplierBody {
    /// The same with its texts trimmed. What they must be is said once, by the area.
    fn checked(mut self) -> Result<Self, Invalid> {
        let mut fields = Fields::default();
        self.name = self.name.map(|name| fields.line("name", &name, 1, 100));
        self.contact = self.contact.map(|contact| fields.line_if("contact", contact.as_deref(), 50));
        self.phone = self.phone.map(|phone| phone.map(|phone| fields.phone("phone", &phone)));
        fields.done()?;
        Ok(self)
    }

    fn edit(&self, draft: &mut SupplierDraft) {
        set(&mut draft.name, &self.name);
        set(&mut draft.contact, &self.contact);
        set(&mut draft.phone, &self.phone);
        set(&mut draft.state, &self.state);
        set(&mut draft.independent, &self.independent);
        set(&mut draft.terms, &self.terms);
        set(&mut draft.service_fee, &self.service_fee_bp);
        set(&mut draft.settlement_days, &self.settlement_days);
        set(&mut draft.payout, &self.payout);
        set(&mut draft.sub_mchid, &self.sub_mchid);
    }
}

fn set<T: Clone>(place: &mut T, given: &Option<T>) {
    if let Some(value) = given {
        place.clone_from(value);
    }
}

/// Which suppliers.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SuppliersQuery {
    state: Option<SupplierState>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// Suppliers, newest first.
#[utoipa::path(
    tag = "suppliers", security(("session" = [])), params(SuppliersQuery),
    responses((status = 200, body = ListView<SupplierView>), Failures)
)]
#[get("/console/api/v1/suppliers")]
async fn list_suppliers(app: web::Data<App>, who: Operator, asked: QueryOf<SuppliersQuery>) -> Reply {
    let page = page_request(asked.0.limit, asked.0.cursor)?;
    let rows = query::list(app.db.reader(), who.shop.id, asked.0.state, &page).await?;
    let next_cursor = rows.next_cursor;
    let view = |row| SupplierView::new(&app.sealer, row);
    let items = rows.items.into_iter().map(view).collect::<Result<_, _>>()?;
    json(&ListView::from(kernel::page::Page { items, next_cursor }))
}

/// Takes a supplier on. Money of its goods that comes to the shop's own account and is passed on by
/// transfer or by hand may be settlement without a licence (二清): see docs/suppliers.md.
#[utoipa::path(
    tag = "suppliers", security(("session" = [])), request_body = SupplierBody,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = SupplierView), Failures)
)]
#[post("/console/api/v1/suppliers")]
async fn create_supplier(
    app: web::Data<App>,
    who: Operator,
    key: IdempotencyKey,
    body: JsonBody<SupplierBody>,
) -> Reply {
    who.may(Permission::Suppliers)?;
    let mut draft = SupplierDraft::default();
    body.value.checked()?.edit(&mut draft);
    let sealer = app.clone();
    let view = move |row: &supplier::Model| SupplierView::new(&sealer.sealer, row.clone()).ok();
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view, async |once| {
        flows::suppliers::create(&app, &who.shop, who.operator, &draft, once).await
    })
    .await
}

/// One supplier, with its telephone number for those who may change suppliers.
#[utoipa::path(
    tag = "suppliers", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = SupplierView), Failures)
)]
#[get("/console/api/v1/suppliers/{id}")]
async fn get_supplier(app: web::Data<App>, who: Operator, id: PathId<SupplierId>) -> Reply {
    let row = query::by_id(app.db.reader(), who.shop.id, *id).await?;
    let phone = query::phone(&app.sealer, &row)?;
    let mut view = SupplierView::new(&app.sealer, row)?;
    if who.may(Permission::Suppliers).is_ok() {
        view.phone = phone;
    }
    json(&view)
}

/// Changes what is named; orders paid before keep their terms.
#[utoipa::path(
    tag = "suppliers", security(("session" = [])), params(("id" = String, Path)), request_body = SupplierBody,
    responses((status = 200, body = SupplierView), Failures)
)]
#[patch("/console/api/v1/suppliers/{id}")]
async fn patch_supplier(
    app: web::Data<App>,
    who: Operator,
    id: PathId<SupplierId>,
    body: JsonBody<SupplierBody>,
) -> Reply {
    change(app, who, *id, body.value).await
}

/// As PATCH, for clients without it.
#[utoipa::path(
    tag = "suppliers", security(("session" = [])), params(("id" = String, Path)), request_body = SupplierBody,
    responses((status = 200, body = SupplierView), Failures)
)]
#[put("/console/api/v1/suppliers/{id}")]
async fn put_supplier(
    app: web::Data<App>,
    who: Operator,
    id: PathId<SupplierId>,
    body: JsonBody<SupplierBody>,
) -> Reply {
    change(app, who, *id, body.value).await
}

async fn change(app: web::Data<App>, who: Operator, id: SupplierId, body: SupplierBody) -> Reply {
    who.may(Permission::Suppliers)?;
    let body = body.checked()?;
    let edit = |draft: &mut SupplierDraft| body.edit(draft);
    let changed = flows::suppliers::change(&app, &who.shop, who.operator, id, edit).await?;
    json(&SupplierView::new(&app.sealer, changed)?)
}

/// Sets where a supplier's shares go; WeChat is told before the first share, and told
/// to forget the one before.
#[utoipa::path(
    tag = "suppliers", security(("session" = [])), params(("id" = String, Path)), request_body = NewReceiver,
    responses((status = 200, body = SupplierView), Failures)
)]
#[put("/console/api/v1/suppliers/{id}/sharing-receiver")]
async fn put_supplier_receiver(
    app: web::Data<App>,
    who: Operator,
    id: PathId<SupplierId>,
    body: JsonBody<NewReceiver>,
) -> Reply {
    who.may(Permission::Payouts)?;
    let asked = body.value.checked()?;
    let account =
        asked.account.ok_or_else(|| Invalid::field("account", "required", "a merchant's number or an openid"))?;
    let wanted = Receiver { kind: asked.kind, account, name: asked.name };
    let changed = flows::suppliers::set_receiver(&app, &who.shop, who.operator, *id, Some(&wanted)).await?;
    let changed = flows::profit_sharing::register_supplier(&app, &who.shop, changed).await?;
    json(&SupplierView::new(&app.sealer, changed)?)
}

/// Takes a supplier's receiver away, here and from WeChat's list.
#[utoipa::path(
    tag = "suppliers", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = SupplierView), Failures)
)]
#[delete("/console/api/v1/suppliers/{id}/sharing-receiver")]
async fn delete_supplier_receiver(app: web::Data<App>, who: Operator, id: PathId<SupplierId>) -> Reply {
    who.may(Permission::Payouts)?;
    let changed = flows::suppliers::set_receiver(&app, &who.shop, who.operator, *id, None).await?;
    json(&SupplierView::new(&app.sealer, changed)?)
}
