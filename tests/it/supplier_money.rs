//! What a supplier gets of an order, what a refund takes back of it, and how
//! it is shared.

use kernel::id::SupplierId;
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use tuanqiao::areas::ledger;
use tuanqiao::areas::ledger::state::AccountKind;
use tuanqiao::areas::payouts::entity::sharing_return;
use tuanqiao::areas::suppliers::entity::part;

use crate::app::TestApp;
use crate::shop_floor::{Floor, Ware, id, line_of};
use crate::shopper::Client;
use crate::suppliers::supplier;

const COMPANY: &str = "1900000109";

/// A shop with goods of one supplier.
pub struct Orchard<'a> {
    pub floor: Floor<'a>,
    pub supplier: Value,
    pub ware: Ware,
    pub anna: Client,
}

impl<'a> Orchard<'a> {
    /// Goods at 100 yuan of a supplier that pays ten per cent; the leader earns as much.
    pub async fn open(app: &'a TestApp, more: Value) -> Self {
        let mut terms = json!({"service_fee_bp": 1000});
        terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let floor = Floor::open(app).await;
        let supplier = supplier(&floor.keeper, "东山果园", terms).await;
        let ware = floor.goods_with(10_000, json!(99), json!({"supplier_id": supplier["id"]})).await;
        let anna = app.member("anna").await;
        Self { floor, supplier, ware, anna }
    }

    /// Anna buys so many and takes them from the leader; the window ends at once.
    pub async fn sells(&self, quantity: i64) -> Value {
        let order = self.floor.buys(&self.anna, &[(&self.ware, quantity)]).await;
        self.hands_over(&order).await;
        order
    }

    pub async fn hands_over(&self, order: &Value) {
        self.floor.settings(json!({"after_sale_window_s": 0})).await;
        let list = json!({"leader_id": self.floor.leader_id, "until": self.floor.app.app.clock.now()});
        let list = self.floor.keeper.post_new("/console/api/v1/delivery-lists", list).await.ok();
        let path = format!("/console/api/v1/delivery-lists/{}", id(&list));
        self.floor.keeper.post(&format!("{path}/depart"), json!({})).await.ok();
        self.floor.keeper.post(&format!("{path}/deliver"), json!({})).await.ok();
        let code = self.anna.get(&format!("/api/v1/orders/{}/pickup-code", id(order))).await.ok()["code"].clone();
        self.floor.leader.post_new("/api/v1/leader/redemptions", json!({"code": code})).await.ok();
        self.floor.app.run_due_jobs().await;
    }

    pub fn path(&self) -> String {
        format!("/console/api/v1/suppliers/{}", id(&self.supplier))
    }

    /// Pending, available and frozen.
    pub async fn funds(&self) -> (i64, i64, i64) {
        let (conn, shop) = (self.floor.app.app.db.reader(), self.floor.app.shop().id);
        let party = id(&self.supplier).parse::<SupplierId>().unwrap().uuid();
        let of = async |account| ledger::query::balance(conn, shop, account, party).await.unwrap();
        let pending = -self.floor.account(AccountKind::SupplierPending).await;
        (pending, of(AccountKind::SupplierAvailable).await, of(AccountKind::SupplierFrozen).await)
    }

    pub async fn part_of(&self, order: &Value) -> part::Model {
        let parts =
            part::Entity::find().order_by_asc(part::Column::Id).all(self.floor.app.app.db.reader()).await.unwrap();
        parts.into_iter().find(|part| part.order_id.to_string() == id(order)).unwrap()
    }

    /// The shop's books and rows agree, whatever lies at WeChat.
    pub async fn books_are_right(&self) {
        let app = self.floor.app;
        let report = tuanqiao::flows::verify_books::verify(&app.app, &app.shop()).await.unwrap();
        assert_eq!(report.found(), 0, "{report:?}");
    }
}

on_both! {
    async fn a_paid_line_is_divided_between_leader_supplier_and_shop(app: TestApp) {
        let orchard = Orchard::open(app, json!({})).await;
        let floor = &orchard.floor;
        let order = floor.buys(&orchard.anna, &[(&orchard.ware, 2)]).await;
        // 20 000: the leader 2 000, the fee 2 000, the supplier what is left.
        assert_eq!(orchard.funds().await, (16_000, 0, 0));
        assert_eq!(floor.account(AccountKind::Revenue).await, -2_000);
        let explained = floor.keeper.get(&format!("/console/api/v1/explain/{}", orchard.part_of(&order).await.id)).await.ok();
        assert_eq!((&explained["kind"], &explained["amount_fen"]), (&json!("supplier_part"), &json!(16_000)));
        let parts: i64 = explained["parts"].as_array().unwrap().iter().map(|part| part["amount_fen"].as_i64().unwrap()).sum();
        assert_eq!(parts, 16_000);

        let one = json!({"lines": [{"line_id": line_of(&order), "quantity": 1}], "reason": "坏果"});
        let path = format!("/console/api/v1/orders/{}/refunds/preview", id(&order));
        let seen = floor.keeper.post(&path, one.clone()).await.ok();
        assert_eq!(seen["suppliers"], json!([{"supplier_id": orchard.supplier["id"], "reversed_fen": 8_000, "returned_fen": 0, "shortfall_fen": 0}]));
        assert_eq!((&seen["revenue_fen"], &seen["shortfall_fen"]), (&json!(1_000), &json!(0)));
        floor.refunds(&order, one).await;
        assert_eq!(orchard.funds().await, (8_000, 0, 0));
        floor.refunds(&order, json!({"all": true})).await;
        assert_eq!(orchard.funds().await, (0, 0, 0));
        assert_eq!(floor.account(AccountKind::Revenue).await, 0);
        floor.refunds_arrive().await;
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_suppliers_part_is_released_with_the_window_and_always_taken_back(app: TestApp) {
        let orchard = Orchard::open(app, json!({})).await;
        let floor = &orchard.floor;
        let order = orchard.sells(1).await;
        assert_eq!(orchard.funds().await, (0, 8_000, 0));
        let path = format!("/console/api/v1/orders/{}/refunds", id(&order));
        let some = json!({"lines": [{"line_id": line_of(&order), "amount_fen": 2_500}], "reason": "变质"});
        let seen = floor.keeper.post(&format!("{path}/preview"), some.clone()).await.ok();
        assert_eq!(seen["suppliers"][0]["returned_fen"], 2_000);
        floor.refunds(&order, some).await;
        assert_eq!(orchard.funds().await, (0, 6_000, 0));
        floor.refunds(&order, json!({"all": true})).await;
        assert_eq!(orchard.funds().await, (0, 0, 0));
        assert_eq!(floor.account(AccountKind::Loss).await, 1_000, "the leader's commission alone is borne by the platform");
        floor.refunds_arrive().await;
        floor.adds_up().await;
    }
}

on_both! {
    async fn terms_that_give_away_more_than_the_line_are_the_shops_loss(app: TestApp) {
        let orchard = Orchard::open(app, json!({})).await;
        let floor = &orchard.floor;
        let mill = supplier(&floor.keeper, "米厂", json!({"terms": "settlement_price"})).await;
        let skus = json!([{"price_fen": 1_000, "settlement_price_fen": 1_500, "stock": 9}]);
        let rice = floor.goods_with(0, json!(0), json!({"supplier_id": mill["id"], "skus": skus})).await;
        let order = floor.buys(&orchard.anna, &[(&rice, 2)]).await;
        assert_eq!(floor.account(AccountKind::SupplierPending).await, -3_000);
        assert_eq!((floor.account(AccountKind::Loss).await, floor.account(AccountKind::Revenue).await), (1_200, 0));
        floor.refunds(&order, json!({"lines": [{"line_id": line_of(&order), "quantity": 1}]})).await;
        assert_eq!((floor.account(AccountKind::SupplierPending).await, floor.account(AccountKind::Loss).await), (-1_500, 600));
        floor.refunds(&order, json!({"all": true})).await;
        for account in [AccountKind::SupplierPending, AccountKind::Loss, AccountKind::Revenue, AccountKind::LeaderPending] {
            assert_eq!(floor.account(account).await, 0, "{account:?}");
        }
        floor.refunds_arrive().await;
        floor.adds_up().await;
    }
}

on_both! {
    async fn goods_of_a_frozen_supplier_are_not_sold_and_orders_made_go_on(app: TestApp) {
        let orchard = Orchard::open(app, json!({})).await;
        let floor = &orchard.floor;
        let order = floor.orders(&orchard.anna, &[(&orchard.ware, 1)]).await;
        floor.keeper.patch(&orchard.path(), json!({"state": "frozen"})).await.ok();
        floor.tries(&orchard.anna, &[(&orchard.ware, 1)]).await.refused(409, "goods.not_on_sale");
        let number = floor.pays_unheard(&orchard.anna, &order).await;
        assert_eq!(floor.hears(&number).await, 204);
        assert_eq!(orchard.funds().await, (8_000, 0, 0));
        floor.adds_up().await;
    }
}

on_both! {
    async fn a_released_part_is_shared_within_the_ceiling_and_comes_back_for_a_refund(app: TestApp) {
        let orchard = Orchard::open(app, json!({"payout": "sharing"})).await;
        let floor = &orchard.floor;
        let company = json!({"type": "MERCHANT_ID", "account": COMPANY, "name": "东山果园有限公司"});
        floor.keeper.put(&format!("{}/sharing-receiver", orchard.path()), company).await.ok();
        let order = orchard.sells(1).await;
        // WeChat keeps the money of what was collected for two days.
        app.time_passes(3 * 24 * 3600);
        app.run_due_jobs().await;
        app.run_due_jobs().await;
        app.sharing_comes_to_rest().await;
        // The platform lets 30 % go to others; the rest stays due.
        assert_eq!(app.wechat().purse(COMPANY).shared_in, 3_000);
        assert_eq!(orchard.funds().await, (0, 5_000, 0));
        let purse = app.wechat().purse(&app.keys().merchant.mchid);
        assert_eq!((purse.shared_out, purse.frozen), (3_000, 0));
        orchard.books_are_right().await;

        let part = json!({"lines": [{"line_id": line_of(&order), "amount_fen": 5_000}], "reason": "坏果"});
        let seen = floor.keeper.post(&format!("/console/api/v1/orders/{}/refunds/preview", id(&order)), part.clone()).await.ok();
        assert_eq!((&seen["suppliers"][0]["returned_fen"], &seen["suppliers"][0]["shortfall_fen"]), (&json!(4_000), &json!(0)));
        let refund = floor.refunds(&order, part).await;
        assert_eq!(orchard.funds().await, (0, 4_000, 0), "what was shared is asked back first");
        let shown = floor.console(&order).await["refunds"][0]["returns"].clone();
        assert_eq!((&shown, shown.as_array().unwrap().len()), (&refund["returns"], 1));
        assert_eq!((&shown[0]["party_kind"], &shown[0]["party_id"]), (&json!("supplier"), &orchard.supplier["id"]));
        assert_eq!((&shown[0]["leader_id"], &shown[0]["amount_fen"]), (&Value::Null, &json!(3_000)));
        for _ in 0..4 {
            let wall = app.app.clock.wall();
            let due = sharing_return::Entity::update_many().col_expr(sharing_return::Column::NextQueryAt, Expr::value(wall));
            due.exec(app.app.db.maintenance()).await.unwrap();
            app.refunds_go_on().await;
        }
        assert_eq!(app.account(AccountKind::PartyReceivable).await, 0);
        assert_eq!(app.wechat().purse(COMPANY).shared_in, 0, "all of the share is back, the rest came out of what was due");
        orchard.books_are_right().await;
    }
}
