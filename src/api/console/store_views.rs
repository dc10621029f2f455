//! How stores are shown. Nothing of a token is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kernel::Failure;
use kernel::id::{OperatorId, StoreId};
use serde::{Deserialize, Serialize};

use crate::api::auth_console::Operator;
use crate::app::App;
use crate::areas::stores::entity::{store, store_operator};
use crate::areas::stores::state::{Duty, StoreState};
use crate::flows::stores::{Advice, Consequence, Finding, Sight, Subject, compared, prompt};

/// The platform's own required data, by the platform's own words.
pub type StoreData = BTreeMap<String, String>;

/// A text in both languages.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Told {
    pub zh: String,
    pub en: String,
}

impl From<Advice> for Told {
    fn from(advice: Advice) -> Self {
        Self { zh: advice.zh.to_owned(), en: advice.en.to_owned() }
    }
}

/// What follows from two companies.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ConsequenceView {
    /// `cross_subject_authorisation`, `split_of_money`, `invoices_and_qualifications`, `personal_data`;
    /// `unknown` while a company is not recorded.
    pub code: String,
    pub zh: String,
    pub en: String,
}

impl From<&Consequence> for ConsequenceView {
    fn from(one: &Consequence) -> Self {
        Self { code: one.code.to_owned(), zh: one.zh.to_owned(), en: one.en.to_owned() }
    }
}

/// The company behind the store and the one behind the mini-program.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SubjectView {
    /// The mini-program's, from the shop file.
    #[schema(required)]
    pub shop: Option<String>,
    /// The store's.
    #[schema(required)]
    pub store: Option<String>,
    /// Whether they are one; null while one is not recorded.
    #[schema(required)]
    pub same: Option<bool>,
    /// What follows; empty when they are one.
    pub consequences: Vec<ConsequenceView>,
}

impl From<Subject> for SubjectView {
    fn from(subject: Subject) -> Self {
        let consequences = subject.consequences.iter().map(ConsequenceView::from).collect();
        Self { shop: subject.shop, store: subject.store, same: subject.same, consequences }
    }
}

/// A merchant's store at a marketplace.
#[derive(Serialize, utoipa::ToSchema)]
pub struct StoreView {
    pub id: StoreId,
    pub marketplace: String,
    /// The internal name.
    pub name: String,
    pub display_name: String,
    /// `self` or `third_party`.
    pub kind: String,
    /// Where the marketplace has several; else null.
    #[schema(required)]
    pub site: Option<String>,
    /// The merchant's id, once he has authorised, or as it was entered beforehand.
    #[schema(required)]
    pub external_id: Option<String>,
    /// His name there.
    #[schema(required)]
    pub external_name: Option<String>,
    /// The platform's own required data.
    pub data: StoreData,
    /// The rights granted, in the platform's words.
    pub scopes: Vec<String>,
    /// `draft` until somebody has authorised; `active`; `reauthorize` when the merchant must authorise
    /// again; `paused`; `removed`.
    pub state: StoreState,
    /// What is wrong.
    #[schema(required)]
    pub trouble: Option<String>,
    /// What the merchant is to be asked for: to authorise, to do so again, or to do so soon.
    #[schema(required)]
    pub prompt: Option<Told>,
    /// When the access token ends; it is renewed before by itself.
    #[schema(required)]
    pub tokens_end_at: Option<DateTime<Utc>>,
    /// When the merchant must authorise again, as far as the platform tells.
    #[schema(required)]
    pub consent_ends_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub authorised_by: Option<OperatorId>,
    #[schema(required)]
    pub authorised_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub legal_subject: Option<String>,
    pub subject: SubjectView,
    /// To be registered there as the app's callback.
    pub callback_url: String,
    /// To be registered there for messages about this store.
    pub notify_url: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl StoreView {
    /// The view of `row`, which is of the operator's shop.
    pub fn of(app: &App, who: &Operator, row: &store::Model) -> Self {
        let text = |(name, value): (&String, &serde_json::Value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name.clone(), text)
        };
        let list = |value: &serde_json::Value| serde_json::from_value(value.clone()).unwrap_or_default();
        Self {
            id: row.id,
            marketplace: row.marketplace.clone(),
            name: row.name.clone(),
            display_name: row.display_name.clone(),
            kind: row.kind.clone(),
            site: Some(row.site.clone()).filter(|site| !site.is_empty()),
            external_id: row.external_id.clone().or_else(|| row.expected_id.clone()),
            external_name: row.external_name.clone(),
            data: row.data.as_object().into_iter().flatten().map(text).collect(),
            scopes: list(&row.scopes),
            state: row.state,
            trouble: row.trouble.clone(),
            prompt: prompt(row, app.clock.wall()).map(Told::from),
            tokens_end_at: row.tokens_end_at,
            consent_ends_at: row.consent_ends_at,
            authorised_by: row.authorised_by,
            authorised_at: row.authorised_at,
            legal_subject: row.legal_subject.clone(),
            subject: compared(&who.shop, row).into(),
            callback_url: app.marketplaces.callback_url(&row.marketplace),
            notify_url: app.marketplaces.notify_url(&row.marketplace, row.id),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// One thing that was tried.
#[derive(Serialize, utoipa::ToSchema)]
pub struct FindingView {
    /// Of a store: `authorisation`, `identity` or `goods`; of an app: `settings`, `filing` or `goods`.
    pub what: String,
    pub works: bool,
    /// What the platform said.
    #[schema(required)]
    pub said: Option<String>,
    /// What it means and what to do.
    pub advice: Told,
}

impl From<Finding> for FindingView {
    fn from(finding: Finding) -> Self {
        let advice = Told::from(finding.advice);
        Self { what: finding.what.to_owned(), works: finding.works, said: finding.said, advice }
    }
}

/// An operator bound to a store.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BoundOperator {
    pub operator_id: OperatorId,
    /// `service` for shoppers' questions, `orders` for orders; one operator may have both.
    pub duty: Duty,
}

impl From<&store_operator::Model> for BoundOperator {
    fn from(row: &store_operator::Model) -> Self {
        Self { operator_id: row.operator_id, duty: row.duty }
    }
}

/// Who looks.
pub fn sight(who: &Operator) -> Sight {
    Sight { shop: who.shop.id, operator: who.operator, role: who.role }
}

/// The store, if the operator may see it.
pub async fn seen(app: &App, who: &Operator, id: StoreId) -> Result<store::Model, Failure> {
    crate::flows::stores::one(app, sight(who), id, None).await
}
