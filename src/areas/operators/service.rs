//! Writing operators.

use kernel::Time;
use kernel::failure::Invalid;
use kernel::id::{OperatorId, ShopId, SupplierId};
use sea_orm::{ActiveValue::Set, IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*};

use super::entity::operator;
use super::error::OperatorError;
use super::role::Role;
use super::{query, sessions};
use crate::platform::db::is_unique_violation;
use crate::platform::seal::Sealer;

/// The longest user name, in characters.
pub const USERNAME_MAX: usize = 64;

/// The user name as stored: in lower case; letters, digits, `.`, `_`, `-` and `@` alone.
pub fn username(given: &str) -> Result<String, Invalid> {
    let name = given.trim().to_ascii_lowercase();
    let fault = |code: &str, detail: &str| Err(Invalid::field("username", code, detail));
    if name.is_empty() {
        return fault("required", "1 to 64 characters");
    }
    if name.chars().count() > USERNAME_MAX {
        return fault("too_long", "1 to 64 characters");
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-@".contains(&b)) {
        return fault("invalid", "letters, digits, '.', '_', '-' and '@' alone");
    }
    Ok(name)
}

/// Creates an operator. The name has passed [`username`], the hash is one of `passwords::hash`.
pub async fn create(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    username: &str,
    password_hash: &str,
    (role, supplier): (Role, Option<SupplierId>),
    now: Time,
) -> Result<operator::Model, OperatorError> {
    bound(role, supplier)?;
    let row = operator::Model {
        id: OperatorId::new(),
        shop_id: shop,
        username: username.to_owned(),
        password_hash: password_hash.to_owned(),
        totp_secret: None,
        role,
        supplier_id: supplier,
        disabled_at: None,
        created_at: now,
    };
    match operator::Entity::insert(operator::ActiveModel::from(row.clone())).exec_without_returning(conn).await {
        Err(error) if is_unique_violation(&error) => Err(OperatorError::NameTaken),
        other => Ok(other.map(|_| row)?),
    }
}

/// An operator of a supplier names it, and nobody else does.
fn bound(role: Role, supplier: Option<SupplierId>) -> Result<(), Invalid> {
    if (role == Role::Supplier) == supplier.is_some() {
        return Ok(());
    }
    Err(Invalid::field("supplier_id", "required", "with the role supplier, and with it alone"))
}

/// A change of an operator; what is `None` stays.
#[derive(Debug, Default)]
pub struct OperatorChange {
    /// The role.
    pub role: Option<Role>,
    /// Whether he may sign in no longer.
    pub disabled: Option<bool>,
    /// A hash of `passwords::hash`.
    pub password_hash: Option<String>,
}

/// Changes an operator. A new password or role, or being disabled, ends his sessions.
///
/// Errors: [`OperatorError::NotFound`], [`OperatorError::LastOwner`].
pub async fn change(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: OperatorId,
    change: OperatorChange,
    now: Time,
) -> Result<operator::Model, OperatorError> {
    // Two owners who disable each other at once must meet here.
    operator::in_shop(shop).order_by_asc(operator::Column::Id).lock_exclusive().all(conn).await?;
    let known = query::by_id(conn, shop, id).await?.ok_or(OperatorError::NotFound)?;
    let mut row = known.clone();
    if let Some(role) = change.role {
        row.role = role;
        row.supplier_id = row.supplier_id.filter(|_| role == Role::Supplier);
        bound(role, row.supplier_id)?;
    }
    match change.disabled {
        Some(true) => row.disabled_at = row.disabled_at.or(Some(now)),
        Some(false) => row.disabled_at = None,
        None => {}
    }
    if let Some(hash) = change.password_hash {
        row.password_hash = hash;
    }
    if row == known {
        return Ok(row);
    }
    operator::Entity::update(row.clone().into_active_model().reset_all()).exec(conn).await?;
    if query::owners(conn, shop).await? == 0 {
        return Err(OperatorError::LastOwner);
    }
    sessions::end_all(conn, id).await?;
    Ok(row)
}

/// Sets or, with `None`, removes the secret of one-time codes; the operator's sessions end.
pub async fn set_totp(
    conn: &impl ConnectionTrait,
    sealer: &Sealer,
    id: OperatorId,
    secret: Option<&[u8]>,
) -> Result<(), OperatorError> {
    let sealed = secret.map(|secret| sealer.seal(&totp_place(id), secret)).transpose()?;
    let change = operator::ActiveModel { id: Set(id), totp_secret: Set(sealed), ..Default::default() };
    operator::Entity::update(change).exec(conn).await?;
    sessions::end_all(conn, id).await
}

/// Opens the secret of an operator's one-time codes, if he uses them.
pub fn totp_secret(sealer: &Sealer, operator: &operator::Model) -> Result<Option<Vec<u8>>, OperatorError> {
    let sealed = operator.totp_secret.as_deref();
    Ok(sealed.map(|sealed| sealer.open(&totp_place(operator.id), sealed)).transpose()?)
}

fn totp_place(id: OperatorId) -> String {
    format!("operators.totp_secret:{id}")
}
