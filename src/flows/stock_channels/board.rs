//! What each line should show: pool, sales nobody told of, rule and platform taken together.

use std::collections::HashMap;

use kernel::id::SkuId;
use kernel::{Failure, Time};
use sea_orm::ConnectionTrait;

use crate::areas::channels::entity::line;
use crate::areas::channels::{PushRule, lines};
use crate::areas::stock::news;

/// What some lines are judged by.
pub(super) struct Board {
    of_store: PushRule,
    most: Option<i64>,
    pools: HashMap<SkuId, Option<i64>>,
    unpulled: HashMap<SkuId, i64>,
}

impl Board {
    /// Reads the pools of `rows`: two statements, however many.
    pub(super) async fn read(
        conn: &impl ConnectionTrait,
        rows: &[line::Model],
        of_store: PushRule,
        most: Option<i64>,
        now: Time,
    ) -> Result<Board, Failure> {
        let mut skus: Vec<SkuId> = rows.iter().filter_map(|row| row.sku_id).collect();
        skus.sort_unstable();
        skus.dedup();
        let pools = news::pools(conn, &skus).await?;
        let unpulled = lines::unpulled(conn, &skus, now).await?;
        Ok(Board { of_store, most, pools, unpulled })
    }

    /// What a line should show; `None`: it is not told.
    ///
    /// Units that some store was seen to have sold are taken out of the pool before any order says so: they
    /// will be missing, and shown nowhere they cannot be sold twice.
    pub(super) fn wanted(&self, row: &line::Model) -> Result<Option<i64>, Failure> {
        let Some(pool) = row.sku_id.and_then(|sku| Some((sku, *self.pools.get(&sku)?))) else { return Ok(None) };
        let (sku, free) = pool;
        let gone = self.unpulled.get(&sku).copied().unwrap_or(0);
        let free = free.map(|free| free.saturating_sub(gone).max(0));
        Ok(row.rule(self.of_store)?.wanted(free, self.most))
    }
}
