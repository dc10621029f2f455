//! Pure rules of goods: when they are on sale, when they can be collected, which SKUs are the same.

use std::collections::BTreeMap;

use chrono::Days;
use kernel::Time;
use kernel::clock::beijing;

use super::entity::goods;
use super::terms::PickupRule;

/// Most dimensions of a SKU's specs.
pub const DIMENSIONS_MAX: usize = 5;

/// Whether goods can be bought at a moment. Region and stock are other questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They can.
    OnSale,
    /// Taken off the shelf, or deleted.
    OffShelf,
    /// The sale window has not begun.
    NotYet,
    /// The sale window has ended.
    Over,
}

/// Where goods stand at `now`: on the shelf and inside the sale window `[from, until)`.
pub fn standing(goods: &goods::Model, now: Time) -> Standing {
    if !goods.on_shelf || goods.deleted_at.is_some() {
        Standing::OffShelf
    } else if goods.sale_from.is_some_and(|from| now < from) {
        Standing::NotYet
    } else if goods.sale_until.is_some_and(|until| now >= until) {
        Standing::Over
    } else {
        Standing::OnSale
    }
}

/// When goods ordered at `now` can be collected: a day as `2026-11-25`, or the shop's words.
///
/// The day is Beijing's; an order at or after the cut-off counts as one of the next day.
pub fn expected_pickup(rule: &PickupRule, now: Time) -> String {
    match rule {
        PickupRule::Words { text } => text.clone(),
        PickupRule::Days { days, cut_off } => {
            let local = now.with_timezone(&beijing());
            let late = cut_off.is_some_and(|cut_off| local.time() >= cut_off);
            let wait = Days::new(u64::from(*days) + u64::from(late));
            let day = local.date_naive();
            day.checked_add_days(wait).unwrap_or(day).to_string()
        }
    }
}

/// The specs in one canonical text: the same dimensions and values give the same text, in whatever
/// order they came. Texts hold no control characters, so the separators cannot be forged.
pub fn specs_key(specs: &BTreeMap<String, String>) -> String {
    let parts: Vec<String> = specs.iter().map(|(name, value)| format!("{name}\u{1f}{value}")).collect();
    parts.join("\u{1e}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chrono::NaiveTime;

    fn days(days: u16, cut_off: Option<(u32, u32)>, now: &str) -> String {
        let cut_off = cut_off.map(|(h, m)| NaiveTime::from_hms_opt(h, m, 0).unwrap());
        expected_pickup(&PickupRule::Days { days, cut_off }, now.parse().unwrap())
    }

    #[test]
    fn pickup_is_counted_from_beijings_day() {
        assert_eq!(days(0, None, "2026-11-23T15:59:59Z"), "2026-11-23");
        assert_eq!(days(1, None, "2026-11-23T15:59:59Z"), "2026-11-24");
        // Sixteen hours UTC is midnight in Beijing.
        assert_eq!(days(1, None, "2026-11-23T16:00:00Z"), "2026-11-25");
        assert_eq!(days(3, None, "2026-12-30T01:00:00Z"), "2027-01-02");
    }

    #[test]
    fn the_cut_off_moves_pickup_on_by_a_day() {
        // 17:59:59 and 18:00 in Beijing.
        assert_eq!(days(1, Some((18, 0)), "2026-11-23T09:59:59Z"), "2026-11-24");
        assert_eq!(days(1, Some((18, 0)), "2026-11-23T10:00:00Z"), "2026-11-25");
    }

    #[test]
    fn free_words_stand_as_they_are() {
        let rule = PickupRule::Words { text: "周五下午".to_owned() };
        assert_eq!(expected_pickup(&rule, "2026-11-23T09:59:59Z".parse().unwrap()), "周五下午");
    }

    #[test]
    fn the_order_of_dimensions_does_not_make_another_sku() {
        let specs = |pairs: &[(&str, &str)]| {
            specs_key(&pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
        };
        assert_eq!(specs(&[("规格", "5 kg"), ("颜色", "红")]), specs(&[("颜色", "红"), ("规格", "5 kg")]));
        assert_ne!(specs(&[("规格", "5 kg")]), specs(&[("规格", "10 kg")]));
        assert_ne!(specs(&[("a", "b"), ("c", "d")]), specs(&[("a", "bc"), ("c", "d")]));
        assert_eq!(specs(&[]), "");
    }
}
