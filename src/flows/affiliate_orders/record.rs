//! One page of lines, written with what they move in the books.

use std::collections::HashMap;

use chrono::Duration;
use gateways::marketplaces::{AffiliateOrderLine, LineState, Page};
use kernel::id::{LeaderId, MemberId};
use kernel::{Failure, Fen, Time};
use sea_orm::ConnectionTrait;

use super::ours::Sharers;
use crate::app::App;
use crate::areas::affiliate_orders::entity::{feed, line};
use crate::areas::affiliate_orders::rules::{self, AfterRelease, Move, Owed};
use crate::areas::affiliate_orders::service::{self, Attribution, Booked, Told};
use crate::areas::affiliate_orders::state::{LineStatus, Share};
use crate::areas::affiliate_orders::{channels, feeds, query};
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};
use crate::areas::market_accounts::rules::storable;
use crate::areas::shops::query::Shop;
use crate::areas::shops::settings::PostSettlementRefund;
use crate::areas::{leaders, members};
use crate::flows::affiliate_mark;

/// The longest word of a platform that we keep, in characters.
const WORD_LENGTH: usize = 200;

/// Writes a page's lines, what they move, and how far the feed is then: all or nothing.
pub(super) async fn page(
    app: &App,
    shop: &Shop,
    feed: &feed::Model,
    page: &Page<AffiliateOrderLine>,
    next: &feed::Model,
) -> Result<(), Failure> {
    for skipped in &page.skipped {
        let (line, reason) = (skipped.external_id.as_deref().unwrap_or("?"), &skipped.reason);
        tracing::warn!(line, reason, "an affiliate order line cannot be read and was passed over");
        metrics::counter!("affiliate_lines_skipped_total", "marketplace" => feed.marketplace.clone()).increment(1);
    }
    let sharers = Sharers::of(app, shop, &feed.marketplace)?;
    let mut rows = Vec::new();
    for row in &page.rows {
        if sharers.is_ours(app.db.reader(), shop, row).await? {
            rows.push(row);
        }
    }
    let told = latest(&rows);
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let keys: Vec<&str> = told.iter().map(|told| told.line_key.as_str()).collect();
            let known = query::held(tx, shop.id, &feed.marketplace, &keys).await?;
            for told in &told {
                let row = match known.get(&told.line_key) {
                    Some(known) => again(tx, shop, known, told, now).await?,
                    None => {
                        let whose = attribution(tx, shop, &feed.marketplace, told).await?;
                        Some(service::first_seen(tx, shop.id, &feed.marketplace, told, whose, now).await?)
                    }
                };
                if let Some(row) = row {
                    book(tx, shop, &row, now).await?;
                }
            }
            Ok(feeds::save(tx, feed, next).await?)
        })
        .await
}

/// One telling a line: a page may show a line twice, and then the later change counts.
fn latest(rows: &[&AffiliateOrderLine]) -> Vec<Told> {
    let mut at: HashMap<String, usize> = HashMap::new();
    let mut lines: Vec<Told> = Vec::new();
    for told in rows.iter().map(|row| told(row)) {
        match at.get(&told.line_key).and_then(|place| lines.get_mut(*place)) {
            Some(before) if before.modified_at > told.modified_at => {}
            Some(before) => *before = told,
            None => {
                at.insert(told.line_key.clone(), lines.len());
                lines.push(told);
            }
        }
    }
    lines
}

async fn again(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    known: &line::Model,
    told: &Told,
    now: Time,
) -> Result<Option<line::Model>, Failure> {
    // Some platforms name the person only later. Whoever was named once stays named.
    let named = known.member_id.is_some() || known.leader_id.is_some();
    let whose = match named || (told.mark_person == known.mark_person && told.mark_group == known.mark_group) {
        true => None,
        false => Some(attribution(conn, shop, &known.marketplace, told).await?).filter(Attribution::is_somebody),
    };
    Ok(service::seen_again(conn, known, told, whose, now).await?)
}

/// Whose sale a line is: the leader in the mark, else the leader the marked member has now, else the
/// leader whom the marketplace's own id names. Ids of other shops and those nobody has name nobody.
async fn attribution(
    conn: &impl ConnectionTrait,
    shop: &Shop,
    marketplace: &str,
    told: &Told,
) -> Result<Attribution, Failure> {
    let (member, leader) = affiliate_mark::read(told.mark_person.as_deref(), told.mark_group.as_deref());
    let member = match member {
        Some(id) => members::query::by_id(conn, shop.id, id).await?,
        None => None,
    };
    let leader = leader.or_else(|| member.as_ref().and_then(|member| member.leader_id));
    let leader = match (leader, &told.mark_person) {
        (None, Some(channel)) => channels::leader_of(conn, shop.id, marketplace, channel).await?,
        (leader, _) => leader,
    };
    let leader: Option<LeaderId> = match leader {
        Some(id) => leaders::query::by_id(conn, shop.id, id).await?.filter(|leader| !leader.pickup_only),
        None => None,
    }
    .map(|leader| leader.id);
    let member: Option<MemberId> = member.map(|member| member.id);
    Ok(Attribution { member, leader, rate: shop.settings.affiliate_leader_bp })
}

/// Moves what is booked to what the line now earns.
async fn book(conn: &impl ConnectionTrait, shop: &Shop, line: &line::Model, now: Time) -> Result<(), Failure> {
    let after_release = match shop.settings.post_settlement_refund {
        PostSettlementRefund::PlatformBears => AfterRelease::PlatformBears,
        PostSettlementRefund::Clawback => AfterRelease::Clawback,
    };
    let rate = line.leader_id.map(|_| line.rate_bp);
    let owed = rules::owed(line.status, line.commission_fen, line.service_fee_fen, rate)?;
    let booked = Owed { net: line.net_fen, leader: line.leader_fen };
    let step = rules::moved(booked, line.share, owed, after_release)?;
    if step.is_nothing() {
        return Ok(());
    }
    let hold = Duration::days(shop.settings.affiliate_hold_days);
    let release_at = match step.share {
        Share::Pending => Some(line.release_at.unwrap_or(now + hold)),
        Share::None => None,
        Share::Released => line.release_at,
    };
    let change = Booked { net: owed.net, leader: step.leader, share: step.share, release_at };
    let cause = service::book(conn, line, change, now).await?;
    let draft = journal(shop, line, cause.uuid(), &step)?;
    let floor = if step.available.is_negative() { Floor::Below } else { Floor::Zero };
    Ok(ledger::service::post(conn, &draft, floor, now).await?)
}

fn journal(shop: &Shop, line: &line::Model, cause: uuid::Uuid, step: &Move) -> Result<Draft, Failure> {
    let leader = line.leader_id.map(|leader| leader.uuid());
    let mut draft = Draft::new(shop.id, "affiliate", cause);
    draft.note = Some(format!("{} {}", line.marketplace, line.line_key));
    draft.debit(AccountKind::MarketplaceReceivable, None, step.receivable);
    draft.debit(AccountKind::Loss, None, step.loss);
    draft.credit(AccountKind::LeaderPending, leader, step.pending)?;
    draft.credit(AccountKind::LeaderAvailable, leader, step.available)?;
    draft.credit_rest(AccountKind::Revenue, None)?;
    Ok(draft)
}

/// A line in our words, with nothing in it that a database cannot keep.
fn told(row: &AffiliateOrderLine) -> Told {
    let word =
        |word: &Option<String>| word.as_ref().map(|word| storable(word, WORD_LENGTH)).filter(|word| !word.is_empty());
    // PostgreSQL's JSON cannot hold a NUL, however it is written.
    let extra = if row.extra.to_string().contains("\\u0000") { serde_json::Value::Null } else { row.extra.clone() };
    Told {
        line_key: storable(&row.line_key, WORD_LENGTH),
        order_no: word(&row.order_no),
        status: status(row.state),
        external_id: word(&row.external_id),
        title: word(&row.title),
        quantity: row.quantity.max(0),
        pay: row.pay.max(Fen::ZERO),
        commission: row.commission,
        service_fee: row.service_fee,
        claimed: row.claimed,
        mark_person: word(&row.attributed_to),
        mark_group: word(&row.group),
        position: word(&row.position),
        ordered_at: row.times.created_at,
        paid_at: row.times.paid_at,
        received_at: row.times.received_at,
        settled_at: row.times.settled_at,
        modified_at: row.times.modified_at,
        extra,
    }
}

fn status(state: LineState) -> LineStatus {
    match state {
        LineState::Unpaid | LineState::Deposit => LineStatus::Ordered,
        LineState::Paid => LineStatus::Estimated,
        LineState::Received | LineState::Approved => LineStatus::Confirmed,
        LineState::Settled => LineStatus::Settled,
        LineState::Invalid | LineState::Punished => LineStatus::Invalid,
        LineState::Unknown => LineStatus::Unknown,
    }
}
