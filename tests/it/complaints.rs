//! Members complain at WeChat: heard, read, answered in time, ended (WeChat Pay sheet §9).

use std::sync::Arc;

use chrono::Duration;
use kernel::crypto::digest::sha256_hex;
use kernel::id::{ComplaintId, UploadId};
use reqwest::Method;
use sandbox::SandboxKeys;
use sea_orm::EntityTrait;
use sea_orm::sea_query::Expr;
use serde_json::{Value, json};
use tuanqiao::areas::complaints::entity::{complaint, watch};
use tuanqiao::areas::operators::entity::audit_entry;
use tuanqiao::areas::operators::role::Role;
use tuanqiao::areas::shops::query::Shop;
use tuanqiao::flows::operators;
use tuanqiao::platform::entity::effect;

use crate::app::{PASSWORD, TestApp, UnderProvider, shop_text};
use crate::shop_floor::{Floor, id};
use crate::shopper::Client;

impl TestApp {
    /// The hour is over: complaints are read, and the address of notices is made known.
    pub async fn complaints_are_read(&self) {
        self.run_due_jobs().await;
        let now = self.app.clock.wall() - Duration::seconds(1);
        let due = watch::Entity::update_many().col_expr(watch::Column::NextAt, Expr::value(now));
        due.exec(self.app.db.maintenance()).await.unwrap();
        self.run_due_jobs().await;
    }

    /// Effects that wait are tried now.
    async fn effects_go_on(&self) {
        let now = self.app.clock.wall();
        let due = effect::Entity::update_many().col_expr(effect::Column::RunAt, Expr::value(now));
        due.exec(self.app.db.maintenance()).await.unwrap();
        self.run_due_jobs().await;
    }
}

impl TestApp {
    /// Another sub-merchant's shop under the same service provider, and its operator.
    pub async fn neighbour(&self, accounts: &UnderProvider) -> (Arc<Shop>, Client) {
        let mut theirs = accounts.sub.clone();
        theirs.mchid = "1709982749".to_owned();
        theirs.appid = "wx00000000000000aa".to_owned();
        self.wechat().add_merchant(&theirs).unwrap();
        let keys = self.keys();
        let text = accounts.shop_text("other", &keys, "[payout]\nmode = \"profit_sharing\"\n");
        let own = format!("sub_mchid = \"{}\"", accounts.sub.mchid);
        let text = text.replace(&own, &format!("sub_mchid = \"{}\"", theirs.mchid));
        let text = text.replace(&accounts.sub.appid, &theirs.appid);
        let shop = self.apply_shop(&text).await;
        operators::create(&self.app, shop.id, None, "neighbour", PASSWORD.to_owned(), Role::Owner).await.unwrap();
        let operator = self.anybody().signs_in_to_console("neighbour", PASSWORD).await;
        (shop, operator)
    }

    /// Where a shop hears of complaints.
    fn complaints_of(&self, shop: &Shop) -> String {
        format!("{}/notify/wechat-pay/{}/complaint", self.app.config.server.public_url, shop.code)
    }

    /// The newest notice about a complaint comes to this shop, and what follows of it.
    pub async fn complaint_comes_to(&self, shop: &Shop, complaint: &str) {
        let mut notice = self.wechat().notice_about(complaint).unwrap();
        notice.url = self.complaints_of(shop);
        let delivery = self.wechat().post_notice(notice).await;
        assert!(delivery.accepted(), "{delivery:?}");
        self.run_due_jobs().await;
        self.run_due_jobs().await;
    }
}

fn under_provider(accounts: &UnderProvider, keys: &SandboxKeys) -> String {
    accounts.payout("profit_sharing", keys)
}

fn trouble(path: &str, more: Value) -> sandbox::Fault {
    let mut fault = json!({"path_prefix": path});
    for (name, value) in more.as_object().unwrap() {
        fault[name] = value.clone();
    }
    serde_json::from_value(fault).unwrap()
}

async fn listed(floor: &Floor<'_>, query: &str) -> Vec<Value> {
    let list = floor.keeper.get(&format!("/console/api/v1/complaints{query}")).await.ok();
    list["items"].as_array().unwrap().clone()
}

on_both! {
    async fn a_complaint_is_heard_answered_and_ended(app: TestApp) {
        let floor = Floor::open(app).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        let order = floor.buys(&anna, &[(&apples, 2)]).await;
        app.complaints_are_read().await;
        let mchid = app.keys().merchant.mchid.clone();
        let address = format!("{}/notify/wechat-pay/demo/complaint", app.app.config.server.public_url);
        assert_eq!(app.wechat().complaint_address(&mchid), Some(address));

        let number = floor.number_of(&order).await;
        let complaint = app.wechat().files_complaint(&number, "苹果烂了，要求退款", "13800000417").unwrap();
        for _ in 0..2 {
            app.hears_of(&complaint).await;
        }
        app.run_due_jobs().await;
        let found = listed(&floor, "?state=pending").await;
        assert_eq!(found.len(), 1, "heard twice, kept once");
        let seen = &found[0];
        assert_eq!((&seen["detail"], &seen["phone"]), (&json!("苹果烂了，要求退款"), &json!("138****0417")));
        assert_eq!((&seen["order_id"], &seen["payment_id"]), (&json!(id(&order)), &json!(number)));
        assert_eq!((&seen["apply_refund_fen"], &seen["overdue"], &seen["awaits_answer"]), (&json!(2000), &json!(false), &json!(true)));
        let time = |field: &str| seen[field].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        assert_eq!(time("deadline_at") - time("complained_at"), Duration::hours(24));

        let path = format!("/console/api/v1/complaints/{}", id(seen));
        let acted = floor.keeper.post_new(&format!("{path}/replies"), json!({"text": "马上为您退款"})).await.ok();
        assert_eq!((&acted["actions"][0]["kind"], &acted["actions"][0]["state"]), (&json!("reply"), &json!("waiting")));
        floor.keeper.post(&format!("{path}/replies"), json!({"text": "x"})).await.refused(400, "idempotency.key_required");
        app.run_due_jobs().await;
        app.run_due_jobs().await;
        let promise = floor.keeper.post_new(&format!("{path}/refund-progress"), json!({"promise_days": 1})).await;
        assert_eq!(promise.ok()["complaint"]["state"], "processing");
        app.run_due_jobs().await;
        floor.keeper.post_new(&format!("{path}/complete"), json!({})).await.ok();
        floor.keeper.post_new(&format!("{path}/complete"), json!({})).await.refused(409, "complaint.wrong_state");
        app.run_due_jobs().await;
        app.run_due_jobs().await;

        let detail = floor.keeper.get(&path).await.ok();
        assert_eq!((&detail["complaint"]["state"], &detail["phone"]), (&json!("processed"), &json!("13800000417")));
        assert!(detail["complaint"]["answered_at"].is_string() && detail["complaint"]["completed_at"].is_string());
        let states: Vec<_> = detail["actions"].as_array().unwrap().iter().map(|action| &action["state"]).collect();
        assert_eq!(states, ["done", "done", "done"]);
        let kinds: Vec<_> = detail["history"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
        assert_eq!(
            kinds,
            ["MERCHANT_CONFIRM_COMPLETE", "MERCHANT_REFUND_PROGRESS", "MERCHANT_RESPONSE", "USER_CREATE_COMPLAINT"]
        );
        let late = floor.keeper.post_new(&format!("{path}/replies"), json!({"text": "还有什么"})).await;
        late.refused(409, "complaint.wrong_state");
        let logged = audit_entry::Entity::find().all(app.app.db.reader()).await.unwrap();
        assert_eq!(logged.iter().filter(|entry| entry.action == "complaint.act").count(), 3);
        let unknown = format!("/console/api/v1/complaints/{}", ComplaintId::new());
        floor.keeper.get(&unknown).await.refused(404, "complaint.not_found");
    }
}

on_both! {
    async fn a_complaint_nobody_was_told_of_is_found_and_shown_as_overdue(app: TestApp) {
        let floor = Floor::open(app).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        let order = floor.buys(&anna, &[(&apples, 1)]).await;
        let number = floor.number_of(&order).await;
        app.wechat().clock().set_offset(-2 * 86_400);
        app.wechat().files_complaint(&number, "没收到货", "13800000417").unwrap();
        app.wechat().clock().set_offset(0);
        app.wechat().add_fault(trouble("/v3/merchant-service/complaints-v2", json!({"status": 500})));
        app.complaints_are_read().await;
        assert_eq!(listed(&floor, "").await.len(), 0, "WeChat was away");
        app.complaints_are_read().await;
        let found = listed(&floor, "?overdue=true").await;
        assert_eq!((found.len(), &found[0]["overdue"]), (1, &json!(true)));
        assert_eq!(listed(&floor, "?overdue=false").await.len(), 0);

        let path = format!("/console/api/v1/complaints/{}", id(&found[0]));
        app.wechat().add_fault(trouble("/v3/merchant-service", json!({"status": 500, "times": 9})));
        assert_eq!(floor.keeper.get(&path).await.ok()["history"], Value::Null, "WeChat cannot be asked");
        app.wechat().clear_faults();
        floor.keeper.post_new(&format!("{path}/complete"), json!({})).await.ok();
        app.run_due_jobs().await;
        let action = floor.keeper.get(&path).await.ok()["actions"][0].clone();
        assert_eq!(action["state"], "refused", "nobody has answered the payer");
        assert!(action["error"].as_str().unwrap().contains("INVALID_REQUEST"), "{action}");
    }
}

on_both! {
    async fn an_answer_whose_receipt_was_lost_is_given_once(app: TestApp) {
        let floor = Floor::open(app).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        let order = floor.buys(&anna, &[(&apples, 1)]).await;
        let number = floor.number_of(&order).await;
        let complaint = app.wechat().files_complaint(&number, "没收到货", "13800000417").unwrap();
        app.complaints_are_read().await;
        let row = complaint::Entity::find().one(app.app.db.reader()).await.unwrap().unwrap();
        let path = format!("/console/api/v1/complaints/{}", row.id);
        // Both hosts lose the first answer; the sandbox has heard the words by then.
        let lost = json!({"drop": true, "after_effect": true});
        app.wechat().add_fault(trouble(&format!("/v3/merchant-service/complaints-v2/{complaint}/response"), lost));
        let away = json!({"status": 503});
        app.wechat().add_fault(trouble(&format!("/v3/merchant-service/complaints-v2/{complaint}/response"), away));
        floor.keeper.post_new(&format!("{path}/replies"), json!({"text": "包裹在路上"})).await.ok();
        app.run_due_jobs().await;
        app.effects_go_on().await;
        app.effects_go_on().await;
        let said = app.wechat().complaints().remove(0).history;
        assert_eq!(said.iter().filter(|(kind, _)| kind == "MERCHANT_RESPONSE").count(), 1, "{said:?}");
        let detail = floor.keeper.get(&path).await.ok();
        assert_eq!((&detail["actions"][0]["state"], &detail["complaint"]["state"]), (&json!("done"), &json!("processing")));
        assert!(app.wechat().writes_again(&complaint, "还没到"));
        app.hears_of(&complaint).await;
        app.run_due_jobs().await;
        assert_eq!(floor.keeper.get(&path).await.ok()["complaint"]["awaits_answer"], true);
    }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n--\r\nnot much of a picture";

/// An address without the server's part.
fn path_in(url: &Value) -> String {
    let url = url::Url::parse(url.as_str().unwrap()).unwrap();
    url[url::Position::BeforePath..].to_owned()
}

/// A picture that an operator uploads, or a member.
async fn uploaded(who: &Client, call: &str, kind: &str, bytes: &[u8]) -> Value {
    let mut body = json!({"content_type": kind, "size": bytes.len()});
    if call.starts_with("/api") {
        body["purpose"] = json!("after_sale");
    }
    let announced = who.post(call, body).await.ok();
    let file = Some((kind, bytes.to_vec()));
    who.send(Method::PUT, &path_in(&announced["upload_url"]), file).await.ok();
    announced
}

/// A complaint that was read; WeChat's number of it and its path in the console.
async fn complained(app: &TestApp, floor: &Floor<'_>) -> (String, String) {
    let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
    let order = floor.buys(&anna, &[(&apples, 1)]).await;
    let number = floor.number_of(&order).await;
    let complaint = app.wechat().files_complaint(&number, "苹果烂了", "13800000417").unwrap();
    app.complaints_are_read().await;
    let row = complaint::Entity::find().one(app.app.db.reader()).await.unwrap().unwrap();
    (complaint, format!("/console/api/v1/complaints/{}", row.id))
}

on_both! {
    async fn an_answers_pictures_are_uploaded_once_and_named_in_their_order(app: TestApp) {
        let floor = Floor::open(app).await;
        let (complaint, path) = complained(app, &floor).await;
        let jpeg = [&[0xFF, 0xD8, 0xFF][..], b"fresh apples"].concat();
        let first = uploaded(&floor.keeper, "/console/api/v1/uploads", "image/png", PNG).await;
        let second = uploaded(&floor.keeper, "/console/api/v1/uploads", "image/jpeg", &jpeg).await;
        // WeChat is away for the answer at first, and so it is for both hosts.
        let away = json!({"status": 503, "times": 2});
        app.wechat().add_fault(trouble(&format!("/v3/merchant-service/complaints-v2/{complaint}/response"), away));
        let body = json!({"text": "换新的给您", "pictures": [first["id"], second["id"]]});
        let acted = floor.keeper.post_new(&format!("{path}/replies"), body).await.ok();
        assert_eq!(acted["actions"][0]["pictures"], json!([first["url"], second["url"]]));
        app.run_due_jobs().await;
        for _ in 0..3 {
            app.effects_go_on().await;
        }
        let at_wechat = app.wechat().uploaded_images();
        let hashes: Vec<_> = at_wechat.iter().map(|image| image.sha256.clone()).collect();
        assert_eq!(hashes, [sha256_hex(PNG), sha256_hex(&jpeg)], "each once");
        let numbers: Vec<_> = at_wechat.iter().map(|image| image.media_id.clone()).collect();
        let kept = app.wechat().complaints().remove(0);
        assert_eq!(kept.answered_pictures, numbers);
        assert_eq!(kept.history.iter().filter(|(kind, _)| kind == "MERCHANT_RESPONSE").count(), 1);
        let detail = floor.keeper.get(&path).await.ok();
        assert_eq!(detail["actions"][0]["state"], "done");
        let shown = detail["history"][0]["pictures"].as_array().unwrap();
        assert_eq!(shown.len(), 2);
        let picture = floor.keeper.get(shown[1].as_str().unwrap()).await;
        assert_eq!((picture.status, &picture.bytes, picture.header("content-type")), (200, &jpeg, "image/jpeg"));
    }
}

on_both! {
    async fn a_picture_whose_receipt_was_lost_does_not_cost_the_others_theirs(app: TestApp) {
        let floor = Floor::open(app).await;
        let (_, path) = complained(app, &floor).await;
        let mut pictures = Vec::new();
        for last in 0_u8..3 {
            let bytes = [PNG, &[last]].concat();
            pictures.push(uploaded(&floor.keeper, "/console/api/v1/uploads", "image/png", &bytes).await["id"].clone());
        }
        let upload = "/v3/merchant-service/images/upload";
        app.wechat().add_fault(trouble(upload, json!({"drop": true, "after_effect": true, "times": 2})));
        floor.keeper.post_new(&format!("{path}/replies"), json!({"text": "见图", "pictures": pictures})).await.ok();
        app.run_due_jobs().await;
        app.effects_go_on().await;
        let kept = app.wechat().complaints().remove(0);
        let at_wechat = app.wechat().uploaded_images();
        assert_eq!((kept.answered_pictures.len(), at_wechat.len()), (3, 5), "both hosts lost the first one's number");
        assert_eq!(floor.keeper.get(&path).await.ok()["actions"][0]["state"], "done");

        // A refusal that WeChat did not sign proves nothing.
        app.wechat().add_fault(trouble(upload, json!({"status": 400})));
        let again = json!({"text": "再看", "pictures": [pictures[0]]});
        floor.keeper.post_new(&format!("{path}/replies"), again).await.ok();
        app.run_due_jobs().await;
        let action = floor.keeper.get(&path).await.ok()["actions"][1].clone();
        assert_eq!(action["state"], "waiting", "{action}");
        app.effects_go_on().await;
        assert_eq!(floor.keeper.get(&path).await.ok()["actions"][1]["state"], "done");
    }
}

on_both! {
    async fn an_answer_takes_operators_pictures_that_wechat_takes(app: TestApp) {
        let floor = Floor::open(app).await;
        let (_, path) = complained(app, &floor).await;
        let says = async |pictures: Value| {
            let body = json!({"text": "见图", "pictures": pictures});
            floor.keeper.post_new(&format!("{path}/replies"), body).await
        };
        let anna = app.member("anna").await;
        let hers = uploaded(&anna, "/api/v1/uploads", "image/png", PNG).await;
        says(json!([hers["id"]])).await.refused(404, "upload.not_found");
        says(json!([UploadId::new()])).await.refused(404, "upload.not_found");
        let body = json!({"content_type": "image/png", "size": 10});
        let empty = floor.keeper.post("/console/api/v1/uploads", body).await.ok();
        says(json!([empty["id"]])).await.refused(404, "upload.not_found");
        let webp = uploaded(&floor.keeper, "/console/api/v1/uploads", "image/webp", b"RIFF\0\0\0\0WEBPVP8 ").await;
        says(json!([webp["id"]])).await.refused(422, "upload.invalid");
        let huge = [PNG, &vec![0; 2 * 1024 * 1024]].concat();
        let huge = uploaded(&floor.keeper, "/console/api/v1/uploads", "image/png", &huge).await;
        says(json!([huge["id"]])).await.refused(422, "upload.invalid");
        let fine = uploaded(&floor.keeper, "/console/api/v1/uploads", "image/png", PNG).await;
        says(json!([fine["id"], fine["id"]])).await.refused(400, "validation.failed");
        let five: Vec<_> = (0..5).map(|_| UploadId::new()).collect();
        says(json!(five)).await.refused(400, "validation.failed");
        assert_eq!(floor.keeper.get(&path).await.ok()["actions"], json!([]));
        says(json!([fine["id"]])).await.ok();
    }
}

on_both! {
    async fn operators_see_the_payers_pictures_which_stay_at_wechat(app: TestApp) {
        let floor = Floor::open(app).await;
        let (complaint, path) = complained(app, &floor).await;
        assert_eq!(floor.keeper.get(&path).await.ok()["complaint"]["pictures"], json!([]));
        app.wechat().adds_picture(&complaint, PNG).unwrap();
        app.hears_of(&complaint).await;
        app.run_due_jobs().await;
        let seen = floor.keeper.get(&path).await.ok()["complaint"]["pictures"].clone();
        let picture = seen[0].as_str().unwrap();
        let answer = floor.keeper.get(picture).await;
        assert_eq!((answer.status, answer.bytes.as_slice()), (200, PNG));
        assert_eq!((answer.header("content-type"), answer.header("cache-control")), ("image/png", "private, no-store"));
        app.anybody().get(picture).await.refused(401, "auth.required");
        floor.keeper.get(&format!("{path}/pictures/none")).await.refused(404, "upload.not_found");
        app.wechat().add_fault(trouble("/v3/merchant-service/images", json!({"status": 503})));
        floor.keeper.get(picture).await.refused(503, "payment.unavailable");
        app.wechat().adds_picture(&complaint, b"<svg>").unwrap();
        app.hears_of(&complaint).await;
        app.run_due_jobs().await;
        let seen = floor.keeper.get(&path).await.ok()["complaint"]["pictures"].clone();
        floor.keeper.get(seen[1].as_str().unwrap()).await.refused(422, "upload.invalid");
    }
}

on_both! {
    async fn a_complaint_that_comes_to_another_shop_of_the_provider_ends_where_it_belongs_alone(app: TestApp) {
        let accounts = app.under_provider(under_provider).await;
        let floor = Floor::open(app).await;
        let (apples, anna) = (floor.goods(1000, 10).await, app.member("anna").await);
        let order = floor.buys(&anna, &[(&apples, 1)]).await;
        let unheard = floor.orders(&anna, &[(&apples, 1)]).await;
        let (number, unheard) = (floor.number_of(&order).await, floor.pays_unheard(&anna, &unheard).await);
        app.complaints_are_read().await;
        let (other, neighbour) = app.neighbour(&accounts).await;
        let complaint = app.wechat().files_complaint(&number, "苹果烂了", "13800000417").unwrap();
        for _ in 0..2 {
            app.complaint_comes_to(&other, &complaint).await;
        }
        let rows = complaint::Entity::find().all(app.app.db.reader()).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.shop_id).collect::<Vec<_>>(), [app.shop().id], "nothing is left elsewhere");
        let found = listed(&floor, "").await;
        assert_eq!((found.len(), &found[0]["order_id"], &found[0]["phone"]), (1, &json!(id(&order)), &json!("138****0417")));
        let list = "/console/api/v1/complaints";
        assert_eq!(neighbour.get(list).await.ok()["items"], json!([]));
        let path = format!("{list}/{}", id(&found[0]));
        neighbour.get(&path).await.refused(404, "complaint.not_found");

        // It goes on there: what the payer says next comes to the same address.
        floor.keeper.post_new(&format!("{path}/replies"), json!({"text": "马上补发"})).await.ok();
        app.run_due_jobs().await;
        app.run_due_jobs().await;
        assert_eq!(floor.keeper.get(&path).await.ok()["complaint"]["awaits_answer"], false);
        assert!(app.wechat().writes_again(&complaint, "还没到"));
        app.complaint_comes_to(&other, &complaint).await;
        assert_eq!(floor.keeper.get(&path).await.ok()["complaint"]["awaits_answer"], true);

        // The shop has not heard of this payment: our own number and the merchant tell whose it is.
        let second = app.wechat().files_complaint(&unheard, "没收到货", "13800000417").unwrap();
        app.complaint_comes_to(&other, &second).await;
        app.complaints_are_read().await;
        let found = listed(&floor, "").await;
        assert_eq!((found.len(), &found[0]["payment_id"]), (2, &json!(unheard)));
        assert_eq!(neighbour.get(list).await.ok()["items"], json!([]), "reading every hour finds nothing either");
        let rows = complaint::Entity::find().all(app.app.db.reader()).await.unwrap();
        assert!(rows.len() == 2 && rows.iter().all(|row| row.shop_id == app.shop().id), "{rows:?}");
    }
}

on_both! {
    async fn shops_that_sign_with_one_number_share_the_address_for_complaints(app: TestApp) {
        let accounts = app.under_provider(under_provider).await;
        app.complaints_are_read().await;
        let provider = accounts.provider.mchid.as_str();
        let first = Some(app.complaints_of(&app.shop()));
        assert_eq!(app.wechat().complaint_address(provider), first);
        let (other, _) = app.neighbour(&accounts).await;
        for _ in 0..2 {
            app.complaints_are_read().await;
            assert_eq!(app.wechat().complaint_address(provider), first, "the one that is there will do");
        }
        let watches = watch::Entity::find().all(app.app.db.reader()).await.unwrap();
        assert!(watches.len() == 2 && watches.iter().all(|watch| watch.url == first), "{watches:?}");
        // The first shop takes no money any more: its address is no good.
        let text = shop_text("demo", &app.keys().merchant, &app.keys());
        let (before, account) = text.split_once("[wechat_pay]").unwrap();
        app.apply_shop(&format!("{before}[marketplaces{}", account.split_once("[marketplaces").unwrap().1)).await;
        app.complaints_are_read().await;
        let second = Some(app.complaints_of(&other));
        assert_eq!(app.wechat().complaint_address(provider), second);
        app.under_provider(under_provider).await;
        for _ in 0..2 {
            app.complaints_are_read().await;
            assert_eq!(app.wechat().complaint_address(provider), second);
        }
    }
}
