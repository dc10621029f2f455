//! Asking for money, and an operator's answer.

use kernel::clock::beijing_day;
use kernel::id::{LeaderId, OperatorId, WithdrawalId};
use kernel::{Failure, Fen};
use sea_orm::ConnectionTrait;

use super::{book_into_balance, book_paid, book_returned};
use crate::app::App;
use crate::areas::leaders::error::LeaderError;
use crate::areas::leaders::state::LeaderState;
use crate::areas::leaders::{self, entity::leader};
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor, error::LedgerError};
use crate::areas::members;
use crate::areas::payouts::entity::{transfer, withdrawal};
use crate::areas::payouts::requests::TransferRequest;
use crate::areas::payouts::rules::{self, Terms};
use crate::areas::payouts::service::{self, DailyLimits, NewWithdrawal, Note};
use crate::areas::payouts::state::{WithdrawalChannel, WithdrawalEvent, WithdrawalState};
use crate::areas::payouts::{PayoutError, query, transfers};
use crate::areas::shops::payout::PayoutMode;
use crate::areas::shops::query::Shop;
use crate::flows::member_money::within_ceiling;
use crate::platform::request_keys::Once;

/// What a leader asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// What leaves the available money, fee included.
    pub amount: Fen,
    /// How it should come.
    pub channel: WithdrawalChannel,
}

/// A withdrawal with its transfer, once there is one.
#[derive(Clone, Debug)]
pub struct Withdrawal {
    /// The withdrawal.
    pub row: withdrawal::Model,
    /// Its transfer.
    pub transfer: Option<transfer::Model>,
}

/// Freezes the money and asks for its payout; small ones are granted at once.
///
/// Errors: `leader.frozen`, `withdrawal.channel_not_offered`, `.too_small`, `.too_large`,
/// `.daily_limit`, `funds.not_enough`.
#[tracing::instrument(skip_all, fields(shop = %shop.id, leader = %leader))]
pub async fn withdraw(
    app: &App,
    shop: &Shop,
    leader: LeaderId,
    wish: &Wish,
    once: &Once<Withdrawal>,
) -> Result<Withdrawal, Failure> {
    let quote = rules::quote(&terms(shop), wish.amount, wish.channel)?;
    let settings = &shop.settings;
    let limits = DailyLimits { count: settings.withdraw_daily_count, sum: settings.withdraw_daily_fen };
    let done = app
        .db
        .write(async |tx| {
            let now = app.clock.now();
            let leader = enabled_leader(tx, shop, leader).await?;
            let new = NewWithdrawal {
                shop: shop.id,
                leader: leader.id,
                channel: wish.channel,
                amount: wish.amount,
                quote,
                day: beijing_day(now).to_string(),
            };
            let row = service::apply(tx, &new, now).await?;
            service::count_against_day(tx, &new, limits).await?;
            let mut draft = Draft::new(shop.id, "withdrawal", row.id.uuid());
            draft.debit(AccountKind::LeaderAvailable, Some(leader.id.uuid()), wish.amount);
            draft.credit(AccountKind::LeaderFrozen, Some(leader.id.uuid()), wish.amount)?;
            ledger::service::post(tx, &draft, Floor::Zero, now).await?;
            leave_what_is_being_shared(tx, shop, leader.id).await?;
            let done = if rules::needs_review(wish.amount, settings.withdraw_review_fen) {
                Withdrawal { row, transfer: None }
            } else {
                grant(app, tx, shop, &leader, row.id, None).await?
            };
            once.keep(tx, &done, app.clock.wall()).await?;
            Ok(done)
        })
        .await?;
    tracing::info!(withdrawal = %done.row.id, amount = %done.row.amount_fen, state = ?done.row.state, "withdrawal asked for");
    app.bell.ring();
    Ok(done)
}

/// An operator grants a withdrawal; by transfer it is sent at once.
pub async fn approve(
    app: &App,
    shop: &Shop,
    id: WithdrawalId,
    by: OperatorId,
    once: &Once<Withdrawal>,
) -> Result<Withdrawal, Failure> {
    let done = app
        .db
        .write(async |tx| {
            let row = query::withdrawal(tx, shop.id, id).await?.ok_or(PayoutError::NotFound)?;
            let leader = enabled_leader(tx, shop, row.leader_id).await?;
            let done = grant(app, tx, shop, &leader, id, Some(by)).await?;
            once.keep(tx, &done, app.clock.wall()).await?;
            Ok(done)
        })
        .await?;
    app.bell.ring();
    Ok(done)
}

/// An operator refuses a withdrawal: the money is available again, and the day's limit too.
pub async fn reject(
    app: &App,
    shop: &Shop,
    id: WithdrawalId,
    by: OperatorId,
    reason: &str,
    once: &Once<Withdrawal>,
) -> Result<Withdrawal, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let row = query::withdrawal(tx, shop.id, id).await?.ok_or(PayoutError::NotFound)?;
            // Once granted, a transfer may be on its way; only the platform can end it.
            if row.channel == WithdrawalChannel::WechatTransfer && row.state != WithdrawalState::Applied {
                return Err(PayoutError::WrongState { id, state: row.state }.into());
            }
            let note = Note { reason: Some(reason.to_owned()), by: Some(by) };
            let row = service::advance(tx, shop.id, id, &[WithdrawalEvent::Rejected], &note, now).await?;
            service::uncount(tx, &row).await?;
            book_returned(tx, shop.id, &row, now).await?;
            let done = Withdrawal { row, transfer: None };
            once.keep(tx, &done, app.clock.wall()).await?;
            Ok(done)
        })
        .await
}

/// An operator has paid a withdrawal by hand and says how.
pub async fn pay_by_hand(
    app: &App,
    shop: &Shop,
    id: WithdrawalId,
    by: OperatorId,
    note: &str,
    once: &Once<Withdrawal>,
) -> Result<Withdrawal, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let row = query::withdrawal(tx, shop.id, id).await?.ok_or(PayoutError::NotFound)?;
            if row.channel != WithdrawalChannel::Manual {
                return Err(PayoutError::WrongState { id, state: row.state }.into());
            }
            let note = Note { reason: Some(note.to_owned()), by: Some(by) };
            let events = [WithdrawalEvent::TransferStarted, WithdrawalEvent::Paid];
            let row = service::advance(tx, shop.id, id, &events, &note, now).await?;
            book_paid(tx, shop.id, &row, now).await?;
            let done = Withdrawal { row, transfer: None };
            once.keep(tx, &done, app.clock.wall()).await?;
            Ok(done)
        })
        .await
}

/// Grants a withdrawal and writes its transfer beside it, to be sent by the job.
async fn grant(
    app: &App,
    tx: &impl ConnectionTrait,
    shop: &Shop,
    leader: &leader::Model,
    id: WithdrawalId,
    by: Option<OperatorId>,
) -> Result<Withdrawal, Failure> {
    let (now, note) = (app.clock.now(), Note { reason: None, by });
    let row = service::advance(tx, shop.id, id, &[WithdrawalEvent::Approved], &note, now).await?;
    if row.channel == WithdrawalChannel::Manual {
        return Ok(Withdrawal { row, transfer: None });
    }
    if row.channel == WithdrawalChannel::Balance {
        within_ceiling(tx, shop, leader.member_id, row.net_fen).await?;
        let events = [WithdrawalEvent::TransferStarted, WithdrawalEvent::Paid];
        let row = service::advance(tx, shop.id, id, &events, &note, now).await?;
        book_into_balance(tx, &row, leader.member_id, now).await?;
        return Ok(Withdrawal { row, transfer: None });
    }
    let member = members::query::by_id(tx, shop.id, leader.member_id).await?.ok_or(LeaderError::NotFound)?;
    let payer = shop.profile.transfer_mchid().ok_or(PayoutError::ChannelNotOffered(terms(shop).offered))?;
    let payout = &shop.profile.payout;
    let request = TransferRequest {
        scene_id: payout.transfer_scene_id.clone(),
        openid: member.openid,
        user_name: (row.net_fen >= rules::NAME_FROM).then(|| leader.name.clone()),
        amount_fen: row.net_fen,
        remark: payout.transfer_remark.clone(),
        notify_url: format!("{}/notify/wechat-pay/{}/transfer", app.config.server.public_url, shop.code),
        reports: payout
            .transfer_scene_report
            .iter()
            .map(|report| (report.info_type.clone(), report.info_content.clone()))
            .collect(),
        wire: None,
    };
    let transfer = transfers::create(tx, shop.id, id, payer, &request, now, app.clock.wall()).await?;
    Ok(Withdrawal { row, transfer: Some(transfer) })
}

async fn enabled_leader(tx: &impl ConnectionTrait, shop: &Shop, id: LeaderId) -> Result<leader::Model, Failure> {
    let leader = leaders::query::by_id(tx, shop.id, id).await?.ok_or(LeaderError::NotFound)?;
    match leader.state {
        LeaderState::Enabled => Ok(leader),
        LeaderState::Frozen => Err(LeaderError::Frozen.into()),
    }
}

/// What is on its way to the leader by shares cannot be asked for a second time. The journal before
/// it holds the leader's account, as the planner of shares does, so that one of the two is first.
async fn leave_what_is_being_shared(tx: &impl ConnectionTrait, shop: &Shop, leader: LeaderId) -> Result<(), Failure> {
    let kind = AccountKind::LeaderAvailable;
    let left = ledger::query::balance(tx, shop.id, kind, leader.uuid()).await?;
    if Fen::from_fen(left) < query::on_its_way(tx, shop.id, leader).await? {
        return Err(LedgerError::TooLittle(kind).into());
    }
    Ok(())
}

fn terms(shop: &Shop) -> Terms {
    use WithdrawalChannel::{Balance, Manual, WechatTransfer};
    let payout = &shop.profile.payout;
    let by_transfer = shop.profile.transfer_mchid().is_some() && !payout.transfer_scene_id.is_empty();
    Terms {
        offered: match payout.mode {
            PayoutMode::Transfer => &[WechatTransfer, Balance],
            PayoutMode::Manual => &[Manual, Balance],
            // What could not be shared is owed all the same.
            PayoutMode::ProfitSharing if by_transfer => &[WechatTransfer, Manual, Balance],
            PayoutMode::ProfitSharing => &[Manual, Balance],
        },
        min: shop.settings.withdraw_min_fen,
        transfer_max: payout.transfer_max_fen,
        fee: shop.settings.withdraw_fee_bp,
    }
}
