//! Reading what platforms leave out in one way or another.

use serde::{Deserialize, Deserializer};

/// Reads `null` as the field's default, as if it were not there; with `#[serde(default)]`, since a
/// platform that has nothing to say sends either.
pub(crate) fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
