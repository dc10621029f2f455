//! The store's ids, which name the type before the number.

/// The id of a thing of type `kind`.
pub(super) fn gid(kind: &str, number: impl std::fmt::Display) -> String {
    format!("gid://shopify/{kind}/{number}")
}

/// The number in an id of type `kind`; `None` for ids of other types.
pub(super) fn number<'a>(kind: &str, id: &'a str) -> Option<&'a str> {
    let number = id.strip_prefix("gid://shopify/")?.strip_prefix(kind)?.strip_prefix('/')?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}

/// The same as a number.
pub(super) fn counted(kind: &str, id: &str) -> Option<u64> {
    number(kind, id)?.parse().ok()
}
