//! What must never be between members' money and its books: as [`super::checks`].

use super::checks::Check;

pub(super) const MEMBER_CHECKS: &[Check] = &[
    Check {
        what: "what is held of a member's balance is not what his unpaid orders say",
        offenders: "SELECT party AS id FROM ( \
            SELECT party, -amount AS fen FROM ledger_entries WHERE shop_id = $1 AND account = 'member_held' \
            UNION ALL \
            SELECT member_id, -balance_fen FROM orders WHERE shop_id = $1 AND status = 'pending_payment' \
            ) AS side GROUP BY party HAVING SUM(fen) <> 0",
    },
    Check {
        what: "what is held of a member's points is not what his unpaid orders say",
        offenders: "SELECT party AS id FROM ( \
            SELECT party, -amount AS points FROM ledger_entries WHERE shop_id = $1 AND account = 'points_held' \
            UNION ALL \
            SELECT member_id, -points_used FROM orders WHERE shop_id = $1 AND status = 'pending_payment' \
            ) AS side GROUP BY party HAVING SUM(points) <> 0",
    },
    Check {
        what: "a member's balance is not what he paid in, was given and withdrew into it, less what his orders took, and with what came back",
        // An order took what it says while it waits or once it was paid; closed unpaid it took nothing.
        offenders: "SELECT party AS id FROM ( \
            SELECT party, -amount AS fen FROM ledger_entries \
                WHERE shop_id = $1 AND account IN ('member_balance', 'member_balance_gift') \
            UNION ALL \
            SELECT member_id, -gift_fen FROM balance_adjustments WHERE shop_id = $1 \
            UNION ALL \
            SELECT member_id, refunded_fen + gift_back_fen - amount_fen - gift_fen FROM recharges \
                WHERE shop_id = $1 AND state = 'paid' \
            UNION ALL \
            SELECT l.member_id, -w.net_fen FROM withdrawals AS w JOIN leaders AS l ON l.id = w.leader_id \
                WHERE w.shop_id = $1 AND w.state = 'paid' AND w.channel = 'balance' \
            UNION ALL \
            SELECT member_id, balance_fen FROM orders \
                WHERE shop_id = $1 AND (status = 'pending_payment' OR paid_at IS NOT NULL) \
            UNION ALL \
            SELECT o.member_id, -r.balance_fen FROM refunds AS r JOIN orders AS o ON o.id = r.order_id \
                WHERE r.shop_id = $1 \
            ) AS side GROUP BY party HAVING SUM(fen) <> 0",
    },
    Check {
        what: "a member's gifts are not what he was given, less what his orders took, and with what came back",
        offenders: "SELECT party AS id FROM ( \
            SELECT party, -amount AS fen FROM ledger_entries WHERE shop_id = $1 AND account = 'member_balance_gift' \
            UNION ALL \
            SELECT member_id, -gift_fen FROM balance_adjustments WHERE shop_id = $1 \
            UNION ALL \
            SELECT member_id, gift_back_fen - gift_fen FROM recharges WHERE shop_id = $1 AND state = 'paid' \
            UNION ALL \
            SELECT member_id, balance_gift_fen FROM orders \
                WHERE shop_id = $1 AND (status = 'pending_payment' OR paid_at IS NOT NULL) \
            UNION ALL \
            SELECT o.member_id, -r.balance_gift_fen FROM refunds AS r JOIN orders AS o ON o.id = r.order_id \
                WHERE r.shop_id = $1 \
            ) AS side GROUP BY party HAVING SUM(fen) <> 0",
    },
    Check {
        what: "a member's points are not what he was given and earned, less what he used, and with what came back",
        offenders: "SELECT party AS id FROM ( \
            SELECT party, -amount AS points FROM ledger_entries WHERE shop_id = $1 AND account = 'points' \
            UNION ALL \
            SELECT member_id, -points FROM balance_adjustments WHERE shop_id = $1 \
            UNION ALL \
            SELECT member_id, taken_back - points FROM point_grants WHERE shop_id = $1 \
            UNION ALL \
            SELECT member_id, points_used FROM orders \
                WHERE shop_id = $1 AND (status = 'pending_payment' OR paid_at IS NOT NULL) \
            UNION ALL \
            SELECT o.member_id, -r.points_back FROM refunds AS r JOIN orders AS o ON o.id = r.order_id \
                WHERE r.shop_id = $1 \
            ) AS side GROUP BY party HAVING SUM(points) <> 0",
    },
    Check {
        what: "a refund is not the sum of its means",
        // What a recharge gives back is out of the balance, and goes to WeChat alone.
        offenders: "SELECT id FROM refunds WHERE shop_id = $1 \
            AND (wechat_fen + balance_fen <> amount_fen OR balance_gift_fen > balance_fen \
                OR wechat_fen < 0 OR balance_gift_fen < 0 OR points_back < 0)",
    },
    Check {
        what: "an order gave back more by one of its means than that paid",
        offenders: "SELECT o.id AS id FROM orders AS o JOIN refunds AS r ON r.order_id = o.id \
            WHERE o.shop_id = $1 AND r.cause <> 'late_payment' \
            GROUP BY o.id, o.payable_fen, o.balance_fen, o.balance_gift_fen, o.points_used \
            HAVING SUM(r.wechat_fen) > o.payable_fen OR SUM(r.balance_gift_fen) > o.balance_gift_fen \
                OR SUM(r.balance_fen - r.balance_gift_fen) > o.balance_fen - o.balance_gift_fen \
                OR SUM(r.points_back) > o.points_used",
    },
    Check {
        what: "an order whose money is all refunded did not give back by each of its means what that paid",
        offenders: "SELECT o.id AS id FROM orders AS o JOIN refunds AS r ON r.order_id = o.id \
            WHERE o.shop_id = $1 AND r.cause <> 'late_payment' AND o.paid_at IS NOT NULL \
            GROUP BY o.id, o.payable_fen, o.balance_fen, o.balance_gift_fen, o.points_used \
            HAVING SUM(r.amount_fen) = o.payable_fen + o.balance_fen AND o.payable_fen + o.balance_fen > 0 \
                AND (SUM(r.wechat_fen) <> o.payable_fen OR SUM(r.balance_gift_fen) <> o.balance_gift_fen)",
    },
    Check {
        what: "an adjustment is not booked once",
        offenders: "SELECT a.id AS id FROM balance_adjustments AS a \
            LEFT JOIN ledger_journals AS j \
                ON j.shop_id = a.shop_id AND j.cause_kind = 'adjustment' AND j.cause_id = a.id \
            LEFT JOIN ledger_entries AS e \
                ON e.journal_id = j.id AND e.account IN ('member_balance_gift', 'points') AND e.party = a.member_id \
            WHERE a.shop_id = $1 GROUP BY a.id, a.gift_fen, a.points \
            HAVING COALESCE(SUM(-e.amount), 0) <> a.gift_fen + a.points",
    },
    Check {
        what: "a recharge is not booked once with what was paid for it",
        offenders: "SELECT c.id AS id FROM recharges AS c \
            LEFT JOIN ledger_journals AS j ON j.shop_id = c.shop_id AND j.cause_kind = 'recharge' AND j.cause_id = c.id \
            LEFT JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account = 'clearing' \
            WHERE c.shop_id = $1 GROUP BY c.id, c.state, c.amount_fen \
            HAVING COALESCE(SUM(e.amount), 0) <> CASE c.state WHEN 'paid' THEN c.amount_fen ELSE 0 END",
    },
    Check {
        what: "a recharge is paid without one payment of its amount, or has money that does not go back",
        offenders: "SELECT c.id AS id FROM recharges AS c \
            LEFT JOIN payments AS p ON p.recharge_id = c.id AND p.state = 'succeeded' \
            LEFT JOIN refunds AS r ON r.payment_id = p.id AND r.cause = 'late_payment' \
            WHERE c.shop_id = $1 GROUP BY c.id, c.state, c.amount_fen \
            HAVING COALESCE(SUM(p.amount_fen), 0) - COALESCE(SUM(r.wechat_fen), 0) \
                <> CASE c.state WHEN 'paid' THEN c.amount_fen ELSE 0 END",
    },
    Check {
        what: "what a recharge says went back is not the sum of its refunds",
        offenders: "SELECT c.id AS id FROM recharges AS c \
            LEFT JOIN refunds AS r ON r.recharge_id = c.id AND r.cause = 'recharge' \
            WHERE c.shop_id = $1 GROUP BY c.id, c.refunded_fen \
            HAVING COALESCE(SUM(r.wechat_fen), 0) <> c.refunded_fen",
    },
    Check {
        what: "a recharge's payment that bought nothing is not booked once as owed to the member",
        offenders: "SELECT p.id AS id FROM payments AS p \
            LEFT JOIN ledger_journals AS j \
                ON j.shop_id = p.shop_id AND j.cause_kind = 'late_payment' AND j.cause_id = p.id \
            LEFT JOIN ledger_entries AS e ON e.journal_id = j.id AND e.account = 'member_payable' \
            WHERE p.shop_id = $1 AND p.recharge_id IS NOT NULL AND p.state = 'succeeded' \
            GROUP BY p.id, p.late, p.amount_fen \
            HAVING COALESCE(SUM(-e.amount), 0) <> CASE WHEN p.late THEN p.amount_fen ELSE 0 END",
    },
    Check {
        what: "a journal of a member's money has a cause that does not exist or is not so far",
        offenders: "SELECT j.id AS id FROM ledger_journals AS j WHERE j.shop_id = $1 AND CASE j.cause_kind \
            WHEN 'order_held' THEN NOT EXISTS (SELECT 1 FROM orders AS x WHERE x.id = j.cause_id) \
            WHEN 'held_back' THEN NOT EXISTS ( \
                SELECT 1 FROM orders AS x WHERE x.id = j.cause_id AND x.status = 'closed' AND x.paid_at IS NULL) \
            WHEN 'adjustment' THEN NOT EXISTS (SELECT 1 FROM balance_adjustments AS x WHERE x.id = j.cause_id) \
            WHEN 'recharge' THEN NOT EXISTS ( \
                SELECT 1 FROM recharges AS x WHERE x.id = j.cause_id AND x.state = 'paid') \
            WHEN 'points_earned' THEN NOT EXISTS (SELECT 1 FROM point_grants AS x WHERE x.order_id = j.cause_id) \
            ELSE FALSE END",
    },
];
