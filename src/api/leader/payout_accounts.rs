//! Where a leader is paid outside WeChat, and who he is to the tax office.

use crate::api::routes::Routes;
use actix_web::{delete, get, put, web};
use chrono::{DateTime, Utc};
use kernel::id::PayoutAccountId;
use serde::{Deserialize, Serialize};

use crate::api::auth::SignedInLeader;
use crate::api::body::{JsonBody, PathId};
use crate::api::problem::Failures;
use crate::api::reply::{Reply, json, no_content};
use crate::app::App;
use crate::areas::payouts::entity::{leader_identity as kept, payout_account};
use crate::areas::payouts::identities::Identity;
use crate::areas::payouts::payee::Payee;
use crate::areas::payouts::state::WithdrawalChannel;
use crate::areas::payouts::{accounts, identities};
use crate::areas::shops::settings::Withhold;
use crate::flows::payout;

pub(super) fn routes(config: &mut Routes) {
    config.service(list).service(put_account).service(remove).service(leader_identity).service(put_identity);
}

/// Which kind of account.
#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum PayoutAccountKind {
    /// At a bank.
    Bank,
    /// At Alipay.
    Alipay,
}

/// An account to be paid to.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PutPayoutAccount {
    channel: PayoutAccountKind,
    /// The number of a card or another bank account; or the mobile number or mail address at Alipay.
    #[schema(min_length = 5, max_length = 100)]
    account: String,
    /// The real name of its owner.
    #[schema(min_length = 1, max_length = 40)]
    name: String,
    /// Which bank; required for one.
    #[serde(default)]
    #[schema(max_length = 60)]
    bank: Option<String>,
}

/// An account, of which no more is shown than its owner needs to know it again.
#[derive(Serialize, utoipa::ToSchema)]
struct PayoutAccountView {
    id: PayoutAccountId,
    channel: WithdrawalChannel,
    /// Such as `招商银行 ****0003 张*`.
    mask: String,
    created_at: DateTime<Utc>,
}

impl From<payout_account::Model> for PayoutAccountView {
    fn from(row: payout_account::Model) -> Self {
        Self { id: row.id, channel: row.channel, mask: row.mask, created_at: row.created_at }
    }
}

/// The leader's accounts and the ways the shop pays by.
#[derive(Serialize, utoipa::ToSchema)]
struct PayoutAccounts {
    items: Vec<PayoutAccountView>,
    /// The ways a withdrawal may come.
    offered: Vec<WithdrawalChannel>,
    /// Whether a withdrawal needs the leader's identity, because tax is withheld.
    needs_identity: bool,
}

/// The leader's accounts outside WeChat, and what a withdrawal needs.
#[utoipa::path(
    tag = "leader", operation_id = "payout_accounts", security(("bearer" = [])),
    responses((status = 200, body = PayoutAccounts), Failures)
)]
#[get("/api/v1/leader/payout-accounts")]
async fn list(app: web::Data<App>, who: SignedInLeader) -> Reply {
    let rows = accounts::of_leader(app.db.reader(), who.shop.id, who.leader.id).await?;
    json(&PayoutAccounts {
        items: rows.into_iter().map(PayoutAccountView::from).collect(),
        offered: payout::offered(&who.shop),
        needs_identity: who.shop.settings.withhold != Withhold::None,
    })
}

/// Keeps an account, in the place of an earlier one of its kind.
#[utoipa::path(
    tag = "leader", operation_id = "put_payout_account", security(("bearer" = [])), request_body = PutPayoutAccount,
    responses((status = 200, body = PayoutAccountView), Failures)
)]
#[put("/api/v1/leader/payout-accounts")]
async fn put_account(app: web::Data<App>, who: SignedInLeader, body: JsonBody<PutPayoutAccount>) -> Reply {
    let PutPayoutAccount { channel, account, name, bank } = body.value;
    let channel = match channel {
        PayoutAccountKind::Bank => WithdrawalChannel::Bank,
        PayoutAccountKind::Alipay => WithdrawalChannel::Alipay,
    };
    let payee = Payee { channel, account, name, bank }.checked()?;
    let (shop, leader, now) = (who.shop.id, who.leader.id, app.clock.now());
    let put = async |tx: &_| Ok(accounts::put(tx, &app.sealer, shop, leader, &payee, now).await?);
    json(&PayoutAccountView::from(app.db.write(put).await?))
}

/// Forgets an account. Withdrawals that named it keep their own copy.
#[utoipa::path(
    tag = "leader", operation_id = "delete_payout_account", security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 204), Failures)
)]
#[delete("/api/v1/leader/payout-accounts/{id}")]
async fn remove(app: web::Data<App>, who: SignedInLeader, id: PathId<PayoutAccountId>) -> Reply {
    let (shop, leader) = (who.shop.id, who.leader.id);
    app.db.write(async |tx| Ok(accounts::remove(tx, shop, leader, *id).await?)).await?;
    no_content()
}

/// A person, as on the identity card.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PutIdentity {
    #[schema(min_length = 2, max_length = 40)]
    name: String,
    /// Eighteen characters.
    #[schema(min_length = 18, max_length = 18)]
    id_number: String,
}

/// What is shown of a kept identity.
#[derive(Serialize, utoipa::ToSchema)]
struct IdentityView {
    /// Such as `张*`; null while nothing is kept.
    name_mask: Option<String>,
    /// Such as `1101************2X`; null while nothing is kept.
    id_mask: Option<String>,
}

impl From<Option<kept::Model>> for IdentityView {
    fn from(row: Option<kept::Model>) -> Self {
        let (name_mask, id_mask) = row.map(|row| (row.name_mask, row.id_mask)).unzip();
        Self { name_mask, id_mask }
    }
}

/// What is kept of the leader's identity, masked.
#[utoipa::path(
    tag = "leader", operation_id = "leader_identity", security(("bearer" = [])),
    responses((status = 200, body = IdentityView), Failures)
)]
#[get("/api/v1/leader/identity")]
async fn leader_identity(app: web::Data<App>, who: SignedInLeader) -> Reply {
    json(&IdentityView::from(identities::of_leader(app.db.reader(), who.shop.id, who.leader.id).await?))
}

/// Keeps the leader's identity, sealed: tax is withheld under it, and WeChat compares the name from the
/// amount on at which it wants one. The number cannot change once tax was withheld.
#[utoipa::path(
    tag = "leader", operation_id = "put_leader_identity", security(("bearer" = [])), request_body = PutIdentity,
    responses((status = 200, body = IdentityView), Failures)
)]
#[put("/api/v1/leader/identity")]
async fn put_identity(app: web::Data<App>, who: SignedInLeader, body: JsonBody<PutIdentity>) -> Reply {
    let PutIdentity { name, id_number } = body.value;
    let identity = Identity { name, id_number }.checked()?;
    let (shop, leader, now) = (who.shop.id, who.leader.id, app.clock.now());
    let put = async |tx: &_| Ok(identities::put(tx, &app.sealer, shop, leader, &identity, now).await?);
    json(&IdentityView::from(Some(app.db.write(put).await?)))
}
