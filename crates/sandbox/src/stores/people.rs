//! Buyers and where they live.

use serde::{Deserialize, Serialize};

use crate::catalogue::Dice;

/// Where an order goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreReceiver {
    /// Name.
    pub name: String,
    /// Phone.
    pub phone: String,
    /// Two-letter code.
    pub country: String,
    /// Province or state.
    pub province: String,
    /// City.
    pub city: String,
    /// District; empty abroad.
    pub district: String,
    /// Street and number.
    pub street: String,
    /// Postal code.
    pub postcode: String,
}

const SURNAMES: [&str; 8] = ["王", "李", "张", "刘", "陈", "杨", "赵", "周"];
const NAMES: [&str; 8] = ["秀英", "小军", "丽华", "志强", "晓梅", "建国", "雨晴", "子涵"];
const PLACES: [(&str, &str, &str, &str); 6] = [
    ("浙江省", "杭州市", "西湖区", "310012"),
    ("广东省", "深圳市", "南山区", "518052"),
    ("四川省", "成都市", "武侯区", "610041"),
    ("江苏省", "苏州市", "吴中区", "215128"),
    ("湖北省", "武汉市", "洪山区", "430070"),
    ("山东省", "青岛市", "市南区", "266071"),
];
const ABROAD: [(&str, &str, &str, &str, &str); 5] = [
    ("US", "CA", "San Jose", "Maple Street", "95112"),
    ("US", "TX", "Austin", "Oak Avenue", "73301"),
    ("DE", "Berlin", "Berlin", "Lindenallee", "10115"),
    ("GB", "England", "Leeds", "High Street", "LS1 4AP"),
    ("JP", "Tokyo", "Setagaya", "Sakura-dori", "154-0001"),
];

/// Buyer number `seq`: a nick and an address, at home or abroad.
pub(super) fn buyer(seq: u64, chinese: bool) -> (String, StoreReceiver) {
    let mut dice = Dice::of(seq ^ 0x00b0_7e15);
    let house = dice.between(1, 300);
    if !chinese {
        let (country, province, city, street, postcode) =
            ABROAD.get(dice.below(ABROAD.len())).copied().unwrap_or_default();
        let receiver = StoreReceiver {
            name: format!("Robin Miller {seq}"),
            phone: format!("+1 408 555 {:04}", seq % 10_000),
            country: country.to_owned(),
            province: province.to_owned(),
            city: city.to_owned(),
            district: String::new(),
            street: format!("{street} {house}"),
            postcode: postcode.to_owned(),
        };
        return (format!("buyer{seq}"), receiver);
    }
    let pick = |list: &[&'static str], place: usize| list.get(place).copied().unwrap_or_default();
    let name = [pick(&SURNAMES, dice.below(SURNAMES.len())), pick(&NAMES, dice.below(NAMES.len()))].concat();
    let (province, city, district, postcode) = PLACES.get(dice.below(PLACES.len())).copied().unwrap_or_default();
    let receiver = StoreReceiver {
        name,
        phone: format!("138{:08}", seq % 100_000_000),
        country: "CN".to_owned(),
        province: province.to_owned(),
        city: city.to_owned(),
        district: district.to_owned(),
        street: format!("文三路{house}号"),
        postcode: postcode.to_owned(),
    };
    (format!("买家{seq}"), receiver)
}

/// `text` with all but its first sign hidden.
pub(crate) fn masked(text: &str) -> String {
    let mut signs = text.chars();
    let first = signs.next().map(String::from).unwrap_or_default();
    format!("{first}{}", "*".repeat(signs.count().max(1)))
}

/// A phone number with its middle hidden.
pub(crate) fn masked_phone(phone: &str) -> String {
    let head: String = phone.chars().take(3).collect();
    let tail: String = phone.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    format!("{head}****{tail}")
}
