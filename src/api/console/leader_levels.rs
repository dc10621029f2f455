//! Leader levels.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, patch, post, put, web};
use kernel::failure::Invalid;
use kernel::id::LeaderLevelId;
use kernel::{BasisPoints, Fen};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::leaders::entity::level;
use crate::areas::leaders::levels::{self, Asks, LevelDraft};
use crate::flows;

pub(super) fn routes(config: &mut Routes) {
    config.service(list_levels).service(create_level).service(patch_level).service(put_level);
}

/// The most a level can ask for: what a client in JavaScript still counts exactly.
const ASKED_MAX: i64 = 1_000_000_000_000;

/// A leader level.
#[derive(Serialize, utoipa::ToSchema)]
struct LevelView {
    id: LeaderLevelId,
    name: String,
    rank: i32,
    rate_bp: BasisPoints,
    from_sales_fen: Option<Fen>,
    from_members: Option<i64>,
    from_orders: Option<i64>,
}

impl From<&level::Model> for LevelView {
    fn from(row: &level::Model) -> Self {
        Self {
            id: row.id,
            name: row.name.clone(),
            rank: row.rank,
            rate_bp: row.rate_bp,
            from_sales_fen: row.from_sales_fen,
            from_members: row.from_members,
            from_orders: row.from_orders,
        }
    }
}

/// What a level is made of. A leader rises to it by himself once he has reached any one of what
/// `from_…` names, and never falls again; where none is named, operators alone give the level.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewLevel {
    #[schema(min_length = 1, max_length = 50)]
    name: String,
    /// Its place among the levels, 1 the lowest; unique in the shop.
    #[schema(minimum = 1, maximum = 1000)]
    rank: i32,
    /// The commission rate; with the referral rates at most 10000.
    #[schema(value_type = i32, minimum = 0, maximum = 10000)]
    rate_bp: BasisPoints,
    /// Completed sales: what members paid for completed orders and did not get back.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 1_000_000_000_000_i64)]
    from_sales_fen: Option<Fen>,
    /// Members whose latest leader he is.
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    from_members: Option<i64>,
    /// Completed orders.
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    from_orders: Option<i64>,
}

impl NewLevel {
    fn checked(self) -> Result<LevelDraft, Invalid> {
        let mut fields = Fields::default();
        let name = fields.line("name", &self.name, 1, 50);
        fields.need((1..=1000).contains(&self.rank), "rank", "1 to 1000");
        fields.need((0..=10_000).contains(&self.rate_bp.bp()), "rate_bp", "0 to 10000");
        let asked = [
            ("from_sales_fen", self.from_sales_fen.map(Fen::fen)),
            ("from_members", self.from_members),
            ("from_orders", self.from_orders),
        ];
        for (field, asked) in asked {
            fields.need(asked.is_none_or(|least| (1..=ASKED_MAX).contains(&least)), field, "1 to 1000000000000");
        }
        fields.done()?;
        let asks = Asks { sales: self.from_sales_fen, members: self.from_members, orders: self.from_orders };
        Ok(LevelDraft { name, rank: self.rank, rate: self.rate_bp, asks })
    }
}

/// The levels, lowest first; always whole.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), responses((status = 200, body = ListView<LevelView>), Failures)
)]
#[get("/console/api/v1/leader-levels")]
async fn list_levels(app: web::Data<App>, who: Operator) -> Reply {
    let rows = levels::list(app.db.reader(), who.shop.id).await?;
    json(&ListView::from(rows.iter().map(LevelView::from).collect::<Vec<_>>()))
}

/// Creates a level.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), request_body = NewLevel,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = LevelView), Failures)
)]
#[post("/console/api/v1/leader-levels")]
async fn create_level(app: web::Data<App>, who: Operator, key: IdempotencyKey, body: JsonBody<NewLevel>) -> Reply {
    who.may(Permission::Leaders)?;
    let draft = body.value.checked()?;
    let view = |row: &level::Model| LevelView::from(row);
    key.once(&app, who.shop.id, who.operator, &body.hash, StatusCode::CREATED, view, async |once| {
        flows::leaders::create_level(&app, &who.shop, who.operator, &draft, once).await
    })
    .await
}

/// Replaces a level's name, rank, rate and what lets leaders rise to it; future orders alone are touched.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), params(("id" = String, Path)), request_body = NewLevel,
    responses((status = 200, body = LevelView), Failures)
)]
#[patch("/console/api/v1/leader-levels/{id}")]
async fn patch_level(app: web::Data<App>, who: Operator, id: PathId<LeaderLevelId>, body: JsonBody<NewLevel>) -> Reply {
    change_level(app, who, *id, body.value).await
}

/// As PATCH, for clients without it.
#[utoipa::path(
    tag = "leaders", security(("session" = [])), params(("id" = String, Path)), request_body = NewLevel,
    responses((status = 200, body = LevelView), Failures)
)]
#[put("/console/api/v1/leader-levels/{id}")]
async fn put_level(app: web::Data<App>, who: Operator, id: PathId<LeaderLevelId>, body: JsonBody<NewLevel>) -> Reply {
    change_level(app, who, *id, body.value).await
}

async fn change_level(app: web::Data<App>, who: Operator, id: LeaderLevelId, asked: NewLevel) -> Reply {
    who.may(Permission::Leaders)?;
    let draft = asked.checked()?;
    json(&LevelView::from(&flows::leaders::change_level(&app, &who.shop, who.operator, id, &draft).await?))
}
