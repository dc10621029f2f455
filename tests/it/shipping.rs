//! WeChat is told of every shipping, in its own time, and the money it holds is followed.

use chrono::Duration;
use kernel::id::{OperatorId, PaymentId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::shipping::entity::{hold, management, upload};
use tuanqiao::areas::shipping::state::{UploadKind, UploadState};
use tuanqiao::flows::profit_sharing;
use tuanqiao::platform::entity::effect;

use crate::app::TestApp;
use crate::setup::Setup;
use crate::sharing_scene::SHARES;
use crate::shop_floor::{Floor, Ware, id};
use crate::shopper::Client;

pub const UPLOAD: &str = "/wxa/sec/order/upload_shipping_info";

/// The product beside a WeChat that keeps the money until goods are shipped.
pub async fn managed(setup: Setup) -> TestApp {
    TestApp::beside(setup, |_| {}, |sandbox| sandbox.trade_managed = true).await
}

impl TestApp {
    /// WeChat's number of a payment.
    pub fn transaction(&self, number: &str) -> String {
        self.wechat().order(number).unwrap().transaction_id
    }

    /// Everything that waits for its time is due now.
    pub async fn patience_ends(&self) {
        let (conn, wall) = (self.app.db.maintenance(), self.app.clock.wall());
        let due = effect::Entity::update_many().col_expr(effect::Column::RunAt, Expr::value(wall));
        due.exec(conn).await.unwrap();
        let due = hold::Entity::update_many().col_expr(hold::Column::NextQueryAt, Expr::value(wall));
        due.filter(hold::Column::NextQueryAt.is_not_null()).exec(conn).await.unwrap();
        self.run_due_jobs().await;
    }

    pub async fn told(&self, number: &str) -> Vec<upload::Model> {
        let payment: PaymentId = number.parse().unwrap();
        let conn = self.app.db.reader();
        tuanqiao::areas::shipping::uploads::of_payment(conn, self.shop().id, payment).await.unwrap()
    }

    pub async fn hold(&self, number: &str) -> Option<hold::Model> {
        let payment: PaymentId = number.parse().unwrap();
        hold::Entity::find_by_id(payment).one(self.app.db.reader()).await.unwrap()
    }

    /// How often WeChat was told.
    pub fn tellings(&self) -> usize {
        self.wechat().request_log().iter().filter(|call| call.path == UPLOAD).count()
    }

    /// WeChat pushes an event about the mini-program.
    pub async fn pushes(&self, message: serde_json::Map<String, Value>) {
        let push = sandbox::Push {
            url: format!("{}/notify/wechat-message/demo", self.app.config.server.public_url),
            appid: None,
            message,
            mode: sandbox::PushMode::Safe,
            format: sandbox::PushFormat::Json,
            kind: sandbox::PushKind::Genuine,
        };
        assert_eq!(self.wechat().push(&push).await.unwrap().status, Some(200));
    }
}

/// WeChat answers an upload with this.
pub fn trouble(body: Value, times: u32) -> sandbox::Fault {
    serde_json::from_value(json!({"path_prefix": UPLOAD, "status": 200, "body": body, "times": times})).unwrap()
}

/// A paid order that goes by parcel; the order and our number of its payment.
pub async fn buys_by_express(floor: &Floor<'_>, who: &Client, wares: &[(&Ware, i64)]) -> (Value, String) {
    let here = json!({"name": "安娜", "phone": "13800000417", "province": "广东省", "city": "广州市", "detail": "体育西路 1 号"});
    let address = who.post("/api/v1/me/addresses", here).await.ok();
    let mut wish = floor.basket(wares);
    wish["fulfilment"] = json!({"kind": "express", "address_id": address["id"]});
    let order = who.post_new("/api/v1/orders", wish).await.ok();
    let number = floor.pays_unheard(who, &order).await;
    assert_eq!(floor.hears(&number).await, 204);
    (order, number)
}

pub async fn sends(floor: &Floor<'_>, order: &Value, body: Value) {
    floor.keeper.post_new(&format!("/console/api/v1/orders/{}/ship", id(order)), body).await.ok();
}

/// A pickup order brought to its point; the order and our number of its payment.
pub async fn bought_and_brought(floor: &Floor<'_>, who: &Client, ware: &Ware) -> (Value, String) {
    let order = floor.buys(who, &[(ware, 1)]).await;
    sends(floor, &order, json!({})).await;
    floor.keeper.post_new(&format!("/console/api/v1/orders/{}/arrive", id(&order)), json!({})).await.ok();
    let number = floor.number_of(&order).await;
    (order, number)
}

/// What WeChat holds, as the console lists it.
pub async fn stuck(floor: &Floor<'_>, query: &str) -> Vec<Value> {
    let list = floor.keeper.get(&format!("/console/api/v1/stuck-money{query}")).await.ok();
    list["items"].as_array().unwrap().clone()
}

on_both! {
    async fn a_pickup_order_is_told_when_it_has_arrived_and_followed_until_it_is_free(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        let order = floor.buys(&anna, &[(&apples, 2)]).await;
        let number = floor.number_of(&order).await;
        sends(&floor, &order, json!({})).await;
        app.run_due_jobs().await;
        assert_eq!(app.wechat().shipments().len(), 0, "goods on the road are not at the point");
        let held = stuck(&floor, "").await;
        assert_eq!((held.len(), &held[0]["reason"], &held[0]["amount_fen"]), (1, &json!("not_sent"), &json!(2000)));

        floor.keeper.post_new(&format!("/console/api/v1/orders/{}/arrive", id(&order)), json!({})).await.ok();
        assert_eq!(stuck(&floor, "?reason=not_told").await.len(), 1);
        app.run_due_jobs().await;
        let told = app.wechat().shipments().remove(0);
        assert_eq!((told.logistics_type, told.delivery_mode, told.finished), (4, 1, true));
        assert_eq!(told.parcels, [(None, None, Some("苹果 5 斤*2".to_owned()))]);
        let held = stuck(&floor, "?reason=awaiting_confirmation").await;
        assert_eq!(held[0]["uploads"][0]["parcels"], json!([{"item_desc": "苹果 5 斤*2"}]));
        assert!(!held[0].to_string().contains("openid"), "nobody's identity is shown");
        assert_eq!(stuck(&floor, "?reason=refused").await.len(), 0);

        let transaction = app.transaction(&number);
        let path = format!("/api/v1/orders/{}/confirm-receipt", id(&order));
        let refused = anna.post(&path, json!({})).await.refused(409, "order.receipt_not_confirmed");
        let mchid = app.keys().merchant.mchid.clone();
        assert_eq!(
            (&refused["extra"]["merchant_id"], &refused["extra"]["merchant_trade_no"], &refused["extra"]["transaction_id"]),
            (&json!(mchid), &json!(number), &json!(transaction)),
            "what WeChat's component wants"
        );
        app.wechat().add_fault(serde_json::from_value(json!({"path_prefix": "/wxa/sec/order/get_order", "status": 500})).unwrap());
        anna.post(&path, json!({})).await.refused(503, "payment.unavailable");
        assert!(app.wechat().confirms_receipt(&transaction));
        assert_eq!(anna.post(&path, json!({})).await.ok()["status"], "received");
        let hold = app.hold(&number).await.unwrap();
        assert!(hold.received_at.is_some() && hold.settled_at.is_some(), "{hold:?}");
        assert_eq!(stuck(&floor, "").await.len(), 0);
        app.stop().await;
    }
}

on_both! {
    async fn parcels_are_told_one_by_one_and_the_last_as_the_last(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        let (apples, rice) = (floor.goods(1000, 10).await, floor.goods(500, 10).await);
        let anna = app.member("anna").await;
        let (order, number) = buys_by_express(&floor, &anna, &[(&apples, 1), (&rice, 3)]).await;
        let seen = floor.seen(&anna, &order).await;
        let line = |place: usize| json!([{"line_id": seen["lines"][place]["id"]}]);
        sends(&floor, &order, json!({"lines": line(0), "carrier": "顺丰", "tracking_no": "SF1"})).await;
        app.run_due_jobs().await;
        let told = app.wechat().shipments().remove(0);
        assert_eq!((told.logistics_type, told.delivery_mode, told.finished), (1, 2, false));
        assert_eq!(app.told(&number).await[0].state, UploadState::Partial);
        let body: Value = serde_json::from_str(app.told(&number).await[0].recorded_body.as_ref().unwrap()).unwrap();
        assert_eq!(body["shipping_list"][0]["contact"], json!({"receiver_contact": "138****0417"}), "this carrier wants it");
        app.patience_ends().await;
        assert_eq!(app.tellings(), 1, "nothing new, nothing told");

        sends(&floor, &order, json!({"carrier": "韵达快递", "tracking_no": "YD2"})).await;
        app.run_due_jobs().await;
        let told = app.wechat().shipments().remove(0);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!((told.delivery_mode, told.finished, told.corrected), (2, true, false));
        assert_eq!(told.parcels, [
            (text("SF"), text("SF1"), text("苹果 5 斤*1")),
            (text("YD"), text("YD2"), text("苹果 5 斤*3")),
        ]);
        let row = app.told(&number).await.remove(0);
        assert_eq!((row.state, row.errcode), (UploadState::Recorded, None));
        app.stop().await;
    }
}

on_both! {
    async fn what_is_left_after_a_refund_is_the_whole_delivery(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        let (apples, rice) = (floor.goods(1000, 10).await, floor.goods(500, 10).await);
        let anna = app.member("anna").await;
        let (order, number) = buys_by_express(&floor, &anna, &[(&apples, 1), (&rice, 1)]).await;
        let seen = floor.seen(&anna, &order).await;
        let line = |place: usize| json!([{"line_id": seen["lines"][place]["id"]}]);
        sends(&floor, &order, json!({"lines": line(0), "carrier": "ZTO", "tracking_no": "7"})).await;
        app.run_due_jobs().await;
        floor.refunds(&order, json!({"lines": [{"line_id": seen["lines"][1]["id"], "quantity": 1}]})).await;
        app.run_due_jobs().await;
        assert!(app.wechat().shipments()[0].finished, "the rest will not come");
        assert_eq!(app.told(&number).await[0].state, UploadState::Recorded);

        let (gone, number) = buys_by_express(&floor, &anna, &[(&apples, 1)]).await;
        sends(&floor, &gone, json!({"carrier": "ZTO", "tracking_no": "8"})).await;
        floor.refunds(&gone, json!({"all": true})).await;
        app.run_due_jobs().await;
        assert_eq!(app.told(&number).await[0].state, UploadState::Skipped, "nothing of it is anybody's");
        assert_eq!(app.wechat().shipments().len(), 1);
        app.stop().await;
    }
}

on_both! {
    async fn a_payment_wechat_does_not_know_is_told_again_in_its_time_and_then_shown(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        let unknown = json!({"errcode": 10_060_001, "errmsg": "payment order not found"});
        app.wechat().add_fault(trouble(unknown, 5));
        let (_, number) = bought_and_brought(&floor, &anna, &apples).await;
        app.run_due_jobs().await;
        for minutes in [1, 5, 30, 120] {
            let row = app.told(&number).await.remove(0);
            assert_eq!((row.state, row.errcode), (UploadState::Waiting, Some(10_060_001)));
            let wait = row.next_try_at.unwrap() - row.updated_at;
            assert_eq!(wait, Duration::minutes(minutes));
            let planned = effect::Entity::find().filter(effect::Column::Kind.eq("shipping_upload"));
            let planned = planned.one(app.app.db.reader()).await.unwrap().unwrap();
            assert!((planned.run_at - row.next_try_at.unwrap()).num_seconds().abs() <= 1);
            app.patience_ends().await;
        }
        let row = app.told(&number).await.remove(0);
        assert_eq!((row.state, row.attempts), (UploadState::Refused, 5));
        let held = stuck(&floor, "?reason=refused").await;
        assert_eq!((held.len(), &held[0]["uploads"][0]["errcode"]), (1, &json!(10_060_001)));

        let path = format!("/console/api/v1/stuck-money/{number}/tell-again");
        assert_eq!(floor.keeper.post(&path, json!({})).await.ok()["state"], "waiting");
        app.run_due_jobs().await;
        assert_eq!(app.told(&number).await[0].state, UploadState::Recorded);
        app.stop().await;
    }
}

on_both! {
    async fn a_lost_answer_is_asked_for_again_with_the_same_words(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        let lost = json!({"path_prefix": UPLOAD, "drop": true, "after_effect": true});
        app.wechat().add_fault(serde_json::from_value(lost).unwrap());
        app.wechat().add_fault(trouble(json!({"errcode": 10_060_019, "errmsg": "system is busy"}), 1));
        let (_, number) = bought_and_brought(&floor, &anna, &apples).await;
        app.run_due_jobs().await;
        let sent = app.told(&number).await.remove(0);
        assert_eq!(sent.state, UploadState::Waiting);
        app.patience_ends().await;
        let again = app.told(&number).await.remove(0);
        assert_eq!((&again.request_body, again.uploaded_at), (&sent.request_body, sent.uploaded_at));
        app.patience_ends().await;
        let row = app.told(&number).await.remove(0);
        assert_eq!((row.state, row.recorded_body), (UploadState::Recorded, sent.request_body));
        assert!(!app.wechat().shipments()[0].corrected, "no second telling was spent");
        app.stop().await;
    }
}

on_both! {
    async fn a_parcel_named_wrong_is_corrected_once(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        let (order, number) = buys_by_express(&floor, &anna, &[(&apples, 1)]).await;
        let path = format!("/console/api/v1/stuck-money/{number}/tell-again");
        floor.keeper.post(&path, json!({})).await.refused(404, "shipping_upload.not_found");
        sends(&floor, &order, json!({})).await;
        app.run_due_jobs().await;
        let row = app.told(&number).await.remove(0);
        assert_eq!((row.state, app.tellings()), (UploadState::Refused, 0), "a parcel without a number cannot be told");
        floor.keeper.post(&path, json!({"carrier": "ZTO"})).await.refused(400, "validation.failed");
        floor.keeper.post(&path, json!({"carrier": "ZTO", "tracking_no": "1"})).await.ok();
        app.run_due_jobs().await;
        assert_eq!(app.told(&number).await[0].state, UploadState::Recorded);
        floor.keeper.post(&path, json!({})).await.refused(409, "shipping_upload.wrong_state");

        let told = floor.keeper.post(&path, json!({"carrier": "STO", "tracking_no": "2"})).await.ok();
        assert_eq!(told["kind"], "correction");
        app.run_due_jobs().await;
        let shipped = app.wechat().shipments().remove(0);
        assert!(shipped.corrected);
        assert_eq!(shipped.parcels[0].1.as_deref(), Some("2"));
        let rows = app.told(&number).await;
        let kinds: Vec<_> = rows.iter().map(|row| (row.kind, row.state)).collect();
        assert_eq!(kinds, [(UploadKind::Upload, UploadState::Recorded), (UploadKind::Correction, UploadState::Recorded)]);
        let once_more = json!({"carrier": "YTO", "tracking_no": "3"});
        floor.keeper.post(&path, once_more).await.refused(409, "shipping_upload.wrong_state");
        app.stop().await;
    }
}

on_both! {
    async fn a_shop_whose_money_is_not_kept_tells_nothing_and_its_members_confirm_here(app: TestApp) {
        let floor = Floor::open(app).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        let (order, number) = bought_and_brought(&floor, &anna, &apples).await;
        app.run_due_jobs().await;
        assert_eq!((app.told(&number).await[0].state, app.tellings()), (UploadState::Skipped, 0));
        assert_eq!(stuck(&floor, "").await.len(), 0);
        let path = format!("/api/v1/orders/{}/confirm-receipt", id(&order));
        assert_eq!(anna.post(&path, json!({})).await.ok()["status"], "received");
        let (_, second) = bought_and_brought(&floor, &anna, &apples).await;
        app.run_due_jobs().await;
        assert!(app.told(&second).await.is_empty(), "WeChat was asked of late, and keeps nothing");
        let asked = app.wechat().request_log().into_iter().filter(|call| call.path.ends_with("is_trade_managed"));
        assert_eq!(asked.count(), 1, "the answer is remembered for a day");
    }
}

on_both! {
    async fn what_wechat_pushes_about_settlement_and_late_shipping_is_heard(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        app.wechat().add_fault(trouble(json!({"errcode": 10_060_004, "errmsg": "not shippable"}), 1));
        let (order, number) = bought_and_brought(&floor, &anna, &apples).await;
        app.run_due_jobs().await;
        assert_eq!(app.told(&number).await[0].state, UploadState::Refused);
        let transaction = app.transaction(&number);
        let event = |name: &str, at: i64| {
            let event = json!({"ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": at, "MsgType": "event",
                "Event": name, "transaction_id": transaction, "merchant_trade_no": number, "msg": "x"});
            event.as_object().unwrap().clone()
        };
        app.pushes(event("trade_manage_remind_shipping", 1)).await;
        app.pushes(event("trade_manage_remind_access_api", 2)).await;
        app.run_due_jobs().await;
        assert_eq!(app.told(&number).await[0].state, UploadState::Recorded, "told again");

        app.pushes(app.wechat().settlement_event(&transaction).unwrap()).await;
        let hold = app.hold(&number).await.unwrap();
        assert!(hold.estimated_settlement_time.is_some() && hold.settled_at.is_none() && hold.received_at.is_none());
        assert!(stuck(&floor, "").await[0]["estimated_settlement_at"].is_string());
        assert!(app.wechat().confirms_receipt(&transaction));
        let mut settled = app.wechat().settlement_event(&transaction).unwrap();
        settled.insert("CreateTime".to_owned(), json!(77));
        app.pushes(settled.clone()).await;
        let hold = app.hold(&number).await.unwrap();
        assert_eq!(hold.confirm_receive_method, Some(2), "kept as it came");
        assert!(hold.settled_at.is_some() && hold.received_at.is_some() && hold.next_query_at.is_none(), "{hold:?}");
        settled.insert("CreateTime".to_owned(), json!(78));
        app.pushes(settled).await;
        assert_eq!(app.hold(&number).await.unwrap().settled_at, hold.settled_at, "once");
        assert_eq!(floor.seen(&anna, &order).await["status"], "arrived", "what is collected is received by its code");
        assert_eq!(stuck(&floor, "").await.len(), 0);
        app.stop().await;
    }
}

on_both! {
    async fn once_a_day_wechat_is_asked_what_it_misses(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        // Paid two days ago, as WeChat has it.
        app.wechat().clock().set_offset(-2 * 86_400);
        let (_, number) = bought_and_brought(&floor, &anna, &apples).await;
        let unsent = floor.buys(&anna, &[(&apples, 1)]).await;
        app.wechat().clock().set_offset(0);
        app.run_due_jobs().await;
        // Somebody lost what WeChat had been told.
        let row = app.told(&number).await.remove(0);
        assert_eq!(row.state, UploadState::Recorded);
        app.wechat().loses_shipments();
        app.run_due_jobs().await;
        assert_eq!(app.wechat().shipments().len(), 0, "the day is not over");
        let yesterday = app.app.clock.wall() - Duration::hours(25);
        let day_over = management::Entity::update_many().col_expr(management::Column::ListedAt, Expr::value(yesterday));
        day_over.exec(app.app.db.maintenance()).await.unwrap();
        app.run_due_jobs().await;
        app.run_due_jobs().await;
        assert_eq!(app.wechat().shipments().len(), 1, "told again");
        assert_eq!(app.told(&number).await[0].state, UploadState::Recorded);
        assert_eq!(app.told(&floor.number_of(&unsent).await).await.len(), 0, "what was not sent is not told");
        app.stop().await;
    }
}

on_both! {
    async fn the_buyer_of_a_parcel_is_reminded_once_before_it_is_received_by_time(setup: Setup) {
        let app = managed(setup).await;
        let floor = Floor::open(&app).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        let (order, number) = buys_by_express(&floor, &anna, &[(&apples, 1)]).await;
        sends(&floor, &order, json!({"carrier": "ZTO", "tracking_no": "7"})).await;
        app.run_due_jobs().await;
        app.advance(4 * 86_400);
        app.run_due_jobs().await;
        assert!(!app.wechat().shipments()[0].reminded);
        app.advance(86_400 + 60);
        app.run_due_jobs().await;
        app.run_due_jobs().await;
        assert!(app.wechat().shipments()[0].reminded);
        let calls = app.wechat().request_log().into_iter().filter(|call| call.path.ends_with("notify_confirm_receive"));
        assert_eq!(calls.count(), 1);
        assert!(app.hold(&number).await.unwrap().reminded_at.is_some());
        let (_, picked_up) = bought_and_brought(&floor, &anna, &apples).await;
        app.run_due_jobs().await;
        assert_eq!(app.hold(&picked_up).await.unwrap().remind_at, None, "only parcels");
        app.stop().await;
    }
}

on_both! {
    async fn nothing_is_shared_by_hand_of_money_that_wechat_keeps(setup: Setup) {
        let app = managed(setup).await;
        app.shop_says(SHARES).await;
        let floor = Floor::open(&app).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        let (order, number) = bought_and_brought(&floor, &anna, &apples).await;
        app.run_due_jobs().await;
        app.time_passes(120);
        let path = format!("/console/api/v1/orders/{}/share", id(&order));
        floor.keeper.post(&path, json!({"reason": "结清"})).await.refused(409, "sharing.not_due");
        let why = async || {
            let (shop, of) = (app.shop(), id(&order).parse().unwrap());
            let refused = profit_sharing::share_now(&app.app, &shop, of, OperatorId::new(), None).await.unwrap_err();
            refused.to_string()
        };
        assert!(why().await.contains("WeChat keeps the money"), "{}", why().await);
        assert!(app.wechat().confirms_receipt(&app.transaction(&number)));
        app.patience_ends().await;
        assert!(app.hold(&number).await.unwrap().settled_at.is_some());
        assert!(why().await.contains("after-sale window"), "it is free now: {}", why().await);
        app.stop().await;
    }
}
