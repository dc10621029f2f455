//! The member's address book.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{delete, get, patch, post, put, web};
use kernel::id::AddressId;
use serde::{Deserialize, Serialize};

use crate::api::auth::SignedInMember;
use crate::api::body::{JsonBody, PathId};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json, no_content};
use crate::app::App;
use crate::areas::members::addresses::{self, Address, AddressChange, AddressDraft, Contact};
use crate::flows;

pub(super) fn routes(config: &mut Routes) {
    config
        .service(list_addresses)
        .service(create_address)
        .service(patch_address)
        .service(put_address)
        .service(delete_address);
}

/// An entry of the member's own address book.
#[derive(Serialize, utoipa::ToSchema)]
struct AddressView {
    id: AddressId,
    name: String,
    phone: String,
    province: String,
    city: String,
    district: String,
    detail: String,
    is_default: bool,
}

impl From<&Address> for AddressView {
    fn from(address: &Address) -> Self {
        let Address { id, contact, province, city, district, is_default } = address.clone();
        let Contact { name, phone, detail } = contact;
        Self { id, name, phone, province, city, district, detail, is_default }
    }
}

/// A new entry.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAddress {
    #[schema(min_length = 1, max_length = 50)]
    name: String,
    #[schema(min_length = 5, max_length = 20)]
    phone: String,
    #[schema(min_length = 1, max_length = 50)]
    province: String,
    #[schema(min_length = 1, max_length = 50)]
    city: String,
    /// Left out where a city has none.
    #[schema(max_length = 50)]
    district: Option<String>,
    /// Street, house, room.
    #[schema(min_length = 1, max_length = 200)]
    detail: String,
    /// The first entry is the default anyway.
    is_default: Option<bool>,
}

/// A change of an entry; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeAddress {
    #[schema(min_length = 1, max_length = 50)]
    name: Option<String>,
    #[schema(min_length = 5, max_length = 20)]
    phone: Option<String>,
    #[schema(min_length = 1, max_length = 50)]
    province: Option<String>,
    #[schema(min_length = 1, max_length = 50)]
    city: Option<String>,
    #[schema(max_length = 50)]
    district: Option<String>,
    #[schema(min_length = 1, max_length = 200)]
    detail: Option<String>,
    is_default: Option<bool>,
}

/// The address book, the default entry first; always whole, since it holds at most 50.
#[utoipa::path(
    tag = "me", security(("bearer" = [])), responses((status = 200, body = ListView<AddressView>), Failures)
)]
#[get("/api/v1/me/addresses")]
async fn list_addresses(app: web::Data<App>, who: SignedInMember) -> Reply {
    let book = addresses::list(app.db.reader(), &app.sealer, who.shop.id, who.member).await?;
    json(&ListView::from(book.iter().map(AddressView::from).collect::<Vec<_>>()))
}

/// Adds an entry.
#[utoipa::path(
    tag = "me", security(("bearer" = [])), request_body = NewAddress,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = AddressView), Failures)
)]
#[post("/api/v1/me/addresses")]
async fn create_address(
    app: web::Data<App>,
    who: SignedInMember,
    key: IdempotencyKey,
    body: JsonBody<NewAddress>,
) -> Reply {
    let NewAddress { name, phone, province, city, district, detail, is_default } = body.value;
    let mut fields = Fields::default();
    let draft = AddressDraft {
        contact: Contact {
            name: fields.line("name", &name, 1, 50),
            phone: fields.phone("phone", &phone),
            detail: fields.line("detail", &detail, 1, 200),
        },
        province: fields.line("province", &province, 1, 50),
        city: fields.line("city", &city, 1, 50),
        district: fields.line("district", &district.unwrap_or_default(), 0, 50),
        is_default: is_default.unwrap_or(false),
    };
    fields.done()?;
    let view = |address: &Address| AddressView::from(address);
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::CREATED, view, async |once| {
        flows::members::add_address(&app, &who.shop, who.member, &draft, once).await
    })
    .await
}

/// Changes an entry.
#[utoipa::path(
    tag = "me", security(("bearer" = [])), params(("id" = String, Path)), request_body = ChangeAddress,
    responses((status = 200, body = AddressView), Failures)
)]
#[patch("/api/v1/me/addresses/{id}")]
async fn patch_address(
    app: web::Data<App>,
    who: SignedInMember,
    id: PathId<AddressId>,
    body: JsonBody<ChangeAddress>,
) -> Reply {
    change_address(app, who, *id, body.value).await
}

/// Changes an entry, for clients without PATCH.
#[utoipa::path(
    tag = "me", security(("bearer" = [])), params(("id" = String, Path)), request_body = ChangeAddress,
    responses((status = 200, body = AddressView), Failures)
)]
#[put("/api/v1/me/addresses/{id}")]
async fn put_address(
    app: web::Data<App>,
    who: SignedInMember,
    id: PathId<AddressId>,
    body: JsonBody<ChangeAddress>,
) -> Reply {
    change_address(app, who, *id, body.value).await
}

async fn change_address(app: web::Data<App>, who: SignedInMember, id: AddressId, asked: ChangeAddress) -> Reply {
    let mut fields = Fields::default();
    let change = AddressChange {
        name: asked.name.map(|given| fields.line("name", &given, 1, 50)),
        phone: asked.phone.map(|given| fields.phone("phone", &given)),
        detail: asked.detail.map(|given| fields.line("detail", &given, 1, 200)),
        province: asked.province.map(|given| fields.line("province", &given, 1, 50)),
        city: asked.city.map(|given| fields.line("city", &given, 1, 50)),
        district: asked.district.map(|given| fields.line("district", &given, 0, 50)),
        is_default: asked.is_default,
    };
    fields.done()?;
    let changed = flows::members::change_address(&app, &who.shop, who.member, id, change).await?;
    json(&AddressView::from(&changed))
}

/// Removes an entry; when it was the default, the newest of the others becomes it.
#[utoipa::path(
    tag = "me", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 204), Failures)
)]
#[delete("/api/v1/me/addresses/{id}")]
async fn delete_address(app: web::Data<App>, who: SignedInMember, id: PathId<AddressId>) -> Reply {
    flows::members::remove_address(&app, &who.shop, who.member, *id).await?;
    no_content()
}
