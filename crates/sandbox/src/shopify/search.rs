//! The search words of lists: `updated_at:>='2026-11-22T00:00:00Z' AND status:active`.

use chrono::{DateTime, NaiveDate};

/// One condition.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) name: String,
    compare: Compare,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    AtLeast,
    AtMost,
    Over,
    Under,
    Equal,
}

/// Reads search words of which all must hold. Names beside `known` are refused: the platform ignores them
/// and would answer with everything.
pub(super) fn read(text: &str, known: &[&str]) -> Result<Vec<Term>, String> {
    let parts = text.split(" AND ").map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| term(part, known)).collect()
}

fn term(part: &str, known: &[&str]) -> Result<Term, String> {
    let (name, rest) = part.split_once(':').ok_or_else(|| format!("Invalid search field for this query: {part}"))?;
    if !known.contains(&name) {
        return Err(format!("Invalid search field for this query: {name}"));
    }
    let signs = [(">=", Compare::AtLeast), ("<=", Compare::AtMost), (">", Compare::Over), ("<", Compare::Under)];
    let found = signs.into_iter().find_map(|(sign, compare)| Some((rest.strip_prefix(sign)?, compare)));
    let (value, compare) = found.unwrap_or((rest, Compare::Equal));
    let bare = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\'')).unwrap_or(value);
    let is_plain = bare == value && !value.contains([' ', '\'', '"']);
    if bare.is_empty() || !(is_plain || bare != value) {
        return Err(format!("Invalid search value for {name}"));
    }
    let term = Term { name: name.to_owned(), compare, value: bare.to_owned() };
    if name.ends_with("_at") && term.time().is_none() {
        return Err(format!("Invalid timestamp for {name}: {bare}"));
    }
    Ok(term)
}

impl Term {
    fn time(&self) -> Option<i64> {
        if let Ok(at) = DateTime::parse_from_rfc3339(&self.value) {
            return Some(at.timestamp());
        }
        let day = NaiveDate::parse_from_str(&self.value, "%Y-%m-%d").ok()?;
        Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp())
    }

    /// Whether the moment `unix` fits.
    pub(super) fn fits_time(&self, unix: i64) -> bool {
        let Some(bound) = self.time() else { return false };
        match self.compare {
            Compare::AtLeast => unix >= bound,
            Compare::AtMost => unix <= bound,
            Compare::Over => unix > bound,
            Compare::Under => unix < bound,
            Compare::Equal => unix == bound,
        }
    }

    /// Whether the word fits, capitals or not.
    pub(super) fn fits_word(&self, word: &str) -> bool {
        self.compare == Compare::Equal && self.value.eq_ignore_ascii_case(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_time_and_words_are_read_and_strange_names_refused() {
        let terms = read(
            "updated_at:>='2026-11-22T00:00:00Z' AND updated_at:<'2026-11-23' AND status:active",
            &["updated_at", "status"],
        );
        let terms = terms.unwrap();
        assert!(terms[0].fits_time(1_795_305_600) && !terms[0].fits_time(1_795_305_599));
        assert!(terms[1].fits_time(1_795_391_999) && !terms[1].fits_time(1_795_392_000));
        assert!(terms[2].fits_word("ACTIVE") && !terms[2].fits_word("draft"));
        assert!(read("changed:>=1", &["updated_at"]).is_err());
        assert!(read("updated_at:>=yesterday", &["updated_at"]).is_err());
        assert!(read("status:'", &["status"]).is_err());
    }
}
