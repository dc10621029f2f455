//! A shop with a leader, her recommender and paid orders, without a marketplace or a payment in the way.

use chrono::Utc;
use kernel::id::{GoodsId, LeaderId, MemberId, OrderId, OrderLineId, PickupPointId, SkuId, TicketId, VerifierId};
use kernel::{BasisPoints, Fen, ListingKind};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::after_sales::entity::{ticket, ticket_line};
use tuanqiao::areas::after_sales::state::{TicketKind, TicketState};
use tuanqiao::areas::goods::entity::{goods, sku};
use tuanqiao::areas::leaders::entity::leader;
use tuanqiao::areas::leaders::state::LeaderState;
use tuanqiao::areas::orders::entity::{line, order};
use tuanqiao::areas::orders::state::{FulfilmentKind, OrderStatus, RefundStatus};
use tuanqiao::areas::orders::{query, service};
use tuanqiao::areas::pickup::entity::verifier;
use tuanqiao::flows::{commission, payment_received};

use crate::app::{TestApp, shop_text};
use crate::shopper::Client;

/// Who takes part.
pub struct Scene<'a> {
    pub app: &'a TestApp,
    /// Runs the pickup point and sells at 10 %.
    pub leader: Client,
    pub leader_id: LeaderId,
    /// Recommended the leader.
    pub recommender: Client,
    pub recommender_id: LeaderId,
    pub operator: Client,
}

/// A member's paid order.
#[derive(Clone, Copy, Debug)]
pub struct Bought {
    pub order: OrderId,
}

impl<'a> Scene<'a> {
    /// A shop that pays its leader 10 % and the recommending one 2 %.
    pub async fn set(app: &'a TestApp) -> Self {
        Self::with_settings(app, "").await
    }

    /// The same with further settings, as lines of TOML.
    pub async fn with_settings(app: &'a TestApp, settings: &str) -> Self {
        let text = shop_text("demo", &app.keys().merchant, &app.keys());
        let rate = if settings.contains("leader_rate_bp") { "" } else { "leader_rate_bp = 1000\n" };
        let rates = format!("{rate}referral_rates_bp = [200]\nreferral_levels = 1");
        app.apply_shop(&format!("{text}\n[settings]\n{rates}\n{settings}\n")).await;
        let (leader, recommender) = (app.member("lena").await, app.member("rosa").await);
        let recommender_id = lead(app, &recommender, "Rosa", None).await;
        let leader_id = lead(app, &leader, "Lena", Some(recommender_id)).await;
        Self { app, leader, leader_id, recommender, recommender_id, operator: app.operator().await }
    }

    /// Another leader of the shop.
    pub async fn other_leader(&self, name: &str) -> Client {
        let client = self.app.member(name).await;
        lead(self.app, &client, name, None).await;
        client
    }

    /// A verifier of the leader.
    pub async fn verifier(&self, name: &str) -> Client {
        let client = self.app.member(name).await;
        let row = verifier::ActiveModel {
            id: Set(VerifierId::new()),
            shop_id: Set(self.app.shop().id),
            leader_id: Set(self.leader_id),
            member_id: Set(client.id().parse().unwrap()),
            name: Set(name.to_owned()),
            removed_at: Set(None),
            created_at: Set(Utc::now()),
        };
        row.insert(self.app.app.db.maintenance()).await.unwrap();
        client
    }

    /// `member` buys at the leader's point, units by SKU, each at 1000 fen, and has paid.
    pub async fn buys(&self, member: &Client, units: &[(SkuId, i64)]) -> Bought {
        self.buys_by(member, FulfilmentKind::Pickup, units).await
    }

    /// The same by any kind of delivery.
    pub async fn buys_by(&self, member: &Client, kind: FulfilmentKind, units: &[(SkuId, i64)]) -> Bought {
        let bought = self.orders_by(member, kind, units).await;
        let app = &self.app.app;
        let shop = self.app.shop();
        app.db
            .write(async |tx| {
                let order = query::by_id(tx, shop.id, bought.order).await?.unwrap();
                payment_received::settle(app, tx, &shop, order, "wechat").await
            })
            .await
            .unwrap();
        bought
    }

    /// The same, not paid.
    pub async fn orders_by(&self, member: &Client, kind: FulfilmentKind, units: &[(SkuId, i64)]) -> Bought {
        let (app, shop) = (&self.app.app, self.app.shop());
        let terms = commission::terms(app.db.reader(), &shop, self.leader_id).await.unwrap().unwrap();
        let rule = commission::snapshot(&terms, &shop.settings, None).unwrap();
        let order = self.order_row(member.id().parse().unwrap(), kind, units);
        let lines: Vec<_> =
            units.iter().zip(0..).map(|((sku, units), place)| line_row(&order, *sku, *units, place, &rule)).collect();
        self.put_on_sale(units).await;
        app.db.write(async |tx| Ok(service::place(tx, &order, &lines, "member").await?)).await.unwrap();
        Bought { order: order.id }
    }

    /// Makes the SKUs that do not exist yet, each without a stock count.
    async fn put_on_sale(&self, units: &[(SkuId, i64)]) {
        let (conn, shop, now) = (self.app.app.db.maintenance(), self.app.shop().id, self.app.app.clock.now());
        for (id, _) in units {
            if sku::Entity::find_by_id(*id).one(conn).await.unwrap().is_some() {
                continue;
            }
            let of = goods::ActiveModel {
                id: Set(GoodsId::new()),
                shop_id: Set(shop),
                kind: Set(ListingKind::Own),
                title: Set("苹果".to_owned()),
                pictures: Set(json!([])),
                detail: Set(String::new()),
                tags: Set(json!([])),
                on_shelf: Set(true),
                express_only: Set(false),
                new_buyer_only: Set(false),
                region_limited: Set(false),
                price_from_fen: Set(Fen::from_fen(1000)),
                position: Set(0),
                version: Set(1),
                created_at: Set(now),
                updated_at: Set(now),
                ..Default::default()
            };
            let of = of.insert(conn).await.unwrap().id;
            let row = sku::ActiveModel {
                id: Set(*id),
                shop_id: Set(shop),
                goods_id: Set(of),
                specs: Set(json!({})),
                specs_key: Set(String::new()),
                price_fen: Set(Fen::from_fen(1000)),
                position: Set(0),
                created_at: Set(now),
                updated_at: Set(now),
                ..Default::default()
            };
            row.insert(conn).await.unwrap();
        }
    }

    fn order_row(&self, member: MemberId, kind: FulfilmentKind, units: &[(SkuId, i64)]) -> order::Model {
        let now = self.app.app.clock.now();
        let goods = Fen::from_fen(units.iter().map(|(_, units)| units * 1000).sum());
        order::Model {
            id: OrderId::new(),
            shop_id: self.app.shop().id,
            member_id: member,
            status: OrderStatus::PendingPayment,
            closed_reason: None,
            fulfilment: kind,
            pickup_point_id: Some(PickupPointId::new()),
            leader_id: Some(self.leader_id),
            address: None,
            checkout_id: None,
            merchant_id: None,
            merchant_no: None,
            goods_fen: goods,
            spend_and_save_fen: Fen::ZERO,
            coupon_fen: Fen::ZERO,
            points_used: 0,
            points_fen: Fen::ZERO,
            shipping_fen: Fen::ZERO,
            packing_fen: Fen::ZERO,
            balance_fen: Fen::ZERO,
            balance_gift_fen: Fen::ZERO,
            payable_fen: goods,
            refunded_fen: Fen::ZERO,
            refund_status: RefundStatus::None,
            for_new_buyers: false,
            remark: None,
            coupon_id: None,
            profit_sharing: false,
            pickup_code: None,
            expires_at: now + chrono::Duration::hours(1),
            next_close_at: None,
            paid_at: None,
            shipped_at: None,
            arrived_at: None,
            received_at: None,
            completed_at: None,
            closed_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// The order as it stands.
    pub async fn order(&self, bought: Bought) -> order::Model {
        query::by_id(self.app.app.db.reader(), self.app.shop().id, bought.order).await.unwrap().unwrap()
    }

    /// Its lines as they stand.
    pub async fn lines(&self, bought: Bought) -> Vec<line::Model> {
        query::lines_of(self.app.app.db.reader(), self.app.shop().id, bought.order).await.unwrap()
    }

    /// Asserts where orders stand.
    pub async fn stand(&self, orders: &[Bought], status: OrderStatus) {
        for bought in orders {
            assert_eq!(self.order(*bought).await.status, status, "{}", bought.order);
        }
    }

    /// The operator gathers everything paid so far into a list, and its id.
    pub async fn gathers(&self) -> String {
        let list = self.asks_for_a_list().await.ok();
        assert_eq!(list["state"], "new");
        list["id"].as_str().unwrap().to_owned()
    }

    pub async fn asks_for_a_list(&self) -> crate::answer::Answer {
        let body = json!({"leader_id": self.leader_id, "until": self.app.app.clock.now()});
        self.operator.post("/console/api/v1/delivery-lists", body).await
    }

    /// The operator says something of a list.
    pub async fn says(&self, list: &str, word: &str) -> crate::answer::Answer {
        self.operator.post(&format!("/console/api/v1/delivery-lists/{list}/{word}"), json!({})).await
    }

    /// Brings everything paid so far to the pickup point.
    pub async fn brings_everything(&self) -> String {
        let list = self.gathers().await;
        self.says(&list, "depart").await.ok();
        self.says(&list, "deliver").await.ok();
        list
    }

    /// The code of a member's order.
    pub async fn code(&self, member: &Client, bought: Bought) -> String {
        let answer = member.get(&format!("/api/v1/orders/{}/pickup-code", bought.order)).await.ok();
        answer["code"].as_str().unwrap().to_owned()
    }

    /// Somebody redeems a code whole.
    pub async fn redeems(&self, who: &Client, code: &str) -> crate::answer::Answer {
        who.post("/api/v1/leader/redemptions", json!({"code": code})).await
    }

    /// Gives units of a line back without the money's way.
    pub async fn takes_back(&self, line: OrderLineId, units: i64) {
        line::Entity::update_many()
            .col_expr(line::Column::RefundedQuantity, Expr::value(units))
            .filter(line::Column::Id.eq(line))
            .exec(self.app.app.db.maintenance())
            .await
            .unwrap();
    }

    /// Opens a ticket on a line.
    pub async fn complains(&self, member: &Client, bought: Bought, of: OrderLineId) -> TicketId {
        let (conn, now) = (self.app.app.db.maintenance(), self.app.app.clock.now());
        let id = TicketId::new();
        let row = ticket::Model {
            id,
            shop_id: self.app.shop().id,
            order_id: bought.order,
            member_id: member.id().parse().unwrap(),
            kind: TicketKind::RefundOnly,
            state: TicketState::Requested,
            reason: "broken".to_owned(),
            photos: json!([]),
            answer: None,
            answer_photos: json!([]),
            refund_id: None,
            carrier: None,
            tracking_no: None,
            return_shipped_at: None,
            deadline_at: None,
            escalated_at: None,
            created_at: now,
            updated_at: now,
            closed_at: None,
        };
        ticket::Entity::insert(ticket::ActiveModel::from(row)).exec_without_returning(conn).await.unwrap();
        let row = ticket_line::Model {
            ticket_id: id,
            line_id: of,
            shop_id: self.app.shop().id,
            quantity: 1,
            amount_fen: Fen::from_fen(100),
            open_line: Some(of),
        };
        ticket_line::Entity::insert(ticket_line::ActiveModel::from(row)).exec_without_returning(conn).await.unwrap();
        id
    }

    /// Closes every ticket on a line.
    pub async fn withdraws_complaints(&self, of: OrderLineId) {
        ticket_line::Entity::update_many()
            .col_expr(ticket_line::Column::OpenLine, Expr::value(None::<OrderLineId>))
            .filter(ticket_line::Column::LineId.eq(of))
            .exec(self.app.app.db.maintenance())
            .await
            .unwrap();
    }
}

async fn lead(app: &TestApp, client: &Client, name: &str, recommender: Option<LeaderId>) -> LeaderId {
    let id = LeaderId::new();
    let row = leader::Model {
        id,
        shop_id: app.shop().id,
        member_id: client.id().parse().unwrap(),
        name: name.to_owned(),
        sealed_phone: None,
        phone_mask: None,
        state: LeaderState::Enabled,
        resting: false,
        pickup_only: false,
        level_id: None,
        recommender_id: recommender,
        multiplier_bp: BasisPoints::WHOLE,
        receiver: None,
        receiver_added_at: None,
        created_at: app.app.clock.now(),
        updated_at: app.app.clock.now(),
    };
    leader::Entity::insert(leader::ActiveModel::from(row))
        .exec_without_returning(app.app.db.maintenance())
        .await
        .unwrap();
    id
}

fn line_row(order: &order::Model, sku: SkuId, units: i64, position: i32, rule: &Value) -> line::Model {
    line::Model {
        id: OrderLineId::new(),
        shop_id: order.shop_id,
        order_id: order.id,
        position,
        goods_id: GoodsId::new(),
        sku_id: sku,
        supplier_id: None,
        title: "苹果".to_owned(),
        specs: json!({"规格": "5 kg"}),
        picture: None,
        expected_pickup: None,
        unit_price_fen: Fen::from_fen(1000),
        quantity: units,
        goods_fen: Fen::from_fen(1000 * units),
        spend_and_save_fen: Fen::ZERO,
        coupon_fen: Fen::ZERO,
        points_fen: Fen::ZERO,
        shipping_fen: Fen::ZERO,
        packing_fen: Fen::ZERO,
        commission_rule: Some(rule.clone()),
        supplier_rule: None,
        shipped_at: None,
        arrived_at: None,
        redeemed: 0,
        received_at: None,
        after_sale_until: None,
        settled_at: None,
        refunded_quantity: 0,
        refunded_fen: Fen::ZERO,
        carrier: None,
        tracking_no: None,
    }
}
