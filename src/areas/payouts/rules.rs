//! The arithmetic of paying leaders. Pure.

use chrono::Duration;
use kernel::{BasisPoints, Fen, MoneyError, Time};

use super::error::PayoutError;
use super::state::WithdrawalChannel;
use super::tax::Withheld;

/// The platform's smallest transfer (WeChat Pay sheet §7).
pub const TRANSFER_MIN: Fen = Fen::from_fen(10);
/// From this amount on a transfer needs the receiver's real name (WeChat Pay sheet §7).
const NAME_FROM: Fen = Fen::from_fen(200_000);
/// How long after a sending without an answer a transfer may still appear: until then the platform's
/// `NOT_FOUND` proves nothing (WeChat Pay sheet §7, query).
pub const STILL_APPEARS: Duration = Duration::minutes(5);
/// How long a transfer can be asked about (thirty days, WeChat Pay sheet §7), with a margin for two clocks.
const ASKABLE: Duration = Duration::days(29);
/// How long an ordinary merchant's shareable money stays frozen (WeChat Pay sheet §6).
pub const FREEZE_DAYS: i64 = 30;
/// The earliest moment after payment at which sharing works, with a margin for two clocks.
pub const SHARE_AFTER: Duration = Duration::seconds(65);

/// What a shop allows a withdrawal to be.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The channels the shop pays by.
    pub offered: Vec<WithdrawalChannel>,
    /// The least amount.
    pub min: Fen,
    /// The most by transfer: the scene's limit.
    pub transfer_max: Fen,
    /// The fee.
    pub fee: BasisPoints,
}

/// The parts of a withdrawal; fee, tax and net add up to the amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The rate of the fee.
    pub fee_bp: BasisPoints,
    /// Kept by the shop, rounded half-up.
    pub fee: Fen,
    /// Withheld for the tax office.
    pub tax: Withheld,
    /// What the leader gets.
    pub net: Fen,
}

/// Checks amount and channel and works out the fee.
pub fn quote(terms: &Terms, amount: Fen, channel: WithdrawalChannel) -> Result<Quote, PayoutError> {
    if !terms.offered.contains(&channel) {
        return Err(PayoutError::ChannelNotOffered(terms.offered.clone()));
    }
    if amount < terms.min || !amount.is_positive() {
        return Err(PayoutError::TooSmall(terms.min));
    }
    let by_transfer = channel == WithdrawalChannel::WechatTransfer;
    if by_transfer && amount > terms.transfer_max {
        return Err(PayoutError::TooLarge(terms.transfer_max));
    }
    let fee = amount.rate_half_up(terms.fee)?;
    let net = amount.minus(fee)?;
    if (by_transfer && net < TRANSFER_MIN) || !net.is_positive() {
        return Err(PayoutError::TooSmall(terms.min.max(TRANSFER_MIN)));
    }
    Ok(Quote { fee_bp: terms.fee, fee, tax: Withheld::default(), net })
}

/// The same with tax withheld: what is left has to be worth sending.
pub fn less_tax(terms: &Terms, quote: Quote, tax: Withheld, channel: WithdrawalChannel) -> Result<Quote, PayoutError> {
    let net = quote.net.minus(tax.tax)?;
    let least = if channel == WithdrawalChannel::WechatTransfer { TRANSFER_MIN } else { Fen::from_fen(1) };
    if net < least {
        return Err(PayoutError::TooSmall(terms.min.max(TRANSFER_MIN)));
    }
    Ok(Quote { tax, net, ..quote })
}

/// Whether a transfer of so much has to name its receiver.
pub fn needs_name(amount: Fen) -> bool {
    amount >= NAME_FROM
}

/// Whether an operator has to look at a withdrawal first: from the threshold on.
pub fn needs_review(amount: Fen, threshold: Option<Fen>) -> bool {
    threshold.is_some_and(|from| amount >= from)
}

/// Whether the platform's `NOT_FOUND` at `wall` proves that a transfer was not made: nothing that was sent
/// is unanswered, or it would have appeared by now, and can still be asked about.
pub fn not_found_proves(unanswered_at: Option<Time>, wall: Time) -> bool {
    unanswered_at.is_none_or(|at| (at + STILL_APPEARS..at + ASKABLE).contains(&wall))
}

/// The pause before the next question to the platform: 5 s doubling up to `most`.
pub fn pause(asked: i32, most: Duration) -> Duration {
    let grown = Duration::seconds(5i64 << asked.clamp(0, 20).unsigned_abs());
    grown.min(most)
}

/// What may still be shared of a payment: `ceiling` of what was paid, less what was shared, and
/// never more than what was not refunded, less the platform's `fee` on it (WeChat Pay sheet §6). The fee
/// of what goes back is given back, and half fen are counted against the room. Nothing rather than less
/// than nothing.
pub fn room_to_share(
    paid: Fen,
    refunded: Fen,
    shared: Fen,
    (ceiling, fee): (BasisPoints, BasisPoints),
) -> Result<Fen, MoneyError> {
    let kept = paid.rate_up(fee)?.minus(refunded.rate_down(fee)?)?;
    let most = paid.rate_down(ceiling)?.min(paid.minus(refunded)?.minus(kept)?);
    Ok(most.minus(shared)?.max(Fen::ZERO))
}

/// Each receiver's part: what it is owed, or its share of the room by largest remainder.
pub fn shares(owed: &[Fen], room: Fen) -> Result<Vec<Fen>, MoneyError> {
    if Fen::sum(owed.iter().copied())? <= room {
        return Ok(owed.to_vec());
    }
    room.split(owed)
}

/// Business time at which an order is unfrozen whatever is still waiting.
pub fn unfreeze_by(paid_at: Time, margin_days: i64) -> Time {
    paid_at + Duration::days((FREEZE_DAYS - margin_days).max(1))
}

/// Whether an order whose goods come `days` after it, and whose after-sale window follows, is settled
/// before it has to be unfrozen; else it is not flagged for sharing.
pub fn settles_in_time(days: i64, window: Duration, margin_days: i64) -> bool {
    Duration::days(days) + window <= Duration::days((FREEZE_DAYS - margin_days).max(1))
}

/// Business time after which a share can no longer arrive, so that a refused one is given up.
pub fn share_until(paid_at: Time) -> Time {
    paid_at + Duration::days(FREEZE_DAYS - 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use kernel::{Code, Coded};
    use proptest::prelude::*;

    fn fen(amount: i64) -> Fen {
        Fen::from_fen(amount)
    }

    fn terms() -> Terms {
        Terms {
            offered: vec![WithdrawalChannel::WechatTransfer],
            min: fen(100),
            transfer_max: fen(2_000_000),
            fee: BasisPoints::new(60),
        }
    }

    #[test]
    fn the_fee_is_rounded_half_up_and_comes_out_of_the_amount() {
        let quote = |amount| quote(&terms(), fen(amount), WithdrawalChannel::WechatTransfer);
        let fee_bp = BasisPoints::new(60);
        assert_eq!(quote(10_000).unwrap(), Quote { fee_bp, fee: fen(60), tax: Withheld::default(), net: fen(9_940) });
        // 0.6 % of 750 is 4.5 fen.
        assert_eq!(quote(750).unwrap(), Quote { fee_bp, fee: fen(5), tax: Withheld::default(), net: fen(745) });
        assert_eq!(quote(99).unwrap_err().code(), Code::WithdrawalTooSmall);
        let large = quote(2_000_001).unwrap_err();
        assert_eq!(large.code(), Code::WithdrawalTooLarge);
        assert_eq!(large.extra().unwrap(), serde_json::json!({ "max_fen": 2_000_000 }));
    }

    #[test]
    fn a_channel_the_shop_does_not_pay_by_is_refused() {
        let manual = quote(&terms(), fen(500), WithdrawalChannel::Manual).unwrap_err();
        assert_eq!(manual.code(), Code::WithdrawalChannel);
        assert_eq!(manual.extra().unwrap(), serde_json::json!({ "offered": ["wechat_transfer"] }));
        let by_hand = Terms { offered: vec![WithdrawalChannel::WechatTransfer, WithdrawalChannel::Manual], ..terms() };
        assert!(quote(&by_hand, fen(9_000_000), WithdrawalChannel::Manual).is_ok(), "the limit is the scene's");
    }

    #[test]
    fn what_the_platform_would_not_send_is_refused_before_it_is_frozen() {
        let tiny = Terms { min: fen(1), fee: BasisPoints::new(9_000), ..terms() };
        assert_eq!(
            quote(&tiny, fen(50), WithdrawalChannel::WechatTransfer).unwrap_err().code(),
            Code::WithdrawalTooSmall
        );
    }

    #[test]
    fn review_begins_at_the_threshold_itself() {
        assert!(!needs_review(fen(1_000_000), None));
        assert!(!needs_review(fen(499), Some(fen(500))));
        assert!(needs_review(fen(500), Some(fen(500))) && needs_review(fen(1), Some(Fen::ZERO)));
    }

    #[test]
    fn pauses_grow_and_end_somewhere() {
        let hour = Duration::hours(1);
        assert_eq!(pause(0, hour), Duration::seconds(5));
        assert_eq!(pause(3, hour), Duration::seconds(40));
        assert_eq!(pause(i32::MAX, hour), hour);
    }

    #[test]
    fn not_found_proves_nothing_soon_after_a_sending_without_an_answer_nor_a_month_later() {
        let sent = Time::from_timestamp(1_780_000_000, 0).unwrap();
        let after = |pause: Duration| not_found_proves(Some(sent), sent + pause);
        assert!(!after(Duration::zero()) && !after(STILL_APPEARS - Duration::seconds(1)));
        assert!(after(STILL_APPEARS) && after(Duration::days(28)));
        assert!(!after(Duration::days(30)) && not_found_proves(None, sent));
    }

    #[test]
    fn goods_that_come_too_late_to_be_settled_in_time_are_not_shared() {
        let week = Duration::days(7);
        assert!(settles_in_time(0, week, 5) && settles_in_time(18, week, 5));
        assert!(!settles_in_time(19, week, 5) && !settles_in_time(18, week + Duration::seconds(1), 5));
    }

    #[test]
    fn the_ceiling_and_refunds_both_limit_what_is_shared() {
        let rates = (BasisPoints::new(3_000), BasisPoints::new(60));
        let room = |refunded, shared| room_to_share(fen(10_000), fen(refunded), fen(shared), rates);
        assert_eq!(room(0, 0).unwrap(), fen(3_000));
        assert_eq!(room(0, 2_999).unwrap(), fen(1));
        assert_eq!(room(8_000, 0).unwrap(), fen(1_988), "the fee on what was kept is not there to be shared");
        assert_eq!(room(10_000, 0).unwrap(), Fen::ZERO);
        assert_eq!(room(9_000, 3_000).unwrap(), Fen::ZERO);
        assert_eq!(shares(&[fen(2_000), fen(500)], fen(3_000)).unwrap(), [fen(2_000), fen(500)]);
        assert_eq!(shares(&[fen(4_000), fen(2_000)], fen(3_000)).unwrap(), [fen(2_000), fen(1_000)]);
        assert_eq!(shares(&[fen(5)], Fen::ZERO).unwrap(), [Fen::ZERO]);
    }

    #[test]
    fn the_platforms_fee_is_not_there_to_be_shared_and_comes_back_with_a_refund() {
        let rates = |fee| (BasisPoints::WHOLE, BasisPoints::new(fee));
        let room = |paid, refunded, fee| room_to_share(fen(paid), fen(refunded), Fen::ZERO, rates(fee)).unwrap();
        assert_eq!((room(10_000, 0, 0), room(10_000, 0, 60)), (fen(10_000), fen(9_940)));
        // 0.6 % of 101 is 0.606 fen, and that of 50 no whole fen.
        assert_eq!((room(101, 0, 60), room(101, 50, 60), room(101, 101, 60)), (fen(100), fen(50), Fen::ZERO));
        assert_eq!(room(10_000, 5_000, 60), fen(4_970));
    }

    proptest! {
        #[test]
        fn nobody_is_given_more_than_he_is_owed_nor_all_more_than_there_is(
            owed in prop::collection::vec(0i64..10_000_000, 0..10), room in 0i64..20_000_000,
        ) {
            let owed: Vec<Fen> = owed.into_iter().map(Fen::from_fen).collect();
            let parts = shares(&owed, fen(room)).unwrap();
            prop_assert!(Fen::sum(parts.iter().copied()).unwrap() <= fen(room));
            for (part, owed) in parts.iter().zip(&owed) {
                prop_assert!(part <= owed && !part.is_negative());
            }
        }

        #[test]
        fn fee_and_net_add_up(amount in 100i64..2_000_000, fee in 0i32..9_000) {
            let terms = Terms { fee: BasisPoints::new(fee), ..terms() };
            if let Ok(quote) = quote(&terms, fen(amount), WithdrawalChannel::WechatTransfer) {
                prop_assert_eq!(quote.fee.plus(quote.net).unwrap(), fen(amount));
            }
        }
    }
}
