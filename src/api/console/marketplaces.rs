//! Which marketplaces there are, what each can do and what it needs.

use crate::api::routes::Routes;
use actix_web::{get, post, web};
use gateways::marketplaces::{AuthKind, SettingKey, Site, Way};
use serde::Serialize;

use super::store_views::FindingView;
use crate::api::auth_console::{Operator, Permission};
use crate::api::body::{JsonBody, Nothing};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::flows::stores::{Offer, offers, try_market};

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(test);
}

/// A key that must or may be entered, in the platform's own word.
#[derive(Serialize, utoipa::ToSchema)]
struct KeyView {
    name: String,
    required: bool,
    /// Never shown again once it is entered.
    secret: bool,
}

impl From<&SettingKey> for KeyView {
    fn from(key: &SettingKey) -> Self {
        Self { name: key.name.to_owned(), required: key.required, secret: key.secret }
    }
}

/// One way for a merchant to authorise.
#[derive(Serialize, utoipa::ToSchema)]
struct WayView {
    /// `self`: the merchant's own app or key; `third_party`: ours.
    kind: String,
    /// `consent_page`, `pasted` or `silent`: what authorising does.
    authorises_by: String,
    /// What is entered for a store (`data`).
    needs: Vec<KeyView>,
    /// What is pasted in instead of a consent page.
    #[schema(required)]
    pasted: Option<String>,
}

impl From<&Way> for WayView {
    fn from(way: &Way) -> Self {
        let by = match (way.pasted, way.auth) {
            (Some(_), _) => "pasted",
            (None, AuthKind::ClientCredentials | AuthKind::KeySecretSigned) => "silent",
            (None, _) => "consent_page",
        };
        Self {
            kind: way.kind.word().to_owned(),
            authorises_by: by.to_owned(),
            needs: way.needs.iter().map(KeyView::from).collect(),
            pasted: way.pasted.map(str::to_owned),
        }
    }
}

/// A country's part of a marketplace.
#[derive(Serialize, utoipa::ToSchema)]
struct SiteView {
    code: String,
    name: String,
    /// One authorisation covers a region.
    region: String,
}

impl From<&Site> for SiteView {
    fn from(site: &Site) -> Self {
        Self { code: site.code.to_owned(), name: site.name.to_owned(), region: site.region.to_owned() }
    }
}

/// A marketplace.
#[derive(Serialize, utoipa::ToSchema)]
struct MarketplaceView {
    id: String,
    name: String,
    /// Whether goods are bought there and earn commission, never sold here.
    affiliate: bool,
    /// `goods`, `links`, `filing`, `commissions`, `stores`, `store_goods`, `orders`, `stock`,
    /// `shipments`, `parts` (an order may go in several parcels), `messages`.
    abilities: Vec<String>,
    /// Ways to authorise a store, the usual one first; empty where there are no stores.
    ways: Vec<WayView>,
    /// Sites to choose from; empty where there is one.
    sites: Vec<SiteView>,
    /// What the shop file's `[marketplaces.<id>]` says of the app.
    settings: Vec<KeyView>,
    /// Whether the shop file configures it usably.
    configured: bool,
    /// What is missing or wrong there; never a value.
    #[schema(required)]
    missing: Option<String>,
    /// The app our calls are counted to.
    #[schema(required)]
    app: Option<String>,
    /// Whether whoever promotes must be filed (备案) first; links say so when one is not.
    filing_needed: bool,
    /// To be registered there as the app's callback.
    callback_url: String,
}

impl MarketplaceView {
    fn of(app: &App, offer: Offer) -> Self {
        let descriptor = offer.descriptor;
        let store = descriptor.store.as_ref();
        Self {
            id: descriptor.id.to_owned(),
            name: descriptor.name.to_owned(),
            affiliate: offer.affiliate,
            filing_needed: offer.abilities.contains(&"filing"),
            abilities: offer.abilities.into_iter().map(str::to_owned).collect(),
            ways: store.into_iter().flat_map(|facts| facts.ways).map(WayView::from).collect(),
            sites: store.into_iter().flat_map(|facts| facts.sites).map(SiteView::from).collect(),
            settings: descriptor.settings.iter().map(KeyView::from).collect(),
            configured: offer.missing.is_none(),
            missing: offer.missing,
            app: offer.app,
            callback_url: app.marketplaces.callback_url(descriptor.id),
        }
    }
}

/// The marketplaces of this version, and whether the shop can use each.
#[utoipa::path(
    tag = "stores", operation_id = "marketplaces", security(("session" = [])),
    responses((status = 200, body = ListView<MarketplaceView>), Failures)
)]
#[get("/console/api/v1/marketplaces")]
async fn list(app: web::Data<App>, who: Operator) -> Reply {
    let offers = offers(&app, &who.shop).into_iter().map(|offer| MarketplaceView::of(&app, offer));
    json(&ListView::from(offers.collect::<Vec<_>>()))
}

/// What came of a test of the shop's app.
#[derive(Serialize, utoipa::ToSchema)]
struct MarketplaceTestView {
    /// Whether all that was tried works.
    works: bool,
    findings: Vec<FindingView>,
}

/// Asks a marketplace whether it lets the shop's app in, and whether its promotion position is filed (备案).
#[utoipa::path(
    tag = "stores", operation_id = "test_marketplace", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 200, body = MarketplaceTestView), Failures)
)]
#[post("/console/api/v1/marketplaces/{id}/test")]
async fn test(app: web::Data<App>, who: Operator, id: web::Path<String>, _: JsonBody<Nothing>) -> Reply {
    who.may(Permission::Stores)?;
    let findings = try_market(&app, &who.shop, &id).await?;
    let works = findings.iter().all(|finding| finding.works);
    json(&MarketplaceTestView { works, findings: findings.into_iter().map(FindingView::from).collect() })
}
