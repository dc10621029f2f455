//! Orders of a store's buyers and the states they go through.

use serde::{Deserialize, Serialize};

use super::people::StoreReceiver;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStage {
    /// Placed.
    Unpaid,
    /// Paid, nothing sent.
    Paid,
    /// Some of it is sent.
    PartShipped,
    /// All of it is sent.
    Shipped,
    /// The buyer has it.
    Done,
    /// Ended without a sale, or given back whole.
    Cancelled,
}

/// Whether the buyer wants his money back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStage {
    /// No.
    #[default]
    None,
    /// He has asked.
    Asked,
    /// He has it.
    Refunded,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreOrder {
    /// The platform's number, in its form.
    pub id: String,
    /// Number in the sandbox, growing.
    pub seq: u64,
    /// Where it stands.
    pub stage: OrderStage,
    /// Money back.
    #[serde(default)]
    pub refund: RefundStage,
    /// Held by the platform's risk control: must not be sent.
    #[serde(default)]
    pub held: bool,
    /// Site it was bought on; empty where there are none.
    pub site: String,
    /// The buyer's name on the platform.
    pub buyer: String,
    /// What the buyer wrote; may be empty.
    pub note: String,
    /// Where it goes.
    pub receiver: StoreReceiver,
    /// At least one.
    pub lines: Vec<StoreOrderLine>,
    /// Currency of all amounts, which are in minor units.
    pub currency: String,
    /// Postage.
    pub postage_minor: i64,
    /// Taken off the whole order.
    pub discount_minor: i64,
    /// Parcels, first sent first.
    pub parcels: Vec<StoreParcel>,
    /// Unix seconds, wall time, as all of them.
    pub created_at: i64,
    /// When it was paid.
    pub paid_at: Option<i64>,
    /// When the last of it was sent.
    pub shipped_at: Option<i64>,
    /// When it was done or cancelled.
    pub ended_at: Option<i64>,
    /// The last change.
    pub changed_at: i64,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreOrderLine {
    /// The platform's number of the line.
    pub key: u64,
    /// Number of the item.
    pub item: u64,
    /// Number of the variant.
    pub variant: u64,
    /// The merchant's code of the variant.
    pub code: String,
    /// Title when it was bought.
    pub title: String,
    /// Specs when it was bought.
    pub specs: Vec<(String, String)>,
    /// Number of its picture.
    pub picture: u64,
    /// Pieces.
    pub quantity: i64,
    /// Price of a piece.
    pub price_minor: i64,
    /// Pieces sent.
    pub shipped: i64,
}

/// One parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreParcel {
    /// The carrier in the platform's word.
    pub carrier: String,
    /// Tracking number.
    pub number: String,
    /// Keys of lines and pieces in it.
    pub lines: Vec<(u64, i64)>,
    /// Unix seconds.
    pub at: i64,
}

impl StoreOrder {
    /// Price of all lines.
    pub fn goods_minor(&self) -> i64 {
        self.lines.iter().map(StoreOrderLine::minor).sum()
    }

    /// What the buyer pays.
    pub fn total_minor(&self) -> i64 {
        self.goods_minor() + self.postage_minor - self.discount_minor
    }

    /// Whether it changed within these seconds, both included.
    pub(crate) fn changed_within(&self, from: i64, until: i64) -> bool {
        (from..=until).contains(&self.changed_at)
    }

    /// Whether it may be sent.
    pub(crate) fn may_be_sent(&self) -> bool {
        matches!(self.stage, OrderStage::Paid | OrderStage::PartShipped)
            && !self.held
            && self.refund == RefundStage::None
    }

    pub(super) fn moves(&mut self, stage: OrderStage, now: i64) {
        self.stage = stage;
        self.changed_at = now.max(self.changed_at);
        match stage {
            OrderStage::Paid => self.paid_at = Some(now),
            OrderStage::Shipped => self.shipped_at = Some(now),
            OrderStage::Done | OrderStage::Cancelled => self.ended_at = Some(now),
            OrderStage::Unpaid | OrderStage::PartShipped => {}
        }
    }
}

impl StoreOrderLine {
    /// Price of the line.
    pub fn minor(&self) -> i64 {
        self.price_minor * self.quantity
    }

    /// Values of the specs, joined by commas.
    pub(crate) fn spec_values(&self) -> String {
        self.specs.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(",")
    }
}

/// A parcel as a merchant reports it; the platform's layer has checked the carrier.
#[derive(Debug)]
pub(crate) struct ParcelNote<'a> {
    pub(crate) carrier: &'a str,
    pub(crate) number: &'a str,
    /// Keys and pieces; `None` is all that is left.
    pub(crate) lines: Option<&'a [(u64, i64)]>,
    /// Whether it takes the place of the last parcel.
    pub(crate) corrects: bool,
}

/// Why a parcel was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParcelRefused {
    NoOrder,
    NoNumber,
    NotPaid,
    Held,
    Refunding,
    AlreadySent,
    Ended,
    NothingToCorrect,
    NoSuchLine,
    TooMany,
}

impl StoreOrder {
    /// Takes a parcel, whole or for nothing.
    pub(super) fn ship(&mut self, note: &ParcelNote<'_>, now: i64) -> Result<(), ParcelRefused> {
        if note.number.trim().is_empty() {
            return Err(ParcelRefused::NoNumber);
        }
        if note.corrects {
            return self.correct(note, now);
        }
        self.check_state()?;
        let left = |line: &StoreOrderLine| (line.key, line.quantity - line.shipped);
        let wanted: Vec<(u64, i64)> = match note.lines {
            Some(lines) => lines.to_vec(),
            None => self.lines.iter().map(left).filter(|(_, pieces)| *pieces > 0).collect(),
        };
        let mut after = self.lines.clone();
        for (key, pieces) in &wanted {
            let line = after.iter_mut().find(|line| line.key == *key).ok_or(ParcelRefused::NoSuchLine)?;
            line.shipped += pieces;
            if *pieces <= 0 || line.shipped > line.quantity {
                return Err(ParcelRefused::TooMany);
            }
        }
        self.lines = after;
        let (carrier, number) = (note.carrier.to_owned(), note.number.to_owned());
        self.parcels.push(StoreParcel { carrier, number, lines: wanted, at: now });
        let whole = self.lines.iter().all(|line| line.shipped >= line.quantity);
        self.moves(if whole { OrderStage::Shipped } else { OrderStage::PartShipped }, now);
        Ok(())
    }

    fn check_state(&self) -> Result<(), ParcelRefused> {
        match self.stage {
            OrderStage::Unpaid => Err(ParcelRefused::NotPaid),
            OrderStage::Shipped => Err(ParcelRefused::AlreadySent),
            OrderStage::Done | OrderStage::Cancelled => Err(ParcelRefused::Ended),
            OrderStage::Paid | OrderStage::PartShipped if self.held => Err(ParcelRefused::Held),
            OrderStage::Paid | OrderStage::PartShipped if self.refund != RefundStage::None => {
                Err(ParcelRefused::Refunding)
            }
            OrderStage::Paid | OrderStage::PartShipped => Ok(()),
        }
    }

    fn correct(&mut self, note: &ParcelNote<'_>, now: i64) -> Result<(), ParcelRefused> {
        if !matches!(self.stage, OrderStage::PartShipped | OrderStage::Shipped) {
            return Err(ParcelRefused::NothingToCorrect);
        }
        let parcel = self.parcels.last_mut().ok_or(ParcelRefused::NothingToCorrect)?;
        note.carrier.clone_into(&mut parcel.carrier);
        note.number.clone_into(&mut parcel.number);
        self.changed_at = now.max(self.changed_at);
        Ok(())
    }
}
