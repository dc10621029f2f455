//! A store's orders in our words.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::money::Money;

/// Where a marketplace order stands (marketplaces-global §12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemoteOrderState {
    /// Placed, not paid.
    Unpaid,
    /// Paid, nothing sent.
    PaidUnshipped,
    /// Some of it sent.
    PartShipped,
    /// All of it sent.
    Shipped,
    /// Received, over.
    Done,
    /// Ended without delivery, or refunded whole.
    Cancelled,
    /// The buyer asks for money back: not to be sent meanwhile.
    Refunding,
    /// The platform holds it back (risk, group not formed, under check).
    Held,
    /// A status we do not know.
    Unknown,
}

impl RemoteOrderState {
    /// Whether goods may be sent; held and unknown ones never are.
    pub fn may_be_shipped(self) -> bool {
        matches!(self, RemoteOrderState::PaidUnshipped | RemoteOrderState::PartShipped)
    }

    /// Its word in rows and answers.
    pub fn word(self) -> &'static str {
        match self {
            RemoteOrderState::Unpaid => "unpaid",
            RemoteOrderState::PaidUnshipped => "paid_unshipped",
            RemoteOrderState::PartShipped => "part_shipped",
            RemoteOrderState::Shipped => "shipped",
            RemoteOrderState::Done => "done",
            RemoteOrderState::Cancelled => "cancelled",
            RemoteOrderState::Refunding => "refunding",
            RemoteOrderState::Held => "held",
            RemoteOrderState::Unknown => "unknown",
        }
    }
}

/// One order of a store.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteOrder {
    /// The platform's number; unique per account.
    pub external_id: String,
    /// Where it came from, for accounts that gather orders of many stores: platform or store name.
    pub origin: Option<String>,
    /// Where it stands.
    pub state: RemoteOrderState,
    /// The platform's own words for it, for people.
    pub wire_state: String,
    /// What the buyer pays in all, shipping included.
    pub total: Money,
    /// Of it for shipping.
    pub shipping: Option<Money>,
    /// What was bought.
    pub lines: Vec<RemoteOrderLine>,
    /// Where it goes.
    pub receiver: Receiver,
    /// The buyer's opaque id.
    pub buyer: Option<String>,
    /// What the buyer wrote to the store.
    pub buyer_note: Option<String>,
    /// When it was what.
    pub times: OrderTimes,
    /// Parcels the platform knows of.
    pub parcels: Vec<RemoteParcel>,
    /// Facts that shipping or an operator may ask for; no buyer data.
    pub extra: Value,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteOrderLine {
    /// The platform's id of the line, unique in the order; where it has none, the variant's id.
    pub line_key: String,
    /// The item's id.
    pub external_item_id: Option<String>,
    /// The variant's id; `None` for goods without variants.
    pub external_sku_id: Option<String>,
    /// The merchant's own code, which is what matches it to ours.
    pub sku_code: Option<String>,
    /// Title as sold.
    pub title: String,
    /// The variant in words.
    pub spec: Option<String>,
    /// Pieces still to be delivered or delivered: after cancellations, where the platform says.
    pub quantity: i64,
    /// The price of a piece before reductions.
    pub unit_price: Option<Money>,
    /// What the buyer pays for the whole line.
    pub paid: Option<Money>,
    /// Where the line stands, when it may differ from the order.
    pub state: Option<RemoteOrderState>,
}

/// Where an order goes, as far as the platform lets us know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Receiver {
    /// Country, where told.
    pub country: Option<String>,
    /// Province or state.
    pub province: Option<String>,
    /// City.
    pub city: Option<String>,
    /// District.
    pub district: Option<String>,
    /// Postal code.
    pub postcode: Option<String>,
    /// Who receives it.
    pub name: Private,
    /// Phone.
    pub phone: Private,
    /// Street and house.
    pub address: Private,
}

/// A person's datum in the form that the platform gives it. Printing it tells the form alone.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Private {
    /// Not told.
    #[default]
    Absent,
    /// In the clear.
    Plain(String),
    /// With the better part starred out; cannot be had otherwise.
    Masked(String),
    /// Sealed by the platform: kept as it is, opened on demand with [`super::OrderSource::reveal`].
    Sealed {
        /// The sealed text.
        cipher: String,
        /// The same, starred out, for lists.
        mask: Option<String>,
    },
}

impl Private {
    /// A datum in the clear; blank is absent.
    pub fn plain(text: Option<&str>) -> Private {
        text.map_or(Private::Absent, |text| Private::Plain(text.to_owned()))
    }

    /// A sealed datum with its mask, or the mask alone, or nothing.
    pub fn sealed(cipher: Option<&str>, mask: Option<&str>) -> Private {
        match (cipher, mask) {
            (Some(cipher), mask) => Private::Sealed { cipher: cipher.to_owned(), mask: mask.map(str::to_owned) },
            (None, Some(mask)) => Private::Masked(mask.to_owned()),
            (None, None) => Private::Absent,
        }
    }

    /// A datum that the platform stars out when it does not tell it.
    pub fn maybe_masked(text: Option<&str>) -> Private {
        match text {
            Some(text) if text.contains('*') => Private::Masked(text.to_owned()),
            text => Private::plain(text),
        }
    }

    /// What lists may show; nothing of a datum in the clear.
    pub fn mask(&self) -> Option<&str> {
        match self {
            Private::Masked(mask) => Some(mask),
            Private::Sealed { mask, .. } => mask.as_deref(),
            Private::Absent | Private::Plain(_) => None,
        }
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Private::Absent => "absent",
            Private::Plain(_) => "plain",
            Private::Masked(_) => "masked",
            Private::Sealed { .. } => "sealed",
        })
    }
}

/// One opened datum. Printing it tells nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Revealed {
    /// The sealed text it came from.
    pub cipher: String,
    /// The datum.
    pub plain: String,
}

impl fmt::Debug for Revealed {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("revealed")
    }
}

/// The platform's times of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderTimes {
    /// Placed.
    pub created_at: Option<DateTime<Utc>>,
    /// Paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// Sent.
    pub shipped_at: Option<DateTime<Utc>>,
    /// Received or closed.
    pub ended_at: Option<DateTime<Utc>>,
    /// Last changed; orders the writes of one order.
    pub modified_at: Option<DateTime<Utc>>,
    /// When it must have been sent.
    pub ship_before: Option<DateTime<Utc>>,
}

/// A parcel as the platform knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteParcel {
    /// The platform's id of the carrier.
    pub carrier: Option<String>,
    /// Its number.
    pub tracking_number: String,
}
