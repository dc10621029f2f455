//! Each operator sees the stores bound to him; owners and managers see all of their shop.

use kernel::Failure;
use kernel::id::{OperatorId, ShopId, StoreId};

use crate::app::App;
use crate::areas::operators::role::Role;
use crate::areas::stores::entity::store;
use crate::areas::stores::state::Duty;
use crate::areas::stores::{StoreError, operators, query};

/// Who looks.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// His shop.
    pub shop: ShopId,
    /// The operator.
    pub operator: OperatorId,
    /// His role.
    pub role: Role,
}

impl Sight {
    fn is_wide(self) -> bool {
        matches!(self.role, Role::Owner | Role::Manager)
    }
}

/// A store, if the operator may see it: bound to him for `duty`, or for anything with `None`.
///
/// # Errors
/// `store.not_found`, also for one that exists and is not his.
pub async fn one(app: &App, who: Sight, id: StoreId, duty: Option<Duty>) -> Result<store::Model, Failure> {
    let row = query::store(app.db.reader(), who.shop, id).await?;
    if who.is_wide() {
        return Ok(row);
    }
    let bound = operators::bound(app.db.reader(), who.operator).await?;
    match bound.get(&id) {
        Some(duties) if duty.is_none_or(|duty| duties.contains(&duty)) => Ok(row),
        _ => Err(StoreError::NotFound.into()),
    }
}

/// Every store the operator may see.
pub async fn all_of(app: &App, who: Sight, duty: Option<Duty>) -> Result<Vec<store::Model>, Failure> {
    let mut rows = query::list(app.db.reader(), who.shop).await?;
    if !who.is_wide() {
        let bound = operators::bound(app.db.reader(), who.operator).await?;
        let fits = |id: &StoreId| bound.get(id).is_some_and(|own| duty.is_none_or(|duty| own.contains(&duty)));
        rows.retain(|row| fits(&row.id));
    }
    Ok(rows)
}
