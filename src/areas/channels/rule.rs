//! Which part of the pool a channel shows: a pure function of free units and rule.

use kernel::checks::Checks;
use kernel::failure::Invalid;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::ChannelError;

/// Most units a rule may name.
pub const UNITS_MAX: i64 = 1_000_000_000;
/// What is shown of a SKU that nobody counts, unless the rule says otherwise.
pub const UNLIMITED_SHOWN: i64 = 999;

/// How a channel takes part in the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Share {
    /// It shows all that is free.
    All,
    /// It shows a part, in percent, rounded down.
    Share {
        /// 1 to 100.
        percent: i64,
    },
    /// It shows what is free but for the last units.
    KeepBack {
        /// Units kept back.
        units: i64,
    },
    /// It shows always the same, as long as there is that much.
    Fixed {
        /// Units shown.
        units: i64,
    },
    /// It is told nothing.
    Off,
}

/// A channel's rule, or one variant's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushRule {
    /// Its part.
    #[serde(flatten)]
    pub share: Share,
    /// Never more than this.
    #[serde(default)]
    pub cap: Option<i64>,
    /// What stands for the pool of a SKU that nobody counts.
    #[serde(default = "unlimited_shown")]
    pub unlimited: i64,
}

fn unlimited_shown() -> i64 {
    UNLIMITED_SHOWN
}

impl Default for PushRule {
    fn default() -> Self {
        PushRule { share: Share::All, cap: None, unlimited: UNLIMITED_SHOWN }
    }
}

impl PushRule {
    /// The units to show of a pool (`None`: nobody counts them) where the platform takes at most `most`;
    /// `None`: the channel is not told.
    ///
    /// Never below zero, and never more than a counted pool has.
    pub fn wanted(&self, pool: Option<i64>, most: Option<i64>) -> Option<i64> {
        let free = pool.unwrap_or(self.unlimited).max(0);
        let part = match self.share {
            Share::Off => return None,
            Share::All => free,
            Share::Share { percent } => percent_of(free, percent),
            // Of what nobody counts nothing can be kept back.
            Share::KeepBack { .. } if pool.is_none() => free,
            Share::KeepBack { units } => free.saturating_sub(units.max(0)),
            Share::Fixed { units } if pool.is_none() => units,
            Share::Fixed { units } => units.min(free),
        };
        let part = self.cap.map_or(part, |cap| part.min(cap));
        Some(most.map_or(part, |most| part.min(most)).max(0))
    }

    /// Checks the numbers of a rule; faults are named below `field`.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn check(&self, field: &str) -> Result<(), Invalid> {
        let mut checks = Checks::default();
        match self.share {
            Share::Share { percent } => checks.range(format!("{field}percent"), percent, 1, 100),
            Share::KeepBack { units } | Share::Fixed { units } => {
                checks.range(format!("{field}units"), units, 0, UNITS_MAX);
            }
            Share::All | Share::Off => {}
        }
        if let Some(cap) = self.cap {
            checks.range(format!("{field}cap"), cap, 0, UNITS_MAX);
        }
        checks.range(format!("{field}unlimited"), self.unlimited, 0, UNITS_MAX);
        checks.done()
    }

    /// As stored.
    pub fn stored(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Reads what [`Self::stored`] wrote.
    ///
    /// # Errors
    /// [`ChannelError::Unreadable`].
    pub fn read(stored: &Value) -> Result<PushRule, ChannelError> {
        serde_json::from_value(stored.clone()).map_err(ChannelError::Unreadable)
    }
}

fn percent_of(free: i64, percent: i64) -> i64 {
    let part = i128::from(free) * i128::from(percent.clamp(0, 100)) / 100;
    i64::try_from(part).unwrap_or(free)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn rule(share: Share) -> PushRule {
        PushRule { share, ..PushRule::default() }
    }

    fn shares() -> impl Strategy<Value = Share> {
        prop_oneof![
            Just(Share::All),
            any::<i64>().prop_map(|percent| Share::Share { percent }),
            any::<i64>().prop_map(|units| Share::KeepBack { units }),
            any::<i64>().prop_map(|units| Share::Fixed { units }),
        ]
    }

    #[test]
    fn each_rule_shows_its_part() {
        for (share, of_ten, of_nobody_counts) in [
            (Share::All, Some(10), Some(999)),
            (Share::Share { percent: 33 }, Some(3), Some(329)),
            (Share::KeepBack { units: 4 }, Some(6), Some(999)),
            (Share::KeepBack { units: 40 }, Some(0), Some(999)),
            (Share::Fixed { units: 7 }, Some(7), Some(7)),
            (Share::Fixed { units: 70 }, Some(10), Some(70)),
            (Share::Off, None, None),
        ] {
            assert_eq!(rule(share).wanted(Some(10), None), of_ten, "{share:?}");
            assert_eq!(rule(share).wanted(None, None), of_nobody_counts, "{share:?}");
        }
    }

    #[test]
    fn a_rule_is_stored_flat_and_read_again() {
        let kept = PushRule { share: Share::KeepBack { units: 2 }, cap: Some(50), unlimited: 99 };
        assert_eq!(kept.stored(), serde_json::json!({"mode": "keep_back", "units": 2, "cap": 50, "unlimited": 99}));
        assert_eq!(PushRule::read(&kept.stored()).unwrap(), kept);
        assert_eq!(PushRule::read(&serde_json::json!({"mode": "all"})).unwrap(), PushRule::default());
    }

    #[test]
    fn every_fault_of_a_rule_is_named() {
        let faulty = PushRule { share: Share::Share { percent: 0 }, cap: Some(-1), unlimited: -1 };
        let names: Vec<_> = faulty.check("rule.").unwrap_err().0.into_iter().map(|fault| fault.field).collect();
        assert_eq!(names, ["rule.percent", "rule.cap", "rule.unlimited"]);
    }

    proptest! {
        #[test]
        fn no_channel_shows_less_than_nothing_or_more_than_there_is(
            share in shares(), cap in proptest::option::of(any::<i64>()), unlimited: i64, free: i64,
            most in proptest::option::of(0..=i64::MAX),
        ) {
            let shown = PushRule { share, cap, unlimited }.wanted(Some(free), most).unwrap();
            prop_assert!(shown >= 0 && shown <= free.max(0));
            prop_assert!(cap.is_none_or(|cap| shown <= cap.max(0)) && most.is_none_or(|most| shown <= most));
            let endless = PushRule { share, cap, unlimited }.wanted(None, most).unwrap();
            prop_assert!(endless >= 0 && most.is_none_or(|most| endless <= most));
        }

        #[test]
        fn a_smaller_pool_is_never_shown_as_more(share in shares(), free in 0_i64..1_000_000, sold in 0_i64..1_000) {
            let left = (free - sold).max(0);
            prop_assert!(rule(share).wanted(Some(left), None) <= rule(share).wanted(Some(free), None));
        }
    }
}
