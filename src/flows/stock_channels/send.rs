//! One batch: written down, told, and what came of it written down.

use std::collections::HashMap;

use chrono::Duration;
use gateways::marketplaces::{ApiError, BATCH_REFUSED, ErrorClass, LineOutcome, Pushed, StockChange, StockLine};
use kernel::Failure;
use kernel::id::StoreSkuId;

use super::push::Turn;
use crate::areas::channels::entity::line;
use crate::areas::channels::results::{self, Intent};

/// When lines without an answer are due again, should this process die.
const FLIGHT: Duration = Duration::seconds(120);
/// When what a platform has taken in is looked at.
const LOOK_AFTER: Duration = Duration::seconds(60);

/// What became of the lines of a batch.
#[derive(Default)]
struct Outcomes<'a> {
    applied: Vec<StoreSkuId>,
    accepted: Vec<StoreSkuId>,
    refused: Vec<(&'a line::Model, String)>,
    /// To be told again: never answered, or nobody knows whether an earlier telling arrived.
    again: Vec<StoreSkuId>,
    /// To be told again: certainly not written, because it shows something else than we thought.
    unwritten: Vec<StoreSkuId>,
}

/// Tells a store some lines. What ended the telling is answered.
pub(super) async fn batch(turn: &mut Turn<'_>, told: &[(line::Model, i64)]) -> Result<Option<ApiError>, Failure> {
    let (app, now) = (turn.app, turn.app.clock.now());
    let flight = now + FLIGHT;
    let intents: Vec<Intent> = told.iter().map(|(row, units)| Intent::of(row, *units)).collect();
    app.db.write(async |tx| Ok(results::intend(tx, &intents, flight).await?)).await?;

    let lines: Vec<StockLine> =
        told.iter().zip(&intents).map(|((row, _), intent)| stock_line(row, intent, turn.compares)).collect();
    let pushed = turn.store.market.hurried.push_stock(&turn.channel, &lines).await;
    let pushed = pushed.unwrap_or_else(|error| Pushed { results: Vec::new(), ended_by: Some(error) });

    let outcomes = outcomes(turn, told, &intents, &pushed);
    let now = app.clock.now();
    let dead = app
        .db
        .write(async |tx| {
            results::applied(tx, &outcomes.applied, flight, now).await?;
            results::accepted(tx, &outcomes.accepted, flight, now + LOOK_AFTER).await?;
            results::unanswered(tx, &outcomes.again, now).await?;
            results::unwritten(tx, &outcomes.unwritten, now).await?;
            Ok(results::refused(tx, &outcomes.refused, now).await?)
        })
        .await?;
    count(turn, &outcomes, dead);
    Ok(pushed.ended_by)
}

fn stock_line(row: &line::Model, intent: &Intent, compares: bool) -> StockLine {
    StockLine {
        external_item_id: row.external_item_id.clone(),
        external_sku_id: Some(row.external_sku_id.clone()).filter(|id| !id.is_empty()),
        sku_code: row.sku_code.clone(),
        location: None,
        change: StockChange::Set(intent.units),
        expected: row.told.or(row.shown).filter(|_| compares).map(|shown| shown.saturating_sub(row.sold_since).max(0)),
        key: intent.key(),
        extra: row.extra.clone(),
    }
}

fn outcomes<'a>(
    turn: &mut Turn<'_>,
    told: &'a [(line::Model, i64)],
    intents: &[Intent],
    pushed: &Pushed,
) -> Outcomes<'a> {
    let by_key: HashMap<&str, &LineOutcome> =
        pushed.results.iter().map(|line| (line.key.as_str(), &line.outcome)).collect();
    let mut outcomes = Outcomes::default();
    for ((row, _), intent) in told.iter().zip(intents) {
        match by_key.get(intent.key().as_str()) {
            Some(LineOutcome::Applied) => outcomes.applied.push(row.id),
            Some(LineOutcome::Accepted) => outcomes.accepted.push(row.id),
            Some(LineOutcome::Refused(error))
                if is_bystander(error) || error.class == ErrorClass::Conflict && turn.is_stale(row.id) =>
            {
                // An earlier telling of the same may have arrived, and be what is compared with.
                if row.sent.is_some() { &mut outcomes.again } else { &mut outcomes.unwritten }.push(row.id);
            }
            Some(LineOutcome::Refused(error)) => outcomes.refused.push((row, error.to_string())),
            None => outcomes.again.push(row.id),
        }
    }
    outcomes
}

/// Whether a line was not written because of another.
fn is_bystander(error: &ApiError) -> bool {
    error.class == ErrorClass::Conflict && error.code == BATCH_REFUSED
}

fn count(turn: &Turn<'_>, outcomes: &Outcomes<'_>, dead: u64) {
    let counted = [
        ("applied", outcomes.applied.len()),
        ("accepted", outcomes.accepted.len()),
        ("refused", outcomes.refused.len()),
        ("again", outcomes.again.len() + outcomes.unwritten.len()),
    ];
    for (outcome, lines) in counted {
        let labels = [("marketplace", turn.row.marketplace.clone()), ("outcome", outcome.to_owned())];
        let lines = u64::try_from(lines).unwrap_or(0);
        metrics::counter!("stock_push_lines_total", &labels).increment(lines);
    }
    if dead > 0 {
        tracing::error!(store = %turn.row.id, marketplace = turn.row.marketplace, lines = dead,
            "ALARM: a store refuses stock of some lines; they wait for an operator");
    }
}
