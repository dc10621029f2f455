//! The R-… settings of a shop, typed and validated as one document (docs/rules.md).

use chrono::{NaiveDate, NaiveTime};
use kernel::clock::{beijing, beijing_midnight, beijing_moment};
use kernel::failure::Invalid;
use kernel::{BasisPoints, Fen, FieldFault, Time};
use serde::{Deserialize, Serialize};

use super::payout::PayoutChannel;

/// Every setting with its default; names are fixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Seconds a member has to pay, at least 60.
    pub payment_window_s: i64,
    /// Seconds after receipt in which a member may complain; 0 ends it at receipt.
    pub after_sale_window_s: i64,
    /// Days after arrival or shipment until an order is received by itself.
    pub auto_receive_days: i64,
    /// Whether an arrived order is never received by time.
    pub redemption_required: bool,
    /// When stock is taken.
    pub stock_deduct: StockDeduct,
    /// The least goods total before discounts.
    pub minimum_spend_fen: Fen,
    /// How many points are one yuan.
    pub points_per_yuan: i64,
    /// The most of a goods total that points may pay.
    pub points_cap_bp: BasisPoints,
    /// Points earned a yuan paid.
    pub points_earn_per_yuan: i64,
    /// Whether money paid by points counts for commission.
    pub points_in_base: bool,
    /// Whether a line's last unit takes its shipping back.
    pub refund_shipping: bool,
    /// Whether a coupon comes back on full refund.
    pub coupon_back_on_full_refund: bool,
    /// Whether a member may cancel a paid order before it is sent.
    pub member_cancel_paid: bool,
    /// Whether a member may ask again after a refusal.
    pub reapply_after_refusal: bool,
    /// Up to which amount a claim for the money alone, of goods that were not sent, is granted at once;
    /// none is never.
    pub auto_approve_unshipped_fen: Option<Fen>,
    /// Hours after which a claim that nobody answered is granted; none is never.
    pub auto_approve_after_hours: Option<i64>,
    /// Days a member has to send goods back, before his claim ends.
    pub return_days: i64,
    /// Days after goods were sent back at which they count as received.
    pub return_receipt_days: i64,
    /// Days after a refusal in which the member may ask for the platform's judgment.
    pub escalate_days: i64,
    /// Who bears a refund after release.
    pub post_settlement_refund: PostSettlementRefund,
    /// Whether leaders have levels.
    pub leader_level_mode: bool,
    /// The shop's default commission rate.
    pub leader_rate_bp: BasisPoints,
    /// How many recommending leaders earn: 0 to 2.
    pub referral_levels: u8,
    /// Their rates, nearest first.
    pub referral_rates_bp: Vec<BasisPoints>,
    /// The reward for a recommended leader, once.
    pub referral_reward_fen: Fen,
    /// The least withdrawal.
    pub withdraw_min_fen: Fen,
    /// The fee of a withdrawal.
    pub withdraw_fee_bp: BasisPoints,
    /// Withdrawals a day; none is no limit.
    pub withdraw_daily_count: Option<i32>,
    /// Money withdrawn a day; none is no limit.
    pub withdraw_daily_fen: Option<Fen>,
    /// From which amount an operator has to look; none is never.
    pub withdraw_review_fen: Option<Fen>,
    /// The ways leaders are paid; none is as `[payout] mode` of the shop file says.
    pub withdraw_channels: Option<Vec<PayoutChannel>>,
    /// How far pickup points are shown; 0 is no limit.
    pub pickup_radius_m: i64,
    /// The daily closure.
    pub closure_daily: Option<DailyClosure>,
    /// Days without orders.
    pub closure_dates: Vec<NaiveDate>,
    /// The most of an order that may be shared.
    pub sharing_ceiling_bp: BasisPoints,
    /// Days before the freeze ends at which an order is unfrozen anyway.
    pub freeze_margin_days: i64,
    /// A leader's part of a settled affiliate commission.
    pub affiliate_leader_bp: BasisPoints,
    /// Days a settled affiliate commission is held.
    pub affiliate_hold_days: i64,
    /// Seconds between two readings of a store's orders.
    pub market_order_interval_s: i64,
    /// Days after the end of a store's order in which its receiver is kept.
    pub market_receiver_days: i64,
    /// Stock at or below which an event is raised; 0 is off.
    pub low_stock_threshold: i64,
    /// The most a member may have as balance.
    pub member_balance_max_fen: Fen,
    /// Whether members may pay in an amount of their choice, without a gift.
    pub recharge_free_amount: bool,
    /// What WeChat Pay keeps of a payment by the shop's contract: its bills are checked against it.
    pub payment_fee_bp: BasisPoints,
    /// How tax is withheld.
    pub withhold: Withhold,
}

/// When stock is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StockDeduct {
    /// Held on order.
    Order,
    /// Taken at payment.
    Payment,
}

/// Who bears a refund after release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PostSettlementRefund {
    /// A platform loss.
    PlatformBears,
    /// The leader's available goes down, below zero if need be.
    Clawback,
}

/// How tax is withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Withhold {
    /// Not at all.
    None,
    /// By the table of labour income.
    ByTable,
}

/// A daily window `[from, to)` without orders; it may cross midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DailyClosure {
    /// `HH:MM:SS`, Beijing time.
    #[schema(value_type = String, example = "22:00:00")]
    pub from: NaiveTime,
    /// `HH:MM:SS`, Beijing time.
    #[schema(value_type = String, example = "06:00:00")]
    pub to: NaiveTime,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            payment_window_s: 900,
            after_sale_window_s: 604_800,
            auto_receive_days: 7,
            redemption_required: false,
            stock_deduct: StockDeduct::Order,
            minimum_spend_fen: Fen::ZERO,
            points_per_yuan: 100,
            points_cap_bp: BasisPoints::new(2000),
            points_earn_per_yuan: 1,
            points_in_base: true,
            refund_shipping: true,
            coupon_back_on_full_refund: false,
            member_cancel_paid: true,
            reapply_after_refusal: true,
            auto_approve_unshipped_fen: None,
            auto_approve_after_hours: None,
            return_days: 7,
            return_receipt_days: 10,
            escalate_days: 7,
            post_settlement_refund: PostSettlementRefund::PlatformBears,
            leader_level_mode: false,
            leader_rate_bp: BasisPoints::ZERO,
            referral_levels: 1,
            referral_rates_bp: Vec::new(),
            referral_reward_fen: Fen::ZERO,
            withdraw_min_fen: Fen::from_fen(100),
            withdraw_fee_bp: BasisPoints::ZERO,
            withdraw_daily_count: None,
            withdraw_daily_fen: None,
            withdraw_review_fen: None,
            withdraw_channels: None,
            pickup_radius_m: 0,
            closure_daily: None,
            closure_dates: Vec::new(),
            sharing_ceiling_bp: BasisPoints::new(3000),
            freeze_margin_days: 5,
            affiliate_leader_bp: BasisPoints::ZERO,
            affiliate_hold_days: 0,
            market_order_interval_s: 3_600,
            market_receiver_days: 90,
            low_stock_threshold: 0,
            member_balance_max_fen: Fen::from_fen(500_000),
            recharge_free_amount: false,
            payment_fee_bp: BasisPoints::new(60),
            withhold: Withhold::None,
        }
    }
}

impl Settings {
    /// Every fault at once.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut faults = Vec::new();
        let mut need = |ok: bool, field: &str, detail: &str| {
            if !ok {
                faults.push(FieldFault::new(field, "out_of_range", detail));
            }
        };
        let rate = |bp: BasisPoints| (0..=10_000).contains(&bp.bp());
        need((60..=7_776_000).contains(&self.payment_window_s), "payment_window_s", "60 seconds to 90 days");
        need((0..=31_536_000).contains(&self.after_sale_window_s), "after_sale_window_s", "0 to 365 days in seconds");
        need((1..=365).contains(&self.auto_receive_days), "auto_receive_days", "1 to 365");
        need(!self.minimum_spend_fen.is_negative(), "minimum_spend_fen", "not negative");
        need((1..=1_000_000).contains(&self.points_per_yuan), "points_per_yuan", "at least 1");
        need(rate(self.points_cap_bp), "points_cap_bp", "0 to 10000");
        need((0..=1_000_000).contains(&self.points_earn_per_yuan), "points_earn_per_yuan", "not negative");
        need(rate(self.leader_rate_bp), "leader_rate_bp", "0 to 10000");
        need(rate(self.payment_fee_bp), "payment_fee_bp", "0 to 10000");
        need(self.referral_levels <= 2, "referral_levels", "at most 2: multi-level reward is unlawful");
        need(
            self.referral_rates_bp.len() <= usize::from(self.referral_levels),
            "referral_rates_bp",
            "at most one rate a level",
        );
        need(self.referral_rates_bp.iter().all(|r| rate(*r)), "referral_rates_bp", "each 0 to 10000");
        let together: i64 =
            self.referral_rates_bp.iter().map(|r| i64::from(r.bp())).sum::<i64>() + i64::from(self.leader_rate_bp.bp());
        need(
            together <= 10_000,
            "referral_rates_bp",
            &format!("commission and referrals add up to {together}, over 10000"),
        );
        let unshipped = self.auto_approve_unshipped_fen;
        need(unshipped.is_none_or(|most| !most.is_negative()), "auto_approve_unshipped_fen", "not negative");
        let hours = self.auto_approve_after_hours;
        need(hours.is_none_or(|hours| (1..=8_760).contains(&hours)), "auto_approve_after_hours", "1 to 8760");
        for (field, days) in [
            ("return_days", self.return_days),
            ("return_receipt_days", self.return_receipt_days),
            ("escalate_days", self.escalate_days),
        ] {
            need((1..=90).contains(&days), field, "1 to 90");
        }
        need(!self.referral_reward_fen.is_negative(), "referral_reward_fen", "not negative");
        need(self.withdraw_min_fen.is_positive(), "withdraw_min_fen", "at least 1");
        need((0..10_000).contains(&self.withdraw_fee_bp.bp()), "withdraw_fee_bp", "0 to 9999");
        need(self.withdraw_daily_count.is_none_or(|n| n >= 0), "withdraw_daily_count", "not negative");
        need(self.withdraw_daily_fen.is_none_or(|n| !n.is_negative()), "withdraw_daily_fen", "not negative");
        need(self.withdraw_review_fen.is_none_or(|n| !n.is_negative()), "withdraw_review_fen", "not negative");
        let channels = self.withdraw_channels.as_deref();
        let once =
            |channels: &[PayoutChannel]| channels.iter().all(|c| channels.iter().filter(|d| *d == c).count() == 1);
        need(
            channels.is_none_or(|channels| !channels.is_empty() && once(channels)),
            "withdraw_channels",
            "at least one way, each once; null is as the shop file says",
        );
        need((0..=20_000_000).contains(&self.pickup_radius_m), "pickup_radius_m", "0 to 20000000");
        need(self.closure_daily.is_none_or(|c| c.from != c.to), "closure_daily", "from and to must differ");
        need(self.closure_dates.len() <= 400, "closure_dates", "at most 400 days");
        need(rate(self.sharing_ceiling_bp), "sharing_ceiling_bp", "0 to 10000");
        need((1..=29).contains(&self.freeze_margin_days), "freeze_margin_days", "1 to 29");
        need(rate(self.affiliate_leader_bp), "affiliate_leader_bp", "0 to 10000");
        need((0..=365).contains(&self.affiliate_hold_days), "affiliate_hold_days", "0 to 365");
        need((60..=86_400).contains(&self.market_order_interval_s), "market_order_interval_s", "60 to 86400");
        need((0..=3_650).contains(&self.market_receiver_days), "market_receiver_days", "0 to 3650");
        need(self.low_stock_threshold >= 0, "low_stock_threshold", "not negative");
        need(!self.member_balance_max_fen.is_negative(), "member_balance_max_fen", "not negative");
        Invalid::unless_empty(faults)
    }

    /// When the shop opens again if it is closed at `now`, else `None`. One closure may begin
    /// where another ends, so the time found must itself be open.
    pub fn closed_until(&self, now: Time) -> Option<Time> {
        let mut opens = self.closure_ends(now)?;
        // Each closed date can push the opening on twice at most.
        for _ in 0..=self.closure_dates.len() * 2 {
            match self.closure_ends(opens) {
                Some(later) => opens = later,
                None => break,
            }
        }
        Some(opens)
    }

    /// When the closure ends that `now` falls into; of a closed date, at the midnight after it.
    fn closure_ends(&self, now: Time) -> Option<Time> {
        let local = now.with_timezone(&beijing());
        let day = local.date_naive();
        if self.closure_dates.contains(&day) {
            return day.succ_opt().map(beijing_midnight);
        }
        let closure = self.closure_daily?;
        let time = local.time();
        let crosses = closure.from > closure.to;
        let closed = if crosses {
            time >= closure.from || time < closure.to
        } else {
            (closure.from..closure.to).contains(&time)
        };
        if !closed {
            return None;
        }
        let opens_on = if crosses && time >= closure.from { day.succ_opt()? } else { day };
        Some(beijing_moment(opens_on.and_time(closure.to)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn closed_at(settings: &Settings, time: &str) -> Option<String> {
        settings.closed_until(time.parse().unwrap()).map(|t| t.to_rfc3339())
    }

    #[test]
    fn the_defaults_are_valid_and_more_than_the_whole_is_refused() {
        assert!(Settings::default().check().is_ok());
        let greedy = Settings {
            leader_rate_bp: BasisPoints::new(9000),
            referral_levels: 2,
            referral_rates_bp: vec![BasisPoints::new(900), BasisPoints::new(200)],
            ..Settings::default()
        };
        assert!(greedy.check().unwrap_err().to_string().contains("referral_rates_bp"));
        let by_table = Settings { withhold: Withhold::ByTable, ..Settings::default() };
        assert!(by_table.check().is_ok());
        for channels in [vec![], vec![PayoutChannel::Bank, PayoutChannel::Bank]] {
            let odd = Settings { withdraw_channels: Some(channels), ..Settings::default() };
            assert!(odd.check().unwrap_err().to_string().contains("withdraw_channels"));
        }
        let three = Settings { referral_levels: 3, ..Settings::default() };
        assert!(three.check().is_err());
    }

    #[test]
    fn a_closure_may_cross_midnight() {
        let at = |h| NaiveTime::from_hms_opt(h, 0, 0).unwrap();
        let settings =
            Settings { closure_daily: Some(DailyClosure { from: at(22), to: at(6) }), ..Settings::default() };
        // 23:30 and 05:30 in Beijing are closed until six; six itself is open.
        assert_eq!(closed_at(&settings, "2026-11-23T15:30:00Z").as_deref(), Some("2026-11-23T22:00:00+00:00"));
        assert_eq!(closed_at(&settings, "2026-11-23T21:30:00Z").as_deref(), Some("2026-11-23T22:00:00+00:00"));
        assert_eq!(closed_at(&settings, "2026-11-23T22:00:00Z"), None);
    }

    #[test]
    fn a_holiday_beside_the_daily_closure_opens_when_both_have_ended() {
        let at = |h| NaiveTime::from_hms_opt(h, 0, 0).unwrap();
        let settings = Settings {
            closure_daily: Some(DailyClosure { from: at(22), to: at(6) }),
            closure_dates: vec!["2026-10-02".parse().unwrap()],
            ..Settings::default()
        };
        // The holiday ends at midnight in Beijing, the night at six.
        let opens = Some("2026-10-02T22:00:00+00:00");
        assert_eq!(closed_at(&settings, "2026-10-02T04:00:00Z").as_deref(), opens);
        // The night before it would end on the holiday.
        assert_eq!(closed_at(&settings, "2026-10-01T15:30:00Z").as_deref(), opens);
        assert_eq!(closed_at(&settings, "2026-10-02T22:00:00Z"), None);
    }

    #[test]
    fn holidays_in_a_row_open_after_the_last() {
        let days = ["2026-10-01", "2026-10-02"].map(|d| d.parse().unwrap());
        let settings = Settings { closure_dates: days.to_vec(), ..Settings::default() };
        assert_eq!(closed_at(&settings, "2026-10-01T04:00:00Z").as_deref(), Some("2026-10-02T16:00:00+00:00"));
        assert_eq!(closed_at(&settings, "2026-10-03T04:00:00Z"), None);
    }
}
