//! A member's address book. Name, phone and street are sealed together.

use kernel::Time;
use kernel::id::{AddressId, MemberId, ShopId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, IntoActiveModel, PaginatorTrait, QueryOrder, QuerySelect, entity::prelude::*};
use serde::{Deserialize, Serialize};

use super::entity::{address, member};
use super::error::MemberError;
use crate::platform::seal::Sealer;

/// The most entries of one book.
pub const MOST: u64 = 50;

/// What is sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Who receives.
    pub name: String,
    /// His telephone.
    pub phone: String,
    /// Street, house, room.
    pub detail: String,
}

impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contact([REDACTED])")
    }
}

/// An entry, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The entry.
    pub id: AddressId,
    /// Who and where.
    pub contact: Contact,
    /// Province.
    pub province: String,
    /// City.
    pub city: String,
    /// District; empty where a city has none.
    pub district: String,
    /// Whether it is offered first.
    pub is_default: bool,
}

/// What an entry is made of.
#[derive(Clone, Debug)]
pub struct AddressDraft {
    /// Who and where.
    pub contact: Contact,
    /// Province.
    pub province: String,
    /// City.
    pub city: String,
    /// District.
    pub district: String,
    /// Whether it becomes the default; the first entry does anyway.
    pub is_default: bool,
}

/// A change of an entry; what is `None` stays.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "the fields are those of the draft")]
pub struct AddressChange {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub detail: Option<String>,
    pub province: Option<String>,
    pub city: Option<String>,
    pub district: Option<String>,
    pub is_default: Option<bool>,
}

/// A member's book: the default first, then the newest.
pub async fn list(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    owner: MemberId,
) -> Result<Vec<Address>, MemberError> {
    let rows = of(shop, owner)
        .order_by_desc(address::Column::IsDefault)
        .order_by_desc(address::Column::Id)
        .limit(MOST)
        .all(conn)
        .await?;
    rows.into_iter().map(|row| opened(sealer, row)).collect()
}

/// One entry of a member's own book.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    owner: MemberId,
    id: AddressId,
) -> Result<Address, MemberError> {
    opened(sealer, row_of(conn, shop, owner, id).await?)
}

/// An address as an order keeps it: still sealed, with the place it opens at.
pub async fn snapshot(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    owner: MemberId,
    id: AddressId,
) -> Result<serde_json::Value, MemberError> {
    let address = row_of(conn, shop, owner, id).await?;
    Ok(serde_json::json!({
        "place": place(id),
        "sealed": address.sealed,
        "province": address.province,
        "city": address.city,
        "district": address.district,
    }))
}

/// Opens the contact of a [`snapshot`].
pub fn contact_of(sealer: &Sealer, snapshot: &serde_json::Value) -> Result<Contact, MemberError> {
    let text = |field: &str| snapshot.get(field).and_then(serde_json::Value::as_str).unwrap_or_default();
    let json = sealer.open(text("place"), text("sealed"))?;
    Ok(serde_json::from_slice(&json).map_err(|error| DbErr::Json(error.to_string()))?)
}

/// Adds an entry. Errors: [`MemberError::AddressTooMany`].
pub async fn create(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    owner: MemberId,
    draft: AddressDraft,
    now: Time,
) -> Result<Address, MemberError> {
    own_the_book(conn, shop, owner, now).await?;
    let known = of(shop, owner).count(conn).await?;
    if known >= MOST {
        return Err(MemberError::AddressTooMany(MOST));
    }
    let is_default = draft.is_default || known == 0;
    if is_default {
        unset_default(conn, shop, owner).await?;
    }
    let id = AddressId::new();
    let row = address::Model {
        id,
        shop_id: shop,
        member_id: owner,
        sealed: sealed(sealer, id, &draft.contact)?,
        province: draft.province,
        city: draft.city,
        district: draft.district,
        is_default,
        created_at: now,
        updated_at: now,
    };
    address::Entity::insert(address::ActiveModel::from(row.clone())).exec_without_returning(conn).await?;
    opened(sealer, row)
}

/// Changes an entry. Errors: [`MemberError::AddressNotFound`].
pub async fn change(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    shop: ShopId,
    owner: MemberId,
    id: AddressId,
    change: AddressChange,
    now: Time,
) -> Result<Address, MemberError> {
    own_the_book(conn, shop, owner, now).await?;
    let mut row = row_of(conn, shop, owner, id).await?;
    let Address { contact, .. } = opened(sealer, row.clone())?;
    let contact = Contact {
        name: change.name.unwrap_or(contact.name),
        phone: change.phone.unwrap_or(contact.phone),
        detail: change.detail.unwrap_or(contact.detail),
    };
    if change.is_default == Some(true) {
        unset_default(conn, shop, owner).await?;
    }
    row.sealed = sealed(sealer, id, &contact)?;
    row.province = change.province.unwrap_or(row.province);
    row.city = change.city.unwrap_or(row.city);
    row.district = change.district.unwrap_or(row.district);
    row.is_default = change.is_default.unwrap_or(row.is_default);
    row.updated_at = now;
    address::Entity::update(row.clone().into_active_model().reset_all()).exec(conn).await?;
    opened(sealer, row)
}

/// Removes an entry; when it was the default, the newest of the others becomes it.
pub async fn remove(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    owner: MemberId,
    id: AddressId,
    now: Time,
) -> Result<(), MemberError> {
    own_the_book(conn, shop, owner, now).await?;
    let row = row_of(conn, shop, owner, id).await?;
    address::Entity::delete_by_id(id).exec(conn).await?;
    if row.is_default
        && let Some(next) = of(shop, owner).order_by_desc(address::Column::Id).one(conn).await?
    {
        let change = address::ActiveModel { id: Set(next.id), is_default: Set(true), ..Default::default() };
        address::Entity::update(change).exec(conn).await?;
    }
    Ok(())
}

/// Makes this transaction the only one that changes the book: two parallel ones would each count
/// 49 entries, or each set a default.
async fn own_the_book(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    owner: MemberId,
    now: Time,
) -> Result<(), MemberError> {
    member::Entity::update_many()
        .col_expr(member::Column::UpdatedAt, Expr::value(now))
        .filter(member::Column::ShopId.eq(shop))
        .filter(member::Column::Id.eq(owner))
        .exec(conn)
        .await?;
    Ok(())
}

async fn unset_default(conn: &impl ConnectionTrait, shop: ShopId, owner: MemberId) -> Result<(), MemberError> {
    address::Entity::update_many()
        .col_expr(address::Column::IsDefault, Expr::value(false))
        .filter(address::Column::ShopId.eq(shop))
        .filter(address::Column::MemberId.eq(owner))
        .filter(address::Column::IsDefault.eq(true))
        .exec(conn)
        .await?;
    Ok(())
}

fn of(shop: ShopId, owner: MemberId) -> Select<address::Entity> {
    address::in_shop(shop).filter(address::Column::MemberId.eq(owner))
}

async fn row_of(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    owner: MemberId,
    id: AddressId,
) -> Result<address::Model, MemberError> {
    of(shop, owner).filter(address::Column::Id.eq(id)).one(conn).await?.ok_or(MemberError::AddressNotFound)
}

/// Where an address is sealed for.
pub fn place(id: AddressId) -> String {
    format!("addresses.sealed:{id}")
}

fn sealed(sealer: &Sealer, id: AddressId, contact: &Contact) -> Result<String, MemberError> {
    let json = serde_json::to_vec(contact).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(sealer.seal(&place(id), &json)?)
}

fn opened(sealer: &Sealer, row: address::Model) -> Result<Address, MemberError> {
    let contact = sealer.open(&place(row.id), &row.sealed)?;
    let contact = serde_json::from_slice(&contact).map_err(|error| DbErr::Json(error.to_string()))?;
    let address::Model { id, province, city, district, is_default, .. } = row;
    Ok(Address { id, contact, province, city, district, is_default })
}
