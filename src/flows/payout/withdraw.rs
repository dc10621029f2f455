//! Asking for money, and an operator's answer.

use kernel::clock::beijing_day;
use kernel::failure::Invalid;
use kernel::id::{LeaderId, OperatorId, PayoutAccountId, WithdrawalId};
use kernel::{Failure, Fen};
use sea_orm::ConnectionTrait;

use super::write::{NewTransfer, write};
use super::{book_into_balance, book_paid, book_returned};
use crate::app::App;
use crate::areas::leaders::error::LeaderError;
use crate::areas::leaders::state::LeaderState;
use crate::areas::leaders::{self, entity::leader};
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor, error::LedgerError};
use crate::areas::members;
use crate::areas::payouts::entity::{transfer, withdrawal};
use crate::areas::payouts::payee::place_of;
use crate::areas::payouts::rules::{self, Terms};
use crate::areas::payouts::service::{self, DailyLimits, NewWithdrawal, Note};
use crate::areas::payouts::state::{WithdrawalChannel, WithdrawalEvent, WithdrawalState};
use crate::areas::payouts::tax::{self, Withheld};
use crate::areas::payouts::transfers::Pays;
use crate::areas::payouts::{PayoutError, accounts, identities, query};
use crate::areas::shops::payout::{PayoutChannel, PayoutMode};
use crate::areas::shops::query::Shop;
use crate::areas::shops::settings::Withhold;
use crate::flows::member_money::held_within_ceiling;
use crate::platform::request_keys::Once;

/// What a leader asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// What leaves the available money, fee included.
    pub amount: Fen,
    /// How it should come.
    pub channel: WithdrawalChannel,
    /// Where to, outside WeChat.
    pub account: Option<PayoutAccountId>,
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
/// `.daily_limit`, `funds.not_enough`, `payout_account.not_found`, `identity.required`.
#[tracing::instrument(skip_all, fields(shop = %shop.id, leader = %leader))]
pub async fn withdraw(
    app: &App,
    shop: &Shop,
    leader: LeaderId,
    wish: &Wish,
    once: &Once<Withdrawal>,
) -> Result<Withdrawal, Failure> {
    let terms = terms(shop);
    let quote = rules::quote(&terms, wish.amount, wish.channel)?;
    let settings = &shop.settings;
    let limits = DailyLimits { count: settings.withdraw_daily_count, sum: settings.withdraw_daily_fen };
    let done = app
        .db
        .write(async |tx| {
            let now = app.clock.now();
            let leader = enabled_leader(tx, shop, leader).await?;
            let (id, day) = (WithdrawalId::new(), beijing_day(now).to_string());
            service::count_against_day(tx, shop.id, (leader.id, &day), wish.amount, limits).await?;
            let mut draft = Draft::new(shop.id, "withdrawal", id.uuid());
            draft.debit(AccountKind::LeaderAvailable, Some(leader.id.uuid()), wish.amount);
            draft.credit(AccountKind::LeaderFrozen, Some(leader.id.uuid()), wish.amount)?;
            // It holds the leader's account, so that what is read of him from here on stays so.
            ledger::service::post(tx, &draft, Floor::Zero, now).await?;
            leave_what_is_being_shared(tx, shop, leader.id).await?;
            let tax = withheld(tx, shop, leader.id, wish.amount, &day).await?;
            let new = NewWithdrawal {
                id,
                shop: shop.id,
                leader: leader.id,
                channel: wish.channel,
                amount: wish.amount,
                quote: rules::less_tax(&terms, quote, tax, wish.channel)?,
                payee: payee(app, tx, &leader, id, wish).await?,
                day,
            };
            let row = service::apply(tx, &new, now).await?;
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
            // Once granted, a transfer may be on its way; only the platform can end it. One by sheet may be
            // refused until a sheet takes it.
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
    if row.channel == WithdrawalChannel::Balance {
        held_within_ceiling(tx, shop, leader.member_id, row.net_fen).await?;
        let events = [WithdrawalEvent::TransferStarted, WithdrawalEvent::Paid];
        let row = service::advance(tx, shop.id, id, &events, &note, now).await?;
        book_into_balance(tx, &row, leader.member_id, now).await?;
        return Ok(Withdrawal { row, transfer: None });
    }
    if row.channel != WithdrawalChannel::WechatTransfer {
        return Ok(Withdrawal { row, transfer: None });
    }
    let member = members::query::by_id(tx, shop.id, leader.member_id).await?.ok_or(LeaderError::NotFound)?;
    let payer = shop.profile.transfer_mchid().ok_or_else(|| PayoutError::ChannelNotOffered(terms(shop).offered))?;
    let user_name = if rules::needs_name(row.net_fen) { Some(real_name(app, tx, leader).await?) } else { None };
    let new = NewTransfer {
        pays: Pays::Withdrawal(id),
        payer,
        openid: member.openid,
        user_name,
        amount: row.net_fen,
        scene: shop.profile.payout.leaders(),
    };
    let transfer = write(app, tx, shop, new).await?;
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

/// What the shop withholds of an amount, by what was asked for earlier in the month. The journal
/// before it holds the leader's account, so that of two at once the second waits and sees the first.
async fn withheld(
    tx: &impl ConnectionTrait,
    shop: &Shop,
    leader: LeaderId,
    amount: Fen,
    day: &str,
) -> Result<Withheld, Failure> {
    if shop.settings.withhold == Withhold::None {
        return Ok(Withheld::default());
    }
    identities::of_leader(tx, shop.id, leader).await?.ok_or(PayoutError::IdentityRequired)?;
    let (gross, given) = query::month_so_far(tx, shop.id, leader, day).await?;
    Ok(tax::withheld(gross, given, amount)?)
}

/// To whom a withdrawal by sheet goes: a copy of the account it names, sealed for itself.
async fn payee(
    app: &App,
    tx: &impl ConnectionTrait,
    leader: &leader::Model,
    id: WithdrawalId,
    wish: &Wish,
) -> Result<Option<(String, String)>, Failure> {
    if !wish.channel.by_sheet() {
        return Ok(None);
    }
    let missing = || Invalid::field("payout_account_id", "required", "this way of paying needs an account");
    let wanted = (wish.account.ok_or_else(missing)?, wish.channel);
    let payee = accounts::opened(tx, &app.sealer, leader.shop_id, leader.id, wanted).await?;
    Ok(Some((payee.seal(&app.sealer, &place_of(id))?, payee.mask())))
}

/// The name WeChat compares: that of the identity card where it is known.
async fn real_name(app: &App, tx: &impl ConnectionTrait, leader: &leader::Model) -> Result<String, Failure> {
    let known = identities::of_leader(tx, leader.shop_id, leader.id).await?;
    Ok(match known {
        Some(row) => identities::opened(&app.sealer, &row)?.name,
        None => leader.name.clone(),
    })
}

/// The ways a shop pays by, as its leaders see them.
pub fn offered(shop: &Shop) -> Vec<WithdrawalChannel> {
    terms(shop).offered
}

fn terms(shop: &Shop) -> Terms {
    use WithdrawalChannel::{Balance, Manual, WechatTransfer};
    let payout = &shop.profile.payout;
    let by_transfer = shop.profile.transfer_mchid().is_some() && !payout.transfer_scene_id.is_empty();
    let by_mode = || match payout.mode {
        PayoutMode::Transfer => vec![WechatTransfer, Balance],
        PayoutMode::Manual => vec![Manual, Balance],
        // What could not be shared is owed all the same.
        PayoutMode::ProfitSharing if by_transfer => vec![WechatTransfer, Manual, Balance],
        PayoutMode::ProfitSharing => vec![Manual, Balance],
    };
    let named = |named: &Vec<PayoutChannel>| {
        let channels = named.iter().map(|channel| channel_of(*channel));
        channels.filter(|channel| by_transfer || *channel != WechatTransfer).collect()
    };
    Terms {
        offered: shop.settings.withdraw_channels.as_ref().map_or_else(by_mode, named),
        min: shop.settings.withdraw_min_fen,
        transfer_max: payout.transfer_max_fen,
        fee: shop.settings.withdraw_fee_bp,
    }
}

fn channel_of(channel: PayoutChannel) -> WithdrawalChannel {
    match channel {
        PayoutChannel::WechatTransfer => WithdrawalChannel::WechatTransfer,
        PayoutChannel::Manual => WithdrawalChannel::Manual,
        PayoutChannel::Bank => WithdrawalChannel::Bank,
        PayoutChannel::Alipay => WithdrawalChannel::Alipay,
        PayoutChannel::Balance => WithdrawalChannel::Balance,
    }
}
