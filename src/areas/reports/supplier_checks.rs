//! What must never be between suppliers' rows and the books.

use super::checks::Check;

pub(super) const CHECKS: &[Check] = &[
    Check {
        what: "what a supplier collects itself is not all of its settled parts of such orders",
        offenders: "SELECT party AS id FROM ( \
            SELECT supplier_id AS party, amount_fen AS fen FROM supplier_movements \
                WHERE shop_id = $1 AND kind = 'collected' \
            UNION ALL \
            SELECT p.supplier_id, p.amount_fen - p.reversed_fen FROM supplier_parts AS p \
                JOIN orders AS o ON o.id = p.order_id AND o.merchant_id = p.supplier_id \
                WHERE p.shop_id = $1 AND p.state = 'released' \
            ) AS side GROUP BY party HAVING SUM(fen) <> 0",
    },
    Check {
        what: "what a supplier's own merchant lacks of its settled part of an order is not what is owed for it",
        // It was paid the order; from there went what goes back and what others got of it and keep.
        offenders: "SELECT id FROM ( \
            SELECT o.id AS id, 0 AS owed, -o.payable_fen AS lacks FROM orders AS o \
                WHERE o.shop_id = $1 AND o.merchant_id IS NOT NULL AND o.paid_at IS NOT NULL \
            UNION ALL \
            SELECT p.order_id, 0, p.amount_fen - p.reversed_fen FROM supplier_parts AS p \
                JOIN orders AS o ON o.id = p.order_id AND o.merchant_id = p.supplier_id \
                WHERE p.shop_id = $1 AND p.state = 'released' \
            UNION ALL \
            SELECT r.order_id, 0, r.wechat_fen FROM refunds AS r \
                JOIN orders AS o ON o.id = r.order_id AND o.merchant_id IS NOT NULL \
                WHERE r.shop_id = $1 AND r.cause <> 'late_payment' \
            UNION ALL \
            SELECT s.order_id, 0, q.amount_fen FROM sharings AS s \
                JOIN orders AS o ON o.id = s.order_id AND o.merchant_id IS NOT NULL \
                JOIN sharing_parts AS q ON q.sharing_id = s.id AND q.result = 'succeeded' WHERE s.shop_id = $1 \
            UNION ALL \
            SELECT s.order_id, 0, -b.amount_fen FROM sharings AS s \
                JOIN orders AS o ON o.id = s.order_id AND o.merchant_id IS NOT NULL \
                JOIN sharing_returns AS b ON b.sharing_id = s.id AND b.state <> 'failed' WHERE s.shop_id = $1 \
            UNION ALL \
            SELECT m.order_id, m.amount_fen, 0 FROM supplier_movements AS m \
                WHERE m.shop_id = $1 AND m.kind = 'advanced' \
            ) AS side GROUP BY id \
            HAVING SUM(owed) <> CASE WHEN SUM(lacks) > 0 THEN SUM(lacks) ELSE 0 END",
    },
    Check {
        what: "a supplier's pending account is not the sum of its pending parts",
        offenders: "SELECT party AS id FROM ( \
            SELECT party, -amount AS fen FROM ledger_entries WHERE shop_id = $1 AND account = 'supplier_pending' \
            UNION ALL \
            SELECT supplier_id, reversed_fen - amount_fen FROM supplier_parts WHERE shop_id = $1 AND state = 'pending' \
            ) AS side GROUP BY party HAVING SUM(fen) <> 0",
    },
    Check {
        what: "a supplier's available account is not the sum of its movements",
        offenders: "SELECT party AS id FROM ( \
            SELECT party, -amount AS fen FROM ledger_entries WHERE shop_id = $1 AND account = 'supplier_available' \
            UNION ALL \
            SELECT supplier_id, -amount_fen FROM supplier_movements WHERE shop_id = $1 \
            ) AS side GROUP BY party HAVING SUM(fen) <> 0",
    },
    Check {
        what: "a supplier's frozen account is not the sum of its statements that are being paid",
        offenders: "SELECT party AS id FROM ( \
            SELECT party, -amount AS fen FROM ledger_entries WHERE shop_id = $1 AND account = 'supplier_frozen' \
            UNION ALL \
            SELECT supplier_id, -paid_fen FROM supplier_statements WHERE shop_id = $1 AND state = 'paying' \
            ) AS side GROUP BY party HAVING SUM(fen) <> 0",
    },
    Check {
        what: "a paid line of a supplier has no part",
        offenders: "SELECT l.id AS id FROM order_lines AS l JOIN orders AS o ON o.id = l.order_id \
            WHERE l.shop_id = $1 AND l.supplier_rule IS NOT NULL AND o.paid_at IS NOT NULL \
            AND NOT EXISTS (SELECT 1 FROM supplier_parts AS p WHERE p.line_id = l.id)",
    },
    Check {
        what: "fee, commissions and the supplier's part do not add up to the line's money",
        offenders: "SELECT id FROM supplier_parts WHERE shop_id = $1 \
            AND fee_fen + commission_fen + referral_fen + amount_fen <> base_fen + shipping_fen + loss_fen",
    },
    Check {
        what: "what a supplier's line moved is not what was released of it and not taken back",
        offenders: "SELECT p.id AS id FROM supplier_parts AS p \
            LEFT JOIN supplier_movements AS m ON m.line_id = p.line_id AND m.kind IN ('released', 'reversed') \
            WHERE p.shop_id = $1 GROUP BY p.id, p.state, p.amount_fen, p.reversed_fen \
            HAVING COALESCE(SUM(m.amount_fen), 0) <> \
                CASE p.state WHEN 'released' THEN p.amount_fen - p.reversed_fen ELSE 0 END",
    },
    Check {
        what: "what a supplier was shared, or gives back of it, is not what its movements say",
        offenders: "SELECT party AS id FROM ( \
            SELECT supplier_id AS party, amount_fen AS fen FROM supplier_movements \
                WHERE shop_id = $1 AND kind IN ('shared', 'taken_back', 'made_good') \
            UNION ALL \
            SELECT party_id, amount_fen FROM sharing_parts \
                WHERE shop_id = $1 AND party_kind = 'supplier' AND result = 'succeeded' \
            UNION ALL \
            SELECT b.party_id, b.netted_fen - b.amount_fen FROM sharing_returns AS b \
                JOIN suppliers AS s ON s.id = b.party_id WHERE b.shop_id = $1 \
            ) AS side GROUP BY party HAVING SUM(fen) <> 0",
    },
    Check {
        what: "what was set aside for a statement is not what it pays",
        offenders: "SELECT s.id AS id FROM supplier_statements AS s \
            LEFT JOIN supplier_movements AS m ON m.cause_id = s.id AND m.kind IN ('paying', 'unpaid') \
            WHERE s.shop_id = $1 GROUP BY s.id, s.state, s.paid_fen \
            HAVING COALESCE(SUM(-m.amount_fen), 0) <> CASE WHEN s.state IN ('paying', 'paid') THEN s.paid_fen ELSE 0 END",
    },
    Check {
        what: "a statement is not its opening balance and its lines",
        offenders: "SELECT s.id AS id FROM supplier_statements AS s \
            LEFT JOIN supplier_movements AS m ON m.statement_id = s.id \
            WHERE s.shop_id = $1 GROUP BY s.id, s.opening_fen, s.closing_fen \
            HAVING s.opening_fen + COALESCE(SUM(m.amount_fen), 0) <> s.closing_fen",
    },
    Check {
        what: "a statement does not open with what the one before closed with",
        offenders: "SELECT s.id AS id FROM supplier_statements AS s \
            LEFT JOIN supplier_statements AS b ON b.supplier_id = s.supplier_id AND b.no = s.no - 1 \
            WHERE s.shop_id = $1 AND s.opening_fen <> COALESCE(b.closing_fen, 0)",
    },
    Check {
        what: "a statement that was paid is not booked once with what left the shop",
        offenders: "SELECT s.id AS id FROM supplier_statements AS s \
            LEFT JOIN ledger_journals AS j \
                ON j.shop_id = s.shop_id AND j.cause_kind = 'supplier_paid' AND j.cause_id = s.id \
            LEFT JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account = 'merchant_cash' \
            WHERE s.shop_id = $1 GROUP BY s.id, s.state, s.paid_fen \
            HAVING COALESCE(SUM(-e.amount), 0) <> CASE s.state WHEN 'paid' THEN s.paid_fen ELSE 0 END",
    },
    Check {
        what: "a transfer and the statement it pays disagree",
        offenders: "SELECT t.id AS id FROM transfers AS t LEFT JOIN supplier_statements AS s ON s.id = t.statement_id \
            WHERE t.shop_id = $1 AND t.statement_id IS NOT NULL AND (s.id IS NULL \
                OR (t.state = 'succeeded' AND (s.state <> 'paid' OR s.paid_fen <> t.amount_fen)) \
                OR (t.state NOT IN ('succeeded', 'failed', 'cancelled') \
                    AND (s.state <> 'paying' OR s.paid_fen <> t.amount_fen)))",
    },
    Check {
        what: "a statement has two transfers that paid it or may",
        offenders: "SELECT statement_id AS id FROM transfers \
            WHERE shop_id = $1 AND statement_id IS NOT NULL AND state NOT IN ('failed', 'cancelled') \
            GROUP BY statement_id HAVING COUNT(*) > 1",
    },
    Check {
        what: "a journal of a supplier's payment has no statement",
        offenders: "SELECT j.id AS id FROM ledger_journals AS j WHERE j.shop_id = $1 AND CASE j.cause_kind \
            WHEN 'supplier_payment' THEN NOT EXISTS ( \
                SELECT 1 FROM supplier_movements AS x WHERE x.id = j.cause_id AND x.kind = 'paying') \
            WHEN 'supplier_unpaid' THEN NOT EXISTS ( \
                SELECT 1 FROM supplier_movements AS x WHERE x.id = j.cause_id AND x.kind = 'unpaid') \
            WHEN 'supplier_paid' THEN NOT EXISTS ( \
                SELECT 1 FROM supplier_statements AS x WHERE x.id = j.cause_id AND x.state = 'paid') \
            ELSE FALSE END",
    },
];
