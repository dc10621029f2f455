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
        what: "a member's balance is not what he was given, less what his orders took, and with what came back",
        // An order took what it says while it waits or once it was paid; closed unpaid it took nothing.
        offenders: "SELECT party AS id FROM ( \
            SELECT party, -amount AS fen FROM ledger_entries \
                WHERE shop_id = $1 AND account IN ('member_balance', 'member_balance_gift') \
            UNION ALL \
            SELECT member_id, -gift_fen FROM balance_adjustments WHERE shop_id = $1 \
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
        what: "a journal of a member's money has a cause that does not exist or is not so far",
        offenders: "SELECT j.id AS id FROM ledger_journals AS j WHERE j.shop_id = $1 AND CASE j.cause_kind \
            WHEN 'order_held' THEN NOT EXISTS (SELECT 1 FROM orders AS x WHERE x.id = j.cause_id) \
            WHEN 'held_back' THEN NOT EXISTS ( \
                SELECT 1 FROM orders AS x WHERE x.id = j.cause_id AND x.status = 'closed' AND x.paid_at IS NULL) \
            WHEN 'adjustment' THEN NOT EXISTS (SELECT 1 FROM balance_adjustments AS x WHERE x.id = j.cause_id) \
            WHEN 'points_earned' THEN NOT EXISTS (SELECT 1 FROM point_grants AS x WHERE x.order_id = j.cause_id) \
            ELSE FALSE END",
    },
];
