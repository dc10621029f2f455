//! Categories: two levels; one that holds goods stays.

use kernel::Time;
use kernel::checks::Checks;
use kernel::failure::Invalid;
use kernel::id::{CategoryId, ShopId};
use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*};

use super::entity::{category, goods};
use super::error::GoodsError;

/// Most categories of a shop; all of them are shown at once.
const CATEGORIES_MAX: u64 = 500;

/// A category as described.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CategoryDraft {
    /// The category above it, which has none itself.
    pub parent_id: Option<CategoryId>,
    /// For people.
    pub name: String,
    /// A picture's address.
    pub icon: Option<String>,
    /// The place among its neighbours, small ones first.
    pub position: i32,
}

impl CategoryDraft {
    /// The draft that would leave `row` as it is.
    pub fn of(row: &category::Model) -> Self {
        let category::Model { parent_id, name, icon, position, .. } = row.clone();
        Self { parent_id, name, icon, position }
    }

    fn check(&self) -> Result<(), Invalid> {
        let mut checks = Checks::default();
        checks.text("name", &self.name, 1, 30);
        if let Some(icon) = &self.icon {
            checks.address("icon", icon);
        }
        checks.range("position", i64::from(self.position), 0, 1_000_000_000);
        checks.done()
    }
}

/// Every category of a shop, in the order shown.
pub async fn all(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Vec<category::Model>, GoodsError> {
    Ok(category::in_shop(shop)
        .order_by_asc(category::Column::Position)
        .order_by_asc(category::Column::Id)
        .all(conn)
        .await?)
}

/// The category with this id.
pub async fn by_id(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: CategoryId,
) -> Result<Option<category::Model>, GoodsError> {
    Ok(category::in_shop(shop).filter(category::Column::Id.eq(id)).one(conn).await?)
}

/// A category and those under it, as a list's filter; alone when there is none under it.
pub async fn with_children(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: CategoryId,
) -> Result<Vec<CategoryId>, GoodsError> {
    let children = category::in_shop(shop).filter(category::Column::ParentId.eq(id)).all(conn).await?;
    Ok(std::iter::once(id).chain(children.iter().map(|child| child.id)).collect())
}

/// Adds a category.
///
/// # Errors
/// [`GoodsError::Invalid`] names the fields; [`GoodsError::CategoryNotFound`] for an unknown parent.
pub async fn create(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    draft: &CategoryDraft,
    now: Time,
) -> Result<category::Model, GoodsError> {
    draft.check()?;
    if category::in_shop(shop).count(conn).await? >= CATEGORIES_MAX {
        return Err(Invalid::field("name", "too_long", format!("at most {CATEGORIES_MAX} categories")).into());
    }
    check_parent(conn, shop, draft.parent_id).await?;
    let row = category::ActiveModel {
        id: Set(CategoryId::new()),
        shop_id: Set(shop),
        parent_id: Set(draft.parent_id),
        name: Set(draft.name.clone()),
        icon: Set(draft.icon.clone()),
        position: Set(draft.position),
        created_at: Set(now),
    };
    Ok(category::Entity::insert(row).exec_with_returning(conn).await?)
}

/// Makes a category what `draft` says.
///
/// # Errors
/// As [`create`]; one with others under it cannot go under another itself.
pub async fn change(
    conn: &impl ConnectionTrait,
    shop: ShopId,
    id: CategoryId,
    draft: &CategoryDraft,
) -> Result<category::Model, GoodsError> {
    draft.check()?;
    let row = by_id(conn, shop, id).await?.ok_or(GoodsError::CategoryNotFound(id))?;
    if draft.parent_id.is_some() && draft.parent_id != row.parent_id {
        let has_children = children(conn, shop, id).await? > 0;
        if has_children || draft.parent_id == Some(id) {
            return Err(two_levels());
        }
        check_parent(conn, shop, draft.parent_id).await?;
    }
    let change = category::ActiveModel {
        id: Set(id),
        parent_id: Set(draft.parent_id),
        name: Set(draft.name.clone()),
        icon: Set(draft.icon.clone()),
        position: Set(draft.position),
        ..Default::default()
    };
    Ok(category::Entity::update(change).validate()?.filter(category::Column::ShopId.eq(shop)).exec(conn).await?)
}

/// Removes an empty category.
///
/// # Errors
/// [`GoodsError::CategoryInUse`] says how many goods and categories it holds.
pub async fn remove(conn: &impl ConnectionTrait, shop: ShopId, id: CategoryId) -> Result<(), GoodsError> {
    by_id(conn, shop, id).await?.ok_or(GoodsError::CategoryNotFound(id))?;
    let held = goods::in_shop(shop).filter(goods::Column::CategoryId.eq(id)).count(conn).await?;
    let children = children(conn, shop, id).await?;
    if held > 0 || children > 0 {
        return Err(GoodsError::CategoryInUse { goods: held, children });
    }
    category::Entity::delete_many()
        .filter(category::Column::ShopId.eq(shop))
        .filter(category::Column::Id.eq(id))
        .exec(conn)
        .await?;
    Ok(())
}

async fn children(conn: &impl ConnectionTrait, shop: ShopId, id: CategoryId) -> Result<u64, GoodsError> {
    Ok(category::in_shop(shop).filter(category::Column::ParentId.eq(id)).count(conn).await?)
}

async fn check_parent(conn: &impl ConnectionTrait, shop: ShopId, parent: Option<CategoryId>) -> Result<(), GoodsError> {
    let Some(id) = parent else { return Ok(()) };
    let row = by_id(conn, shop, id).await?.ok_or(GoodsError::CategoryNotFound(id))?;
    if row.parent_id.is_some() { Err(two_levels()) } else { Ok(()) }
}

fn two_levels() -> GoodsError {
    Invalid::field("parent_id", "invalid", "categories have two levels").into()
}
