//! Imports from marketplaces: begin one, watch it, stop it, let it go on.

use crate::api::routes::Routes;
use actix_web::guard::GuardContext;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::id::{CategoryId, ImportId, StoreId};
use kernel::{Failure, ListingKind};
use serde::{Deserialize, Serialize};

use super::imports_body::NewImport;
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing, PathId, QueryOf, page_request};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::market_accounts::entity::import_run;
use crate::areas::market_accounts::prices::PriceRule;
use crate::areas::market_accounts::query;
use crate::areas::market_accounts::rules::{By, Duplicates, Refusals, Wish};
use crate::areas::market_accounts::state::RunState;
use crate::flows::import_goods;

pub(super) fn routes(config: &mut Routes) {
    config.service(start).service(list).service(one).service(pause).service(resume);
}

/// An import run.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ImportView {
    id: ImportId,
    marketplace: String,
    account: Option<String>,
    /// The store, for its own goods.
    store_id: Option<StoreId>,
    listing: ListingKind,
    /// Whether the clock began it, to look again at goods imported before.
    renewal: bool,
    /// `running`; `paused` by an operator, or until `resume_at`; `done`; `failed` until an operator
    /// mends the cause and resumes it, or until its store works again.
    status: RunState,
    /// What was searched for.
    query: Option<String>,
    /// How many ids were asked for.
    ids: Option<usize>,
    /// Whether everything that the store has is asked for.
    whole: bool,
    limit: i64,
    category_id: Option<CategoryId>,
    /// How own goods are taken in.
    own: Option<OwnView>,
    /// Goods looked at so far.
    fetched: i64,
    /// Goods new to the shop.
    created: i64,
    /// Goods that changed.
    updated: i64,
    /// Goods of a store that the shop had already: its variants were tied to their SKUs.
    linked: i64,
    /// Goods that were not imported.
    refused: i64,
    /// What the marketplace said when the run last stopped.
    last_error: Option<String>,
    /// When a paused run goes on by itself.
    resume_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// How a store's goods become ours.
#[derive(Serialize, utoipa::ToSchema)]
struct OwnView {
    on_shelf: bool,
    duplicates: Duplicates,
    price_rule: PriceRule,
    /// Whether pictures are copied to our storage.
    pictures: bool,
    /// Whether goods are made and changed, or the store's variants only matched.
    makes: bool,
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
    pub fn of(row: &import_run::Model, wish: Wish) -> Self {
        let whole = wish.by == By::Whole;
        let (query, ids) = match wish.by {
            By::Query(words) => (Some(words), None),
            By::Ids(ids) => (None, Some(ids.len())),
            By::Whole => (None, None),
        };
        let own = wish.own.map(|own| OwnView {
            on_shelf: own.on_shelf,
            duplicates: own.duplicates,
            price_rule: own.price,
            pictures: own.pictures,
            makes: own.makes,
        });
        Self {
            id: row.id,
            marketplace: row.marketplace.clone(),
            account: row.account.clone(),
            store_id: row.store_id,
            listing: row.listing,
            renewal: row.renewal,
            status: row.state,
            query,
            ids,
            whole,
            limit: wish.limit,
            category_id: wish.category_id,
            own,
            fetched: row.fetched,
            created: row.created,
            updated: row.updated,
            linked: row.linked,
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

/// Begins an import. Affiliate marketplaces give affiliate listings alone, stores own ones.
#[utoipa::path(
    tag = "imports", operation_id = "start_import", security(("session" = [])), request_body = NewImport,
    params(("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 201, body = ImportView), Failures)
)]
#[post("/console/api/v1/imports")]
async fn start(app: web::Data<App>, who: Operator, key: IdempotencyKey, body: JsonBody<NewImport>) -> Reply {
    who.may(Permission::Goods)?;
    let order = body.value.order(&app, &who).await?;
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

/// A preview lies where runs do and is none of them.
fn names_a_run(request: &GuardContext<'_>) -> bool {
    !request.head().uri.path().ends_with("/preview")
}

/// An import with its progress, and what was refused by reason.
#[utoipa::path(
    tag = "imports", operation_id = "import", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ImportDetail), Failures)
)]
#[get("/console/api/v1/imports/{id}", guard = "names_a_run")]
async fn one(app: web::Data<App>, who: Operator, id: PathId<ImportId>) -> Reply {
    json(&detail(&query::run(app.db.reader(), who.shop.id, *id).await?)?)
}

/// Stops an import where it is. One that waits for `resume_at`, or for its store, stays stopped.
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
