//! Who may redeem for a leader.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{delete, get, post, web};
use chrono::{DateTime, Utc};
use kernel::id::{MemberId, VerifierId};
use serde::{Deserialize, Serialize};

use crate::api::auth::SignedInLeader;
use crate::api::body::{JsonBody, PathId};
use crate::api::fields::Fields;
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json, no_content};
use crate::app::App;
use crate::areas::pickup::entity::verifier;
use crate::areas::pickup::query;
use crate::flows;

pub(super) fn routes(config: &mut Routes) {
    config.service(list_verifiers).service(add_verifier).service(remove_verifier);
}

/// A person who may redeem for the leader.
#[derive(Serialize, utoipa::ToSchema)]
struct VerifierView {
    id: VerifierId,
    member_id: MemberId,
    name: String,
    created_at: DateTime<Utc>,
}

impl From<&verifier::Model> for VerifierView {
    fn from(row: &verifier::Model) -> Self {
        Self { id: row.id, member_id: row.member_id, name: row.name.clone(), created_at: row.created_at }
    }
}

/// Who is to redeem.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewVerifier {
    member_id: MemberId,
    /// How the leader calls him.
    #[schema(min_length = 1, max_length = 50)]
    name: String,
}

/// The leader's verifiers, oldest first; always whole.
#[utoipa::path(
    tag = "leader", security(("bearer" = [])),
    responses((status = 200, body = ListView<VerifierView>), Failures)
)]
#[get("/api/v1/leader/verifiers")]
async fn list_verifiers(app: web::Data<App>, who: SignedInLeader) -> Reply {
    let rows = query::verifiers(app.db.reader(), who.shop.id, who.leader.id).await?;
    json(&ListView::from(rows.iter().map(VerifierView::from).collect::<Vec<_>>()))
}

/// Lets a member redeem for the leader. A member redeems for one leader at a time.
#[utoipa::path(
    tag = "leader", security(("bearer" = [])), request_body = NewVerifier,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = VerifierView), Failures)
)]
#[post("/api/v1/leader/verifiers")]
async fn add_verifier(
    app: web::Data<App>,
    who: SignedInLeader,
    key: IdempotencyKey,
    body: JsonBody<NewVerifier>,
) -> Reply {
    let mut fields = Fields::default();
    let name = fields.line("name", &body.value.name, 1, 50);
    fields.done()?;
    let view = |row: &verifier::Model| VerifierView::from(row);
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::CREATED, view, async |once| {
        flows::leaders::add_verifier(&app, &who.shop, &who.leader, body.value.member_id, &name, once).await
    })
    .await
}

/// Ends a verifier's right; what he redeemed stays recorded.
#[utoipa::path(
    tag = "leader", security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 204), Failures)
)]
#[delete("/api/v1/leader/verifiers/{id}")]
async fn remove_verifier(app: web::Data<App>, who: SignedInLeader, id: PathId<VerifierId>) -> Reply {
    flows::leaders::remove_verifier(&app, &who.shop, who.leader.id, *id).await?;
    no_content()
}
