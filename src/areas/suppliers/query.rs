//! Reading suppliers.

use kernel::id::{ShopId, SupplierId};
use kernel::page::{Page, PageRequest, decode_cursor, encode_cursor};
use kernel::{BasisPoints, Failure};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::supplier;
use super::error::SupplierError;
use super::service;
use super::state::SupplierState;
use crate::platform::seal::Sealer;

/// The supplier with this id.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: SupplierId,
) -> Result<supplier::Model, SupplierError> {
    let found = supplier::in_shop(shop).filter(supplier::Column::Id.eq(id)).one(conn).await?;
    found.ok_or(SupplierError::NotFound(id))
}

/// The supplier with this id, or this name.
pub async fn called(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id_or_name: &str,
) -> Result<Option<supplier::Model>, SupplierError> {
    let named = supplier::Column::Name.eq(id_or_name);
    let wanted = match id_or_name.parse::<SupplierId>() {
        Ok(id) => named.or(supplier::Column::Id.eq(id)),
        Err(_) => named,
    };
    Ok(supplier::in_shop(shop).filter(wanted).one(conn).await?)
}

/// Several suppliers at once; no statement when none is asked for.
pub async fn by_ids(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    ids: &[SupplierId],
) -> Result<Vec<supplier::Model>, SupplierError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(supplier::in_shop(shop).filter(supplier::Column::Id.is_in(ids.iter().copied())).all(conn).await?)
}

/// The supplier with this id, if its goods may be sold.
///
/// # Errors
/// [`SupplierError::NotFound`], [`SupplierError::Frozen`].
pub async fn enabled(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: SupplierId,
) -> Result<supplier::Model, SupplierError> {
    let found = by_id(conn, shop, id).await?;
    if found.state == SupplierState::Enabled { Ok(found) } else { Err(SupplierError::Frozen(id)) }
}

/// A shop's suppliers in a state (`None`: in any), newest first.
pub async fn list(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    state: Option<SupplierState>,
    page: &PageRequest,
) -> Result<Page<supplier::Model>, Failure> {
    let mut query = supplier::in_shop(shop).order_by_desc(supplier::Column::Id);
    if let Some(state) = state {
        query = query.filter(supplier::Column::State.eq(state));
    }
    if let Some(cursor) = &page.cursor {
        let last: SupplierId = decode_cursor(cursor)?;
        query = query.filter(supplier::Column::Id.lt(last));
    }
    let rows = query.limit(page.limit + 1).all(conn).await?;
    Ok(Page::cut(rows, page.limit, |row| encode_cursor(&row.id)))
}

/// The highest service fee of a shop's suppliers, to be held against what else is given away.
pub async fn highest_fee(conn: &impl ConnectionTrait, shop: ShopId) -> Result<BasisPoints, SupplierError> {
    let highest = supplier::in_shop(shop).order_by_desc(supplier::Column::ServiceFeeBp).one(conn).await?;
    Ok(highest.map_or(BasisPoints::ZERO, |supplier| supplier.service_fee_bp))
}

/// Opens a supplier's telephone number, for those who must call it.
pub fn phone(sealer: &Sealer, row: &supplier::Model) -> Result<Option<String>, SupplierError> {
    let sealed = row.sealed_phone.as_deref();
    Ok(sealed.map(|sealed| sealer.open_text(&service::phone_place(row.id), sealed)).transpose()?)
}
