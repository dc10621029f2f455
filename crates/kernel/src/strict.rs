//! Reading JSON in which a list never passes for an object.
//!
//! The code that serde derives for a struct takes a list of its fields' values too. No document of
//! ours says so, and `[null, null]` for a change of the profile is a mistake, not a wish.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error, IntoDeserializer, Unexpected, Visitor};
use serde_json::Value;

/// A JSON value whose structs, also the nested ones, are read from objects alone.
pub struct Strict(pub Value);

impl<'de> IntoDeserializer<'de, serde_json::Error> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Strict {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Array(list) => {
                let mut list = SeqDeserializer::new(list.into_iter().map(Strict));
                let value = visitor.visit_seq(&mut list)?;
                list.end()?;
                Ok(value)
            }
            Value::Object(map) => {
                let mut map = MapDeserializer::new(map.into_iter().map(|(name, value)| (name, Strict(value))));
                let value = visitor.visit_map(&mut map)?;
                map.end()?;
                Ok(value)
            }
            plain => plain.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        if self.0.is_array() {
            return Err(Self::Error::invalid_type(Unexpected::Seq, &"an object"));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        // Our requests know plain words alone here; a variant with contents would be read leniently.
        self.0.deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        n: i64,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        text: Option<String>,
        one: Option<Inner>,
        #[serde(default)]
        many: Vec<Inner>,
        pair: Option<(i64, String)>,
    }

    fn read(value: Value) -> Result<Outer, String> {
        Outer::deserialize(Strict(value)).map_err(|error| error.to_string())
    }

    #[test]
    fn objects_lists_and_tuples_are_read_as_ever() {
        let read = read(json!({"text": "a", "one": {"n": 1}, "many": [{"n": 2}], "pair": [3, "b"]})).unwrap();
        assert_eq!(read.one, Some(Inner { n: 1 }));
        assert_eq!(read.many, [Inner { n: 2 }]);
        assert_eq!((read.text.as_deref(), read.pair), (Some("a"), Some((3, "b".to_owned()))));
    }

    #[test]
    fn a_list_is_no_object_at_any_depth() {
        for wrong in [json!([null, null, [], null]), json!({"one": [1]}), json!({"many": [[2]]})] {
            assert!(read(wrong.clone()).unwrap_err().contains("expected an object"), "{wrong}");
        }
        assert!(read(json!({"typo": 1})).unwrap_err().contains("unknown field"));
    }
}
