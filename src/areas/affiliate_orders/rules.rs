//! What a line earns, and what a change of it moves (domain.md §7).

use kernel::{BasisPoints, Fen, MoneyError};

use super::state::{LineStatus, Share, ShareEvent};

/// What a line earns us, and what of that is its leader's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owed {
    /// Commission less the platform's fee; only a settled line earns.
    pub net: Fen,
    /// The leader's part of it.
    pub leader: Fen,
}

/// What a line earns as it stands: half_up(settled × rate) is the leader's, when it has one.
///
/// A fee above the commission earns nothing; the platform does not charge for its sales.
pub fn owed(
    status: LineStatus,
    commission: Fen,
    fee: Fen,
    leaders_rate: Option<BasisPoints>,
) -> Result<Owed, MoneyError> {
    if status != LineStatus::Settled {
        return Ok(Owed::default());
    }
    let net = commission.minus(fee)?.max(Fen::ZERO);
    let leader = leaders_rate.map_or(Ok(Fen::ZERO), |rate| net.rate_half_up(rate))?;
    Ok(Owed { net, leader })
}

/// Who bears what a leader already has of a line that turned out to earn less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterRelease {
    /// The platform: the leader keeps it.
    PlatformBears,
    /// The leader: his available money may fall below zero.
    Clawback,
}

/// What a change of a line moves. All are changes; what falls is below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// What the platform owes us.
    pub receivable: Fen,
    /// The leader's money that is still held.
    pub pending: Fen,
    /// The leader's money that he may withdraw.
    pub available: Fen,
    /// What the platform bears.
    pub loss: Fen,
    /// What is booked for the leader from now on.
    pub leader: Fen,
    /// Where his part then stands.
    pub share: Share,
}

impl Move {
    /// Whether anything moves.
    pub fn is_nothing(&self) -> bool {
        [self.receivable, self.pending, self.available, self.loss].iter().all(|fen| *fen == Fen::ZERO)
    }
}

/// What must move so that what is booked becomes what is owed.
pub fn moved(booked: Owed, share: Share, owed: Owed, after_release: AfterRelease) -> Result<Move, MoneyError> {
    let receivable = owed.net.minus(booked.net)?;
    let change = owed.leader.minus(booked.leader)?;
    let still =
        Move { receivable, pending: Fen::ZERO, available: Fen::ZERO, loss: Fen::ZERO, leader: owed.leader, share };
    if share != Share::Released {
        let event = match (share, owed.leader.is_positive()) {
            (Share::None, true) => Some(ShareEvent::Booked),
            (Share::Pending, false) => Some(ShareEvent::Reversed),
            _ => None,
        };
        let share = event.and_then(|event| share.after(event)).unwrap_or(share);
        return Ok(Move { pending: change, share, ..still });
    }
    // What a leader has is only ever taken back by the shop's own rule.
    if change.is_negative() && after_release == AfterRelease::PlatformBears {
        return Ok(Move { loss: change.negated()?, leader: booked.leader, ..still });
    }
    Ok(Move { available: change, ..still })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn fen(fen: i64) -> Fen {
        Fen::from_fen(fen)
    }

    #[test]
    fn only_a_settled_line_earns_and_the_platforms_fee_comes_off_first() {
        let rate = Some(BasisPoints::new(5_000));
        for status in [LineStatus::Ordered, LineStatus::Estimated, LineStatus::Confirmed, LineStatus::Unknown] {
            assert_eq!(owed(status, fen(1000), fen(0), rate).unwrap(), Owed::default());
        }
        let settled = |commission, fee| owed(LineStatus::Settled, fen(commission), fen(fee), rate).unwrap();
        assert_eq!(settled(1001, 100), Owed { net: fen(901), leader: fen(451) });
        assert_eq!(settled(10, 100), Owed::default());
        assert_eq!(owed(LineStatus::Settled, fen(9), fen(0), None).unwrap(), Owed { net: fen(9), leader: fen(0) });
    }

    #[test]
    fn an_invalid_line_is_reversed_out_of_where_the_money_is() {
        let booked = Owed { net: fen(900), leader: fen(450) };
        let before = moved(booked, Share::Pending, Owed::default(), AfterRelease::PlatformBears).unwrap();
        assert_eq!((before.receivable, before.pending, before.share), (fen(-900), fen(-450), Share::None));
        let borne = moved(booked, Share::Released, Owed::default(), AfterRelease::PlatformBears).unwrap();
        assert_eq!(
            (borne.receivable, borne.loss, borne.available, borne.leader),
            (fen(-900), fen(450), fen(0), fen(450))
        );
        let clawed = moved(booked, Share::Released, Owed::default(), AfterRelease::Clawback).unwrap();
        assert_eq!(
            (clawed.receivable, clawed.loss, clawed.available, clawed.leader),
            (fen(-900), fen(0), fen(-450), fen(0))
        );
    }

    fn told() -> impl Strategy<Value = (LineStatus, i64, i64, bool)> {
        let status = prop_oneof![
            Just(LineStatus::Estimated),
            Just(LineStatus::Settled),
            Just(LineStatus::Invalid),
            Just(LineStatus::Unknown),
        ];
        (status, 0..100_000_i64, 0..2_000_i64, any::<bool>())
    }

    proptest! {
        #[test]
        fn whatever_a_platform_tells_the_books_follow_and_nobody_is_paid_twice(
            tellings in prop::collection::vec(told(), 1..20), rate in 0..=10_000_i32, clawback in any::<bool>(),
        ) {
            let after = if clawback { AfterRelease::Clawback } else { AfterRelease::PlatformBears };
            let (mut booked, mut share) = (Owed::default(), Share::None);
            let (mut receivable, mut pending, mut available) = (0, 0, 0);
            for (status, commission, fee, release) in tellings {
                let owed = owed(status, fen(commission), fen(fee), Some(BasisPoints::new(rate))).unwrap();
                let step = moved(booked, share, owed, after).unwrap();
                receivable += step.receivable.fen();
                pending += step.pending.fen();
                available += step.available.fen();
                (booked, share) = (Owed { net: owed.net, leader: step.leader }, step.share);
                prop_assert_eq!(receivable, owed.net.fen());
                prop_assert_eq!(pending, if share == Share::Pending { booked.leader.fen() } else { 0 });
                prop_assert_eq!(available, if share == Share::Released { booked.leader.fen() } else { 0 });
                if clawback || share != Share::Released {
                    prop_assert_eq!(booked.leader, owed.leader);
                }
                if release && share == Share::Pending {
                    (available, pending, share) = (available + pending, 0, Share::Released);
                }
            }
        }
    }
}
