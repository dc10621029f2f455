//! Whether the books agree with the rows they book: orders, refunds, commissions, payouts, stock.

use kernel::id::ShopId;
use sea_orm::{ConnectionTrait, DbErr, Statement};
use uuid::Uuid;

/// How many offenders a check names.
const NAMED_MAX: usize = 20;

/// One kind of thing that must never be, and a statement that finds it. `$1` is the shop.
struct Check {
    what: &'static str,
    offenders: &'static str,
}

/// A check that found something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub what: &'static str,
    /// With which: bare ids of orders, leaders, refunds, …; at most 20.
    pub with: Vec<Uuid>,
}

const CHECKS: &[Check] = &[
    Check {
        what: "a leader's pending account is not the sum of his pending commissions",
        offenders: "SELECT party AS id FROM ( \
            SELECT party, -amount AS fen FROM ledger_entries WHERE shop_id = $1 AND account = 'leader_pending' \
            UNION ALL \
            SELECT leader_id, reversed_fen - amount_fen FROM commissions WHERE shop_id = $1 AND state = 'pending' \
            ) AS side GROUP BY party HAVING SUM(fen) <> 0",
    },
    Check {
        what: "a leader's frozen account is not the sum of his open withdrawals",
        offenders: "SELECT party AS id FROM ( \
            SELECT party, -amount AS fen FROM ledger_entries WHERE shop_id = $1 AND account = 'leader_frozen' \
            UNION ALL \
            SELECT leader_id, -amount_fen FROM withdrawals \
                WHERE shop_id = $1 AND state IN ('applied', 'approved', 'paying') \
            ) AS side GROUP BY party HAVING SUM(fen) <> 0",
    },
    Check {
        what: "a paid order is not booked once with what was paid",
        offenders: "SELECT o.id AS id FROM orders AS o \
            LEFT JOIN ledger_journals AS j ON j.shop_id = o.shop_id AND j.cause_kind = 'payment' AND j.cause_id = o.id \
            LEFT JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account = 'clearing' \
            WHERE o.shop_id = $1 AND o.paid_at IS NOT NULL AND o.payable_fen > 0 \
            GROUP BY o.id, o.payable_fen HAVING COALESCE(SUM(e.amount), 0) <> o.payable_fen",
    },
    Check {
        what: "a payment that succeeded belongs to an order that is neither paid nor refunded as late",
        offenders: "SELECT p.order_id AS id FROM payments AS p JOIN orders AS o ON o.id = p.order_id \
            WHERE p.shop_id = $1 AND p.state = 'succeeded' AND (o.paid_at IS NULL OR p.late) AND NOT EXISTS ( \
                SELECT 1 FROM refunds AS r \
                WHERE r.payment_id = p.id AND r.cause = 'late_payment')",
    },
    Check {
        what: "a closed order still holds stock",
        offenders: "SELECT DISTINCT o.id AS id FROM orders AS o JOIN stock_holds AS h ON h.order_id = o.id \
            WHERE o.shop_id = $1 AND o.status = 'closed' AND h.state = 'held'",
    },
    Check {
        what: "a refund that succeeded is not booked once with what went back",
        offenders: "SELECT r.id AS id FROM refunds AS r \
            LEFT JOIN ledger_journals AS j \
                ON j.shop_id = r.shop_id AND j.cause_kind = 'refund_paid' AND j.cause_id = r.id \
            LEFT JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account = 'clearing' \
            WHERE r.shop_id = $1 AND r.state = 'succeeded' \
            GROUP BY r.id, r.wechat_fen HAVING COALESCE(SUM(-e.amount), 0) <> r.wechat_fen",
    },
    Check {
        what: "an order gave back more than was paid for it",
        offenders: "SELECT p.order_id AS id FROM refunds AS r JOIN payments AS p ON p.id = r.payment_id \
            WHERE r.shop_id = $1 AND r.state NOT IN ('failed', 'closed') \
            GROUP BY p.id, p.order_id, p.amount_fen HAVING SUM(r.wechat_fen) > p.amount_fen",
    },
    Check {
        what: "a withdrawal that was paid is not booked once with what left the shop",
        offenders: "SELECT w.id AS id FROM withdrawals AS w \
            LEFT JOIN ledger_journals AS j \
                ON j.shop_id = w.shop_id AND j.cause_kind = 'withdrawal_paid' AND j.cause_id = w.id \
            LEFT JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account = 'merchant_cash' \
            WHERE w.shop_id = $1 AND w.state = 'paid' \
            GROUP BY w.id, w.net_fen HAVING COALESCE(SUM(-e.amount), 0) <> w.net_fen",
    },
    Check {
        what: "a transfer and its withdrawal disagree",
        offenders: "SELECT w.id AS id FROM withdrawals AS w JOIN transfers AS t ON t.withdrawal_id = w.id \
            WHERE w.shop_id = $1 AND (t.state = 'succeeded') <> (w.state = 'paid')",
    },
    Check {
        what: "a part that was shared is not booked once",
        offenders: "SELECT q.id AS id FROM sharing_parts AS q \
            LEFT JOIN ledger_journals AS j ON j.shop_id = q.shop_id AND j.cause_kind = 'shared' AND j.cause_id = q.id \
            LEFT JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account = 'clearing' \
            WHERE q.shop_id = $1 AND q.result = 'succeeded' \
            GROUP BY q.id, q.amount_fen HAVING COALESCE(SUM(-e.amount), 0) <> q.amount_fen",
    },
];

/// Runs every check over a shop and says what it found; nothing is how it should be.
pub async fn faults(conn: &impl ConnectionTrait, shop: ShopId) -> Result<Vec<Fault>, DbErr> {
    let mut faults = Vec::new();
    for check in CHECKS {
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
