//! A platform's order in the words of our tables, with nothing in it that a database cannot keep.

use gateways::marketplaces::{Private, Receiver, RemoteOrder, RemoteOrderLine, RemoteOrderState};
use kernel::Failure;
use kernel::id::MarketOrderId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::app::App;
use crate::areas::market_accounts::rules::storable;
use crate::areas::market_orders::MarketOrderError;
use crate::areas::market_orders::service::receiver_place;
use crate::areas::market_orders::state::RemoteState;
use crate::areas::market_orders::telling::{ReceiverKept, Told, ToldLine};

/// The longest word of a platform that we keep, in characters.
const WORD_LENGTH: usize = 200;
/// The longest text of a buyer that we keep.
const NOTE_LENGTH: usize = 1_000;
/// Most pieces of a line that make sense.
const PIECES_MAX: i64 = 1_000_000_000;

/// An order of a page, ready to be written.
pub(super) struct Row {
    /// The facts.
    pub told: Told,
    /// Where it goes, in whatever form the platform tells it.
    pub receiver: Receiver,
    /// A keyed hash of both.
    pub fingerprint: String,
}

/// What lists show of a receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ReceiverShown {
    /// Country, where told.
    pub country: Option<String>,
    /// Province or state.
    pub province: Option<String>,
    /// City.
    pub city: Option<String>,
    /// District.
    pub district: Option<String>,
    /// The name's mask.
    pub name: Option<String>,
    /// The phone's mask.
    pub phone: Option<String>,
    /// The address's mask.
    pub address: Option<String>,
    /// How the platform tells it: `plain`, `sealed`, `masked` or `absent`.
    pub form: String,
}

pub(super) fn row(app: &App, order: &RemoteOrder) -> Result<Row, Failure> {
    let told = told(order);
    let receiver = order.receiver.clone();
    let bytes = serde_json::to_vec(&(&told, &receiver)).map_err(unwritable)?;
    let fingerprint = hex::encode(app.sealer.keyed_hash("market_orders.told", &bytes));
    Ok(Row { told, receiver, fingerprint })
}

fn unwritable(error: serde_json::Error) -> MarketOrderError {
    MarketOrderError::Unreadable { what: "order", error }
}

/// The receiver of `order` as it is stored; `None` when the platform tells none.
pub(super) fn kept(app: &App, order: MarketOrderId, receiver: &Receiver) -> Result<Option<ReceiverKept>, Failure> {
    if *receiver == Receiver::default() {
        return Ok(None);
    }
    let shown = serde_json::to_value(shown(receiver)).map_err(unwritable)?;
    let parts = [&receiver.name, &receiver.phone, &receiver.address];
    if parts.iter().all(|part| **part == Private::Absent) {
        return Ok(None);
    }
    let plain = serde_json::to_vec(receiver).map_err(unwritable)?;
    let sealed = app.sealer.seal(&receiver_place(order), &plain)?;
    Ok(Some(ReceiverKept { shown, sealed: Some(sealed) }))
}

/// What lists show of it.
pub(super) fn shown(receiver: &Receiver) -> ReceiverShown {
    let word = |word: &Option<String>| word.as_ref().map(|word| storable(word, WORD_LENGTH));
    let mask = |part: &Private, hide: fn(&str) -> String| match part {
        Private::Plain(text) => Some(storable(&hide(text), WORD_LENGTH)),
        other => other.mask().map(|mask| storable(mask, WORD_LENGTH)),
    };
    ReceiverShown {
        country: word(&receiver.country),
        province: word(&receiver.province),
        city: word(&receiver.city),
        district: word(&receiver.district),
        name: mask(&receiver.name, kernel::mask::name),
        phone: mask(&receiver.phone, kernel::mask::phone),
        address: mask(&receiver.address, |text| text.chars().take(3).collect::<String>() + "***"),
        form: form(receiver).to_owned(),
    }
}

fn form(receiver: &Receiver) -> &'static str {
    let parts = [&receiver.name, &receiver.phone, &receiver.address];
    let any = |is: fn(&Private) -> bool| parts.iter().any(|part| is(part));
    if any(|part| matches!(part, Private::Plain(_))) {
        "plain"
    } else if any(|part| matches!(part, Private::Sealed { .. })) {
        "sealed"
    } else if any(|part| matches!(part, Private::Masked(_))) {
        "masked"
    } else {
        "absent"
    }
}

fn told(order: &RemoteOrder) -> Told {
    let parcels = order.parcels.iter().map(|parcel| {
        json!({
            "carrier": parcel.carrier.as_ref().map(|carrier| storable(carrier, WORD_LENGTH)),
            "tracking_no": storable(&parcel.tracking_number, WORD_LENGTH),
        })
    });
    Told {
        external_id: storable(&order.external_id, WORD_LENGTH),
        origin: word(&order.origin),
        state: state(order.state),
        wire_state: storable(&order.wire_state, WORD_LENGTH),
        total_minor: order.total.minor,
        shipping_minor: order.shipping.map(|money| money.minor),
        currency: order.total.currency.code().to_owned(),
        buyer: word(&order.buyer),
        buyer_note: order.buyer_note.as_ref().map(|note| storable(note, NOTE_LENGTH)).filter(|note| !note.is_empty()),
        parcels: Value::Array(parcels.collect()),
        // PostgreSQL's JSON cannot hold a NUL, however it is written.
        extra: if order.extra.to_string().contains("\\u0000") { Value::Null } else { order.extra.clone() },
        placed_at: order.times.created_at,
        paid_at: order.times.paid_at,
        sent_at: order.times.shipped_at,
        over_at: order.times.ended_at,
        ship_before: order.times.ship_before,
        modified_at: order.times.modified_at,
        lines: merged(&order.lines),
    }
}

/// One row a line: a platform without ids of lines may name a variant twice.
fn merged(lines: &[RemoteOrderLine]) -> Vec<ToldLine> {
    let mut told: Vec<ToldLine> = Vec::with_capacity(lines.len());
    for one in lines {
        let row = line(one);
        match told.iter_mut().find(|known| known.line_key == row.line_key) {
            Some(known) => {
                known.quantity = known.quantity.saturating_add(row.quantity).min(PIECES_MAX);
                known.paid_minor = known.paid_minor.zip(row.paid_minor).and_then(|(one, other)| one.checked_add(other));
            }
            None => told.push(row),
        }
    }
    told
}

fn line(row: &RemoteOrderLine) -> ToldLine {
    ToldLine {
        line_key: storable(&row.line_key, WORD_LENGTH),
        external_item_id: word(&row.external_item_id),
        external_sku_id: word(&row.external_sku_id),
        sku_code: word(&row.sku_code),
        title: storable(&row.title, WORD_LENGTH),
        spec: word(&row.spec),
        quantity: row.quantity.clamp(0, PIECES_MAX),
        unit_minor: row.unit_price.map(|money| money.minor),
        paid_minor: row.paid.map(|money| money.minor),
        state: row.state.map(state),
    }
}

fn word(text: &Option<String>) -> Option<String> {
    text.as_ref().map(|text| storable(text, WORD_LENGTH)).filter(|text| !text.is_empty())
}

pub(super) fn state(state: RemoteOrderState) -> RemoteState {
    match state {
        RemoteOrderState::Unpaid => RemoteState::Unpaid,
        RemoteOrderState::PaidUnshipped => RemoteState::PaidUnshipped,
        RemoteOrderState::PartShipped => RemoteState::PartShipped,
        RemoteOrderState::Shipped => RemoteState::Shipped,
        RemoteOrderState::Done => RemoteState::Done,
        RemoteOrderState::Cancelled => RemoteState::Cancelled,
        RemoteOrderState::Refunding => RemoteState::Refunding,
        RemoteOrderState::Held => RemoteState::Held,
        RemoteOrderState::Unknown => RemoteState::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_in_the_clear_is_shown_with_its_better_part_hidden() {
        let receiver = Receiver {
            city: Some("广州市".to_owned()),
            name: Private::Plain("张三".to_owned()),
            phone: Private::Plain("13800000417".to_owned()),
            address: Private::Plain("体育西路 1 号 502".to_owned()),
            ..Receiver::default()
        };
        let seen = shown(&receiver);
        assert_eq!(seen.name.as_deref(), Some("张*"));
        assert_eq!(seen.phone.as_deref(), Some("138****0417"));
        assert_eq!(seen.address.as_deref(), Some("体育西***"));
        assert_eq!(seen.form, "plain");
    }

    #[test]
    fn a_sealed_receiver_shows_the_platforms_mask_and_nothing_else() {
        let name = Private::Sealed { cipher: "~secret~".to_owned(), mask: Some("李*".to_owned()) };
        let seen = shown(&Receiver { name, ..Receiver::default() });
        assert_eq!((seen.name.as_deref(), seen.form.as_str()), (Some("李*"), "sealed"));
        assert_eq!(shown(&Receiver::default()).form, "absent");
    }
}
