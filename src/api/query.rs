//! Query strings, typed. A parameter that is sent empty (`?category=&q=`) counts as left out; one
//! that is unknown or comes twice is refused.

use std::borrow::Cow;

use kernel::failure::Invalid;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Error, IntoDeserializer, Visitor, value};

use super::body::invalid;

/// Reads a query string.
pub fn parse_query<T: DeserializeOwned>(text: &str) -> Result<T, Invalid> {
    let pairs = url::form_urlencoded::parse(text.as_bytes()).map(|(name, text)| (name, Text(text)));
    serde_path_to_error::deserialize(MapDeserializer::new(pairs)).map_err(
        |error: serde_path_to_error::Error<value::Error>| {
            let path = error.path().to_string();
            let message = error.into_inner().to_string();
            let named = message.split('`').nth(1).unwrap_or("query").to_owned();
            invalid(if path == "." { named } else { path }, &message)
        },
    )
}

/// The text of one parameter.
struct Text<'a>(Cow<'a, str>);

impl<'de> IntoDeserializer<'de, value::Error> for Text<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($read:ident => $visit:ident: $what:literal;)*) => {$(
        fn $read<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, value::Error> {
            let parsed = self.0.parse().map_err(|_| value::Error::custom(concat!("not ", $what)));
            parsed.and_then(|value| visitor.$visit(value))
        }
    )*};
}

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = value::Error;

    parsed! {
        deserialize_bool => visit_bool: "true or false";
        deserialize_i8 => visit_i8: "a whole number in range";
        deserialize_i16 => visit_i16: "a whole number in range";
        deserialize_i32 => visit_i32: "a whole number in range";
        deserialize_i64 => visit_i64: "a whole number in range";
        deserialize_u8 => visit_u8: "a whole number in range";
        deserialize_u16 => visit_u16: "a whole number in range";
        deserialize_u32 => visit_u32: "a whole number in range";
        deserialize_u64 => visit_u64: "a whole number in range";
        deserialize_f32 => visit_f32: "a number";
        deserialize_f64 => visit_f64: "a number";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, value::Error> {
        visitor.visit_str(&self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, value::Error> {
        if self.0.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, value::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, value::Error> {
        visitor.visit_enum(self.0.as_ref().into_deserializer())
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use kernel::id::GoodsId;
    use serde::Deserialize;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Sort {
        #[default]
        Newest,
        PriceUp,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        id: Option<GoodsId>,
        q: Option<String>,
        sort: Option<Sort>,
        on: Option<bool>,
        lat: Option<f64>,
        limit: Option<u64>,
    }

    #[test]
    fn an_empty_parameter_counts_as_left_out() {
        assert_eq!(parse_query::<Asked>("id=&q=&sort=&on=&lat=&limit=").unwrap(), Asked::default());
        let asked: Asked = parse_query("q=%E8%8B%B9+x&sort=price_up&on=true&lat=-1.5&limit=7").unwrap();
        let told = (asked.q.as_deref(), asked.sort, asked.on, asked.lat, asked.limit);
        assert_eq!(told, (Some("苹 x"), Some(Sort::PriceUp), Some(true), Some(-1.5), Some(7)));
    }

    #[test]
    fn a_fault_names_its_parameter() {
        for (text, field, code) in [
            ("limit=x", "limit", "invalid"),
            ("limit=-1", "limit", "invalid"),
            ("sort=up", "sort", "invalid"),
            ("id=ord_1", "id", "invalid"),
            ("typo=1", "typo", "unknown"),
            ("typo=", "typo", "unknown"),
            ("q=a&q=b", "q", "invalid"),
            ("q=&q=b", "q", "invalid"),
        ] {
            let fault = parse_query::<Asked>(text).unwrap_err().0.remove(0);
            assert_eq!((fault.field.as_str(), fault.code.as_str()), (field, code), "{text}: {}", fault.detail);
        }
    }
}
