//! What an import refused, as a workbook.

use kernel::Failure;
use kernel::clock::beijing;
use kernel::id::ImportId;

use crate::app::App;
use crate::areas::market_accounts::{query, refusals};
use crate::areas::shops::query::Shop;
use crate::flows::tables;

const HEADINGS: [&str; 4] = ["平台商品编号", "标题", "未导入原因", "时间"];
/// Rows read by one statement.
const AT_ONCE: u64 = 1_000;

/// Every refusal of a run in the order they came, as far as they are kept.
///
/// # Errors
/// `import.not_found`.
pub async fn workbook(app: &App, shop: &Shop, id: ImportId) -> Result<Vec<u8>, Failure> {
    let conn = app.db.reader();
    let run = query::run(conn, shop.id, id).await?;
    let mut rows = vec![HEADINGS.map(str::to_owned).to_vec()];
    let mut after = None;
    loop {
        let some = refusals::of_run(conn, shop.id, run.id, after, AT_ONCE).await?;
        let Some(last) = some.last() else { break };
        after = Some(last.id);
        rows.extend(some.into_iter().map(|row| {
            let at = row.at.with_timezone(&beijing()).format("%Y-%m-%d %H:%M:%S").to_string();
            vec![row.external_id.unwrap_or_default(), row.title.unwrap_or_default(), row.reason, at]
        }));
    }
    tables::xlsx(rows, &[]).await
}
