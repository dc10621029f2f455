//! Orders whose money is shared, without the purchase that made them, and time for sharing to go on.

use crate::app::TestApp;
use crate::shopper::Client;
use chrono::Duration;
use gateways::pay::wechat_pay::NewPrepay;
use kernel::id::{CommissionId, GoodsId, LeaderId, OrderId, OrderLineId, PaymentId, SkuId};
use kernel::{BasisPoints, Fen};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use tuanqiao::areas::commissions::entity::commission;
use tuanqiao::areas::commissions::state::{CommissionKind, CommissionState};
use tuanqiao::areas::ledger::state::AccountKind;
use tuanqiao::areas::ledger::{self, Draft, Floor};
use tuanqiao::areas::orders::entity::{line, order};
use tuanqiao::areas::orders::state::{FulfilmentKind, OrderStatus, RefundStatus};
use tuanqiao::areas::payments::entity::payment;
use tuanqiao::areas::payments::state::PaymentState;
use tuanqiao::areas::payouts::entity::{sharing, sharing_return};
use tuanqiao::areas::payouts::query::sharings_of;
use tuanqiao::areas::payouts::state::{PartResult, SharingKind, SharingState};
use tuanqiao::platform::entity::effect;

/// A shop whose leaders are paid by sharing.
pub const SHARES: &str = "[payout]\nmode = \"profit_sharing\"\n";

impl TestApp {
    /// A flagged order of `total` paid at the platform, in `status`, with a released commission for
    /// each leader named, whose money the leader has available already.
    pub async fn shared_order(
        &self,
        buyer: &Client,
        status: OrderStatus,
        total: i64,
        earned: &[(LeaderId, i64)],
    ) -> OrderId {
        let (shop, now, wall) = (self.shop(), self.app.clock.now(), self.app.clock.wall());
        let (order_id, line_id, payment_id) = (OrderId::new(), OrderLineId::new(), PaymentId::new());
        let member = tuanqiao::areas::members::query::by_id(self.app.db.reader(), shop.id, buyer.id().parse().unwrap());
        let openid = member.await.unwrap().unwrap().openid;
        let asked = NewPrepay {
            description: "团购".to_owned(),
            out_trade_no: payment_id.to_string(),
            time_expire: Some(wall + Duration::minutes(15)),
            notify_url: format!("{}/notify/wechat-pay/demo/payment", self.app.config.server.public_url),
            total: Fen::from_fen(total),
            openid: openid.clone(),
            profit_sharing: true,
            goods: Vec::new(),
        };
        let clients = self.app.clients.of(&shop);
        let body = clients.pay().unwrap().prepay_body(&asked).unwrap();
        clients.pay().unwrap().send_prepay(&body).await.unwrap();
        let transaction = self.wechat().pays_quietly(payment_id.to_string().as_str()).unwrap();
        let fen = Fen::from_fen;
        let order = order::Model {
            id: order_id,
            shop_id: shop.id,
            member_id: buyer.id().parse().unwrap(),
            status,
            closed_reason: None,
            fulfilment: FulfilmentKind::Express,
            pickup_point_id: None,
            leader_id: None,
            address: None,
            checkout_id: None,
            merchant_id: None,
            merchant_no: None,
            goods_fen: fen(total),
            spend_and_save_fen: Fen::ZERO,
            coupon_fen: Fen::ZERO,
            points_used: 0,
            points_fen: Fen::ZERO,
            shipping_fen: Fen::ZERO,
            packing_fen: Fen::ZERO,
            balance_fen: Fen::ZERO,
            balance_gift_fen: Fen::ZERO,
            payable_fen: fen(total),
            refunded_fen: Fen::ZERO,
            refund_status: RefundStatus::None,
            remark: None,
            coupon_id: None,
            profit_sharing: true,
            for_new_buyers: false,
            pickup_code: None,
            expires_at: now,
            next_close_at: None,
            paid_at: Some(now),
            shipped_at: None,
            arrived_at: None,
            received_at: None,
            completed_at: None,
            closed_at: None,
            created_at: now,
            updated_at: now,
        };
        let line = line::Model {
            id: line_id,
            shop_id: shop.id,
            order_id,
            position: 0,
            goods_id: GoodsId::new(),
            sku_id: SkuId::new(),
            supplier_id: None,
            title: "大米".to_owned(),
            specs: json!({}),
            picture: None,
            expected_pickup: None,
            unit_price_fen: fen(total),
            quantity: 1,
            goods_fen: fen(total),
            spend_and_save_fen: Fen::ZERO,
            coupon_fen: Fen::ZERO,
            points_fen: Fen::ZERO,
            shipping_fen: Fen::ZERO,
            packing_fen: Fen::ZERO,
            commission_rule: None,
            supplier_rule: None,
            shipped_at: None,
            arrived_at: None,
            redeemed: 0,
            received_at: None,
            after_sale_until: None,
            settled_at: Some(now),
            refunded_quantity: 0,
            refunded_fen: Fen::ZERO,
            carrier: None,
            tracking_no: None,
        };
        let payment = payment::Model {
            id: payment_id,
            shop_id: shop.id,
            order_id: Some(order_id),
            recharge_id: None,
            combination_id: None,
            merchant_no: None,
            state: PaymentState::Succeeded,
            amount_fen: fen(total),
            payer_openid: openid,
            request_body: None,
            prepay_id: None,
            prepaid_at: None,
            transaction_id: Some(transaction),
            paid_at: Some(now),
            platform_paid_at: None,
            payer_total_fen: None,
            late: false,
            next_query_at: None,
            queries: 0,
            created_at: now,
            updated_at: now,
        };
        let commissions = earned.iter().zip(0..).map(|((leader, amount), rank)| commission::Model {
            id: CommissionId::new(),
            shop_id: shop.id,
            order_id,
            line_id,
            leader_id: *leader,
            kind: if rank == 0 { CommissionKind::Own } else { CommissionKind::Referral },
            rank,
            base_fen: fen(total),
            rate_bp: None,
            fixed_fen: Some(fen(*amount)),
            multiplier_bp: BasisPoints::WHOLE,
            rule: "test".to_owned(),
            amount_fen: fen(*amount),
            reversed_fen: Fen::ZERO,
            state: CommissionState::Released,
            taken_over: false,
            created_at: now,
            released_at: Some(now),
        });
        let commissions: Vec<_> = commissions.map(commission::ActiveModel::from).collect();
        let (order, line) = (order::ActiveModel::from(order), line::ActiveModel::from(line));
        let payment = payment::ActiveModel::from(payment);
        self.app
            .db
            .write(async |tx| {
                order::Entity::insert(order.clone()).exec_without_returning(tx).await?;
                line::Entity::insert(line.clone()).exec_without_returning(tx).await?;
                payment::Entity::insert(payment.clone()).exec_without_returning(tx).await?;
                if !commissions.is_empty() {
                    commission::Entity::insert_many(commissions.clone()).exec_without_returning(tx).await?;
                }
                Ok(())
            })
            .await
            .unwrap();
        order_id
    }

    /// A line of the order, received, whose window is running and whose commission is pending.
    pub async fn earns_pending(&self, order: OrderId, leader: LeaderId, fen: i64) {
        let (shop, now) = (self.shop().id, self.app.clock.now());
        let settled = line::in_shop(shop).filter(line::Column::OrderId.eq(order)).one(self.app.db.reader());
        let row = line::Model {
            id: OrderLineId::new(),
            position: 1,
            settled_at: None,
            received_at: Some(now),
            after_sale_until: Some(now + Duration::days(7)),
            ..settled.await.unwrap().unwrap()
        };
        let earned = commission::in_shop(shop).filter(commission::Column::OrderId.eq(order)).one(self.app.db.reader());
        let earned = commission::Model {
            id: CommissionId::new(),
            line_id: row.id,
            amount_fen: Fen::from_fen(fen),
            state: CommissionState::Pending,
            released_at: None,
            ..earned.await.unwrap().unwrap()
        };
        let id = row.id;
        let (row, earned) =
            (line::ActiveModel::from(row).reset_all(), commission::ActiveModel::from(earned).reset_all());
        self.app
            .db
            .write(async |tx| {
                line::Entity::insert(row.clone()).exec_without_returning(tx).await?;
                commission::Entity::insert(earned.clone()).exec_without_returning(tx).await?;
                let mut draft = Draft::new(shop, "test_pending", id.uuid());
                draft.debit(AccountKind::Marketing, None, Fen::from_fen(fen));
                draft.credit(AccountKind::LeaderPending, Some(leader.uuid()), Fen::from_fen(fen))?;
                Ok(ledger::service::post(tx, &draft, Floor::Zero, now).await?)
            })
            .await
            .unwrap();
    }

    /// Lets every step of sharing happen: plan, share, ask, plan, unfreeze, ask. How many runs of the
    /// jobs that takes depends on how long they last, so what counts is that nothing is open any more
    /// and that another run plans nothing.
    pub async fn sharing_comes_to_rest(&self) {
        let conn = self.app.db.reader();
        let mut known = Vec::new();
        for _ in 0..12 {
            self.payouts_go_on().await;
            let rows = sharing::Entity::find().order_by_asc(sharing::Column::Id).all(conn).await.unwrap();
            let now: Vec<_> = rows.iter().map(|row| (row.id, row.state)).collect();
            let open = [SharingState::Created, SharingState::Processing];
            if now == known && !rows.iter().any(|row| open.contains(&row.state)) {
                return;
            }
            known = now;
        }
        panic!("sharing has not come to rest");
    }

    /// The number of an order's first request.
    pub async fn shared_number(&self, order: OrderId) -> String {
        sharings_of(self.app.db.reader(), self.shop().id, order).await.unwrap().remove(0).0.id.to_string()
    }

    /// What became of an order's requests: kind, state and the parts' results.
    pub async fn shared(&self, order: OrderId) -> Vec<(SharingKind, SharingState, Vec<(i64, PartResult)>)> {
        let rows = sharings_of(self.app.db.reader(), self.shop().id, order).await.unwrap();
        let of = |(row, parts): (_, Vec<_>)| {
            let row: tuanqiao::areas::payouts::entity::sharing::Model = row;
            let parts: Vec<tuanqiao::areas::payouts::entity::sharing_part::Model> = parts;
            (row.kind, row.state, parts.iter().map(|part| (part.amount_fen.fen(), part.result)).collect())
        };
        rows.into_iter().map(of).collect()
    }
}

impl TestApp {
    /// Lets effects that wait be tried now, and everything that follows from them.
    pub async fn refunds_go_on(&self) {
        for _ in 0..3 {
            let now = self.app.clock.wall();
            effect::Entity::update_many()
                .col_expr(effect::Column::RunAt, Expr::value(now))
                .exec(self.app.db.maintenance())
                .await
                .unwrap();
            self.payouts_go_on().await;
        }
    }

    /// Lets returns be asked about now, and the refunds that wait for them go on.
    pub async fn returns_go_on(&self) {
        for _ in 0..4 {
            let wall = self.app.clock.wall();
            sharing_return::Entity::update_many()
                .col_expr(sharing_return::Column::NextQueryAt, Expr::value(wall))
                .filter(sharing_return::Column::NextQueryAt.is_not_null())
                .exec(self.app.db.maintenance())
                .await
                .unwrap();
            self.refunds_go_on().await;
        }
    }

    /// The only line of an order.
    pub async fn line_of(&self, order: OrderId) -> OrderLineId {
        let line = line::in_shop(self.shop().id).filter(line::Column::OrderId.eq(order)).one(self.app.db.reader());
        line.await.unwrap().unwrap().id
    }
}
