//! Messages that platforms have pushed about stores, and those among them that ask for something.

use crate::api::routes::Routes;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::id::{OperatorId, StoreId, StoreNoticeId};
use serde::{Deserialize, Serialize};

use super::store_views::sight;
use crate::api::auth_console::Operator;
use crate::api::body::{JsonBody, Nothing, PathId, QueryOf, page_request};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::stores::entity::store_notice;
use crate::areas::stores::state::NoticeKind;
use crate::flows::stores::notices;

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(done);
}

/// A message that a platform has pushed and vouches for.
#[derive(Serialize, utoipa::ToSchema)]
struct StoreNoticeView {
    id: StoreNoticeId,
    store_id: StoreId,
    kind: NoticeKind,
    /// The platform's word for it.
    topic: String,
    /// What it concerns, by the platform's ids.
    external_ids: Vec<String>,
    /// Whether something must be done about it, such as showing or erasing a buyer's data.
    is_task: bool,
    /// Orders whose receivers were erased because of it; null where it does not say exactly whose, so that an
    /// operator has to look. What is erased by itself is done within seconds, and `done_by` stays null.
    #[schema(required)]
    erased: Option<i64>,
    #[schema(required)]
    done_at: Option<DateTime<Utc>>,
    #[schema(required)]
    done_by: Option<OperatorId>,
    received_at: DateTime<Utc>,
}

impl From<store_notice::Model> for StoreNoticeView {
    fn from(row: store_notice::Model) -> Self {
        Self {
            id: row.id,
            store_id: row.store_id,
            kind: row.kind,
            topic: row.topic,
            external_ids: serde_json::from_value(row.external_ids).unwrap_or_default(),
            is_task: row.is_task,
            erased: row.erased,
            done_at: row.done_at,
            done_by: row.done_by,
            received_at: row.received_at,
        }
    }
}

/// Which messages are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NoticesQuery {
    /// Of this store.
    store_id: Option<StoreId>,
    /// Only what an operator must still do.
    open: Option<bool>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// What platforms have told of the operator's stores, newest first.
#[utoipa::path(
    tag = "stores", operation_id = "store_notices", security(("session" = [])), params(NoticesQuery),
    responses((status = 200, body = ListView<StoreNoticeView>), Failures)
)]
#[get("/console/api/v1/store-notices")]
async fn list(app: web::Data<App>, who: Operator, asked: QueryOf<NoticesQuery>) -> Reply {
    let NoticesQuery { store_id, open, limit, cursor } = asked.0;
    let page = page_request(limit, cursor)?;
    let page = notices::list(&app, sight(&who), store_id, open.unwrap_or(false), &page).await?;
    json(&ListView::from(page.map(StoreNoticeView::from)))
}

/// Says that what a message asks for is done.
#[utoipa::path(
    tag = "stores", operation_id = "store_notice_done", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = StoreNoticeView), Failures)
)]
#[post("/console/api/v1/store-notices/{id}/done")]
async fn done(app: web::Data<App>, who: Operator, id: PathId<StoreNoticeId>, _: JsonBody<Nothing>) -> Reply {
    json(&StoreNoticeView::from(notices::done(&app, sight(&who), *id).await?))
}
