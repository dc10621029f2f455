//! The goods of the marketplaces: some hundred listings, the same in every run.

pub(crate) mod orders;
mod pictures;
pub(crate) mod words;

use words::{CATEGORIES, Category, SHOPS};

use crate::crypto;

pub(crate) use pictures::routes;

/// 2026-01-01 in Beijing: coupons of every run began here.
const BEGINS: i64 = 1_767_196_800;

/// 2036-01-01 in Beijing: and end here, but for a few.
const ENDS: i64 = 2_082_729_600;

/// One listing, before either platform dresses it.
pub(crate) struct Listing {
    pub(crate) number: u64,
    pub(crate) title: String,
    pub(crate) category: &'static Category,
    /// Which of the category's goods it is.
    pub(crate) kind: usize,
    /// Price of one buyer alone, in fen.
    pub(crate) normal_fen: i64,
    /// Price in a group, the one that is shown.
    pub(crate) price_fen: i64,
    pub(crate) coupon: Option<Coupon>,
    /// Commission in thousandths.
    pub(crate) rate: i64,
    pub(crate) sales: i64,
    pub(crate) shop: (i64, &'static str, i64, &'static str),
    /// Pinduoduo's id.
    pub(crate) goods_sign: String,
    /// Taobao's id.
    pub(crate) item_id: String,
    /// Taken off the shelf: no longer found, its detail is empty.
    pub(crate) gone: bool,
}

/// A coupon of a listing, in fen and unix seconds.
pub(crate) struct Coupon {
    pub(crate) discount: i64,
    pub(crate) least_order: i64,
    pub(crate) starts: i64,
    pub(crate) ends: i64,
    pub(crate) remaining: i64,
}

impl Listing {
    /// The price with the coupon, when it is good now.
    pub(crate) fn final_fen(&self, now: i64) -> i64 {
        let good = |coupon: &&Coupon| {
            coupon.remaining > 0
                && (coupon.starts..coupon.ends).contains(&now)
                && self.price_fen >= coupon.least_order
                && coupon.discount < self.price_fen
        };
        self.price_fen - self.coupon.as_ref().filter(good).map_or(0, |coupon| coupon.discount)
    }

    /// Sales as the platforms print them: `123`, `1000+`, `4.5万`.
    pub(crate) fn sales_tip(&self) -> String {
        match self.sales {
            few @ ..1_000 => few.to_string(),
            some @ 1_000..10_000 => format!("{}000+", some / 1_000),
            many => format!("{}.{}万", many / 10_000, many % 10_000 / 1_000),
        }
    }

    /// The name of the kind of goods.
    pub(crate) fn kind_name(&self) -> &'static str {
        self.category.goods.get(self.kind).map_or("", |(name, _, _)| name)
    }

    /// The amounts it is sold in.
    pub(crate) fn units(&self) -> &'static [&'static str] {
        self.category.goods.get(self.kind).map_or(&[], |(_, units, _)| units)
    }

    /// Whether every word of `query` is in the title or the category.
    pub(crate) fn matches(&self, query: &str) -> bool {
        let words = || query.split_whitespace();
        !self.gone && words().all(|word| self.title.contains(word) || self.category.name.contains(word))
    }
}

/// The first `count` listings.
pub(crate) fn listings(count: usize) -> Vec<Listing> {
    (1..).take(count).filter_map(listing).collect()
}

/// Listing `number`; every choice in it is made by the number alone.
pub(crate) fn listing(number: u64) -> Option<Listing> {
    let mut dice = Dice::of(number);
    let category = CATEGORIES.get(usize::try_from(number).ok()? % CATEGORIES.len())?;
    let kind = dice.below(category.goods.len());
    let (name, units, typical) = category.goods.get(kind)?;
    let unit_place = dice.below(units.len());
    let unit = units.get(unit_place)?;
    let praise = category.praise.get(dice.below(category.praise.len()))?;
    let larger = i64::try_from(unit_place).ok()? * 60 + 100;
    let price_fen = (typical * larger / 100 * dice.between(80, 125) / 100).max(100) / 10 * 10 + dice.between(0, 10);
    let normal_fen = price_fen + price_fen * dice.between(3, 30) / 100;
    let discount = (price_fen * dice.between(5, 25) / 100).max(100) / 100 * 100;
    let with_coupon = dice.below(3) > 0 && discount < price_fen;
    let coupon = with_coupon.then(|| Coupon {
        discount,
        least_order: discount + 100,
        starts: BEGINS,
        // One in twelve has ended, one in twelve has run out: importers must notice.
        ends: if dice.below(12) == 0 { BEGINS + 86_400 } else { ENDS },
        remaining: if dice.below(12) == 0 { 0 } else { dice.between(10, 5_000) },
    });
    let hash = crypto::sha256_hex(&format!("listing/{number}"));
    let piece = |from: usize, to: usize| hash.get(from..to).unwrap_or_default().to_owned();
    Some(Listing {
        number,
        title: format!("{name} {unit} {praise} 第{number}款"),
        category,
        kind,
        normal_fen,
        price_fen,
        coupon,
        rate: if dice.below(25) == 0 { 0 } else { dice.between(2, 40) * 5 },
        sales: dice.between(3, 40) * dice.between(1, 4_000),
        shop: *SHOPS.get(dice.below(SHOPS.len()))?,
        goods_sign: format!("E9{}_wP{}_JQ{}", piece(0, 6), piece(6, 28), piece(28, 35)),
        item_id: format!("AbCd{}-{}", piece(36, 54), piece(44, 64)),
        gone: number.is_multiple_of(97),
    })
}

/// Choices that repeat from run to run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }

    /// A place below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let count = u64::try_from(count).unwrap_or(1).max(1);
        usize::try_from(self.roll() % count).unwrap_or(0)
    }

    /// A number from `least` up to, not including, `end`.
    pub(crate) fn between(&mut self, least: i64, end: i64) -> i64 {
        let span = u64::try_from(end - least).unwrap_or(1).max(1);
        least + i64::try_from(self.roll() % span).unwrap_or(0)
    }
}
