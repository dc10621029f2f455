//! The pure rules of shipping information (mini-program sheet §5).

use chrono::Duration;
use kernel::Time;

/// How many characters a description takes.
const DESC_MAX: usize = 120;
/// What stands for the goods that found no room.
const AND_MORE: &str = "等";
/// The pauses while WeChat does not know a payment (yet); after the last it is refused.
const UNKNOWN_PAUSES_MIN: [i64; 4] = [1, 5, 30, 120];
/// The longest pause between two questions whether money is free.
const LOOK_MOST: Duration = Duration::hours(6);

/// WeChat receives a parcel by itself after this many days, counted from when it was told of it.
const PARCEL_TIMES_OUT_DAYS: i64 = 10;

/// After this many questions the pause is ten minutes: how it begins once all is told.
pub const LOOK_CALMLY: i32 = 7;
/// How many days before it is received by time the buyer of a parcel is reminded to confirm it.
pub const REMIND_DAYS_BEFORE: i64 = 2;
/// The code WeChat answers when it has everything already.
pub const SHIPPED_ALREADY: i64 = 10_060_002;

/// Whether what WeChat calls received at `now` is the buyer's word, the first parcel having been sent at
/// `sent_at`: its own time-out cannot have come yet. Which of the two it was its numbers do not tell
/// reliably (sheet §5.5).
pub fn is_buyers_word(sent_at: Time, now: Time) -> bool {
    now < sent_at + Duration::days(PARCEL_TIMES_OUT_DAYS)
}

/// What is inside a parcel, `云南小番茄*1;鸡蛋*2`, in at most 120 characters: whole items as long as
/// they fit, and a first one that does not fit alone cut between two characters.
pub fn item_desc<'a>(items: impl Iterator<Item = (&'a str, i64)>) -> String {
    let items: Vec<String> = items.map(|(title, units)| item(title, units)).collect();
    let mut told = String::new();
    for (place, item) in items.iter().enumerate() {
        let joined = if place == 0 { item.clone() } else { format!("{told};{item}") };
        let reserve = if place + 1 < items.len() { AND_MORE.chars().count() } else { 0 };
        if joined.chars().count() + reserve > DESC_MAX {
            return if told.is_empty() { cut(item, AND_MORE) } else { told + AND_MORE };
        }
        told = joined;
    }
    told
}

fn item(title: &str, units: i64) -> String {
    let title: String = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let title = if title.is_empty() { "商品".to_owned() } else { title };
    let count = format!("*{units}");
    if title.chars().count() + count.chars().count() <= DESC_MAX { title + &count } else { cut(&title, &count) }
}

/// The beginning of `text` with `end` behind it, as much as fits.
fn cut(text: &str, end: &str) -> String {
    let room = DESC_MAX.saturating_sub(end.chars().count());
    text.chars().take(room).collect::<String>() + end
}

/// How long to wait after the `times`-th answer that the payment is unknown; `None` when it has been
/// said often enough.
pub fn unknown_pause(times: i32) -> Option<Duration> {
    let place = usize::try_from(times.checked_sub(1)?).ok()?;
    UNKNOWN_PAUSES_MIN.get(place).map(|minutes| Duration::minutes(*minutes))
}

/// The pause after `queries` questions whether the money is free: 5 s doubling up to six hours.
pub fn look_pause(queries: i32) -> Duration {
    Duration::seconds(5i64 << queries.clamp(0, 20).unsigned_abs()).min(LOOK_MOST)
}

/// What an upload calls a carrier: the platform's own id where `known` has the name or the id, as
/// people write it, else the given text.
pub fn delivery_id(carrier: &str, known: &[(String, String)]) -> String {
    let plain = |text: &str| text.trim().to_lowercase();
    let given = plain(carrier);
    let same = known.iter().find(|(id, name)| plain(id) == given || plain(name) == given);
    // People leave the ends of a carrier's name away: 顺丰 for 顺丰速运.
    let longer = || known.iter().find(|(_, name)| !given.is_empty() && plain(name).starts_with(&given));
    same.or_else(longer).map_or_else(|| carrier.trim().to_owned(), |(id, _)| id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_description_names_whole_items_as_long_as_they_fit() {
        assert_eq!(item_desc([("小番茄 5斤", 1), ("鸡蛋", 30)].into_iter()), "小番茄 5斤*1;鸡蛋*30");
        let long = "好".repeat(70);
        let told = item_desc([(long.as_str(), 1), (long.as_str(), 2)].into_iter());
        assert_eq!(told, format!("{long}*1等"));
        assert_eq!(item_desc([("", 1)].into_iter()), "商品*1");
    }

    proptest! {
        #[test]
        fn a_description_is_never_empty_and_never_too_long(titles in prop::collection::vec(".{0,200}", 1..8)) {
            let told = item_desc(titles.iter().map(|title| (title.as_str(), 3)));
            prop_assert!(!told.trim().is_empty() && told.chars().count() <= DESC_MAX, "{told}");
        }
    }

    #[test]
    fn an_unknown_payment_is_asked_about_four_more_times() {
        let pauses: Vec<_> = (1..=5).map(|times| unknown_pause(times).map(|pause| pause.num_minutes())).collect();
        assert_eq!(pauses, [Some(1), Some(5), Some(30), Some(120), None]);
        assert_eq!(unknown_pause(0), None);
    }

    #[test]
    fn questions_come_soon_and_then_four_times_a_day() {
        assert_eq!(look_pause(0).num_seconds(), 5);
        assert_eq!(look_pause(LOOK_CALMLY).num_minutes(), 10);
        assert_eq!((look_pause(13), look_pause(i32::MAX)), (LOOK_MOST, LOOK_MOST));
    }

    #[test]
    fn a_carrier_is_known_by_its_id_its_name_or_the_beginning_of_it() {
        let known = [("SF".to_owned(), "顺丰速运".to_owned()), ("YD".to_owned(), "韵达快递".to_owned())];
        for (given, told) in [("sf", "SF"), (" 顺丰速运", "SF"), ("韵达", "YD"), ("UNKNOWN", "UNKNOWN"), ("", "")]
        {
            assert_eq!(delivery_id(given, &known), told, "{given}");
        }
    }
}
