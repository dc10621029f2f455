//! The categories of goods, in their two levels.

use crate::api::routes::Routes;
use actix_web::{HttpRequest, get, web};
use kernel::Failure;
use kernel::id::{CategoryId, ShopId};
use sea_orm::ConnectionTrait;
use serde::Serialize;

use super::shown::shown;
use crate::api::auth::Visitor;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::Reply;
use crate::app::App;
use crate::areas::goods::categories;
use crate::areas::goods::entity::category;

pub(super) fn routes(config: &mut Routes) {
    config.service(list_categories);
}

/// A category under another.
#[derive(Serialize, utoipa::ToSchema)]
struct ChildCategoryView {
    id: CategoryId,
    name: String,
    icon: Option<String>,
}

/// A category of the first level.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CategoryView {
    id: CategoryId,
    name: String,
    icon: Option<String>,
    children: Vec<ChildCategoryView>,
}

/// The shop's categories as a tree.
pub(super) async fn tree(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Vec<CategoryView>, Failure> {
    let rows = categories::all(conn, shop).await?;
    let child =
        |row: &category::Model| ChildCategoryView { id: row.id, name: row.name.clone(), icon: row.icon.clone() };
    let view = |row: &category::Model| CategoryView {
        id: row.id,
        name: row.name.clone(),
        icon: row.icon.clone(),
        children: rows.iter().filter(|other| other.parent_id == Some(row.id)).map(child).collect(),
    };
    Ok(rows.iter().filter(|row| row.parent_id.is_none()).map(view).collect())
}

/// The categories of goods, all at once.
#[utoipa::path(tag = "catalogue",
    responses((status = 200, body = ListView<CategoryView>), (status = 304, description = "Not modified"), Failures))]
#[get("/api/v1/categories")]
async fn list_categories(app: web::Data<App>, visitor: Visitor, request: HttpRequest) -> Reply {
    shown(&app, &visitor, &request, async |_| Ok(ListView::from(tree(app.db.reader(), visitor.shop.id).await?))).await
}
