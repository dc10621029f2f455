//! What a payment that WeChat may keep was for.

use kernel::id::{OrderId, RechargeId};

/// One of two: goods, or balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Goods that travel.
    Order(OrderId),
    /// Balance that was paid in: there as soon as it is paid.
    Recharge(RechargeId),
}

impl Subject {
    /// Out of two columns, of which one is filled.
    pub fn of(order: Option<OrderId>, recharge: Option<RechargeId>) -> Option<Self> {
        order.map(Self::Order).or(recharge.map(Self::Recharge))
    }

    /// The order.
    pub fn order(self) -> Option<OrderId> {
        if let Self::Order(id) = self { Some(id) } else { None }
    }

    /// The recharge.
    pub fn recharge(self) -> Option<RechargeId> {
        if let Self::Recharge(id) = self { Some(id) } else { None }
    }
}
