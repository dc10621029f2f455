//! What WeChat can be asked to collect money for, as [`super::prepay`] sees it.

use kernel::id::{OrderId, RechargeId};
use kernel::{Failure, Fen, Time};
use sea_orm::ConnectionTrait;

use crate::app::App;
use crate::areas::orders::entity::order;
use crate::areas::payments::entity::payment;
use crate::areas::payments::query;
use crate::areas::recharges::entity::recharge;
use crate::areas::shops::query::Shop;
use crate::areas::{orders, recharges};

/// What a pay sheet is opened for.
pub(super) struct Payable {
    pub(super) subject: Subject,
    pub(super) amount: Fen,
    pub(super) expires_at: Time,
    /// Whether it may be shared.
    pub(super) profit_sharing: bool,
}

/// An order or a recharge.
#[derive(Clone, Copy)]
pub(super) enum Subject {
    Order(OrderId),
    Recharge(RechargeId),
}

impl Payable {
    pub(super) fn order(order: &order::Model) -> Self {
        Self {
            subject: Subject::Order(order.id),
            amount: order.payable_fen,
            expires_at: order.expires_at,
            profit_sharing: order.profit_sharing,
        }
    }

    pub(super) fn recharge(recharge: &recharge::Model) -> Self {
        Self {
            subject: Subject::Recharge(recharge.id),
            amount: recharge.amount_fen,
            expires_at: recharge.expires_at,
            profit_sharing: false,
        }
    }
}

impl Subject {
    /// The payment that may still be paid.
    pub(super) async fn open_payment(
        self,
        conn: &impl ConnectionTrait,
        shop: &Shop,
    ) -> Result<Option<payment::Model>, Failure> {
        Ok(match self {
            Subject::Order(id) => query::open_of(conn, shop.id, id).await?,
            Subject::Recharge(id) => query::open_of_recharge(conn, shop.id, id).await?,
        })
    }

    /// Whether it still waits for money; if so its row is held until the transaction ends.
    pub(super) async fn still_unpaid(
        self,
        conn: &impl ConnectionTrait,
        shop: &Shop,
        now: Time,
    ) -> Result<bool, Failure> {
        Ok(match self {
            Subject::Order(id) => orders::service::still_unpaid(conn, shop.id, id, now).await?,
            Subject::Recharge(id) => recharges::service::still_unpaid(conn, shop.id, id, now).await?,
        })
    }

    /// What WeChat shows the member.
    pub(super) async fn description(self, app: &App, shop: &Shop) -> Result<String, Failure> {
        let Subject::Order(id) = self else { return Ok(format!("{} 余额充值", shop.name)) };
        let lines = orders::query::lines_of(app.db.reader(), shop.id, id).await?;
        let first = lines.first().map_or("", |line| line.title.as_str());
        let description = match lines.len() {
            0 | 1 => first.to_owned(),
            n => format!("{} 等{n}件商品", first.chars().take(80).collect::<String>()),
        };
        Ok(if description.is_empty() { shop.name.clone() } else { description })
    }
}
