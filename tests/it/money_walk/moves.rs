//! What can happen: one function a move. Each says whether anything came of it.

use std::pin::pin;
use std::task::Poll;

use futures::future::LocalBoxFuture;
use sandbox::{Fault, NoticeKind, RefundStatus};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::payments::entity::{payment, refund};
use tuanqiao::areas::payouts::entity::{sharing, sharing_return, transfer};
use tuanqiao::areas::payouts::state::{SharingKind, SharingState};
use tuanqiao::jobs::{JOBS, Job};
use tuanqiao::platform::entity::effect;

use super::payout_moves::{go_on_with_claim, import_results, make_sheet, withdraw_to_card};
use super::walk::{COMPANY, Known, Stage, Walk};

/// Something that can happen, and how often it does beside the others.
pub struct Move {
    pub name: &'static str,
    pub weight: usize,
    pub run: for<'a> fn(&'a mut Walk) -> LocalBoxFuture<'a, bool>,
}

macro_rules! moves {
    ($($name:ident $weight:literal),* $(,)?) => {
        /// Everything that can happen.
        pub const MOVES: &[Move] =
            &[$(Move { name: stringify!($name), weight: $weight, run: |walk| Box::pin($name(walk)) }),*];
    };
}

moves! {
    buy 10, order 6, open_pay_sheet 3, pay 8, hear 12, cancel 3, ship 3, deliver 3, collect 8, confirm_receipt 2,
    refund 5, refund_all 2, refund_shared 4, claim 3, decide_claim 3, settle 12, receiver_fails 1, give_back 5, withdraw 8, answer_transfer 8, share_now 2,
    withdraw_to_card 3, make_sheet 1, import_results 2, go_on_with_claim 2,
    time_passes 8, retry_now 6, one_job 14, all_jobs 3, die_in_a_job 8, trouble 4, no_trouble 2, restart 1,
}

async fn order(walk: &mut Walk) -> bool {
    let who = walk.dice.below(walk.shoppers.len());
    let point = walk.dice.below(walk.points.len());
    let first = walk.dice.below(walk.skus.len());
    let mut lines = vec![json!({"sku_id": walk.skus[first], "quantity": walk.dice.between(1, 4)})];
    if walk.dice.once_in(2) {
        let second = (first + 1) % walk.skus.len();
        lines.push(json!({"sku_id": walk.skus[second], "quantity": walk.dice.between(1, 3)}));
    }
    let wish = json!({"lines": lines, "fulfilment": {"kind": "pickup", "pickup_point_id": walk.points[point]}});
    let answer = walk.shoppers[who].post_new("/api/v1/orders", wish).await;
    if !walk.taken(&answer) {
        return false;
    }
    let lines = answer.body["lines"].as_array().unwrap();
    let line = |line: &Value| (line["id"].as_str().unwrap().to_owned(), line["quantity"].as_i64().unwrap());
    let id = answer.body["id"].as_str().unwrap().to_owned();
    walk.knows(Known {
        id,
        who,
        leader: point,
        lines: lines.iter().map(line).collect(),
        number: None,
        stage: Stage::Ordered,
    });
    true
}

async fn open_pay_sheet(walk: &mut Walk) -> bool {
    match walk.order_at(Stage::Ordered) {
        Some(order) => prepay(walk, &order).await.is_some(),
        None => false,
    }
}

async fn prepay(walk: &mut Walk, order: &Known) -> Option<String> {
    let path = format!("/api/v1/orders/{}/payment", order.id);
    let sheet = walk.shoppers[order.who].post(&path, json!({})).await;
    if !walk.taken(&sheet) {
        return None;
    }
    let prepay_id = sheet.body["package"].as_str().unwrap().trim_start_matches("prepay_id=").to_owned();
    let at_wechat = walk.app.wechat().orders().into_iter().find(|row| row.prepay_id == prepay_id).unwrap();
    if let Some(known) = walk.orders.iter_mut().find(|known| known.id == order.id) {
        known.number = Some(at_wechat.out_trade_no.clone());
    }
    Some(at_wechat.out_trade_no)
}

/// Somebody orders and pays at once, as most do.
async fn buy(walk: &mut Walk) -> bool {
    if !order(walk).await {
        return false;
    }
    let Some(made) = walk.orders.last().cloned() else { return false };
    let Some(number) = prepay(walk, &made).await else { return false };
    if walk.app.wechat().pays_quietly(number.as_str()).is_err() {
        return false;
    }
    walk.comes_to(&made.id, Stage::Paid);
    tell(walk, &number).await
}

/// The shopper pays in WeChat; the shop hears of it at once, or some time, or never.
async fn pay(walk: &mut Walk) -> bool {
    let Some(order) = walk.order_at(Stage::Ordered) else { return false };
    let number = match order.number.clone() {
        Some(number) => number,
        None => match prepay(walk, &order).await {
            Some(number) => number,
            None => {
                walk.comes_to(&order.id, Stage::Over);
                return false;
            }
        },
    };
    if walk.app.wechat().pays_quietly(number.as_str()).is_err() {
        walk.comes_to(&order.id, Stage::Over);
        return false;
    }
    walk.comes_to(&order.id, Stage::Paid);
    if walk.dice.once_in(2) {
        tell(walk, &number).await;
    }
    true
}

/// A notice about any number arrives: true or not, once or several times, whatever came before.
async fn hear(walk: &mut Walk) -> bool {
    let wechat = walk.app.wechat();
    let mut numbers: Vec<String> = walk.orders.iter().filter_map(|order| order.number.clone()).collect();
    let recent = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
    numbers.extend(wechat.refunds().iter().take(20).map(|refund| recent(refund, "out_refund_no")));
    numbers.extend(wechat.transfers().iter().take(10).map(|transfer| transfer.out_bill_no.clone()));
    if numbers.is_empty() {
        return false;
    }
    let number = walk.dice.pick(&numbers).clone();
    walk.touched = walk.orders.iter().find(|order| order.number.as_ref() == Some(&number)).map(|o| o.id.clone());
    tell(walk, &number).await
}

pub async fn tell(walk: &mut Walk, number: &str) -> bool {
    let forged = [
        NoticeKind::Stale,
        NoticeKind::WrongKey,
        NoticeKind::TamperedBody,
        NoticeKind::WrongAmount,
        NoticeKind::OtherMerchant,
    ];
    let (kind, times) = match walk.dice.below(8) {
        0 => (*walk.dice.pick(&forged), 1),
        1 => (NoticeKind::Duplicate, 3),
        _ => (NoticeKind::Duplicate, 1),
    };
    // There may be nothing to tell yet, and the sandbox would make a true notice up.
    if walk.app.wechat().notice_about(number).is_none() {
        return false;
    }
    let Ok(deliveries) = walk.app.wechat().send_notices(number, kind, times).await else { return false };
    let statuses: Vec<_> = deliveries.iter().map(|delivery| delivery.status.unwrap_or(0)).collect();
    walk.remember(format!("  {kind:?} about {number} → {statuses:?}"));
    if kind != NoticeKind::Duplicate {
        assert!(statuses.iter().all(|status| *status >= 400), "{kind:?} → {statuses:?}\n{}", walk.story());
    }
    statuses.iter().any(|status| *status < 300)
}

async fn cancel(walk: &mut Walk) -> bool {
    let Some(order) = walk.order_at_any(&[Stage::Ordered, Stage::Paid]) else { return false };
    let answer = walk.shoppers[order.who].post_new(&format!("/api/v1/orders/{}/cancel", order.id), json!({})).await;
    walk.taken(&answer)
}

async fn ship(walk: &mut Walk) -> bool {
    let Some(order) = walk.order_at(Stage::Paid) else { return false };
    let answer = walk.keeper.post_new(&format!("/console/api/v1/orders/{}/ship", order.id), json!({})).await;
    walk.taken(&answer)
}

/// Everything paid so far is brought to one of the leaders.
async fn deliver(walk: &mut Walk) -> bool {
    let place = walk.dice.below(walk.leader_ids.len());
    let body = json!({"leader_id": walk.leader_ids[place], "until": walk.app.app.clock.now()});
    let list = walk.keeper.post_new("/console/api/v1/delivery-lists", body).await;
    if !walk.taken(&list) {
        return false;
    }
    let path = format!("/console/api/v1/delivery-lists/{}", list.body["id"].as_str().unwrap());
    for step in ["depart", "deliver"] {
        let answer = walk.keeper.post(&format!("{path}/{step}"), json!({})).await;
        if !walk.taken(&answer) {
            return false;
        }
    }
    walk.orders
        .iter_mut()
        .filter(|o| o.stage == Stage::Paid && o.leader == place)
        .for_each(|o| o.stage = Stage::Arrived);
    true
}

/// The shopper shows the code at one of the points.
async fn collect(walk: &mut Walk) -> bool {
    let Some(order) = walk.order_at(Stage::Arrived) else { return false };
    let code = walk.shoppers[order.who].get(&format!("/api/v1/orders/{}/pickup-code", order.id)).await;
    if !walk.taken(&code) {
        walk.comes_to(&order.id, Stage::Over);
        return false;
    }
    let mut body = json!({"code": code.body["code"]});
    if walk.dice.once_in(3) {
        let (line, quantity) = walk.dice.pick(&order.lines).clone();
        body["lines"] = json!([{"line_id": line, "quantity": walk.dice.between(1, quantity)}]);
    }
    let place = if walk.dice.once_in(8) { walk.dice.below(walk.leaders.len()) } else { order.leader };
    let answer = walk.leaders[place].post_new("/api/v1/leader/redemptions", body).await;
    let collected = walk.taken(&answer);
    if collected {
        walk.comes_to(&order.id, Stage::Collected);
    }
    collected
}

async fn confirm_receipt(walk: &mut Walk) -> bool {
    let Some(order) = walk.order_at(Stage::Arrived) else { return false };
    let path = format!("/api/v1/orders/{}/confirm-receipt", order.id);
    let answer = walk.shoppers[order.who].post_new(&path, json!({})).await;
    walk.taken(&answer)
}

/// An operator gives back some units of a line, or some money.
async fn refund(walk: &mut Walk) -> bool {
    let Some(order) = walk.order_at_any(&[Stage::Paid, Stage::Arrived, Stage::Collected]) else { return false };
    let (line, quantity) = walk.dice.pick(&order.lines).clone();
    let part = match walk.dice.once_in(2) {
        true => json!({"line_id": line, "quantity": walk.dice.between(1, quantity)}),
        false => json!({"line_id": line, "amount_fen": walk.dice.between(1, 2_000)}),
    };
    let body = json!({"lines": [part], "reason": "坏果", "restock": walk.dice.once_in(2)});
    let path = format!("/console/api/v1/orders/{}/refunds", order.id);
    let preview = walk.keeper.post(&format!("{path}/preview"), body.clone()).await;
    let foreseen = walk.taken(&preview);
    let answer = walk.keeper.post_new(&path, body).await;
    let made = walk.taken(&answer);
    assert!(!made || foreseen, "a refund was made that its preview refused\n{}", walk.story());
    made
}

async fn refund_all(walk: &mut Walk) -> bool {
    let Some(order) = walk.order_at_any(&[Stage::Paid, Stage::Arrived, Stage::Collected]) else { return false };
    let body = json!({"all": true, "reason": "整单退"});
    let answer = walk.keeper.post_new(&format!("/console/api/v1/orders/{}/refunds", order.id), body).await;
    walk.taken(&answer)
}

/// An operator refunds an order whose leader was paid by sharing already.
async fn refund_shared(walk: &mut Walk) -> bool {
    let shared = sharing::in_shop(walk.app.shop().id)
        .filter(sharing::Column::Kind.eq(SharingKind::Share))
        .filter(sharing::Column::State.eq(SharingState::Finished));
    let shared = shared.all(walk.app.app.db.reader()).await.unwrap();
    if shared.is_empty() {
        return false;
    }
    let order = walk.dice.pick(&shared).order_id.to_string();
    walk.touched = Some(order.clone());
    let path = format!("/console/api/v1/orders/{order}");
    let seen = walk.keeper.get(&path).await.ok();
    let part = json!({"line_id": seen["lines"][0]["id"], "amount_fen": walk.dice.between(1, 900)});
    let body = json!({"lines": [part], "reason": "售后补偿", "restock": false});
    let answer = walk.keeper.post_new(&format!("{path}/refunds"), body).await;
    walk.taken(&answer)
}

/// The shopper asks for an after-sale.
async fn claim(walk: &mut Walk) -> bool {
    let Some(order) = walk.order_at_any(&[Stage::Paid, Stage::Arrived, Stage::Collected]) else { return false };
    let (line, quantity) = walk.dice.pick(&order.lines).clone();
    let kind = if walk.dice.once_in(3) { "return_and_refund" } else { "refund_only" };
    let lines = json!([{"line_id": line, "quantity": walk.dice.between(1, quantity)}]);
    let body = json!({"lines": lines, "kind": kind, "reason": "坏了", "photos": []});
    let path = format!("/api/v1/orders/{}/after-sales", order.id);
    let answer = walk.shoppers[order.who].post_new(&path, body).await;
    walk.taken(&answer)
}

/// An operator decides the newest ticket he sees.
async fn decide_claim(walk: &mut Walk) -> bool {
    let tickets = walk.keeper.get("/console/api/v1/after-sales?limit=20").await.ok();
    let tickets = tickets["items"].as_array().unwrap();
    if tickets.is_empty() {
        return false;
    }
    let ticket = walk.dice.pick(tickets).clone();
    walk.touched = ticket["order_id"].as_str().map(str::to_owned);
    let path = format!("/console/api/v1/after-sales/{}", ticket["id"].as_str().unwrap());
    let answer = match walk.dice.below(4) {
        0 => walk.keeper.post_new(&format!("{path}/refuse"), json!({"reason": "照片不清"})).await,
        1 => {
            let restock = walk.dice.once_in(2);
            walk.keeper.post_new(&format!("{path}/goods-returned"), json!({"restock": restock})).await
        }
        _ => walk.keeper.post_new(&format!("{path}/approve"), json!({})).await,
    };
    walk.taken(&answer)
}

/// WeChat decides a refund, or a share, in its own time and way.
async fn settle(walk: &mut Walk) -> bool {
    let of = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let wechat = walk.app.wechat();
    let refunds = wechat.refunds();
    let refunds: Vec<_> =
        refunds.iter().filter(|row| row["status"] == "PROCESSING").map(|r| of(r, "out_refund_no")).collect();
    let shares = wechat.sharings();
    let shares: Vec<_> =
        shares.iter().filter(|row| row["state"] == "PROCESSING").map(|r| of(r, "out_order_no")).collect();
    if !shares.is_empty() && (refunds.is_empty() || walk.dice.once_in(2)) {
        let number = walk.dice.pick(&shares).clone();
        return walk.app.wechat().finish_sharing(&number);
    }
    if refunds.is_empty() {
        return false;
    }
    let number = walk.dice.pick(&refunds).clone();
    walk.app.wechat().settle_refund(&number, RefundStatus::Success)
}

/// A merchant decides whether it gives back what it got, and WeChat ends the returns there are.
async fn give_back(walk: &mut Walk) -> bool {
    let agrees = !walk.dice.once_in(4);
    walk.app.wechat().agrees_to_returns(COMPANY, agrees);
    walk.app.wechat().finish_returns() > 0
}

/// A leader's WeChat account cannot be paid for a while.
async fn receiver_fails(walk: &mut Walk) -> bool {
    let place = walk.dice.below(walk.leaders.len());
    let openid = walk.openids[place].clone();
    let reason = if walk.dice.once_in(3) { Some("ACCOUNT_ABNORMAL") } else { None };
    walk.app.wechat().fail_receiver(&openid, reason);
    reason.is_some()
}

async fn withdraw(walk: &mut Walk) -> bool {
    let place = walk.dice.below(walk.leaders.len());
    let body = json!({"amount_fen": walk.dice.between(100, 800), "channel": "wechat_transfer"});
    let answer = walk.leaders[place].post_new("/api/v1/leader/withdrawals", body).await;
    walk.taken(&answer)
}

/// A leader confirms a transfer, lets it lapse, or WeChat refuses it.
async fn answer_transfer(walk: &mut Walk) -> bool {
    let transfers = walk.app.wechat().transfers();
    let waiting: Vec<&str> = transfers
        .iter()
        .filter(|transfer| transfer.state == sandbox::TransferState::WaitUserConfirm)
        .map(|transfer| transfer.out_bill_no.as_str())
        .collect();
    if waiting.is_empty() {
        return false;
    }
    let number = walk.dice.pick(&waiting).to_owned();
    match walk.dice.below(6) {
        0 => walk.app.wechat().expire_transfer(number),
        1 => walk.app.wechat().fail_transfer(number, "ACCOUNT_FROZEN"),
        _ => walk.app.wechat().confirms_transfer(number),
    }
}

async fn share_now(walk: &mut Walk) -> bool {
    let Some(order) = walk.order_at(Stage::Collected) else { return false };
    let path = format!("/console/api/v1/orders/{}/share", order.id);
    let answer = walk.keeper.post_new(&path, json!({"reason": "团长要求提前结算"})).await;
    walk.taken(&answer)
}

async fn time_passes(walk: &mut Walk) -> bool {
    let seconds = match walk.dice.below(8) {
        0..4 => walk.dice.between(1, 60),
        4..6 => walk.dice.between(60, 900),
        6 => walk.dice.between(900, 20_000),
        _ => walk.dice.between(20_000, 90_000),
    };
    walk.app.time_passes(seconds);
    true
}

/// What waits for its next try is due now: wall time cannot be moved.
pub async fn retry_now(walk: &mut Walk) -> bool {
    let conn = walk.app.app.db.maintenance();
    let at = || Expr::value(walk.app.app.clock.wall());
    macro_rules! due {
        ($($entity:ident: $column:ident),*) => {$(
            let due = $entity::Entity::update_many().col_expr($entity::Column::$column, at());
            due.filter($entity::Column::$column.is_not_null()).exec(conn).await.unwrap();
        )*};
    }
    due!(payment: NextQueryAt, refund: NextQueryAt, transfer: NextQueryAt, sharing: NextQueryAt, sharing_return: NextQueryAt,
        effect: RunAt);
    // Who died holding a lease holds it no longer.
    let free = effect::Entity::update_many().col_expr(effect::Column::LeaseUntil, at());
    free.filter(effect::Column::LeaseUntil.is_not_null()).exec(conn).await.unwrap();
    true
}

/// The jobs that have to do with money and stock.
fn works(walk: &mut Walk) -> &'static Job {
    let jobs: Vec<&'static Job> = JOBS
        .iter()
        .filter(|job| !["import_marketplaces", "pull_affiliate_orders", "renew_imports", "sweep"].contains(&job.name))
        .collect();
    let place = walk.dice.below(jobs.len());
    jobs[place]
}

async fn one_job(walk: &mut Walk) -> bool {
    let job = works(walk);
    let outcome = (job.run)(&walk.app.app).await;
    walk.remember(format!("  job {} → {outcome:?}", job.name));
    outcome.is_ok()
}

async fn all_jobs(walk: &mut Walk) -> bool {
    walk.app.run_due_jobs().await;
    true
}

/// A job's process dies at some moment: the future is dropped between two polls, and what it held in
/// memory is gone with it.
async fn die_in_a_job(walk: &mut Walk) -> bool {
    let job = works(walk);
    let life = walk.dice.between(1, 15);
    let survived = dies_after(life, (job.run)(&walk.app.app)).await;
    walk.remember(format!("  job {} {}", job.name, if survived { "was done before" } else { "died" }));
    !survived
}

/// Runs `work` for at most `polls`; says whether it was done by then.
pub async fn dies_after(polls: i64, work: impl Future) -> bool {
    let mut work = pin!(work);
    let mut left = polls;
    std::future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match work.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// WeChat Pay has trouble: before or after the effect of the next calls took place.
async fn trouble(walk: &mut Walk) -> bool {
    let paths = [
        "/v3/pay/transactions/jsapi",
        "/v3/pay/transactions/out-trade-no",
        "/v3/combine-transactions",
        "/v3/pay/partner/transactions",
        "/v3/refund/domestic/refunds",
        "/v3/fund-app/mch-transfer/transfer-bills",
        "/v3/profitsharing/orders",
        "/v3/profitsharing",
    ];
    let mut fault: Fault = serde_json::from_value(json!({"path_prefix": walk.dice.pick(&paths)})).unwrap();
    fault.times = 1 + walk.dice.below(3) as u32;
    fault.after_effect = walk.dice.once_in(2);
    match walk.dice.below(4) {
        0 => fault.status = Some(500),
        1 => fault.status = Some(429),
        2 => fault.drop = true,
        _ => fault.unsigned = true,
    }
    walk.remember(format!("  {fault:?}"));
    walk.app.wechat().add_fault(fault);
    true
}

async fn no_trouble(walk: &mut Walk) -> bool {
    walk.app.wechat().clear_faults();
    true
}

/// The process ends and another begins.
async fn restart(walk: &mut Walk) -> bool {
    if !walk.dice.once_in(5) {
        return false;
    }
    walk.app.restart().await;
    true
}
