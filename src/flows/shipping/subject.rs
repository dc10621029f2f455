//! What a payment was for, read with its row held: what is told of it and what becomes of it come one
//! after the other.

use kernel::{Failure, id::ShopId};
use sea_orm::ConnectionTrait;

use crate::areas::orders::entity::order;
use crate::areas::orders::state::OrderStatus;
use crate::areas::payments::entity::payment;
use crate::areas::recharges::entity::recharge;
use crate::areas::shipping::subject::Subject;
use crate::areas::{orders, recharges};

/// The row, held until the transaction ends.
pub(super) enum Held {
    Order(Box<order::Model>),
    Recharge(Box<recharge::Model>),
}

pub(super) async fn held(conn: &impl ConnectionTrait, shop: ShopId, subject: Subject) -> Result<Held, Failure> {
    Ok(match subject {
        Subject::Order(id) => Held::Order(Box::new(orders::progress::lock(conn, shop, id).await?)),
        Subject::Recharge(id) => Held::Recharge(Box::new(recharges::query::held(conn, shop, id).await?)),
    })
}

pub(super) fn of_payment(payment: &payment::Model) -> Option<Subject> {
    Subject::of(payment.order_id, payment.recharge_id)
}

impl Held {
    /// Whether nothing of it is left to be told: it was closed, or all of it has gone back.
    pub(super) fn is_gone(&self) -> bool {
        match self {
            Held::Order(order) => order.status == OrderStatus::Closed,
            Held::Recharge(recharge) => !recharge.has_unreturned(),
        }
    }

    /// The words for an operator who wants it told all the same.
    pub(super) fn gone_why(&self) -> &'static str {
        match self {
            Held::Order(_) => "the order is closed",
            Held::Recharge(_) => "the recharge has gone back",
        }
    }
}
