//! What imports go by: rates of exchange, and the marketplaces' categories with ours.

use std::collections::BTreeMap;

use actix_web::{get, put, web};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::failure::Invalid;
use kernel::id::CategoryId;
use serde::{Deserialize, Serialize};

use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, QueryOf};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::api::routes::Routes;
use crate::app::App;
use crate::areas::market_accounts::entity::{category_mapping, exchange_rate};
use crate::areas::market_accounts::exchange;
use crate::areas::market_accounts::mappings::MAPPINGS_MAX;
use crate::flows::import_goods;

/// Decimals of a rate.
const DECIMALS: usize = 6;

pub(super) fn routes(config: &mut Routes) {
    config.service(rates).service(set_rate).service(list).service(replace);
}

/// What one unit of a currency was worth on a day.
#[derive(Serialize, utoipa::ToSchema)]
struct RateView {
    currency: String,
    /// Beijing.
    day: String,
    /// Yuan for one unit.
    rate: String,
    updated_at: DateTime<Utc>,
}

impl From<exchange_rate::Model> for RateView {
    fn from(row: exchange_rate::Model) -> Self {
        Self { rate: written(row.micro_cny), currency: row.currency, day: row.day, updated_at: row.updated_at }
    }
}

/// A rate of exchange.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRate {
    /// ISO 4217, as `USD`.
    #[schema(min_length = 3, max_length = 3)]
    currency: String,
    /// Beijing; today when left out.
    day: Option<NaiveDate>,
    /// Yuan for one unit with up to six decimals, as `7.1234`.
    #[schema(min_length = 1, max_length = 20)]
    rate: String,
}

/// Millionths as a decimal number.
fn written(micro: i64) -> String {
    let text = format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A decimal number in millionths.
fn read(text: &str) -> Option<i64> {
    let (whole, decimals) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(decimals) || whole.len() > 6 || decimals.len() > DECIMALS {
        return None;
    }
    format!("{whole}{decimals:0<6}").parse().ok().filter(|micro| *micro > 0)
}

/// The rates entered, newest day first.
#[utoipa::path(
    tag = "imports", operation_id = "exchange_rates", security(("session" = [])),
    responses((status = 200, body = ListView<RateView>), Failures)
)]
#[get("/console/api/v1/exchange-rates")]
async fn rates(app: web::Data<App>, who: Operator) -> Reply {
    let rows = exchange::list(app.db.reader(), who.shop.id).await?;
    json(&ListView::from(rows.into_iter().map(RateView::from).collect::<Vec<_>>()))
}

/// Enters a rate for a day; one of the same currency and day is replaced. Prices in a currency without a
/// rate of the day or the seven before it are not imported.
#[utoipa::path(
    tag = "imports", operation_id = "set_exchange_rate", security(("session" = [])), request_body = NewRate,
    responses((status = 200, body = ListView<RateView>), Failures)
)]
#[put("/console/api/v1/exchange-rates")]
async fn set_rate(app: web::Data<App>, who: Operator, body: JsonBody<NewRate>) -> Reply {
    who.may(Permission::Goods)?;
    let NewRate { currency, day, rate } = body.value;
    let what = "yuan for one unit, above 0 and below 1000000, up to six decimals";
    let micro = read(&rate).ok_or_else(|| Invalid::field("rate", "invalid", what))?;
    import_goods::set_rate(&app, &who.shop, who.operator, &currency, day, micro).await?;
    let rows = exchange::list(app.db.reader(), who.shop.id).await?;
    json(&ListView::from(rows.into_iter().map(RateView::from).collect::<Vec<_>>()))
}

/// A marketplace's category and ours for it.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct MappingView {
    /// The marketplace's id of the category.
    #[schema(min_length = 1, max_length = 200)]
    external_category: String,
    category_id: CategoryId,
}

impl From<category_mapping::Model> for MappingView {
    fn from(row: category_mapping::Model) -> Self {
        Self { external_category: row.external_category, category_id: row.category_id }
    }
}

/// The categories of one marketplace with ours.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CategoryMappings {
    #[schema(min_length = 1, max_length = 64)]
    marketplace: String,
    /// All of them; what is left out is no longer mapped.
    #[schema(max_items = 2000)]
    mappings: Vec<MappingView>,
}

/// Which mappings.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MappingsQuery {
    /// Such as `pinduoduo`.
    marketplace: String,
}

async fn shown(app: &App, who: &Operator, marketplace: String) -> Reply {
    let rows = import_goods::mapped_categories(app, &who.shop, &marketplace).await?;
    json(&CategoryMappings { marketplace, mappings: rows.into_iter().map(MappingView::from).collect() })
}

/// The categories of a marketplace that are mapped to ours.
#[utoipa::path(
    tag = "imports", operation_id = "category_mappings", security(("session" = [])), params(MappingsQuery),
    responses((status = 200, body = CategoryMappings), Failures)
)]
#[get("/console/api/v1/category-mappings")]
async fn list(app: web::Data<App>, who: Operator, asked: QueryOf<MappingsQuery>) -> Reply {
    shown(&app, &who, asked.0.marketplace).await
}

/// Says which of our categories goods of each of a marketplace's categories are put into.
#[utoipa::path(
    tag = "imports", operation_id = "set_category_mappings", security(("session" = [])),
    request_body = CategoryMappings, responses((status = 200, body = CategoryMappings), Failures)
)]
#[put("/console/api/v1/category-mappings")]
async fn replace(app: web::Data<App>, who: Operator, body: JsonBody<CategoryMappings>) -> Reply {
    who.may(Permission::Goods)?;
    let CategoryMappings { marketplace, mappings } = body.value;
    let mut fields = Fields::default();
    fields.need(mappings.len() <= MAPPINGS_MAX, "mappings", "at most 2000");
    let mut wanted = BTreeMap::new();
    for (place, mapping) in mappings.iter().enumerate() {
        let field = format!("mappings[{place}].external_category");
        let theirs = fields.line(&field, &mapping.external_category, 1, 200);
        if wanted.insert(theirs, mapping.category_id).is_some() {
            fields.fault(&field, "invalid", "named twice");
        }
    }
    fields.done()?;
    import_goods::map_categories(&app, &who.shop, who.operator, &marketplace, &wanted).await?;
    shown(&app, &who, marketplace).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_written_without_floats() {
        for (text, micro) in [("7.1234", 7_123_400), ("0.0485", 48_500), ("1", 1_000_000), ("0.000001", 1)] {
            assert_eq!(read(text), Some(micro), "{text}");
            assert_eq!(written(micro), text);
        }
        for bad in ["", "0", "0.0", "-1", "1e3", "7,1", "1.1234567", ".5", "5.", "1000000.1", "１"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
