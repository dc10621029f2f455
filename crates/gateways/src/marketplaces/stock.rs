//! Stock as it is pushed to a store: lines, and what became of each.

use serde_json::Value;

use super::account::Account;
use super::error::ApiError;
use super::exchange::{HttpReply, HttpRequest};

/// The code of a [`super::ErrorClass::Conflict`] of a line that is right by itself: another line of its call
/// was refused, and nothing was written.
pub const BATCH_REFUSED: &str = "batch_refused";

/// One variant's stock to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct StockLine {
    /// The item's id.
    pub external_item_id: String,
    /// The variant's id; `None` for goods without variants.
    pub external_sku_id: Option<String>,
    /// The merchant's own code, where the platform addresses by it.
    pub sku_code: Option<String>,
    /// Warehouse or shop, where the platform has several.
    pub location: Option<String>,
    /// What to do.
    pub change: StockChange,
    /// What the platform showed when this was decided; compared there, where it can.
    pub expected: Option<i64>,
    /// Ours, one an intended change; the same again when the same push is repeated.
    pub key: String,
    /// [`super::RemoteSku::extra`] as stored with the goods.
    pub extra: Value,
}

/// What to do to a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockChange {
    /// It is this many now.
    Set(i64),
    /// It is this many more, or fewer; not repeatable.
    Add(i64),
}

/// What became of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineResult {
    /// [`StockLine::key`].
    pub key: String,
    /// What became of it.
    pub outcome: LineOutcome,
}

/// What became of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineOutcome {
    /// The platform shows it.
    Applied,
    /// The platform has taken it in and will apply it; look again later.
    Accepted,
    /// Refused.
    Refused(ApiError),
}

impl LineResult {
    /// The line is shown.
    pub fn applied(line: &StockLine) -> LineResult {
        LineResult { key: line.key.clone(), outcome: LineOutcome::Applied }
    }

    /// The line was refused.
    pub fn refused(line: &StockLine, error: ApiError) -> LineResult {
        LineResult { key: line.key.clone(), outcome: LineOutcome::Refused(error) }
    }
}

/// Tells a store its stock.
pub trait StockSink: Send + Sync {
    /// The most units a variant may be told to have; `None`: the platform names no limit.
    fn most_units(&self) -> Option<i64> {
        None
    }

    /// Whether [`StockLine::expected`] is compared over there, and another quantity refuses the line.
    fn compares(&self) -> bool {
        false
    }

    /// How many of the first `lines` go into one call together; at least one, at most the platform's
    /// [`super::StockRules::max_batch`], which `most` is.
    fn fitting(&self, _lines: &[StockLine], most: usize) -> usize {
        most
    }

    /// The call for `lines`. Repeatable when all of them set a quantity.
    fn push(&self, account: &Account, lines: &[StockLine]) -> Result<HttpRequest, ApiError>;

    /// What became of each line, in any order; a success of the envelope may hide refused lines.
    fn read(&self, lines: &[StockLine], reply: &HttpReply) -> Result<Vec<LineResult>, ApiError>;
}

/// Whether sending these lines twice does nothing twice.
pub fn is_repeatable(lines: &[StockLine]) -> bool {
    lines.iter().all(|line| matches!(line.change, StockChange::Set(_)))
}
