//! What a run is asked for and what it refused: the JSON kept beside it.

use std::collections::BTreeMap;

use kernel::id::CategoryId;
use serde::{Deserialize, Serialize};

use super::prices::PriceRule;

/// Most goods of one run.
pub const GOODS_MAX: i64 = 10_000;
/// Most goods of one run over a store.
pub const STORE_GOODS_MAX: i64 = 100_000;
/// Goods of a search that names no limit.
const GOODS_DEFAULT: i64 = 100;
/// Kinds of refusal told apart; platforms put odd values into their words.
const REASONS_MAX: usize = 40;
/// Goods named as examples of one reason.
const EXAMPLES_MAX: usize = 5;
/// The longest reason, in characters.
const REASON_LENGTH: usize = 120;

/// What a run imports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// By which question.
    #[serde(flatten)]
    pub by: By,
    /// At most so many goods.
    pub limit: i64,
    /// The category that new goods are put into.
    pub category_id: Option<CategoryId>,
    /// How a store's goods are taken in; none for affiliate goods.
    #[serde(default)]
    pub own: Option<OwnTerms>,
}

/// How a store's goods become ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnTerms {
    /// Whether new goods are on sale here at once.
    pub on_shelf: bool,
    /// What becomes of goods that the shop has already.
    pub duplicates: Duplicates,
    /// How the store's prices become ours.
    pub price: PriceRule,
    /// Whether pictures are copied to our storage.
    pub pictures: bool,
    /// Whether goods are made or changed at all, or the store's variants only matched with ours.
    pub makes: bool,
}

/// What becomes of a store's goods that the shop has already: by barcode, by the merchant's own code, or
/// because the store's variant has been tied before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// The store's variant sells the SKU that there is.
    #[default]
    Link,
    /// They are made once more.
    New,
    /// They are refused.
    Skip,
}

/// The ways to name goods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Words to search for.
    Query(String),
    /// The marketplace's own ids.
    Ids(Vec<String>),
    /// All that the store has.
    Whole,
}

impl By {
    /// How many goods are wanted when nobody says: all that are named, or the first of a search.
    pub fn goods_wanted(&self) -> i64 {
        match self {
            By::Query(_) => GOODS_DEFAULT,
            By::Ids(ids) => i64::try_from(ids.len()).unwrap_or(GOODS_MAX).clamp(1, GOODS_MAX),
            By::Whole => STORE_GOODS_MAX,
        }
    }
}

/// Goods that were not imported, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Refusals(pub BTreeMap<String, Refused>);

/// The goods refused for one reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// How many.
    pub count: i64,
    /// The marketplace's ids of some.
    pub examples: Vec<String>,
}

impl Refusals {
    /// Counts one refusal.
    pub fn note(&mut self, reason: &str, external_id: Option<&str>) {
        let mut reason = storable(reason, REASON_LENGTH);
        if !self.0.contains_key(&reason) && self.0.len() >= REASONS_MAX {
            reason = "another reason".to_owned();
        }
        let refused = self.0.entry(reason).or_default();
        refused.count += 1;
        if let (Some(id), true) = (external_id, refused.examples.len() < EXAMPLES_MAX) {
            refused.examples.push(storable(id, 200));
        }
    }

    /// How many in all.
    pub fn count(&self) -> i64 {
        self.0.values().map(|refused| refused.count).sum()
    }
}

/// A platform's words as both databases can keep them: control characters (NUL among them) become
/// blanks, and what is longer than `most` characters is cut.
pub fn storable(text: &str, most: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_wish_is_read_as_it_was_written() {
        let own = OwnTerms {
            on_shelf: true,
            duplicates: Duplicates::Skip,
            price: PriceRule { ends_in_nine: true, ..PriceRule::default() },
            pictures: true,
            makes: true,
        };
        for by in [By::Query("牛奶".to_owned()), By::Ids(vec!["a".to_owned(), "b".to_owned()]), By::Whole] {
            let own = (by == By::Whole).then(|| own.clone());
            let wish = Wish { by, limit: 5, category_id: Some(CategoryId::new()), own };
            let json = serde_json::to_value(&wish).unwrap();
            assert_eq!(serde_json::from_value::<Wish>(json).unwrap(), wish);
        }
    }

    #[test]
    fn refusals_are_counted_by_reason_and_bounded() {
        let mut refusals = Refusals::default();
        for place in 0..200 {
            refusals.note("no price", Some(&format!("id{place}")));
            refusals.note(&format!("odd value {place}"), None);
        }
        assert_eq!(refusals.count(), 400);
        assert_eq!(refusals.0["no price"].count, 200);
        assert_eq!(refusals.0["no price"].examples.len(), EXAMPLES_MAX);
        assert!(refusals.0.len() <= REASONS_MAX + 1);
    }

    #[test]
    fn what_no_database_keeps_becomes_a_blank() {
        assert_eq!(storable(" 牛\0奶\u{7}250ml ", 99), "牛 奶 250ml");
        assert_eq!(storable("一二三四", 2), "一二");
    }
}
