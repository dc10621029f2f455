//! Asking merchant receivers for their part of a refund: before the refund where they answer
//! in time, and never in its way. What does not come back is owed by the party and made good by
//! its next release.

use chrono::Duration;
use gateways::pay::wechat_pay::{NewReturn, PayError, ReturnResult, SharingReturn, WechatPay};
use kernel::id::{SharingReturnId, ShopId};
use kernel::{Failure, Time};

use super::merchant;
use crate::app::App;
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::orders;
use crate::areas::payments::entity::refund;
use crate::areas::payouts::entity::sharing_return;
use crate::areas::payouts::returns::{self, Told};
use crate::areas::payouts::rules;
use crate::areas::payouts::state::{ReturnEvent, ReturnState};
use crate::areas::shops::query::Shop;
use crate::flows::supplier_advances;

/// The longest pause between two exchanges.
const PAUSE_MOST: Duration = Duration::hours(1);
/// After so many exchanges without an end the refund waits no longer.
const PATIENCE: i32 = 4;
/// What the receiver reads.
const DESCRIPTION: &str = "订单退款，退回分账";

/// What came of one exchange.
enum Answer {
    /// The platform shows the return.
    Return(SharingReturn),
    /// Refused for good.
    Refused(String),
    /// Ask again later.
    Later(String),
}

/// Sends a return that is due, or asks what became of it.
#[tracing::instrument(skip_all, fields(back = %id))]
pub async fn exchange_return(app: &App, shop: &Shop, id: SharingReturnId) -> Result<(), Failure> {
    let wall = app.clock.wall();
    let claimed = app.db.write(async |tx| Ok(returns::claim(tx, shop.id, id, wall).await?)).await?;
    let Some(row) = claimed else { return Ok(()) };
    let clients = app.clients.of(shop);
    let order = merchant::order_of(app.db.reader(), shop.id, row.sharing_id).await?;
    let answer = match clients.pay_for(order.and_then(|order| order.merchant_no).as_deref()) {
        Ok(pay) => talk(&pay, &row).await,
        Err(error) => Answer::Later(error.to_string()),
    };
    let (event, told) = read(app, &row, answer);
    app.db.write(async |tx| record(tx, &row, event, &told, app.clock.now()).await).await
}

async fn talk(pay: &WechatPay, row: &sharing_return::Model) -> Answer {
    let (share, number) = (row.sharing_id.to_string(), row.id.to_string());
    if row.state == ReturnState::Processing {
        match pay.query_return(&share, &number).await {
            Ok(back) => return Answer::Return(back),
            // The answer that told of it was lost on the way here only: the same number goes out again.
            Err(PayError::NotFound(_)) => {}
            Err(error) => return Answer::Later(error.to_string()),
        }
    }
    let asked = NewReturn {
        out_order_no: share.clone(),
        out_return_no: number.clone(),
        return_mchid: row.return_mchid.clone(),
        amount: row.amount_fen,
        description: DESCRIPTION.to_owned(),
    };
    let error = match pay.return_shared(&asked).await {
        Ok(back) => return Answer::Return(back),
        Err(error) => error,
    };
    if !error.is_definite_refusal() {
        return Answer::Later(error.to_string());
    }
    // An earlier request under the number may have arrived.
    match pay.query_return(&share, &number).await {
        Ok(back) => Answer::Return(back),
        Err(PayError::NotFound(answer)) if answer.signed => Answer::Refused(error.to_string()),
        Err(error) => Answer::Later(error.to_string()),
    }
}

/// What an answer means for the row.
fn read(app: &App, row: &sharing_return::Model, answer: Answer) -> (Option<ReturnEvent>, Told) {
    let again = Some(app.clock.wall() + rules::pause(row.queries, PAUSE_MOST));
    match answer {
        Answer::Later(why) => (None, Told { fail_reason: Some(why), ask_again: again, ..Told::default() }),
        Answer::Refused(why) => (Some(ReturnEvent::Failed), Told { fail_reason: Some(why), ..Told::default() }),
        Answer::Return(back) if back.amount.is_some_and(|amount| amount != row.amount_fen) => {
            tracing::error!(amount = ?back.amount, "ALARM: a return is of another amount than we asked for");
            let why = format!("the platform tells of {:?}", back.amount);
            (None, Told { fail_reason: Some(why), ask_again: again, ..Told::default() })
        }
        Answer::Return(back) => {
            let told = Told { return_id: back.return_id, fail_reason: back.fail_reason, ask_again: None };
            match back.result {
                ReturnResult::Success => (Some(ReturnEvent::Succeeded), told),
                ReturnResult::Failed => (Some(ReturnEvent::Failed), told),
                _ => (Some(ReturnEvent::Accepted), Told { ask_again: again, ..told }),
            }
        }
    }
}

/// Moves the row on and books what came back, once; what does not come back to a supplier's own merchant
/// is owed to the supplier.
async fn record(
    tx: &sea_orm::DatabaseTransaction,
    row: &sharing_return::Model,
    event: Option<ReturnEvent>,
    told: &Told,
    now: Time,
) -> Result<(), Failure> {
    let order = merchant::order_of(tx, row.shop_id, row.sharing_id).await?;
    let order = match (order, event) {
        // What it lacks now depends on refunds and shares besides.
        (Some(order), Some(ReturnEvent::Failed)) => Some(orders::progress::lock(tx, row.shop_id, order.id).await?),
        (order, _) => order,
    };
    let moved = match event {
        Some(event) => returns::advance(tx, row, event, told, now).await?,
        None => false,
    };
    if !moved {
        // Nothing new: it is looked at again when there may be.
        if let Some(at) = told.ask_again {
            returns::look_again(tx, row.id, at, told.fail_reason.clone()).await?;
        }
        return Ok(());
    }
    match event {
        Some(ReturnEvent::Succeeded) => {
            let mut draft = Draft::new(row.shop_id, "returned", row.id.uuid());
            draft.debit(AccountKind::Clearing, order.and_then(|order| order.clearing()), row.amount_fen);
            // Of the shop's own part nobody owes anything: it only moves between merchants.
            let (account, party) = match row.party_id == row.shop_id.uuid() {
                true => (AccountKind::Clearing, None),
                false => (AccountKind::PartyReceivable, Some(row.party_id)),
            };
            draft.credit(account, party, row.amount_fen)?;
            ledger::service::post(tx, &draft, Floor::Zero, now).await?;
        }
        Some(ReturnEvent::Failed) => {
            metrics::counter!("sharing_returns_failed_total").increment(1);
            tracing::warn!(amount = %row.amount_fen, why = told.fail_reason, "a share does not come back; its receiver owes it");
            if let Some(order) = order {
                supplier_advances::settle(tx, &order, row.id.uuid(), now).await?;
            }
        }
        Some(ReturnEvent::Accepted) | None => {}
    }
    Ok(())
}

/// Why a refund still waits for receivers to give back, if it does: only for as long as they are
/// quick, for the buyer's money comes first.
pub async fn awaited(app: &App, shop: ShopId, refund: &refund::Model) -> Result<Option<String>, Failure> {
    let returns = returns::of_refunds(app.db.reader(), shop, &[refund.id]).await?;
    let open = returns.iter().find(|row| !row.state.is_final() && row.queries < PATIENCE);
    Ok(open.map(|row| format!("{} is asked to give its part back first, by {}", row.return_mchid, row.id)))
}
