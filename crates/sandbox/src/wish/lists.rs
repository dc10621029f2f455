//! Lists by keyset: a bound for the last row's time or id, itself included.

use chrono::DateTime;

use super::{Call, Refusal};

/// What every list takes.
pub(super) const PARAMETERS: [&str; 6] = ["limit", "sort_by", "updated_at_min", "updated_at_max", "id_min", "id_max"];

/// A row's keys: its update time in milliseconds and its id.
pub(super) struct Keyed<T> {
    pub(super) at_ms: i64,
    pub(super) id: String,
    pub(super) row: T,
}

/// A moment in milliseconds.
pub(super) fn moment(call: &Call<'_>, name: &str) -> Result<Option<i64>, Refusal> {
    let read = |text: &str| {
        let at = DateTime::parse_from_rfc3339(text).map_err(|_| Refusal::parameter(name))?;
        Ok(at.timestamp_millis())
    };
    call.query.text(name).map(read).transpose()
}

/// The rows that the bounds let pass, sorted and cut.
pub(super) fn cut<T>(call: &Call<'_>, mut rows: Vec<Keyed<T>>) -> Result<Vec<T>, Refusal> {
    let limit = call.query.number("limit", 50, 1, 500).map_err(|name| Refusal::parameter(&name))?;
    let (min, max) = (moment(call, "updated_at_min")?, moment(call, "updated_at_max")?);
    let (id_min, id_max) = (call.query.text("id_min"), call.query.text("id_max"));
    rows.retain(|row| {
        min.is_none_or(|min| row.at_ms >= min)
            && max.is_none_or(|max| row.at_ms <= max)
            && id_min.is_none_or(|min| row.id.as_str() >= min)
            && id_max.is_none_or(|max| row.id.as_str() <= max)
    });
    match call.query.text("sort_by").unwrap_or("updated_at.asc") {
        "updated_at.asc" => rows.sort_by(|a, b| (a.at_ms, &a.id).cmp(&(b.at_ms, &b.id))),
        "updated_at.desc" => rows.sort_by(|a, b| (b.at_ms, &b.id).cmp(&(a.at_ms, &a.id))),
        "id.asc" => rows.sort_by(|a, b| a.id.cmp(&b.id)),
        "id.desc" => rows.sort_by(|a, b| b.id.cmp(&a.id)),
        _ => return Err(Refusal::parameter("sort_by")),
    }
    Ok(rows.into_iter().take(usize::try_from(limit).unwrap_or(50)).map(|row| row.row).collect())
}
