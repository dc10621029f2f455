//! A leader asks for money and sees what became of it.

use crate::api::routes::Routes;
use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use kernel::Fen;
use kernel::failure::Invalid;
use kernel::id::{PayoutAccountId, WithdrawalId};
use kernel::page::Page;
use serde::{Deserialize, Serialize};

use crate::api::auth::SignedInLeader;
use crate::api::body::{JsonBody, Nothing, PageQuery, PathId, QueryOf};
use crate::api::list::ListView;
use crate::api::problem::Failures;
use crate::api::reply::{IdempotencyKey, Reply, json};
use crate::app::App;
use crate::areas::payouts::entity::{transfer, withdrawal};
use crate::areas::payouts::state::{TransferState, WithdrawalChannel, WithdrawalState};
use crate::areas::payouts::{PayoutError, query};
use crate::areas::shops::query::Shop;
use crate::flows::payout::{self, By, Wish, Withdrawal};

/// No amount of this system is larger.
const AMOUNT_MAX: i64 = 1_000_000_000_000;

pub(super) fn routes(config: &mut Routes) {
    config.service(ask).service(list).service(one).service(cancel);
}

/// What a leader asks for.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AskForMoney {
    /// What leaves the available money, the fee included.
    #[schema(value_type = i64, minimum = 1, maximum = 1_000_000_000_000_i64)]
    amount_fen: Fen,
    /// How it should come; `payout-accounts` says which the shop offers.
    channel: WithdrawalChannel,
    /// Where to, by `bank` and `alipay`: one of the leader's accounts.
    #[serde(default)]
    payout_account_id: Option<PayoutAccountId>,
}

/// A withdrawal.
#[derive(Serialize, utoipa::ToSchema)]
struct WithdrawalView {
    id: WithdrawalId,
    channel: WithdrawalChannel,
    state: WithdrawalState,
    /// What left the available money.
    amount_fen: Fen,
    /// Kept by the shop.
    fee_fen: Fen,
    /// Withheld.
    tax_fen: Fen,
    /// How the tax came about.
    tax: Option<WithheldView>,
    /// What arrives.
    net_fen: Fen,
    /// To which account outside WeChat, masked.
    payee: Option<String>,
    /// Why it was refused or failed, or how it was paid by hand.
    reason: Option<String>,
    /// Where its transfer stands; `waiting_for_user` asks the leader to confirm in WeChat.
    transfer_state: Option<TransferState>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl WithdrawalView {
    fn of(row: &withdrawal::Model, transfer: Option<&transfer::Model>) -> Self {
        Self {
            id: row.id,
            channel: row.channel,
            state: row.state,
            amount_fen: row.amount_fen,
            fee_fen: row.fee_fen,
            tax_fen: row.tax_fen,
            tax: WithheldView::of(row),
            net_fen: row.net_fen,
            payee: row.payee_mask.clone(),
            reason: row.reason.clone(),
            transfer_state: transfer.map(|transfer| transfer.state),
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}

/// How the tax of a withdrawal came about: that of the month with it, less what was withheld
/// earlier in the month.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::api) struct WithheldView {
    /// Beijing, as 2026-11.
    month: String,
    /// Asked for earlier in the month.
    earlier_gross_fen: Fen,
    /// Withheld earlier in the month.
    earlier_tax_fen: Fen,
}

impl WithheldView {
    /// None where nobody withholds anything.
    pub(in crate::api) fn of(row: &withdrawal::Model) -> Option<Self> {
        let silent = [row.tax_fen, row.month_gross_fen, row.month_tax_fen].iter().all(|part| *part == Fen::ZERO);
        (!silent).then(|| Self {
            month: row.day.chars().take(7).collect(),
            earlier_gross_fen: row.month_gross_fen,
            earlier_tax_fen: row.month_tax_fen,
        })
    }
}

/// A withdrawal with what the mini-program needs to have it confirmed.
#[derive(Serialize, utoipa::ToSchema)]
struct WithdrawalDetail {
    #[serde(flatten)]
    withdrawal: WithdrawalView,
    /// While the leader has to confirm, else null.
    confirmation: Option<Confirmation>,
}

/// The fields of `wx.requestMerchantTransfer`, each handed on unchanged.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::api) struct Confirmation {
    /// `mchId`.
    mch_id: String,
    /// `appId`.
    app_id: String,
    /// `package`.
    package_info: String,
}

impl Confirmation {
    /// None unless the transfer waits for its receiver.
    pub(in crate::api) fn of(shop: &Shop, transfer: &transfer::Model) -> Option<Self> {
        if transfer.state != TransferState::WaitingForUser {
            return None;
        }
        Some(Self {
            mch_id: transfer.mchid.clone(),
            app_id: shop.appid.clone(),
            package_info: transfer.package_info.clone()?,
        })
    }
}

/// Asks for a payout: the amount is frozen, and small ones are sent at once.
#[utoipa::path(
    tag = "leader", security(("bearer" = [])), request_body = AskForMoney,
    params(("Idempotency-Key" = String, Header, description = "Required.")),
    responses((status = 201, body = WithdrawalView), Failures)
)]
#[post("/api/v1/leader/withdrawals")]
async fn ask(app: web::Data<App>, who: SignedInLeader, key: IdempotencyKey, body: JsonBody<AskForMoney>) -> Reply {
    let key = key.required()?;
    let AskForMoney { amount_fen, channel, payout_account_id } = body.value;
    if !(1..=AMOUNT_MAX).contains(&amount_fen.fen()) {
        return Err(Invalid::field("amount_fen", "out_of_range", "1 to 1000000000000").into());
    }
    let wish = Wish { amount: amount_fen, channel, account: payout_account_id };
    let view = |done: &Withdrawal| WithdrawalView::of(&done.row, done.transfer.as_ref());
    let work = async |once: &_| payout::withdraw(&app, &who.shop, who.leader.id, &wish, once).await;
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::CREATED, view, work).await
}

/// The leader's withdrawals, newest first.
#[utoipa::path(
    tag = "leader", operation_id = "leader_withdrawals", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = ListView<WithdrawalView>), Failures)
)]
#[get("/api/v1/leader/withdrawals")]
async fn list(app: web::Data<App>, who: SignedInLeader, page: QueryOf<PageQuery>) -> Reply {
    let (conn, shop) = (app.db.reader(), who.shop.id);
    let page = query::withdrawals(conn, shop, Some(who.leader.id), None, &page.0.checked()?).await?;
    let transfers = query::transfers_of(conn, shop, &page.items).await?;
    let view = |row: withdrawal::Model| {
        WithdrawalView::of(&row, transfers.iter().find(|transfer| transfer.withdrawal_id == Some(row.id)))
    };
    let views: Page<WithdrawalView> = page.map(view);
    json(&ListView::from(views))
}

/// One withdrawal; while the leader has to confirm it, with what opens WeChat's confirmation.
#[utoipa::path(
    tag = "leader", operation_id = "leader_withdrawal", security(("bearer" = [])),
    params(("id" = String, Path)), responses((status = 200, body = WithdrawalDetail), Failures)
)]
#[get("/api/v1/leader/withdrawals/{id}")]
async fn one(app: web::Data<App>, who: SignedInLeader, id: PathId<WithdrawalId>) -> Reply {
    let (conn, shop) = (app.db.reader(), who.shop.id);
    let row = query::withdrawal(conn, shop, *id).await?;
    let row = row.filter(|row| row.leader_id == who.leader.id).ok_or(PayoutError::NotFound)?;
    let transfer = query::transfer_of(conn, shop, row.id).await?;
    json(&WithdrawalDetail {
        withdrawal: WithdrawalView::of(&row, transfer.as_ref()),
        confirmation: transfer.as_ref().and_then(|transfer| Confirmation::of(&who.shop, transfer)),
    })
}

/// Takes a withdrawal back: what nobody has granted yet at once, and a transfer as long as it is not confirmed.
/// It shows `paying` until WeChat Pay says that it is cancelled; then the money is available again.
#[utoipa::path(
    tag = "leader", operation_id = "cancel_leader_withdrawal", security(("bearer" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "A repeat gets the first answer.")),
    responses((status = 200, body = WithdrawalView), Failures)
)]
#[post("/api/v1/leader/withdrawals/{id}/cancel")]
async fn cancel(
    app: web::Data<App>,
    who: SignedInLeader,
    id: PathId<WithdrawalId>,
    key: IdempotencyKey,
    body: JsonBody<Nothing>,
) -> Reply {
    let view = |done: &Withdrawal| WithdrawalView::of(&done.row, done.transfer.as_ref());
    let work = async |once: &_| payout::cancel(&app, &who.shop, *id, By::Leader(who.leader.id), once).await;
    key.once(&app, who.shop.id, who.member, &body.hash, StatusCode::OK, view, work).await
}
