//! What must never be between rows and books: one statement a thing, in the SQL both databases speak.

/// One kind of thing that must never be, and a statement that finds it. `$1` is the shop; each
/// offender is one row with its bare `id`.
pub(super) struct Check {
    pub(super) what: &'static str,
    pub(super) offenders: &'static str,
}

pub(super) const CHECKS: &[Check] = &[
    Check {
        what: "a leader's pending account is not the sum of his pending commissions",
        offenders: "SELECT party AS id FROM ( \
            SELECT party, -amount AS fen FROM ledger_entries WHERE shop_id = $1 AND account = 'leader_pending' \
            UNION ALL \
            SELECT leader_id, reversed_fen - amount_fen FROM commissions WHERE shop_id = $1 AND state = 'pending' \
            UNION ALL \
            SELECT leader_id, -leader_fen FROM affiliate_lines WHERE shop_id = $1 AND share = 'pending' \
            ) AS side GROUP BY party HAVING SUM(fen) <> 0",
    },
    Check {
        what: "a commission of an order that another leader took over is not reversed in full",
        offenders: "SELECT id FROM commissions WHERE shop_id = $1 AND taken_over \
            AND (state <> 'reversed' OR reversed_fen <> amount_fen)",
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
        what: "money of an order is booked with another merchant than the one that collects it",
        offenders: "SELECT o.id AS id FROM orders AS o JOIN ( \
            SELECT j.cause_id AS order_id, e.party AS party FROM ledger_journals AS j \
                JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account = 'clearing' \
                WHERE j.shop_id = $1 AND j.cause_kind = 'payment' \
            UNION ALL \
            SELECT r.order_id, e.party FROM refunds AS r \
                JOIN ledger_journals AS j \
                    ON j.shop_id = r.shop_id AND j.cause_kind = 'refund_paid' AND j.cause_id = r.id \
                JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account = 'clearing' WHERE r.shop_id = $1 \
            UNION ALL \
            SELECT s.order_id, e.party FROM sharings AS s JOIN sharing_parts AS q ON q.sharing_id = s.id \
                JOIN ledger_journals AS j ON j.shop_id = s.shop_id AND j.cause_kind = 'shared' AND j.cause_id = q.id \
                JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account = 'clearing' \
                    AND (q.party_kind <> 'shop' OR e.party IS NOT NULL) WHERE s.shop_id = $1 \
            ) AS side ON side.order_id = o.id \
            WHERE o.shop_id = $1 AND side.party IS DISTINCT FROM o.merchant_id",
    },
    Check {
        what: "a payment went to another merchant than its order's",
        offenders: "SELECT p.id AS id FROM payments AS p JOIN orders AS o ON o.id = p.order_id \
            WHERE p.shop_id = $1 AND p.merchant_no IS DISTINCT FROM o.merchant_no",
    },
    Check {
        what: "a payment that succeeded paid for nothing and does not go back",
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
                ON j.shop_id = r.shop_id AND j.cause_kind IN ('refund_paid', 'refund_by_hand') AND j.cause_id = r.id \
            LEFT JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account IN ('clearing', 'merchant_cash') \
            WHERE r.shop_id = $1 AND r.state = 'succeeded' \
            GROUP BY r.id, r.wechat_fen HAVING COALESCE(SUM(-e.amount), 0) <> r.wechat_fen",
    },
    Check {
        what: "an order or a recharge gave back more than was paid for it",
        offenders: "SELECT p.id AS id FROM refunds AS r JOIN payments AS p ON p.id = r.payment_id \
            WHERE r.shop_id = $1 AND r.state NOT IN ('failed', 'closed') \
            GROUP BY p.id, p.amount_fen HAVING SUM(r.wechat_fen) > p.amount_fen",
    },
    Check {
        what: "a withdrawal that was paid is not booked once with what left the shop or went into a balance",
        offenders: "SELECT w.id AS id FROM withdrawals AS w \
            LEFT JOIN ledger_journals AS j \
                ON j.shop_id = w.shop_id AND j.cause_kind = 'withdrawal_paid' AND j.cause_id = w.id \
            LEFT JOIN ledger_entries AS e \
                ON e.journal_id = j.id AND e.account IN ('merchant_cash', 'member_balance') \
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
                AND (q.party_kind <> 'shop' OR e.party IS NOT NULL) \
            WHERE q.shop_id = $1 AND q.result = 'succeeded' \
            GROUP BY q.id, q.amount_fen HAVING COALESCE(SUM(-e.amount), 0) <> q.amount_fen",
    },
    Check {
        what: "a leader's available account is not what was released, rewarded, withdrawn and shared",
        // What a refund took back after the release is the platform's loss, booked with the leader's
        // name, or out of the account itself. Whatever else comes to be earned here is one more part.
        offenders: "SELECT party AS id FROM ( \
            SELECT party, -amount AS fen FROM ledger_entries WHERE shop_id = $1 AND account = 'leader_available' \
            UNION ALL \
            SELECT leader_id, reversed_fen - amount_fen FROM commissions WHERE shop_id = $1 AND state = 'released' \
            UNION ALL \
            SELECT leader_id, -leader_fen FROM affiliate_lines WHERE shop_id = $1 AND share = 'released' \
            UNION ALL \
            SELECT e.party, -e.amount FROM ledger_entries AS e JOIN ledger_journals AS j ON j.id = e.journal_id \
                WHERE e.shop_id = $1 AND e.account IN ('loss', 'party_receivable') AND e.party IS NOT NULL \
                AND j.cause_kind = 'refund' AND NOT EXISTS (SELECT 1 FROM suppliers AS s WHERE s.id = e.party) \
            UNION ALL \
            SELECT e.party, e.amount FROM ledger_entries AS e JOIN ledger_journals AS j ON j.id = e.journal_id \
                WHERE e.shop_id = $1 AND e.account = 'leader_available' AND j.cause_kind = 'referral_reward' \
            UNION ALL \
            SELECT leader_id, amount_fen FROM withdrawals \
                WHERE shop_id = $1 AND state NOT IN ('rejected', 'failed', 'cancelled') \
            UNION ALL \
            SELECT party_id, amount_fen FROM sharing_parts \
                WHERE shop_id = $1 AND party_kind = 'leader' AND result = 'succeeded' \
            UNION ALL \
            SELECT party_id, netted_fen FROM sharing_returns AS b WHERE shop_id = $1 \
                AND NOT EXISTS (SELECT 1 FROM suppliers AS s WHERE s.id = b.party_id) \
            ) AS side GROUP BY party HAVING SUM(fen) <> 0",
    },
    Check {
        what: "a share that came back is not booked once",
        offenders: "SELECT b.id AS id FROM sharing_returns AS b \
            LEFT JOIN ledger_journals AS j \
                ON j.shop_id = b.shop_id AND j.cause_kind = 'returned' AND j.cause_id = b.id \
            LEFT JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account = 'clearing' \
                AND (b.party_id <> b.shop_id OR e.party IS NOT NULL) \
            WHERE b.shop_id = $1 GROUP BY b.id, b.amount_fen, b.state \
            HAVING COALESCE(SUM(e.amount), 0) <> CASE b.state WHEN 'succeeded' THEN b.amount_fen ELSE 0 END",
    },
    Check {
        what: "what a party owes is not the sum of its returns that are open or failed, less what was made good",
        offenders: "SELECT party AS id FROM ( \
            SELECT party, amount AS fen FROM ledger_entries WHERE shop_id = $1 AND account = 'party_receivable' \
            UNION ALL \
            SELECT party_id, netted_fen - amount_fen FROM sharing_returns \
                WHERE shop_id = $1 AND state <> 'succeeded' AND party_id <> shop_id \
            ) AS side GROUP BY party HAVING SUM(fen) <> 0",
    },
    Check {
        what: "more is asked back of a share than was shared",
        offenders: "SELECT q.id AS id FROM sharing_parts AS q JOIN sharing_returns AS b ON b.part_id = q.id \
            WHERE q.shop_id = $1 GROUP BY q.id, q.amount_fen HAVING SUM(b.amount_fen) > q.amount_fen",
    },
    Check {
        what: "what is owed to a member is not the sum of his refunds under way",
        offenders: "SELECT party AS id FROM ( \
            SELECT party, -amount AS fen FROM ledger_entries WHERE shop_id = $1 AND account = 'member_payable' \
            UNION ALL \
            SELECT o.member_id, -r.wechat_fen FROM refunds AS r JOIN orders AS o ON o.id = r.order_id \
                WHERE r.shop_id = $1 AND r.state <> 'succeeded' \
            UNION ALL \
            SELECT c.member_id, -r.wechat_fen FROM refunds AS r JOIN recharges AS c ON c.id = r.recharge_id \
                WHERE r.shop_id = $1 AND r.state <> 'succeeded' \
            ) AS side GROUP BY party HAVING SUM(fen) <> 0",
    },
    Check {
        what: "a paid order has no payment that succeeded in time",
        offenders: "SELECT o.id AS id FROM orders AS o WHERE o.shop_id = $1 AND o.paid_at IS NOT NULL \
            AND o.payable_fen > 0 AND NOT EXISTS ( \
                SELECT 1 FROM payments AS p WHERE p.order_id = o.id AND p.state = 'succeeded' AND NOT p.late)",
    },
    Check {
        what: "a payment's amount is not what its order was to pay",
        offenders: "SELECT p.id AS id FROM payments AS p JOIN orders AS o ON o.id = p.order_id \
            WHERE p.shop_id = $1 AND p.amount_fen <> o.payable_fen",
    },
    Check {
        what: "a payment that paid for nothing is not booked once as owed to the member",
        offenders: "SELECT p.id AS id FROM payments AS p JOIN orders AS o ON o.id = p.order_id \
            LEFT JOIN ledger_journals AS j \
                ON j.shop_id = p.shop_id AND j.cause_kind = 'late_payment' AND j.cause_id = p.id \
            LEFT JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account = 'member_payable' \
            WHERE p.shop_id = $1 AND p.state = 'succeeded' AND (o.paid_at IS NULL OR p.late) \
            GROUP BY p.id, p.amount_fen HAVING COALESCE(SUM(-e.amount), 0) <> p.amount_fen",
    },
    Check {
        what: "a refund of a payment that paid for nothing is not of the whole payment",
        offenders: "SELECT r.id AS id FROM refunds AS r JOIN payments AS p ON p.id = r.payment_id \
            WHERE r.shop_id = $1 AND r.cause = 'late_payment' AND r.wechat_fen <> p.amount_fen",
    },
    Check {
        what: "a refund that was accepted is not booked once as owed to the member",
        offenders: "SELECT r.id AS id FROM refunds AS r \
            LEFT JOIN ledger_journals AS j \
                ON j.shop_id = r.shop_id AND j.cause_kind = 'refund' AND j.cause_id = r.id \
            LEFT JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account = 'member_payable' \
            WHERE r.shop_id = $1 AND r.cause <> 'late_payment' \
            GROUP BY r.id, r.amount_fen, r.balance_fen \
            HAVING COALESCE(SUM(-e.amount), 0) <> r.amount_fen - r.balance_fen",
    },
    Check {
        what: "a refund is not the sum of its lines",
        offenders: "SELECT r.id AS id FROM refunds AS r LEFT JOIN refund_lines AS l ON l.refund_id = r.id \
            WHERE r.shop_id = $1 AND r.cause <> 'late_payment' AND r.recharge_id IS NULL \
            GROUP BY r.id, r.amount_fen HAVING COALESCE(SUM(l.amount_fen), 0) <> r.amount_fen",
    },
    Check {
        what: "what an order says went back is not the sum of its refunds that succeeded",
        offenders: "SELECT o.id AS id FROM orders AS o \
            LEFT JOIN refunds AS r ON r.order_id = o.id AND r.state = 'succeeded' \
                AND (r.cause <> 'late_payment' OR o.paid_at IS NULL) \
            WHERE o.shop_id = $1 \
            GROUP BY o.id, o.refunded_fen HAVING COALESCE(SUM(r.amount_fen), 0) <> o.refunded_fen",
    },
    Check {
        what: "what a line says went back is not the sum of its refunds",
        offenders: "SELECT l.id AS id FROM order_lines AS l LEFT JOIN refund_lines AS r ON r.line_id = l.id \
            WHERE l.shop_id = $1 GROUP BY l.id, l.refunded_fen, l.refunded_quantity \
            HAVING COALESCE(SUM(r.amount_fen), 0) <> l.refunded_fen \
                OR COALESCE(SUM(r.quantity), 0) <> l.refunded_quantity",
    },
    Check {
        what: "an affiliate line is not booked with what its marketplace owes for it",
        offenders: "SELECT l.id AS id FROM affiliate_lines AS l \
            LEFT JOIN affiliate_bookings AS b ON b.line_id = l.id \
            LEFT JOIN ledger_journals AS j \
                ON j.shop_id = l.shop_id AND j.cause_kind = 'affiliate' AND j.cause_id = b.id \
            LEFT JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account = 'marketplace_receivable' \
            WHERE l.shop_id = $1 GROUP BY l.id, l.net_fen HAVING COALESCE(SUM(e.amount), 0) <> l.net_fen",
    },
    Check {
        what: "a fee of WeChat Pay is not booked once",
        offenders: "SELECT f.id AS id FROM bill_fees AS f \
            LEFT JOIN ledger_journals AS j \
                ON j.shop_id = f.shop_id AND j.cause_kind = 'payment_fee' AND j.cause_id = f.id \
            LEFT JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account = 'payment_fees' \
            WHERE f.shop_id = $1 \
            GROUP BY f.id, f.fee_fen HAVING COALESCE(SUM(e.amount), 0) <> f.fee_fen",
    },
    Check {
        what: "the fees booked for a payment or refund are not what its bill says",
        offenders: "SELECT l.subject_id AS id FROM bill_lines AS l \
            LEFT JOIN bill_fees AS f ON f.shop_id = l.shop_id AND f.subject = l.subject AND f.subject_id = l.subject_id \
            WHERE l.shop_id = $1 AND l.fee_fen IS NOT NULL \
            GROUP BY l.id, l.subject_id, l.fee_fen HAVING COALESCE(SUM(f.fee_fen), 0) <> l.fee_fen",
    },
    Check {
        what: "a withdrawal is not the sum of its fee, tax and net",
        offenders: "SELECT id FROM withdrawals WHERE shop_id = $1 AND fee_fen + tax_fen + net_fen <> amount_fen",
    },
    Check {
        what: "tax withheld is not what paid withdrawals say",
        offenders: "SELECT w.id AS id FROM withdrawals AS w \
            LEFT JOIN ledger_journals AS j \
                ON j.shop_id = w.shop_id AND j.cause_kind = 'withdrawal_paid' AND j.cause_id = w.id \
            LEFT JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account = 'tax_payable' \
            WHERE w.shop_id = $1 GROUP BY w.id, w.tax_fen, w.state \
            HAVING COALESCE(SUM(-e.amount), 0) <> CASE w.state WHEN 'paid' THEN w.tax_fen ELSE 0 END",
    },
    Check {
        what: "a withdrawal by sheet is being paid or was, and stands on none",
        offenders: "SELECT w.id AS id FROM withdrawals AS w \
            LEFT JOIN payout_batches AS b ON b.id = w.batch_id AND b.channel = w.channel \
            WHERE w.shop_id = $1 AND w.channel IN ('bank', 'alipay') AND w.state IN ('paying', 'paid', 'failed') \
                AND b.id IS NULL",
    },
    Check {
        what: "a sheet is not the sum of its withdrawals, or ended before them",
        offenders: "SELECT b.id AS id FROM payout_batches AS b LEFT JOIN withdrawals AS w ON w.batch_id = b.id \
            WHERE b.shop_id = $1 GROUP BY b.id, b.net_fen, b.state \
            HAVING COALESCE(SUM(w.net_fen), 0) <> b.net_fen \
                OR (b.state = 'settled' AND SUM(CASE WHEN w.state IN ('paid', 'failed') THEN 0 ELSE 1 END) > 0)",
    },
    Check {
        what: "a transfer is not of its withdrawal's net",
        offenders: "SELECT t.id AS id FROM transfers AS t JOIN withdrawals AS w ON w.id = t.withdrawal_id \
            WHERE t.shop_id = $1 AND t.amount_fen <> w.net_fen",
    },
    Check {
        what: "a journal's cause does not exist or is not so far",
        // Kinds that are not named here have their own checks.
        offenders: "SELECT j.id AS id FROM ledger_journals AS j WHERE j.shop_id = $1 AND CASE j.cause_kind \
            WHEN 'payment' THEN NOT EXISTS ( \
                SELECT 1 FROM orders AS x WHERE x.id = j.cause_id AND x.paid_at IS NOT NULL) \
            WHEN 'late_payment' THEN NOT EXISTS ( \
                SELECT 1 FROM payments AS x WHERE x.id = j.cause_id AND x.state = 'succeeded') \
            WHEN 'refund' THEN NOT EXISTS (SELECT 1 FROM refunds AS x WHERE x.id = j.cause_id) \
            WHEN 'refund_paid' THEN NOT EXISTS ( \
                SELECT 1 FROM refunds AS x WHERE x.id = j.cause_id AND x.state = 'succeeded') \
            WHEN 'refund_by_hand' THEN NOT EXISTS ( \
                SELECT 1 FROM refunds AS x JOIN refund_remedies AS y ON y.refund_id = x.id \
                WHERE x.id = j.cause_id AND x.state = 'succeeded' AND y.way = 'by_hand') \
            WHEN 'leader_change' THEN NOT EXISTS ( \
                SELECT 1 FROM order_events AS x WHERE x.id = j.cause_id AND x.event = 'leader_changed') \
            WHEN 'release' THEN NOT EXISTS ( \
                SELECT 1 FROM order_lines AS x WHERE x.id = j.cause_id AND x.settled_at IS NOT NULL) \
            WHEN 'release_early' THEN NOT EXISTS (SELECT 1 FROM order_lines AS x WHERE x.id = j.cause_id) \
            WHEN 'withdrawal' THEN NOT EXISTS (SELECT 1 FROM withdrawals AS x WHERE x.id = j.cause_id) \
            WHEN 'withdrawal_paid' THEN NOT EXISTS ( \
                SELECT 1 FROM withdrawals AS x WHERE x.id = j.cause_id AND x.state = 'paid') \
            WHEN 'withdrawal_returned' THEN NOT EXISTS ( \
                SELECT 1 FROM withdrawals AS x \
                WHERE x.id = j.cause_id AND x.state IN ('rejected', 'failed', 'cancelled')) \
            WHEN 'shared' THEN NOT EXISTS ( \
                SELECT 1 FROM sharing_parts AS x WHERE x.id = j.cause_id AND x.result = 'succeeded') \
            WHEN 'returned' THEN NOT EXISTS ( \
                SELECT 1 FROM sharing_returns AS x WHERE x.id = j.cause_id AND x.state = 'succeeded') \
            WHEN 'advanced' THEN NOT EXISTS ( \
                SELECT 1 FROM sharing_parts AS x WHERE x.id = j.cause_id AND x.result = 'succeeded') \
                AND NOT EXISTS (SELECT 1 FROM sharing_returns AS x WHERE x.id = j.cause_id AND x.state = 'failed') \
            WHEN 'affiliate' THEN NOT EXISTS ( \
                SELECT 1 FROM affiliate_bookings AS x WHERE x.id = j.cause_id AND x.kind = 'settled') \
            WHEN 'affiliate_release' THEN NOT EXISTS ( \
                SELECT 1 FROM affiliate_bookings AS x WHERE x.id = j.cause_id AND x.kind = 'released') \
            WHEN 'payment_fee' THEN NOT EXISTS (SELECT 1 FROM bill_fees AS x WHERE x.id = j.cause_id) \
            WHEN 'referral_reward' THEN NOT EXISTS (SELECT 1 FROM leaders AS x WHERE x.id = j.cause_id) \
            ELSE FALSE END",
    },
];
