//! Differences put into bills on order, so that a shop can be seen to find them. The books behind the
//! bills stay as they are.

use serde::{Deserialize, Serialize};

use super::entries::{FlowRow, SharingRow, TradeRow};
use crate::state::SandboxState;

/// One difference. `number` is the shop's or WeChat's number of a payment, refund, transfer or share;
/// it holds for every bill the thing stands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum BillPlant {
    /// The lines of a thing are not there.
    Drop {
        /// Of what.
        number: String,
    },
    /// The trade bill of a day has a payment nobody made.
    UnknownOrder {
        /// `YYYY-MM-DD`.
        day: String,
        /// The shop's number in it.
        number: String,
        /// How much.
        fen: i64,
    },
    /// Another amount.
    Amount {
        /// Of what.
        number: String,
        /// The amount told.
        fen: i64,
    },
    /// Another fee; trade bills alone tell one.
    Fee {
        /// Of what.
        number: String,
        /// The fee told; below zero for what comes back.
        fen: i64,
    },
    /// The lines of a thing stand on another day.
    Shift {
        /// Of what.
        number: String,
        /// So many days later; below zero earlier.
        days: i64,
    },
}

/// A row that a difference can be put into.
pub(super) trait Row: Sized {
    fn at(&self) -> i64;
    fn set_at(&mut self, at: i64);
    /// Every number the row's thing is known by.
    fn is_about(&self, number: &str) -> bool;
    fn set_amount(&mut self, fen: i64);
    fn set_fee(&mut self, _: i64) {}
    /// A row about an order nobody made, where such rows exist.
    fn unknown(_: i64, _: &str, _: i64, _: Option<&Self>) -> Option<Self> {
        None
    }
}

/// The rows with every difference put in; `begins` is the first second of the day asked for.
pub(super) fn applied<T: Row>(plants: &[BillPlant], mut rows: Vec<T>, begins: i64) -> Vec<T> {
    for plant in plants {
        match plant {
            BillPlant::Drop { number } => rows.retain(|row| !row.is_about(number)),
            BillPlant::Amount { number, fen } => about(&mut rows, number).for_each(|row| row.set_amount(*fen)),
            BillPlant::Fee { number, fen } => about(&mut rows, number).for_each(|row| row.set_fee(*fen)),
            BillPlant::Shift { number, days } => {
                about(&mut rows, number).for_each(|row| row.set_at(row.at() + days * 86_400));
            }
            BillPlant::UnknownOrder { day, number, fen } => {
                let at = crate::clock::parse_beijing(&format!("{day} 12:00:00")).unwrap_or_default();
                let made = T::unknown(at, number, *fen, rows.first());
                rows.extend(made.filter(|_| (begins..begins + 86_400).contains(&at)));
            }
        }
    }
    rows
}

fn about<'a, T: Row>(rows: &'a mut [T], number: &'a str) -> impl Iterator<Item = &'a mut T> {
    rows.iter_mut().filter(move |row| row.is_about(number))
}

impl Row for TradeRow {
    fn at(&self) -> i64 {
        self.at
    }

    fn set_at(&mut self, at: i64) {
        self.at = at;
    }

    fn is_about(&self, number: &str) -> bool {
        match &self.refund {
            Some(refund) => refund.id == number || refund.no == number,
            None => self.transaction_id == number || self.out_trade_no == number,
        }
    }

    fn set_amount(&mut self, fen: i64) {
        self.amount = fen;
    }

    fn set_fee(&mut self, fen: i64) {
        self.fee = fen;
    }

    fn unknown(at: i64, number: &str, fen: i64, like: Option<&Self>) -> Option<Self> {
        let (appid, account) = like.map(|row| (row.appid.clone(), row.account.clone())).unwrap_or_default();
        Some(Self {
            at,
            appid,
            account,
            sub_mchid: "0".to_owned(),
            transaction_id: format!("4200009{at:020}"),
            out_trade_no: number.to_owned(),
            openid: "o-nobody".to_owned(),
            description: "未知商品".to_owned(),
            attach: String::new(),
            amount: fen,
            coupon: 0,
            fee: 0,
            fee_bp: like.map_or(0, |row| row.fee_bp),
            refund: None,
        })
    }
}

impl Row for FlowRow {
    fn at(&self) -> i64 {
        self.at
    }

    fn set_at(&mut self, at: i64) {
        self.at = at;
    }

    fn is_about(&self, number: &str) -> bool {
        self.business_no == number || self.voucher_no == number
    }

    fn set_amount(&mut self, fen: i64) {
        // A fee beside the thing is told by its own rows.
        if !self.name.contains("手续费") && !self.kind.contains("手续费") {
            self.amount = if self.amount < 0 { -fen } else { fen };
        }
    }
}

impl Row for SharingRow {
    fn at(&self) -> i64 {
        self.at
    }

    fn set_at(&mut self, at: i64) {
        self.at = at;
    }

    fn is_about(&self, number: &str) -> bool {
        self.out_order_no == number || self.order_id == number || self.detail_id == number
    }

    fn set_amount(&mut self, fen: i64) {
        self.amount = fen;
    }
}

impl SandboxState {
    /// Puts a difference into the bills from now on.
    pub fn plant_in_bills(&self, plant: BillPlant) {
        self.world().bill_plants.push(plant);
    }

    /// Takes every difference out of the bills again.
    pub fn clear_bill_plants(&self) {
        self.world().bill_plants.clear();
    }

    /// The differences in the bills.
    pub fn bill_plants(&self) -> Vec<BillPlant> {
        self.world().bill_plants.clone()
    }
}
