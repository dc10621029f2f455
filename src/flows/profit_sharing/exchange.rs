//! A sharing request's exchanges with the platform (R-72, WeChat Pay sheet §6).
//!
//! A refusal that time may cure (the order is still being processed, a receiver is missing) is
//! tried again under the same number until the freeze ends. "Finished" says nothing: every
//! receiver's own result is looked at.

use chrono::Duration;
use gateways::pay::wechat_pay::{
    NewSharing, PayError, ReceiverResult, Share, SharingOrder, SharingState as Theirs, WechatPay,
};
use kernel::id::{SharingId, SupplierId};
use kernel::{BasisPoints, Failure, Time};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use uuid::Uuid;

use super::make_way::{give_up, never_sent};
use super::pot::Pot;
use super::receiver::from_word;
use super::{ceiling, merchant};
use crate::app::App;
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::orders;
use crate::areas::orders::entity::order;
use crate::areas::payments::service as payments;
use crate::areas::payouts::entity::{sharing, sharing_part};
use crate::areas::payouts::requests::{self, SharingRequest};
use crate::areas::payouts::sharings::{self, Told};
use crate::areas::payouts::state::{PartResult, SharingEvent, SharingKind, SharingState};
use crate::areas::payouts::{PayoutError, query, rules};
use crate::areas::shops::query::Shop;
use crate::areas::suppliers::movements::{self, NewMovement};
use crate::areas::suppliers::state::MovementKind;
use crate::flows::supplier_advances;

/// The longest pause between two exchanges.
const PAUSE_MOST: Duration = Duration::hours(1);

/// Why a share is given up that a refund overtook.
const NO_ROOM: &str = "a refund left no room for it";

/// What came of one exchange.
enum Answer {
    /// The platform shows the request.
    Order(SharingOrder),
    /// There was nothing left to unfreeze.
    NothingFrozen(String),
    /// Refused for good, and the platform's query knows no such number.
    Refused(String),
    /// Ask again later; `sent` when the request may have arrived.
    Later { why: String, sent: bool },
}

/// How far one exchange may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// What the platform does not have is sent.
    Send,
    /// It is asked alone, and nothing goes out.
    Ask,
}

/// Sends a request that is due, or asks what became of it.
#[tracing::instrument(skip_all, fields(sharing = %id))]
pub async fn exchange(app: &App, shop: &Shop, id: SharingId) -> Result<(), Failure> {
    once(app, shop, id, Reach::Send).await
}

/// Asks what became of a request that is due and may be with the platform; it is never sent here.
#[tracing::instrument(skip_all, fields(sharing = %id))]
pub(super) async fn ask(app: &App, shop: &Shop, id: SharingId) -> Result<(), Failure> {
    once(app, shop, id, Reach::Ask).await
}

async fn once(app: &App, shop: &Shop, id: SharingId, reach: Reach) -> Result<(), Failure> {
    let order = merchant::order_of(app.db.reader(), shop.id, id).await?;
    let merchant_no = order.and_then(|order| order.merchant_no);
    let ceiling = ceiling::of(app, shop, merchant_no.as_deref()).await;
    let claimed = app.db.write(async |tx| claim(app, tx, shop, (id, reach), ceiling).await).await?;
    let Some(Claimed { row, parts, has_room }) = claimed else { return Ok(()) };
    let clients = app.clients.of(shop);
    let answer = match clients.pay_for(merchant_no.as_deref()) {
        Ok(pay) => {
            if merchant_no.is_some() && row.state == SharingState::Created {
                merchant::know_receivers(app, shop, &pay, &parts).await?;
            }
            talk(app, &pay, &row, (has_room, reach)).await?
        }
        Err(error) => {
            tracing::error!(shop = %shop.id, %error, "a share waits for the shop's payment account");
            Answer::Later { why: error.to_string(), sent: false }
        }
    };
    match answer {
        Answer::Order(order) => record(app, &row, &parts, &order).await,
        Answer::NothingFrozen(why) => end(app, &row, &[], SharingEvent::Finished, &why).await,
        Answer::Refused(why) => {
            metrics::counter!("sharings_refused_total").increment(1);
            tracing::error!(why, "a share was refused; what it held stays owed to the leaders");
            end(app, &row, &parts, SharingEvent::Refused, &why).await
        }
        Answer::Later { why, sent } => postpone(app, &row, why, sent).await,
    }
}

/// A request this worker has to itself for one exchange.
struct Claimed {
    row: sharing::Model,
    parts: Vec<sharing_part::Model>,
    /// Whether the money it would share is still there to be shared.
    has_room: bool,
}

/// Takes a request that is due, once the order's row is held, so that a refund comes wholly before
/// or wholly after. A share that a refund left no room for does not go out again, whether it was
/// accepted or not; one that never went out is given up, and an unfreeze waits for the shares before it.
async fn claim(
    app: &App,
    tx: &DatabaseTransaction,
    shop: &Shop,
    (id, reach): (SharingId, Reach),
    ceiling: BasisPoints,
) -> Result<Option<Claimed>, Failure> {
    let wall = app.clock.wall();
    let Some(known) = sharings::waiting(tx, shop.id, id, wall).await? else { return Ok(None) };
    orders::progress::lock(tx, shop.id, known.order_id).await?;
    let Some(row) = sharings::waiting(tx, shop.id, id, wall).await? else { return Ok(None) };
    let unsent = row.state == SharingState::Created;
    if unsent && reach == Reach::Ask {
        return Ok(None);
    }
    if unsent && row.kind == SharingKind::Unfreeze && share_is_open(tx, shop, &row).await? {
        sharings::look_again(tx, row.id, wall + rules::pause(0, PAUSE_MOST), None).await?;
        return Ok(None);
    }
    let has_room = row.kind == SharingKind::Unfreeze || fits(tx, shop, &row, ceiling).await?;
    if !has_room && never_sent(&row) {
        let parts = sharings::parts_of(tx, &row).await?;
        give_up(tx, &row, &parts, NO_ROOM, app.clock.now()).await?;
        return Ok(None);
    }
    let claimed = sharings::claim(tx, &row, wall).await?;
    Ok(claimed.map(|(row, parts)| Claimed { row, parts, has_room }))
}

async fn share_is_open(tx: &DatabaseTransaction, shop: &Shop, row: &sharing::Model) -> Result<bool, Failure> {
    let open = [SharingState::Created, SharingState::Processing];
    let all = query::sharings_of(tx, shop.id, row.order_id).await?;
    Ok(all.iter().any(|(other, _)| other.kind == SharingKind::Share && open.contains(&other.state)))
}

/// Whether a share still has its room.
async fn fits(
    tx: &DatabaseTransaction,
    shop: &Shop,
    row: &sharing::Model,
    ceiling: BasisPoints,
) -> Result<bool, Failure> {
    let Some(payment) = payments::by_id(tx, row.shop_id, row.payment_id).await? else { return Ok(true) };
    let pot = Pot::of(tx, row.shop_id, row.order_id, &payment, Some(row.id)).await?;
    Ok(pot.room((ceiling, shop.settings.payment_fee_bp))? >= row.amount_fen)
}

async fn talk(
    app: &App,
    pay: &WechatPay,
    row: &sharing::Model,
    (has_room, reach): (bool, Reach),
) -> Result<Answer, Failure> {
    let number = row.id.to_string();
    if row.state == SharingState::Processing || !has_room {
        match pay.query_sharing(&row.transaction_id, &number).await {
            Ok(order) => return Ok(Answer::Order(order)),
            // A refusal of an earlier sending was heard, or the sender died before he sent it.
            Err(PayError::NotFound(answer)) if !has_room && answer.signed && reach == Reach::Send => {
                return Ok(Answer::Refused(NO_ROOM.to_owned()));
            }
            // A request whose answer was lost never arrived: the same number goes out again.
            Err(PayError::NotFound(_)) if has_room && reach == Reach::Send => {}
            Err(error) => return Ok(Answer::Later { why: error.to_string(), sent: false }),
        }
    }
    let stored: SharingRequest = requests::from_text(row.request_body.as_deref())?;
    let asked = match row.kind {
        SharingKind::Unfreeze => pay.unfreeze(&row.transaction_id, &number, &stored.description).await,
        SharingKind::Share => pay.share(&to_platform(row, number.clone(), &stored)?).await,
    };
    let error = match asked {
        Ok(order) => return Ok(Answer::Order(order)),
        Err(error) => error,
    };
    if error.is_definite_refusal() && (is_final(&error) || too_late(app, row).await?) {
        return confirm_refusal(pay, row, &number, &error).await;
    }
    if matches!(error, PayError::Config(_)) {
        metrics::counter!("sharings_blocked_total").increment(1);
        tracing::error!(%error, "a share cannot be made until somebody mends the account");
    }
    let sent = matches!(error, PayError::Unknown(_) | PayError::Malformed(_));
    Ok(Answer::Later { why: error.to_string(), sent })
}

/// Too much for the order, or for what is left of it: time does not cure that.
fn is_final(error: &PayError) -> bool {
    match error {
        PayError::NotEnough(_) => true,
        PayError::Refused(refusal) => refusal.is("RULE_LIMIT"),
        _ => false,
    }
}

/// Whether the freeze ends, so that a share refused now comes no more.
async fn too_late(app: &App, row: &sharing::Model) -> Result<bool, Failure> {
    let payment = payments::by_id(app.db.reader(), row.shop_id, row.payment_id).await?;
    let paid_at = payment.and_then(|payment| payment.paid_at).unwrap_or(row.created_at);
    Ok(app.clock.now() > rules::share_until(paid_at))
}

/// A refusal alone proves nothing when an earlier request under the number may have arrived.
async fn confirm_refusal(
    pay: &WechatPay,
    row: &sharing::Model,
    number: &str,
    refusal: &PayError,
) -> Result<Answer, Failure> {
    let words = || refusal.refusal().map_or_else(|| refusal.to_string(), |r| format!("{}: {}", r.code, r.message));
    Ok(match pay.query_sharing(&row.transaction_id, number).await {
        Ok(order) => Answer::Order(order),
        Err(PayError::NotFound(answer)) if answer.signed => {
            let nothing_left = row.kind == SharingKind::Unfreeze && matches!(refusal, PayError::NotEnough(_));
            if nothing_left { Answer::NothingFrozen(words()) } else { Answer::Refused(words()) }
        }
        Err(error) => Answer::Later { why: error.to_string(), sent: false },
    })
}

/// Applies what the platform says; each part's effect happens once.
async fn record(
    app: &App,
    row: &sharing::Model,
    parts: &[sharing_part::Model],
    theirs: &SharingOrder,
) -> Result<(), Failure> {
    let at = app.clock.wall() + rules::pause(row.queries, PAUSE_MOST);
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let order = orders::progress::lock(tx, row.shop_id, row.order_id).await?;
            let mut all_settled = true;
            for part in parts {
                all_settled &= settle(tx, &order, (row, part), theirs, now).await?;
            }
            let finished = theirs.state == Theirs::Finished && all_settled;
            if theirs.state == Theirs::Finished && !all_settled {
                tracing::error!(sharing = %row.id, "a finished share names no result for one of its receivers");
            }
            let event = if finished { SharingEvent::Finished } else { SharingEvent::Accepted };
            let ask_again = (!finished).then_some(at);
            let told = Told { order_id: theirs.order_id.clone(), fail_reason: None, ask_again };
            if sharings::advance(tx, row, event, &told, now).await?.is_none() {
                sharings::look_again(tx, row.id, at, None).await?;
            }
            Ok(())
        })
        .await
}

/// Books one part by its receiver's own result; `false` while there is none.
async fn settle(
    tx: &impl ConnectionTrait,
    order: &order::Model,
    (row, part): (&sharing::Model, &sharing_part::Model),
    theirs: &SharingOrder,
    now: Time,
) -> Result<bool, Failure> {
    if part.result != PartResult::Pending {
        return Ok(true);
    }
    let same_kind = |kind: &Option<String>| kind.as_ref().is_none_or(|kind| *kind == part.receiver_type);
    let mut all = theirs.receivers.iter();
    let theirs = all.find(|r| r.account == part.account && same_kind(&r.kind) && r.amount == part.amount_fen);
    let result = match theirs.and_then(|receiver| receiver.result.as_ref()) {
        Some(ReceiverResult::Success) => PartResult::Succeeded,
        Some(ReceiverResult::Closed) => PartResult::Closed,
        _ => return Ok(false),
    };
    let reason = theirs.and_then(|receiver| receiver.fail_reason.clone()).filter(|_| result == PartResult::Closed);
    if let Some(reason) = &reason {
        tracing::warn!(part = %part.id, reason, "a receiver got nothing; its part stays owed");
    }
    let first = sharings::settle_part(tx, part.id, result, reason).await?;
    if first && result == PartResult::Succeeded {
        let mut draft = Draft::new(part.shop_id, "shared", part.id.uuid());
        let (account, party) = account_of(part);
        draft.debit(account, party, part.amount_fen);
        draft.credit(AccountKind::Clearing, order.clearing(), part.amount_fen)?;
        // The money has gone, whatever a clawback did to the account meanwhile.
        ledger::service::post(tx, &draft, Floor::Below, now).await?;
        if account == AccountKind::SupplierAvailable {
            note_shared(tx, row, part, now).await?;
        }
        // A refund that came meanwhile has taken from a supplier's own merchant what the receiver has now.
        supplier_advances::settle(tx, order, part.id.uuid(), now).await?;
    }
    Ok(true)
}

/// Out of which account a part is paid.
fn account_of(part: &sharing_part::Model) -> (AccountKind, Option<Uuid>) {
    match part.party_kind.as_str() {
        // It only moves: from a supplier's own merchant to the shop's.
        merchant::SHOP => (AccountKind::Clearing, None),
        "supplier" => (AccountKind::SupplierAvailable, Some(part.party_id)),
        _ => (AccountKind::LeaderAvailable, Some(part.party_id)),
    }
}

/// What a supplier was given by sharing is no more to be paid by its statement.
async fn note_shared(
    tx: &impl ConnectionTrait,
    row: &sharing::Model,
    part: &sharing_part::Model,
    now: Time,
) -> Result<(), Failure> {
    let moved = NewMovement {
        shop: part.shop_id,
        supplier: SupplierId::from_uuid(part.party_id),
        kind: MovementKind::Shared,
        amount: part.amount_fen.negated()?,
        order: Some(row.order_id),
        line: None,
        cause: part.id.uuid(),
    };
    Ok(movements::note(tx, &[moved], now).await?)
}

async fn end(
    app: &App,
    row: &sharing::Model,
    parts: &[sharing_part::Model],
    event: SharingEvent,
    why: &str,
) -> Result<(), Failure> {
    app.db
        .write(async |tx| {
            let told = Told { fail_reason: Some(why.to_owned()), ..Told::default() };
            if sharings::advance(tx, row, event, &told, app.clock.now()).await?.is_some() {
                for part in parts {
                    sharings::settle_part(tx, part.id, PartResult::Closed, Some(why.to_owned())).await?;
                }
            }
            Ok(())
        })
        .await
}

async fn postpone(app: &App, row: &sharing::Model, why: String, sent: bool) -> Result<(), Failure> {
    tracing::warn!(why, sent, "a share has no clear answer yet");
    let at = app.clock.wall() + rules::pause(row.queries, PAUSE_MOST);
    app.db
        .write(async |tx| {
            let told = Told { order_id: None, fail_reason: Some(why.clone()), ask_again: Some(at) };
            let moved = match row.state {
                SharingState::Created if sent => {
                    sharings::advance(tx, row, SharingEvent::Accepted, &told, app.clock.now()).await?
                }
                _ => None,
            };
            if moved.is_none() {
                sharings::look_again(tx, row.id, at, Some(why.clone())).await?;
            }
            Ok(())
        })
        .await
}

fn to_platform(row: &sharing::Model, number: String, stored: &SharingRequest) -> Result<NewSharing, PayoutError> {
    let share = |receiver: &requests::ReceiverShare| {
        let kind = from_word(&receiver.kind);
        Ok(Share {
            kind: kind.ok_or_else(|| PayoutError::Unreadable(format!("receiver type {}", receiver.kind)))?,
            account: receiver.account.clone(),
            name: None,
            amount: receiver.amount_fen,
            description: stored.description.clone(),
        })
    };
    Ok(NewSharing {
        transaction_id: row.transaction_id.clone(),
        out_order_no: number,
        shares: stored.receivers.iter().map(share).collect::<Result<_, PayoutError>>()?,
        unfreeze_rest: false,
    })
}
