//! What a list told of an item, kept behind its id while its variants are asked for.
//!
//! An app that has no right to the call for variants still imports what the list told. The place of a
//! walk is text, so an item is its id, a space, and the rest as JSON.

use serde::{Deserialize, Serialize};

use super::error::{ApiError, ErrorClass};
use super::feeds::without;
use super::model::{OwnGoods, Page, RemoteGoods, RemoteSku, SkippedRow};
use super::money::{Currency, Money};

/// An item of a list; prices in yuan.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Listed {
    /// The platform's id; empty when the row has none.
    #[serde(skip)]
    pub id: String,
    /// Title.
    pub title: String,
    /// Its price, or the lowest of its variants', in fen.
    pub price: Option<i64>,
    /// Units of all variants.
    pub stock: Option<i64>,
    /// The merchant's own code.
    pub code: Option<String>,
    /// Its barcode.
    pub barcode: Option<String>,
    /// Absolute address of its picture.
    pub picture: Option<String>,
    /// Whether it is on sale.
    pub on_sale: bool,
    /// The platform's category.
    pub category: Option<String>,
}

impl Listed {
    /// The item as text; one without an id cannot be asked for.
    pub fn pending(&self) -> Result<String, SkippedRow> {
        if self.id.is_empty() || self.id.contains(' ') {
            return Err(SkippedRow { external_id: None, reason: "no usable id".to_owned() });
        }
        Ok(format!("{} {}", self.id, serde_json::to_string(self).unwrap_or_default()))
    }

    /// The item in a text of [`Self::pending`]; `None` for a bare id.
    pub fn parse(text: &str) -> Option<Listed> {
        let (id, rest) = text.split_once(' ')?;
        let listed: Listed = serde_json::from_str(rest).ok()?;
        Some(Listed { id: id.to_owned(), ..listed })
    }

    /// The goods as far as the list tells, with one variant that stands for all.
    pub fn goods(&self) -> Result<RemoteGoods, SkippedRow> {
        let price = self.price.filter(|fen| *fen > 0).map(|minor| Money { minor, currency: Currency::CNY });
        let sku = price.map(|price| RemoteSku {
            sku_code: self.code.clone(),
            barcode: self.barcode.clone(),
            ..RemoteSku::only(price, self.stock)
        });
        RemoteGoods::own(OwnGoods {
            external_id: self.id.clone(),
            title: self.title.clone(),
            pictures: self.picture.iter().cloned().collect(),
            skus: sku.into_iter().collect(),
            on_sale: self.on_sale,
            category_id: self.category.clone(),
            shop_id: None,
            extra: serde_json::json!({}),
        })
    }
}

/// The id of a text of [`Listed::pending`], or the bare id.
pub fn id_of(text: &str) -> &str {
    text.split_once(' ').map_or(text, |(id, _)| id)
}

/// The first of `ids` without what the list told.
pub fn only_id(ids: &[String]) -> Result<&str, ApiError> {
    ids.first().map(|text| id_of(text)).ok_or_else(|| ApiError::bad_request("no id to ask for"))
}

/// What the list told, in place of a call that the app may not make; else what [`without`] says.
pub fn instead(ids: &[String], error: &ApiError) -> Option<Page<RemoteGoods>> {
    let listed: Vec<Listed> = ids.iter().filter_map(|text| Listed::parse(text)).collect();
    match error.class {
        ErrorClass::NotPermitted | ErrorClass::Retired if listed.len() == ids.len() => {
            Some(Page::collect(listed.iter().map(Listed::goods)))
        }
        _ => without(ids, error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn listed() -> Listed {
        Listed { id: "77".into(), title: "苹果 5斤".into(), price: Some(2990), on_sale: true, ..Listed::default() }
    }

    #[test]
    fn an_item_survives_as_text() {
        let text = listed().pending().unwrap();
        let back = Listed::parse(&text).unwrap();
        assert_eq!((id_of(&text), back.id.as_str(), back.title.as_str()), ("77", "77", "苹果 5斤"));
        assert!(Listed { id: String::new(), ..listed() }.pending().is_err());
        assert!(Listed::parse("77").is_none() && id_of("77") == "77");
    }

    #[test]
    fn only_a_missing_right_is_answered_with_what_the_list_told() {
        let ids = [listed().pending().unwrap()];
        let page = instead(&ids, &ApiError::new(ErrorClass::NotPermitted, "11", "x")).unwrap();
        assert_eq!((page.rows.len(), page.rows.first().unwrap().price.minor), (1, 2990));
        assert!(instead(&["77".to_owned()], &ApiError::new(ErrorClass::NotPermitted, "11", "x")).is_none());
        assert!(instead(&ids, &ApiError::new(ErrorClass::RateLimited, "7", "x")).is_none());
        let gone = instead(&ids, &ApiError::new(ErrorClass::NotFound, "x", "x")).unwrap();
        assert_eq!(gone.missing, ["77"]);
    }
}
