//! Whether the books agree with the rows they book: orders, refunds, commissions, payouts, stock.

use kernel::id::ShopId;
use sea_orm::{ConnectionTrait, DbErr, Statement};
use uuid::Uuid;

use super::checks::CHECKS;
use super::member_checks::MEMBER_CHECKS;
use super::supplier_checks;

/// How many offenders a check names.
const NAMED_MAX: usize = 20;

/// A check that found something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub what: &'static str,
    /// With which: bare ids of orders, leaders, refunds, …; at most 20.
    pub with: Vec<Uuid>,
}

/// Runs every check over a shop and says what it found; nothing is how it should be. While the shop
/// is running, `conn` has to show one moment alone ([`crate::platform::db::Db::read`]).
pub async fn faults(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Vec<Fault>, DbErr> {
    let mut faults = Vec::new();
    for check in CHECKS.iter().chain(supplier_checks::CHECKS).chain(MEMBER_CHECKS) {
        let statement =
            Statement::from_sql_and_values(conn.get_database_backend(), check.offenders, [sea_orm::Value::from(shop)]);
        let rows = conn.query_all_raw(statement).await?;
        if !rows.is_empty() {
            let with = rows.iter().take(NAMED_MAX).map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?;
            faults.push(Fault { what: check.what, with });
        }
    }
    Ok(faults)
}
