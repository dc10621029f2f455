//! Imports from marketplaces: begin one, watch it, stop it, let it go on.

use std::collections::BTreeSet;

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::failure::Invalid;
use kernel::id::{CategoryId, ImportId};
use kernel::{Failure, ListingKind};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PathId, QueryOf, page_request};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::market_accounts::entity::import_run;
use crate::areas::market_accounts::query;
use crate::areas::market_accounts::rules::{By, GOODS_MAX, Refusals, Wish};
use crate::areas::market_accounts::state::RunState;
use crate::flows::import_goods::{self, Order};

/// Most ids of one import.
const IDS_MAX: usize = 1_000;
/// The longest id.
const ID_LENGTH: usize = 200;
/// The longest search text.
const QUERY_LENGTH: usize = 100;

pub(super) fn routes(config: &mut Routes) {
    config.service(start).service(list).service(one).service(pause).service(resume);
}

/// What to import.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewImport {
    /// Such as `pinduoduo_affiliate`.
    #[schema(min_length = 1, max_length = 64)]
    marketplace: String,
    /// Which of the shop's accounts there (`client_id`, `app_key`); the only one when left out.
    #[schema(max_length = 128)]
    account: Option<String>,
    /// Words to search for; or `ids`.
    #[schema(min_length = 1, max_length = 100)]
    query: Option<String>,
    /// The marketplace's own ids (`goods_sign`, `item_id`); or `query`.
    #[schema(min_items = 1, max_items = 1000)]
    ids: Option<Vec<String>>,
    /// `affiliate` goods are bought there; `own` ones are sold here.
    listing: ListingKind,
    /// At most so many goods; when left out, all of `ids` or the first 100 of `query`.
    #[schema(minimum = 1, maximum = 10_000)]
    limit: Option<i64>,
    /// The category new goods are put into.
    category_id: Option<CategoryId>,
}

impl NewImport {
    fn checked(self) -> Result<Order, Invalid> {
        let mut fields = Fields::default();
        let marketplace = fields.line("marketplace", &self.marketplace, 1, 64);
        let account = fields.line_if("account", self.account.as_deref(), 128);
        fields.need(self.limit.is_none_or(|limit| (1..=GOODS_MAX).contains(&limit)), "limit", "1 to 10000");
        let by = match (self.query, self.ids) {
            (Some(query), None) => By::Query(fields.line("query", &query, 1, QUERY_LENGTH)),
            (None, Some(ids)) => By::Ids(checked_ids(&mut fields, &ids)),
            (Some(_), Some(_)) => {
                fields.fault("ids", "invalid", "either query or ids");
                By::Ids(Vec::new())
            }
            (None, None) => {
                fields.fault("query", "required", "either query or ids");
                By::Ids(Vec::new())
            }
        };
        fields.done()?;
        let limit = self.limit.unwrap_or_else(|| by.goods_wanted());
        let wish = Wish { by, limit, category_id: self.category_id };
        Ok(Order { marketplace, account, listing: self.listing, wish })
    }
}

fn checked_ids(fields: &mut Fields, ids: &[String]) -> Vec<String> {
    if ids.is_empty() {
        fields.fault("ids", "required", "at least one id");
    } else if ids.len() > IDS_MAX {
        fields.fault("ids", "too_long", format!("at most {IDS_MAX} ids"));
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let checked: Vec<String> =
        (0..).zip(ids).map(|(place, id): (usize, _)| fields.line(&format!("ids[{place}]"), id, 1, ID_LENGTH)).collect();
    checked.into_iter().filter(|id| seen.insert(id.clone())).collect()
}

/// An import run.
#[derive(Serialize, utoipa::ToSchema)]
struct ImportView {
    id: ImportId,
    marketplace: String,
    account: Option<String>,
    listing: ListingKind,
    /// Whether the clock began it, to look again at goods imported before.
    renewal: bool,
    /// `running`; `paused` by an operator, or until `resume_at`; `done`; `failed` until an operator
    /// mends the cause and resumes it.
    status: RunState,
    /// What was searched for.
    query: Option<String>,
    /// How many ids were asked for.
    ids: Option<usize>,
    limit: i64,
    category_id: Option<CategoryId>,
    /// Goods looked at so far.
    fetched: i64,
    /// Goods new to the shop.
    created: i64,
    /// Goods that changed.
    updated: i64,
    /// Goods that were not imported.
    refused: i64,
    /// What the marketplace said when the run last stopped.
    last_error: Option<String>,
    /// When a paused run goes on by itself.
    resume_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// An import run with what it refused.
#[derive(Serialize, utoipa::ToSchema)]
struct ImportDetail {
    #[serde(flatten)]
    run: ImportView,
    refusals: Vec<RefusalView>,
}

/// Goods not imported for one reason.
#[derive(Serialize, utoipa::ToSchema)]
struct RefusalView {
    reason: String,
    count: i64,
    /// The marketplace's ids of some.
    examples: Vec<String>,
}

impl ImportView {
    fn of(row: &import_run::Model, wish: Wish) -> Self {
        let (query, ids) = match wish.by {
            By::Query(words) => (Some(words), None),
            By::Ids(ids) => (None, Some(ids.len())),
        };
        Self {
            id: row.id,
            marketplace: row.marketplace.clone(),
            account: row.account.clone(),
            listing: row.listing,
            renewal: row.renewal,
            status: row.state,
            query,
            ids,
            limit: wish.limit,
            category_id: wish.category_id,
            fetched: row.fetched,
            created: row.created,
            updated: row.updated,
            refused: row.refused,
            last_error: row.last_error.clone(),
            resume_at: row.resume_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }

    fn read(row: &import_run::Model) -> Result<Self, Failure> {
        Ok(Self::of(row, query::wish_of(row)?))
    }
}

fn detail(row: &import_run::Model) -> Result<ImportDetail, Failure> {
    let Refusals(refusals) = query::refusals_of(row)?;
    let refusals = refusals
        .into_iter()
        .map(|(reason, refused)| RefusalView { reason, count: refused.count, examples: refused.examples })
        .collect();
    Ok(ImportDetail { run: ImportView::read(row)?, refusals })
}

/// Begins an import. Affiliate marketplaces give affiliate listings alone.
#[utoipa::path(
    tag = "imports", operation_id = "start_import", security(("session" = [])), request_body = NewImport,
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 201, body = ImportView), Failures)
)]
#[post("/console/api/v1/imports")]
async fn start(app: web::Data<App>, who: Operator, key: IdempotencyKey, body: JsonBody<NewImport>) -> Reply {
    who.may(Permission::Goods)?;
    let order = body.value.checked()?;
    let wish = order.wish.clone();
    let view = move |row: &import_run::Model| ImportView::of(row, wish.clone());
    let work = async |once: &_| import_goods::start(&app, &who.shop, Some(who.operator), &order, once).await;
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view, work).await
}

/// Which runs are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RunsQuery {
    /// The clock's own renewals of goods imported before, instead of what operators began.
    renewals: Option<bool>,
    /// 1 to 100; 20 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// An earlier answer's `next_cursor`.
    cursor: Option<String>,
}

/// Imports, newest first.
#[utoipa::path(
    tag = "imports", operation_id = "imports", security(("session" = [])), params(RunsQuery),
    responses((status = 200, body = ListView<ImportView>), Failures)
)]
#[get("/console/api/v1/imports")]
async fn list(app: web::Data<App>, who: Operator, asked: QueryOf<RunsQuery>) -> Reply {
    let RunsQuery { renewals, limit, cursor } = asked.0;
    let page = page_request(limit, cursor)?;
    let page = query::runs(app.db.reader(), who.shop.id, renewals.unwrap_or(false), &page).await?;
    let next_cursor = page.next_cursor;
    let items = page.items.iter().map(ImportView::read).collect::<Result<_, _>>()?;
    json(&ListView::from(kernel::page::Page { items, next_cursor }))
}

/// An import with its progress, and what was refused by reason.
#[utoipa::path(
    tag = "imports", operation_id = "import", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ImportDetail), Failures)
)]
#[get("/console/api/v1/imports/{id}")]
async fn one(app: web::Data<App>, who: Operator, id: PathId<ImportId>) -> Reply {
    json(&detail(&query::run(app.db.reader(), who.shop.id, *id).await?)?)
}

/// Stops an import where it is. One that waits for `resume_at` stays stopped.
#[utoipa::path(
    tag = "imports", operation_id = "pause_import", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ImportDetail), Failures)
)]
#[post("/console/api/v1/imports/{id}/pause")]
async fn pause(app: web::Data<App>, who: Operator, id: PathId<ImportId>, _: JsonBody<Nothing>) -> Reply {
    who.may(Permission::Goods)?;
    json(&detail(&import_goods::pause(&app, &who.shop, who.operator, *id).await?)?)
}

/// Lets a paused or failed import go on where it stopped.
#[utoipa::path(
    tag = "imports", operation_id = "resume_import", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ImportDetail), Failures)
)]
#[post("/console/api/v1/imports/{id}/resume")]
async fn resume(app: web::Data<App>, who: Operator, id: PathId<ImportId>, _: JsonBody<Nothing>) -> Reply {
    who.may(Permission::Goods)?;
    json(&detail(&import_goods::resume(&app, &who.shop, Some(who.operator), *id).await?)?)
}
