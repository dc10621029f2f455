//! Which part of the stock a store shows, and how telling it goes.

use crate::api::routes::Routes;
use actix_web::{get, put, web};
use chrono::{DateTime, Utc};
use kernel::Failure;
use kernel::failure::Invalid;
use kernel::id::StoreId;
use serde::{Deserialize, Serialize};

use super::store_views::seen;
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, PathId};
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::areas::channels::entity::channel;
use crate::areas::channels::rule::UNLIMITED_SHOWN;
use crate::areas::channels::{PushRule, Share};
use crate::areas::stores::entity::store;
use crate::flows::stock_channels;

pub(super) fn routes(config: &mut Routes) {
    config.service(show_rule).service(set_rule);
}

/// How a store takes part in the stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StockMode {
    /// It shows all that is free.
    All,
    /// It shows `percent` of it, rounded down.
    Share,
    /// It shows all but the last `units`.
    KeepBack,
    /// It shows `units`, as long as there are as many.
    Fixed,
    /// It is told nothing.
    Off,
}

/// Which part of a SKU's free units a store shows; never more than there are.
#[derive(Clone, Copy, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StockRule {
    mode: StockMode,
    /// With `share`: 1 to 100.
    #[schema(minimum = 1, maximum = 100)]
    percent: Option<i64>,
    /// With `keep_back` and `fixed`.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    units: Option<i64>,
    /// Never more than this.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    cap: Option<i64>,
    /// What stands for the stock of a SKU that is not counted; 999 when left out.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    unlimited: Option<i64>,
}

impl StockRule {
    /// The rule, or which number is missing or does not belong to the mode; faults are named below `field`.
    pub(super) fn read(self, field: &str) -> Result<PushRule, Invalid> {
        let needed = |number: Option<i64>, name: &str| {
            number.ok_or_else(|| Invalid::field(format!("{field}{name}"), "required", "this mode needs it"))
        };
        let share = match self.mode {
            StockMode::All => Share::All,
            StockMode::Off => Share::Off,
            StockMode::Share => Share::Share { percent: needed(self.percent, "percent")? },
            StockMode::KeepBack => Share::KeepBack { units: needed(self.units, "units")? },
            StockMode::Fixed => Share::Fixed { units: needed(self.units, "units")? },
        };
        let idle = |given: bool, name: &str| {
            let fault = || Invalid::field(format!("{field}{name}"), "unexpected", "this mode has no such number");
            if given { Err(fault()) } else { Ok(()) }
        };
        idle(self.percent.is_some() && self.mode != StockMode::Share, "percent")?;
        let counts_units = matches!(self.mode, StockMode::KeepBack | StockMode::Fixed);
        idle(self.units.is_some() && !counts_units, "units")?;
        Ok(PushRule { share, cap: self.cap, unlimited: self.unlimited.unwrap_or(UNLIMITED_SHOWN) })
    }
}

impl From<PushRule> for StockRule {
    fn from(rule: PushRule) -> Self {
        let (mode, percent, units) = match rule.share {
            Share::All => (StockMode::All, None, None),
            Share::Share { percent } => (StockMode::Share, Some(percent), None),
            Share::KeepBack { units } => (StockMode::KeepBack, None, Some(units)),
            Share::Fixed { units } => (StockMode::Fixed, None, Some(units)),
            Share::Off => (StockMode::Off, None, None),
        };
        StockRule { mode, percent, units, cap: rule.cap, unlimited: Some(rule.unlimited) }
    }
}

/// How a store is told its stock.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct StockChannelView {
    store_id: StoreId,
    /// Whether the marketplace takes stock at all; where it does not, the mode is `off`.
    offered: bool,
    rule: StockRule,
    /// Until when telling rests, because the marketplace refused or is down.
    resting_until: Option<DateTime<Utc>>,
    /// Failures in a row.
    failures: i32,
    /// What went wrong last.
    last_error: Option<String>,
    /// What the store really shows, as read once a day and by hand.
    reading: ReadingView,
}

/// The reading of what a store shows.
#[derive(Serialize, utoipa::ToSchema)]
struct ReadingView {
    /// When the reading under way began, or the last one.
    began_at: Option<DateTime<Utc>>,
    /// When a reading last came to its end.
    finished_at: Option<DateTime<Utc>>,
    /// When the store is read again.
    next_at: Option<DateTime<Utc>>,
    /// Variants compared by the last one.
    compared: i64,
    /// Those that differed.
    drifted: i64,
    /// Why it rests.
    last_error: Option<String>,
}

impl StockChannelView {
    pub(super) fn new(store: StoreId, row: Option<&channel::Model>) -> Result<Self, Failure> {
        let off = PushRule { share: Share::Off, ..PushRule::default() };
        let rule = row.map_or(Ok(off), |row| PushRule::read(&row.rule))?;
        Ok(Self {
            store_id: store,
            offered: row.is_some(),
            rule: rule.into(),
            resting_until: row.and_then(|row| row.rest_until),
            failures: row.map_or(0, |row| row.failures),
            last_error: row.and_then(|row| row.last_error.clone()),
            reading: ReadingView {
                began_at: row.and_then(|row| row.reconcile_began_at),
                finished_at: row.and_then(|row| row.reconciled_at),
                next_at: row.map(|row| row.reconcile_at),
                compared: row.map_or(0, |row| row.goods_read),
                drifted: row.map_or(0, |row| row.drifted),
                last_error: row.and_then(|row| row.reconcile_error.clone()),
            },
        })
    }
}

/// A store the operator sees, with its channel.
pub(super) async fn told(
    app: &App,
    who: &Operator,
    id: StoreId,
) -> Result<(store::Model, Option<channel::Model>), Failure> {
    let row = seen(app, who, id).await?;
    let channel = stock_channels::channel_of(app, &row).await?;
    Ok((row, channel))
}

/// Which part of the stock a store shows, and how telling it goes.
#[utoipa::path(
    tag = "channels", operation_id = "stock_rule", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = StockChannelView), Failures)
)]
#[get("/console/api/v1/stores/{id}/stock-rule")]
async fn show_rule(app: web::Data<App>, who: Operator, id: PathId<StoreId>) -> Reply {
    let (row, channel) = told(&app, &who, *id).await?;
    json(&StockChannelView::new(row.id, channel.as_ref())?)
}

/// Gives a store another part of the stock; it is told within seconds.
#[utoipa::path(
    tag = "channels", operation_id = "set_stock_rule", security(("session" = [])), params(("id" = String, Path)),
    request_body = StockRule, responses((status = 200, body = StockChannelView), Failures)
)]
#[put("/console/api/v1/stores/{id}/stock-rule")]
async fn set_rule(app: web::Data<App>, who: Operator, id: PathId<StoreId>, body: JsonBody<StockRule>) -> Reply {
    who.may(Permission::Goods)?;
    let row = seen(&app, &who, *id).await?;
    let rule = body.value.read("")?;
    let channel = stock_channels::set_rule(&app, who.operator, &row, &rule).await?;
    json(&StockChannelView::new(row.id, Some(&channel))?)
}
