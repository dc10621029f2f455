//! The end of a hold: a leader's part of a settled line becomes available, once.

use kernel::Failure;

use crate::app::App;
use crate::areas::affiliate_orders::entity::line;
use crate::areas::affiliate_orders::{query, service};
use crate::areas::ledger::state::AccountKind;
use crate::areas::ledger::{self, Draft, Floor};

/// How many lines one run of the job looks at before it says that more may be due.
const BATCH: u64 = 100;

/// Releases a bounded piece of what is held no longer. Says how many and whether more may be due.
pub async fn release_due(app: &App) -> Result<(u64, bool), Failure> {
    let due = query::releasable(app.db.reader(), app.clock.now(), BATCH).await?;
    let full = u64::try_from(due.len()).unwrap_or(BATCH) == BATCH;
    let (mut released, mut failed) = (0, None);
    for line in &due {
        match one(app, line).await {
            Ok(done) => released += u64::from(done),
            // One line that cannot be released must not keep the others waiting.
            Err(failure) => {
                tracing::error!(line = %line.id, %failure, "an affiliate commission could not be released");
                failed = Some(failure);
            }
        }
    }
    failed.filter(|_| released == 0).map_or(Ok((released, full)), Err)
}

async fn one(app: &App, line: &line::Model) -> Result<bool, Failure> {
    app.db
        .write(async |tx| {
            let now = app.clock.now();
            let Some(cause) = service::release(tx, line, now).await? else { return Ok(false) };
            let leader = line.leader_id.map(|leader| leader.uuid());
            let mut draft = Draft::new(line.shop_id, "affiliate_release", cause.uuid());
            draft.debit(AccountKind::LeaderPending, leader, line.leader_fen);
            draft.credit(AccountKind::LeaderAvailable, leader, line.leader_fen)?;
            ledger::service::post(tx, &draft, Floor::Zero, now).await?;
            Ok(true)
        })
        .await
}
