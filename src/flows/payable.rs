//! What a pay sheet is opened for: an order of goods, or a recharge of a member's balance.

use kernel::id::{OrderId, PaymentId, RechargeId, ShopId};
use kernel::{Failure, Fen, Time};
use sea_orm::ConnectionTrait;

use crate::app::App;
use crate::areas::orders::entity::{line, order};
use crate::areas::payments::entity::payment;
use crate::areas::payments::query;
use crate::areas::payments::service::pause;
use crate::areas::payments::state::PaymentState;
use crate::areas::recharges::entity::recharge;
use crate::areas::shops::query::Shop;
use crate::areas::{orders, recharges};

/// Money that is to be collected.
pub(super) struct Payable {
    pub subject: Subject,
    shop: ShopId,
    pub amount: Fen,
    pub expires_at: Time,
    pub profit_sharing: bool,
    /// The sub-merchant that receives it; the shop's own where none is named.
    merchant_no: Option<String>,
}

/// What it is for.
#[derive(Clone, Copy)]
pub(super) enum Subject {
    Order(OrderId),
    Recharge(RechargeId),
}

impl Payable {
    pub fn order(order: &order::Model) -> Self {
        Self {
            subject: Subject::Order(order.id),
            shop: order.shop_id,
            amount: order.payable_fen,
            expires_at: order.expires_at,
            profit_sharing: order.profit_sharing,
            merchant_no: order.merchant_no.clone(),
        }
    }

    pub fn recharge(recharge: &recharge::Model) -> Self {
        Self {
            subject: Subject::Recharge(recharge.id),
            shop: recharge.shop_id,
            amount: recharge.amount_fen,
            expires_at: recharge.expires_at,
            profit_sharing: false,
            merchant_no: None,
        }
    }

    /// A payment of it that is about to be asked for.
    pub fn new_payment(&self, id: PaymentId, openid: &str, (now, wall): (Time, Time)) -> payment::Model {
        payment::Model {
            id,
            shop_id: self.shop,
            order_id: if let Subject::Order(id) = self.subject { Some(id) } else { None },
            recharge_id: if let Subject::Recharge(id) = self.subject { Some(id) } else { None },
            combination_id: None,
            merchant_no: self.merchant_no.clone(),
            state: PaymentState::Prepaying,
            amount_fen: self.amount,
            payer_openid: openid.to_owned(),
            request_body: None,
            prepay_id: None,
            prepaid_at: None,
            transaction_id: None,
            paid_at: None,
            platform_paid_at: None,
            payer_total_fen: None,
            late: false,
            next_query_at: Some(wall + pause(1)),
            queries: 0,
            created_at: now,
            updated_at: now,
        }
    }
}

impl Subject {
    /// The payment that may still be paid.
    pub async fn open_payment(
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
    pub async fn still_unpaid(self, conn: &impl ConnectionTrait, shop: &Shop, now: Time) -> Result<bool, Failure> {
        Ok(match self {
            Subject::Order(id) => orders::service::still_unpaid(conn, shop.id, id, now).await?,
            Subject::Recharge(id) => recharges::service::still_unpaid(conn, shop.id, id, now).await?,
        })
    }

    /// What WeChat shows the member.
    pub async fn description(self, app: &App, shop: &Shop) -> Result<String, Failure> {
        let Subject::Order(id) = self else { return Ok(format!("{} {}", shop.name, recharges::rules::CALLED)) };
        let lines = orders::query::lines_of(app.db.reader(), shop.id, id).await?;
        Ok(description_of(shop, &lines))
    }
}

/// What the payer of these lines reads in his bill.
pub(super) fn description_of(shop: &Shop, lines: &[line::Model]) -> String {
    let first = lines.first().map_or("", |line| line.title.as_str());
    let description = match lines.len() {
        0 | 1 => first.to_owned(),
        n => format!("{} 等{n}件商品", first.chars().take(80).collect::<String>()),
    };
    if description.is_empty() { shop.name.clone() } else { description }
}

/// Until when the platform is to take money that we wait for until `expires_at`, in wall time.
pub(super) fn last_moment(app: &App, expires_at: Time) -> Time {
    let least = app.clock.wall() + chrono::Duration::seconds(61);
    std::cmp::max(app.clock.to_wall(expires_at), least)
}
