//! Moves of payouts by sheet and of goods on their way back.

use reqwest::Method;
use serde_json::{Value, json};
use tuanqiao::areas::after_sales::entity::ticket;
use tuanqiao::areas::after_sales::state::TicketState;
use tuanqiao::areas::payouts::entity::{payout_batch, withdrawal};
use tuanqiao::areas::payouts::state::{BatchState, WithdrawalState};

use super::walk::Walk;

const BATCHES: &str = "/console/api/v1/payout-batches";
/// Cards that pass their check, one a leader.
const CARDS: [&str; 2] = ["6225880100070003", "6225880100000000"];

/// A leader asks for money to a bank card, once in a while to a new one.
pub async fn withdraw_to_card(walk: &mut Walk) -> bool {
    let place = walk.dice.below(walk.leaders.len());
    let card = json!({"channel": "bank", "account": CARDS[place], "name": "莉娜", "bank": "招商银行"});
    let kept = walk.leaders[place].get("/api/v1/leader/payout-accounts").await.ok();
    let account = match kept["items"][0]["id"].as_str() {
        Some(id) if !walk.dice.once_in(5) => json!(id),
        _ => walk.leaders[place].put("/api/v1/leader/payout-accounts", card).await.ok()["id"].clone(),
    };
    let body = json!({"amount_fen": walk.dice.between(100, 600), "channel": "bank", "payout_account_id": account});
    let answer = walk.leaders[place].post_new("/api/v1/leader/withdrawals", body).await;
    walk.taken(&answer)
}

/// An operator puts what waits onto a sheet.
pub async fn make_sheet(walk: &mut Walk) -> bool {
    let answer = walk.keeper.post_new(BATCHES, json!({"channel": "bank"})).await;
    walk.taken(&answer)
}

/// The bank answers: of a sheet that is open some rows are paid, some failed, some not known yet. The
/// file comes once, twice, or with its results turned round, which is refused.
pub async fn import_results(walk: &mut Walk) -> bool {
    let conn = walk.app.app.db.reader();
    let shop = walk.app.shop().id;
    let batches = payout_batch::in_shop(shop).all(conn).await.unwrap();
    let Some(batch) = batches.iter().rev().find(|row| row.state == BatchState::Open).or(batches.last()) else {
        return false;
    };
    let id = batch.id.to_string();
    let (mut good, mut turned) = (Vec::new(), Vec::new());
    let mut known_before = false;
    for row in rows_of(walk, &id).await {
        let result = match row.state {
            WithdrawalState::Paid => "paid",
            WithdrawalState::Failed => "failed",
            _ => *walk.dice.pick(&["paid", "paid", "failed", ""]),
        };
        known_before |= row.state.is_final();
        let other = if result == "paid" { "failed" } else { "paid" };
        good.push((row.clone(), result));
        turned.push((row, other));
    }
    if known_before {
        let refused = walk.keeper.send(Method::POST, &results_of(&id), Some(("text/csv", csv(&turned)))).await;
        assert_eq!(refused.status, 422, "a final state is turned round: {}\n{}", refused.text(), walk.story());
    }
    let times = walk.dice.between(1, 2);
    for _ in 0..times {
        let answer = walk.keeper.send(Method::POST, &results_of(&id), Some(("text/csv", csv(&good)))).await;
        if !walk.taken(&answer) {
            return false;
        }
    }
    true
}

/// Every sheet there is or has to be is paid.
pub async fn sheets_are_paid(walk: &Walk) {
    walk.keeper.post_new(BATCHES, json!({"channel": "bank"})).await;
    let conn = walk.app.app.db.reader();
    let open = payout_batch::in_shop(walk.app.shop().id).all(conn).await.unwrap();
    for batch in open.iter().filter(|row| row.state == BatchState::Open) {
        let rows = rows_of(walk, &batch.id.to_string()).await;
        let rows: Vec<_> = rows.into_iter().filter(|row| !row.state.is_final()).map(|row| (row, "paid")).collect();
        let path = results_of(&batch.id.to_string());
        walk.keeper.send(Method::POST, &path, Some(("text/csv", csv(&rows)))).await.ok();
    }
}

async fn rows_of(walk: &Walk, batch: &str) -> Vec<withdrawal::Model> {
    let all = withdrawal::in_shop(walk.app.shop().id).all(walk.app.app.db.reader()).await.unwrap();
    all.into_iter().filter(|row| row.batch_id.is_some_and(|id| id.to_string() == batch)).collect()
}

fn results_of(batch: &str) -> String {
    format!("{BATCHES}/{batch}/results")
}

fn csv(rows: &[(withdrawal::Model, &str)]) -> Vec<u8> {
    let mut text = "withdrawal_id,account,amount,result,reason\n".to_owned();
    for (row, result) in rows {
        let tail = row.payee_mask.as_deref().unwrap().split("****").nth(1).unwrap().get(..4).unwrap();
        text += &format!("{},{tail},{},{result},退票\n", row.id, row.net_fen.to_yuan_string());
    }
    text.into_bytes()
}

/// A member sends goods back, or asks for the platform's judgment.
pub async fn go_on_with_claim(walk: &mut Walk) -> bool {
    let conn = walk.app.app.db.reader();
    let tickets = ticket::in_shop(walk.app.shop().id).all(conn).await.unwrap();
    let wanted = *walk.dice.pick(&[TicketState::AwaitingReturn, TicketState::AwaitingReturn, TicketState::Refused]);
    let fit: Vec<_> = tickets.iter().filter(|row| row.state == wanted).rev().take(8).collect();
    if fit.is_empty() {
        return false;
    }
    let ticket = (*walk.dice.pick(&fit)).clone();
    let member = ticket.member_id.to_string();
    let Some(shopper) = walk.shoppers.iter().find(|shopper| shopper.id() == member).cloned() else { return false };
    walk.touched = Some(ticket.order_id.to_string());
    let (call, body): (&str, Value) = match wanted {
        TicketState::Refused => ("escalate", json!({"reason": "请平台看看"})),
        _ => ("return-shipment", json!({"carrier": "顺丰", "tracking_no": "SF10020030"})),
    };
    let answer = shopper.post_new(&format!("/api/v1/after-sales/{}/{call}", ticket.id), body).await;
    walk.taken(&answer)
}
