//! The walk over all lines of a store: what no news told of is found here within a minute. Another rule,
//! another match, sales that no order came for; and nothing is lost when a change forgot to leave news.

use chrono::Duration;
use kernel::Failure;

use super::board::Board;
use crate::app::App;
use crate::areas::channels::entity::channel;
use crate::areas::channels::{PushRule, channels, lines};

/// Lines compared at a time.
const PAGE: u64 = 500;
/// The pause between two walks.
const EVERY: Duration = Duration::seconds(60);

/// Compares one page of a store's lines, if it is time; what differs is due at once.
pub(super) async fn page(
    app: &App,
    held: &mut channel::Model,
    rule: PushRule,
    most: Option<i64>,
) -> Result<(), Failure> {
    let now = app.clock.now();
    if held.check_at > now {
        return Ok(());
    }
    let rows = lines::tied(app.db.reader(), held.shop_id, held.store_id, held.checked_to, PAGE).await?;
    let board = Board::read(app.db.reader(), &rows, rule, most, now).await?;
    let mut due = Vec::new();
    for row in rows.iter().filter(|row| row.is_settled()) {
        if board.wanted(row)?.is_some_and(|wanted| !row.shows(wanted)) {
            due.push(row.id);
        }
    }
    let full = u64::try_from(rows.len()).is_ok_and(|count| count >= PAGE);
    let (to, next) = match rows.last() {
        Some(last) if full => (Some(last.id), now),
        _ => (None, now + EVERY),
    };
    app.db
        .write(async |tx| {
            lines::mark_lines(tx, &due, now).await?;
            Ok(channels::checked(tx, held, to, next).await?)
        })
        .await?;
    (held.checked_to, held.check_at) = (to, next);
    Ok(())
}
