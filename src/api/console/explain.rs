//! Every shown amount can be explained: rule, rate, base, source and the journals.

use crate::api::routes::Routes;
use actix_web::{get, web};
use kernel::{BasisPoints, Fen};
use serde::Serialize;

use super::ledger::JournalView;
use crate::api::auth_console::{Operator, Permission};
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json};
use crate::app::App;
use crate::flows::explain::{self as flow, Explanation, Part};

pub(super) fn routes(config: &mut Routes) {
    config.service(explain_amount);
}

/// Why an amount is what it is.
#[derive(Serialize, utoipa::ToSchema)]
struct ExplanationView {
    /// What was asked for.
    reference: String,
    /// `commission`, `withdrawal`, `order`, `order_line`, `payment`, `refund`, `share`,
    /// `referral_reward`, `affiliate_commission`, `supplier_part`, `supplier_statement`, `recharge`,
    /// `adjustment` or `journal`.
    kind: String,
    amount_fen: Fen,
    /// What it is made of.
    parts: Vec<ExplainedPart>,
    /// What booked it, oldest first; at most 100.
    journals: Vec<JournalView>,
}

/// One part of an amount.
#[derive(Serialize, utoipa::ToSchema)]
struct ExplainedPart {
    what: String,
    /// What is taken away is negative.
    amount_fen: Fen,
    /// What it was reckoned from.
    base_fen: Option<Fen>,
    rate_bp: Option<BasisPoints>,
    /// An amount a unit, in place of a rate.
    fixed_fen: Option<Fen>,
    /// The leader's multiplier.
    multiplier_bp: Option<BasisPoints>,
    rule: Option<String>,
    /// The id it comes from.
    source: Option<String>,
}

impl From<Part> for ExplainedPart {
    fn from(part: Part) -> Self {
        Self {
            what: part.what,
            amount_fen: part.amount,
            base_fen: part.base,
            rate_bp: part.rate,
            fixed_fen: part.fixed,
            multiplier_bp: part.multiplier,
            rule: part.rule,
            source: part.source,
        }
    }
}

/// Explains an amount by the id of a commission, a withdrawal, an order, an order line, a payment, a
/// refund, a part of a share, a supplier's part or statement, a recharge, an adjustment or a journal, and
/// the reward for a leader by his.
#[utoipa::path(
    tag = "books", operation_id = "explain", security(("session" = [])), params(("amount_ref" = String, Path)),
    responses((status = 200, body = ExplanationView), Failures)
)]
#[get("/console/api/v1/explain/{amount_ref}")]
async fn explain_amount(app: web::Data<App>, who: Operator, reference: web::Path<String>) -> Reply {
    who.may(Permission::Books)?;
    let reference = reference.into_inner();
    let Explanation { kind, amount, parts, journals } = flow::explain(app.db.reader(), who.shop.id, &reference).await?;
    json(&ExplanationView {
        reference,
        kind: kind.to_owned(),
        amount_fen: amount,
        parts: parts.into_iter().map(ExplainedPart::from).collect(),
        journals: journals.into_iter().map(JournalView::from).collect(),
    })
}
