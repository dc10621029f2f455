//! Commissions through an order's life: the rule is frozen when it is ordered, earned when it is
//! paid, taken back as money goes back, and released when the after-sale window has ended.

use kernel::id::{LeaderId, OrderLineId};
use kernel::{BasisPoints, Failure, Fen, Time};
use sea_orm::ConnectionTrait;
use serde::Deserialize;

use crate::app::App;
use crate::areas::after_sales;
use crate::areas::commissions::entity::commission;
use crate::areas::commissions::rules::{self, LineMoney, Part, RateTable, Reckoning, Referral, Refunded, Snapshot};
use crate::areas::commissions::service::{self, Release, Reversal};
use crate::areas::commissions::state::CommissionKind;
use crate::areas::goods::terms::{CommissionTerms, Earning};
use crate::areas::leaders::entity::{leader, level};
use crate::areas::ledger::{self, Draft, Floor, state::AccountKind};
use crate::areas::orders::entity::{line, order};
use crate::areas::orders::state::FulfilmentKind;
use crate::areas::payouts::returns;
use crate::areas::shops::query::Shop;
use crate::areas::shops::settings::Settings;
use crate::areas::suppliers::entity::part;
use crate::areas::{commissions, leaders, orders};
use crate::flows::{receipt, supplier_parts};

/// How many lines one run of the job looks at before it says that more may be due.
const BATCH: u64 = 100;

/// A leader with everything his earnings depend on, read once an order.
#[derive(Clone, Debug)]
pub struct Terms {
    leader: leader::Model,
    level: Option<level::Model>,
    referrals: Vec<Referral>,
}

/// Reads what a leader's earnings depend on: his level, and who recommended him.
///
/// `None` when no such leader exists: nobody earns then.
pub async fn terms(conn: &impl ConnectionTrait, shop: &Shop, leader: LeaderId) -> Result<Option<Terms>, Failure> {
    let Some(leader) = leaders::query::by_id(conn, shop.id, leader).await? else { return Ok(None) };
    let level = match leader.level_id {
        Some(level) if shop.settings.leader_level_mode => leaders::query::level(conn, shop.id, level).await?,
        _ => None,
    };
    let mut referrals = Vec::new();
    let mut above = leader.recommender_id;
    let levels = usize::from(shop.settings.referral_levels);
    for rate in shop.settings.referral_rates_bp.iter().take(levels) {
        let Some(id) = above else { break };
        let Some(recommender) = leaders::query::by_id(conn, shop.id, id).await? else { break };
        above = recommender.recommender_id;
        // A pickup point only earns nothing; who recommended it still may.
        let rate_bp = if recommender.pickup_only { BasisPoints::ZERO } else { *rate };
        referrals.push(Referral { leader_id: id, rate_bp });
    }
    Ok(Some(Terms { leader, level, referrals }))
}

/// The commission rule of a line, to be stored on it when it is ordered.
///
/// `goods` is the goods' own commission as stored with them.
pub fn snapshot(
    terms: &Terms,
    settings: &Settings,
    goods: Option<&serde_json::Value>,
) -> Result<serde_json::Value, Failure> {
    let goods = goods.map(CommissionTerms::deserialize).transpose().map_err(error_of_rule)?.unwrap_or_default();
    let level = terms.level.as_ref();
    let (own, source) = rules::choose_rate(&RateTable {
        goods: goods.own().map(reckoning),
        goods_for_level: level.and_then(|level| goods.for_level(level.id)).map(reckoning),
        level: level.map(|level| level.rate_bp),
        shop: settings.leader_rate_bp,
        level_mode: settings.leader_level_mode,
    });
    let snapshot = Snapshot {
        leader_id: terms.leader.id,
        pickup_only: terms.leader.pickup_only,
        own,
        source,
        multiplier_bp: terms.leader.multiplier_bp,
        points_in_base: settings.points_in_base,
        referrals: terms.referrals.clone(),
    };
    Ok(serde_json::to_value(&snapshot).map_err(error_of_rule)?)
}

/// The rule of a line for a leader who takes it over: his rate of now, on the base the line has
/// had since it was ordered.
pub fn snapshot_anew(
    terms: &Terms,
    settings: &Settings,
    line: &line::Model,
    goods: Option<&serde_json::Value>,
) -> Result<serde_json::Value, Failure> {
    let settings = Settings { points_in_base: supplier_parts::points_count(line)?, ..settings.clone() };
    snapshot(terms, &settings, goods)
}

fn error_of_rule(error: serde_json::Error) -> crate::areas::commissions::error::CommissionError {
    error.into()
}

fn reckoning(earning: Earning) -> Reckoning {
    match earning {
        Earning::Share(rate) => Reckoning::RateBp(rate),
        Earning::Fixed(fen) => Reckoning::FixedFen(fen),
    }
}

/// What a paid order earns its leaders.
#[derive(Clone, Debug)]
pub struct Accrued {
    /// To be credited to [`AccountKind::LeaderPending`] of each leader.
    pub commissions: Vec<commission::Model>,
    /// What of it is above the money of its line, by line: the shop's loss, never a silent one.
    pub excess: Vec<(OrderLineId, Fen)>,
}

impl Accrued {
    /// What the shop bears in all: of a supplier's line what fee, commissions and the supplier get above
    /// its money, which holds what the commissions alone do.
    pub fn excess_with(&self, supplied: &[part::Model]) -> Result<Fen, Failure> {
        let borne = |line: OrderLineId| supplied.iter().any(|part| part.line_id == line && part.loss_fen.is_positive());
        let alone = self.excess.iter().filter(|(line, _)| !borne(*line)).map(|(_, above)| *above);
        Ok(Fen::sum(alone.chain(supplied.iter().map(|part| part.loss_fen)))?)
    }
}

/// Writes the commissions of a paid order, pending, inside the payment's transaction, whose journal
/// books what is returned.
pub async fn accrue(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    lines: &[line::Model],
    now: Time,
) -> Result<Accrued, Failure> {
    let by_leader = order.fulfilment == FulfilmentKind::LeaderDelivery;
    let (mut earned, mut excess) = (Vec::new(), Vec::new());
    for line in lines {
        let (parts, above) = reckoned(line, by_leader)?;
        if above.is_positive() {
            excess.push((line.id, above));
        }
        earned.extend(parts.into_iter().map(|part| (line.id, part)));
    }
    let commissions = service::create(conn, order.shop_id, order.id, &earned, now).await?;
    Ok(Accrued { commissions, excess })
}

/// What a line's rule gives its leaders, and what of it is above the line's money.
fn reckoned(line: &line::Model, by_leader: bool) -> Result<(Vec<Part>, Fen), Failure> {
    let Some(rule) = &line.commission_rule else { return Ok((Vec::new(), Fen::ZERO)) };
    let snapshot = Snapshot::deserialize(rule).map_err(error_of_rule)?;
    let parts = rules::parts(&snapshot, &money_of(line), by_leader)?;
    if parts.iter().any(|part| part.capped) {
        tracing::warn!(line = %line.id, "a fixed commission was above its base and has been capped");
        metrics::counter!("commissions_capped_total").increment(1);
    }
    let above = above_its_money(line, Fen::sum(parts.iter().map(|part| part.amount))?)?;
    if above.is_positive() {
        tracing::warn!(line = %line.id, %above, "commissions are above the money of their line; the shop bears it");
        metrics::counter!("commissions_above_line_total").increment(1);
    }
    Ok((parts, above))
}

/// Makes the commissions of a paid line anew by the rule it has now, of another leader, into
/// `draft`, the journal of that change: what the others had left of it ends, what the supplier gets and
/// the shop bears follows. `refunded` is what has gone back before. Call it with the order locked.
pub async fn rebuild(
    conn: &impl ConnectionTrait,
    order: &order::Model,
    line: &line::Model,
    refunded: &Refunded,
    draft: &mut Draft,
    now: Time,
) -> Result<(), Failure> {
    let before = loss_left(conn, line, refunded).await?;
    for (leader, left) in service::take_over(conn, line.shop_id, line.id).await? {
        draft.debit(AccountKind::LeaderPending, Some(leader.uuid()), left);
    }
    let (parts, _) = reckoned(line, order.fulfilment == FulfilmentKind::LeaderDelivery)?;
    let of = (line.shop_id, order.id, line.id);
    let earned = service::create_anew(conn, of, &parts, refunded, now).await?;
    for row in &earned {
        let left = row.amount_fen.minus(row.reversed_fen)?;
        draft.credit(AccountKind::LeaderPending, Some(row.leader_id.uuid()), left)?;
    }
    supplier_parts::rebuild(conn, order, line, &earned, refunded, draft).await?;
    draft.debit(AccountKind::Loss, None, loss_left(conn, line, refunded).await?.minus(before)?);
    Ok(())
}

/// By how much a line's commissions, together `earned`, are more than what was paid for it, points at their value.
fn above_its_money(line: &line::Model, earned: Fen) -> Result<Fen, Failure> {
    Ok(std::cmp::max(earned.minus(orders::money::worth(line)?)?, Fen::ZERO))
}

/// How much of the loss that was booked at payment, where commissions were above the money of their
/// line, a refund undoes: the mirror, counted from the whole as every reversal is.
pub async fn loss_undone(
    conn: &impl ConnectionTrait,
    line: &line::Model,
    before: &Refunded,
    after: &Refunded,
) -> Result<Fen, Failure> {
    let excess = loss_of(conn, line).await?;
    let undone = |refunded| rules::reversed_so_far(excess, CommissionKind::Own, refunded);
    Ok(undone(after)?.minus(undone(before)?)?)
}

/// What the shop bears of a line, less what refunds have undone of it.
async fn loss_left(conn: &impl ConnectionTrait, line: &line::Model, refunded: &Refunded) -> Result<Fen, Failure> {
    let excess = loss_of(conn, line).await?;
    Ok(excess.minus(rules::reversed_so_far(excess, CommissionKind::Own, refunded)?)?)
}

/// What the shop bears of a line where commissions, or all that is given away, are above its money.
async fn loss_of(conn: &impl ConnectionTrait, line: &line::Model) -> Result<Fen, Failure> {
    let mut earned = commissions::query::of_order(conn, line.shop_id, line.order_id).await?;
    earned.retain(|row| row.line_id == line.id && !row.taken_over);
    let earned = Fen::sum(earned.iter().map(|row| row.amount_fen))?;
    let of_supplier = supplier_parts::loss_of(conn, line).await?;
    Ok(if of_supplier.is_positive() { of_supplier } else { above_its_money(line, earned)? })
}

fn money_of(line: &line::Model) -> LineMoney {
    LineMoney {
        goods: line.goods_fen,
        spend_and_save: line.spend_and_save_fen,
        coupon: line.coupon_fen,
        points: line.points_fen,
        shipping: line.shipping_fen,
        quantity: line.quantity,
    }
}

/// Takes back what a refund of a line reverses, inside the refund's transaction.
///
/// `refunded` counts everything refunded so far, this refund included. The caller books what is
/// returned: a pending part out of [`AccountKind::LeaderPending`]; a released one by R-30, as a
/// platform loss or out of [`AccountKind::LeaderAvailable`], below zero if need be.
pub async fn reverse(
    conn: &impl ConnectionTrait,
    line: &line::Model,
    refunded: &Refunded,
) -> Result<Vec<Reversal>, Failure> {
    Ok(service::reverse(conn, line.shop_id, line.id, refunded).await?)
}

/// Releases the commissions of lines whose after-sale window has ended, a bounded piece at a time
/// . Lines with an open ticket wait. Says how many were settled and whether more may be due.
///
/// Every line is settled by compare-and-set in a transaction of its own, so that any number of
/// workers settle it once.
pub async fn release_due(app: &App) -> Result<(u64, bool), Failure> {
    let now = app.clock.now();
    let mut after = None;
    loop {
        let due = orders::progress::window_ended(app.db.reader(), now, after, BATCH).await?;
        let Some(last) = due.last() else { return Ok((0, false)) };
        after = last.after_sale_until.map(|until| (until, last.id));
        let full = u64::try_from(due.len()).unwrap_or(BATCH) == BATCH;
        let ids: Vec<OrderLineId> = due.iter().map(|line| line.id).collect();
        let contested = after_sales::query::open_among(app.db.reader(), &ids).await?;
        let (mut settled, mut failed) = (0, None);
        for line in due.iter().filter(|line| !contested.contains(&line.id)) {
            match settle(app, line, now).await {
                Ok(done) => settled += u64::from(done),
                // One line that cannot be settled must not keep the others waiting.
                Err(failure) => {
                    tracing::error!(line = %line.id, %failure, "a line could not be settled");
                    failed = Some(failure);
                }
            }
        }
        // A page of nothing but open tickets must not hide what comes after it.
        if settled > 0 || !full {
            return failed.filter(|_| settled == 0).map_or(Ok((settled, full)), Err);
        }
    }
}

async fn settle(app: &App, line: &line::Model, now: Time) -> Result<bool, Failure> {
    app.db
        .write(async |tx| {
            let order = orders::progress::lock(tx, line.shop_id, line.order_id).await?;
            let contested = after_sales::query::open_among(tx, &[line.id]).await?;
            if !contested.is_empty() || !orders::progress::settle(tx, line, now).await? {
                return Ok(false);
            }
            let released = service::release(tx, line.shop_id, line.id, now).await?;
            book(tx, line, "release", &released, now).await?;
            receipt::move_on(tx, order, "system", (now, app.clock.wall())).await?;
            Ok(true)
        })
        .await
}

/// Releases what the received lines of an order earned before their windows have ended, since an
/// operator says so; lines with an open ticket wait. The member's window goes on, and a refund in
/// it follows R-30. Call it in the transaction that locked the order.
pub async fn release_early(conn: &impl ConnectionTrait, order: &order::Model, now: Time) -> Result<(), Failure> {
    let mut lines = orders::query::lines_of(conn, order.shop_id, order.id).await?;
    lines.retain(|line| line.received_at.is_some() && line.settled_at.is_none());
    let ids: Vec<OrderLineId> = lines.iter().map(|line| line.id).collect();
    let contested = after_sales::query::open_among(conn, &ids).await?;
    for line in lines.iter().filter(|line| !contested.contains(&line.id)) {
        let released = service::release(conn, line.shop_id, line.id, now).await?;
        book(conn, line, "release_early", &released, now).await?;
    }
    Ok(())
}

async fn book(
    conn: &impl ConnectionTrait,
    line: &line::Model,
    cause: &'static str,
    released: &[Release],
    now: Time,
) -> Result<(), Failure> {
    let mut draft = Draft::new(line.shop_id, cause, line.id.uuid());
    supplier_parts::release(conn, line, &mut draft, now).await?;
    for release in released {
        draft.debit(AccountKind::LeaderPending, Some(release.leader.uuid()), release.amount);
        draft.credit(AccountKind::LeaderAvailable, Some(release.leader.uuid()), release.amount)?;
        // What a share that did not come back left owing is made good first.
        let owed = returns::make_good(conn, line.shop_id, release.leader.uuid(), release.amount).await?;
        draft.debit(AccountKind::LeaderAvailable, Some(release.leader.uuid()), owed);
        draft.credit(AccountKind::PartyReceivable, Some(release.leader.uuid()), owed)?;
    }
    Ok(ledger::service::post(conn, &draft, Floor::Zero, now).await?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::areas::leaders::state::LeaderState;
    use kernel::id::{LeaderLevelId, MemberId, ShopId};
    use serde_json::json;

    fn terms(level: Option<level::Model>) -> Terms {
        let now = chrono::Utc::now();
        let leader = leader::Model {
            id: LeaderId::new(),
            shop_id: ShopId::new(),
            member_id: MemberId::new(),
            name: String::new(),
            sealed_phone: None,
            phone_mask: None,
            state: LeaderState::Enabled,
            resting: false,
            pickup_only: false,
            level_id: level.as_ref().map(|level| level.id),
            recommender_id: None,
            multiplier_bp: BasisPoints::WHOLE,
            receiver: None,
            receiver_added_at: None,
            created_at: now,
            updated_at: now,
        };
        Terms { leader, level, referrals: Vec::new() }
    }

    fn level() -> level::Model {
        level::Model {
            id: LeaderLevelId::new(),
            shop_id: ShopId::new(),
            name: "gold".to_owned(),
            rank: 1,
            rate_bp: BasisPoints::new(900),
            from_sales_fen: None,
            from_members: None,
            from_orders: None,
            created_at: chrono::Utc::now(),
        }
    }

    fn own(terms: &Terms, settings: &Settings, goods: Option<serde_json::Value>) -> serde_json::Value {
        snapshot(terms, settings, goods.as_ref()).unwrap()["own"].clone()
    }

    #[test]
    fn what_the_goods_keep_decides_as_the_rule_says() {
        let settings = Settings { leader_rate_bp: BasisPoints::new(500), ..Settings::default() };
        let plain = terms(None);
        assert_eq!(own(&plain, &settings, None), json!({"rate_bp": 500}));
        assert_eq!(own(&plain, &settings, Some(json!({"rate_bp": 800}))), json!({"rate_bp": 800}));
        assert_eq!(own(&plain, &settings, Some(json!({"fixed_fen": 30}))), json!({"fixed_fen": 30}));

        let by_level = Settings { leader_level_mode: true, ..settings };
        let gold = level();
        let goods = json!({"rate_bp": 800, "levels": {(gold.id.to_string()): {"rate_bp": 1200}}});
        let golden = terms(Some(gold));
        assert_eq!(own(&golden, &by_level, Some(goods.clone())), json!({"rate_bp": 1200}));
        assert_eq!(own(&golden, &by_level, Some(json!({"rate_bp": 800}))), json!({"rate_bp": 900}));
        assert_eq!(own(&plain, &by_level, Some(goods)), json!({"rate_bp": 500}));
    }
}
