//! What shoppers see of goods, and what operators do to them.

use serde_json::{Value, json};
use tuanqiao::areas::members::entity::member;
use tuanqiao::areas::operators::role::Role;
use tuanqiao::flows::operators;

use crate::answer::Answer;
use crate::shopper::Client;

/// A body with one SKU.
fn apples(stock: Value) -> Value {
    json!({
        "title": "红富士苹果",
        "subtitle": "烟台直发",
        "pictures": ["https://example.com/apple.jpg"],
        "detail": "<p>脆甜</p>",
        "tags": ["水果"],
        "on_shelf": true,
        "pickup_days": 1,
        "skus": [{"specs": {"规格": "5 kg"}, "price_fen": 2990, "stock": stock}],
    })
}

fn with(mut body: Value, more: Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn create(keeper: &Client, body: Value) -> Value {
    keeper.post("/console/api/v1/goods", body).await.ok()
}

async fn titles(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("/api/v1/goods{query}")).await.ok();
    list["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap()
}

on_both! {
    async fn goods_an_operator_adds_are_on_sale_at_once(app: TestApp) {
        let (keeper, anybody) = (app.operator().await, app.anybody());
        assert!(titles(&anybody, "").await.is_empty());
        let made = create(&keeper, apples(json!(7))).await;
        assert_eq!(made["skus"][0]["stock"], 7);
        let shown = anybody.get(&format!("/api/v1/goods/{}", id(&made))).await.ok();
        assert_eq!((&shown["listing"], &shown["price_from_fen"]), (&json!("own"), &json!(2990)));
        assert_eq!(shown["skus"][0]["specs"]["规格"], "5 kg");
        assert_eq!((&shown["stock"], &shown["sold_out"], &shown["detail"]), (&json!(7), &json!(false), &json!("<p>脆甜</p>")));
        let day = shown["expected_pickup"].as_str().unwrap();
        assert_eq!(day.len(), "2026-11-24".len());
        for hidden in ["cost_fen", "commission", "version"] {
            assert!(shown.get(hidden).is_none() && shown["skus"][0].get(hidden).is_none(), "{hidden} is not for shoppers");
        }
        assert_eq!(titles(&anybody, "").await, ["红富士苹果"]);
        for (query, found) in [("?q=富士", 1), ("?q=fushi", 0), ("?q=&category=&sort=&cursor=", 1), ("?q=水果", 1)] {
            assert_eq!(titles(&anybody, query).await.len(), found, "{query}");
        }
        let home = anybody.get("/api/v1/home").await.ok();
        assert_eq!(home["recommended"][0]["title"], "红富士苹果");
        for block in ["banners", "notices", "categories", "flash_sales", "group_purchases", "topics"] {
            assert_eq!(home[block], json!([]), "{block}");
        }
        keeper.patch(&format!("/console/api/v1/goods/{}", id(&made)), json!({"on_shelf": false})).await.ok();
        assert!(titles(&anybody, "").await.is_empty());
        anybody.get(&format!("/api/v1/goods/{}", id(&made))).await.refused(404, "goods.not_found");
        keeper.put(&format!("/console/api/v1/goods/{}", id(&made)), json!({"on_shelf": true})).await.ok();
        assert_eq!(titles(&anybody, "").await.len(), 1);
        assert_eq!(keeper.delete(&format!("/console/api/v1/goods/{}", id(&made))).await.status, 204);
        assert!(titles(&anybody, "").await.is_empty());
        keeper.get(&format!("/console/api/v1/goods/{}", id(&made))).await.refused(404, "goods.not_found");
    }
}

on_both! {
    async fn an_answer_known_already_is_not_sent_again(app: TestApp) {
        let (keeper, anybody) = (app.operator().await, app.anybody());
        let made = create(&keeper, apples(json!(7))).await;
        for path in ["/api/v1/goods", "/api/v1/home", "/api/v1/categories", &format!("/api/v1/goods/{}", id(&made))] {
            let first = anybody.get(path).await;
            let etag = first.header("etag").to_owned();
            assert!(etag.starts_with("W/\""), "{path}: the same body goes out in several encodings: {etag}");
            let again = anybody.clone().sending("If-None-Match", &etag).get(path).await;
            assert_eq!((again.status, again.bytes.len()), (304, 0), "{path}");
            let strong = etag.trim_start_matches("W/");
            for known in [format!("\"x\", {etag}"), strong.to_owned(), "*".to_owned()] {
                let packed = anybody.clone().sending("Accept-Encoding", "br").sending("If-None-Match", &known);
                assert_eq!(packed.get(path).await.status, 304, "{path}: {known}");
            }
            let packed = anybody.clone().sending("Accept-Encoding", "br").get(path).await;
            assert_eq!((packed.header("content-encoding"), packed.header("etag")), ("br", etag.as_str()), "{path}");
        }
        let etag = anybody.get("/api/v1/goods").await.header("etag").to_owned();
        keeper.patch(&format!("/console/api/v1/goods/{}", id(&made)), json!({"title": "黄元帅苹果"})).await.ok();
        let changed = anybody.clone().sending("If-None-Match", etag).get("/api/v1/goods").await;
        assert_eq!(changed.ok()["items"][0]["title"], "黄元帅苹果");
    }
}

on_both! {
    async fn the_sale_window_opens_and_closes_by_the_clock(app: TestApp) {
        let (keeper, anybody) = (app.operator().await, app.anybody());
        let now = app.app.clock.now();
        let body = json!({"sale_from": now + chrono::Duration::hours(1), "sale_until": now + chrono::Duration::hours(2)});
        let made = create(&keeper, with(apples(json!(7)), body)).await;
        let path = format!("/api/v1/goods/{}", id(&made));
        anybody.get(&path).await.refused(404, "goods.not_found");
        app.advance(3_601);
        assert_eq!(anybody.get(&path).await.ok()["title"], "红富士苹果");
        assert_eq!(titles(&anybody, "").await.len(), 1);
        app.advance(3_600);
        anybody.get(&path).await.refused(404, "goods.not_found");
        assert!(titles(&anybody, "").await.is_empty());
    }
}

on_both! {
    async fn new_buyers_goods_are_not_shown_to_who_has_paid(app: TestApp) {
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
        let keeper = app.operator().await;
        create(&keeper, with(apples(json!(7)), json!({"new_buyer_only": true}))).await;
        let (anna, ben) = (app.member("anna").await, app.member("ben").await);
        member::Entity::update_many()
            .col_expr(member::Column::HasPaid, Expr::value(true))
            .filter(member::Column::Id.eq(anna.id().parse::<kernel::id::MemberId>().unwrap()))
            .exec(app.app.db.maintenance())
            .await
            .unwrap();
        assert_eq!(titles(&ben, "").await.len(), 1);
        assert!(titles(&anna, "").await.is_empty());
    }
}

on_both! {
    async fn categories_are_a_tree_and_one_in_use_stays(app: TestApp) {
        let (keeper, anybody) = (app.operator().await, app.anybody());
        let add = async |body| keeper.post("/console/api/v1/categories", body).await.ok();
        let fruit = add(json!({"name": "水果"})).await;
        let citrus = add(json!({"name": "柑橘", "parent_id": fruit["id"]})).await;
        create(&keeper, with(apples(json!(1)), json!({"category_id": citrus["id"]}))).await;
        let tree = anybody.get("/api/v1/categories").await.ok();
        assert_eq!(tree["items"][0]["children"][0]["name"], "柑橘");
        for category in [&fruit, &citrus] {
            assert_eq!(titles(&anybody, &format!("?category={}", id(category))).await.len(), 1);
        }
        let path = |category: &Value| format!("/console/api/v1/categories/{}", id(category));
        let refused = keeper.delete(&path(&citrus)).await.refused(409, "category.in_use");
        assert_eq!(refused["extra"]["goods"], 1);
        assert_eq!(keeper.delete(&path(&fruit)).await.refused(409, "category.in_use")["extra"]["categories"], 1);
        let renamed = keeper.patch(&path(&citrus), json!({"name": "柑橘橙柚"})).await.ok();
        assert_eq!((&renamed["name"], &renamed["parent_id"]), (&json!("柑橘橙柚"), &fruit["id"]));
        keeper.post("/console/api/v1/categories", json!({})).await.refused(400, "validation.failed");
        let third = json!({"name": "橙", "parent_id": citrus["id"]});
        keeper.post("/console/api/v1/categories", third).await.refused(400, "validation.failed");
    }
}

on_both! {
    async fn stock_moves_once_a_key_and_never_below_zero(app: TestApp) {
        let (keeper, anybody) = (app.operator().await, app.anybody());
        let made = create(&keeper, apples(json!(7))).await;
        let path = format!("/console/api/v1/skus/{}/stock", id(&made["skus"][0]));
        let body = json!({"delta": 3, "reason": "到货"});
        keeper.post(&path, body.clone()).await.refused(400, "idempotency.key_required");
        let first = keeper.post_once("a", &path, body.clone()).await;
        let again = keeper.post_once("a", &path, body.clone()).await;
        assert_eq!((first.status, &first.bytes), (201, &again.bytes));
        assert_eq!((&first.body["stock"], &first.body["reserved"]), (&json!(10), &json!(0)));
        keeper.post_once("a", &path, json!({"delta": 4, "reason": "到货"})).await.refused(422, "idempotency.key_reused");
        let too_much = json!({"delta": -11, "reason": "盘亏"});
        keeper.post_new(&path, too_much).await.refused(409, "stock.negative");
        keeper.post_new(&path, json!({"delta": 0, "reason": "x"})).await.refused(400, "validation.failed");
        let shown = anybody.get(&format!("/api/v1/goods/{}", id(&made))).await.ok();
        assert_eq!(shown["stock"], 10);
        let low = keeper.get("/console/api/v1/stock/low?threshold=10").await.ok();
        assert_eq!((&low["items"][0]["stock"], low["items"].as_array().unwrap().len()), (&json!(10), 1));
        assert_eq!(keeper.get("/console/api/v1/stock/low?threshold=9").await.ok()["items"], json!([]));
        let free = create(&keeper, apples(Value::Null)).await;
        assert_eq!(free["skus"][0]["stock"], Value::Null);
        let unlimited = format!("/console/api/v1/skus/{}/stock", id(&free["skus"][0]));
        keeper.post_new(&unlimited, json!({"delta": 1, "reason": "x"})).await.refused(422, "stock.unlimited");
        let level = json!({"skus": [{"specs": {"规格": "5 kg"}, "price_fen": 2990, "stock": 4}]});
        let counted = keeper.patch(&format!("/console/api/v1/goods/{}", id(&free)), level).await.ok();
        assert_eq!((&counted["skus"][0]["stock"], &counted["skus"][0]["id"]), (&json!(4), &free["skus"][0]["id"]));
        let imbalances = tuanqiao::areas::stock::query::imbalances(app.app.db.reader(), app.shop().id).await.unwrap();
        assert!(imbalances.is_empty(), "{imbalances:?}");
    }
}

on_both! {
    async fn what_is_wrong_with_goods_is_told_at_once(app: TestApp) {
        let keeper = app.operator().await;
        let fields = |answer: Answer| -> Vec<String> {
            let body = answer.refused(400, "validation.failed");
            body["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap().to_owned()).collect()
        };
        let post = async |body| keeper.post("/console/api/v1/goods", body).await;
        assert_eq!(fields(post(json!({"title": "苹果"})).await), ["skus"]);
        assert_eq!(fields(post(with(apples(json!(1)), json!({"titel": "x"}))).await), ["titel"]);
        let wrong = json!({"title": "", "tags": ["a\0"], "commission": {"rate_bp": 10, "fixed_fen": 1}});
        assert_eq!(fields(post(with(apples(json!(1)), wrong)).await), ["title", "tags[0]", "commission"]);
        assert_eq!(fields(post(apples(json!(-1))).await), ["skus[0].stock"]);
        assert_eq!(fields(post(with(apples(json!(1)), json!({"pickup_point_ids": ["pkp_01jq0000000000000000000000"]}))).await), ["pickup_point_ids"]);
        assert_eq!(fields(post(with(apples(json!(1)), json!({"category_id": "cat_01jq0000000000000000000000"}))).await), ["category_id"]);
        assert_eq!(fields(keeper.get("/api/v1/goods?limit=0").await), ["limit"]);
        assert_eq!(fields(keeper.get("/api/v1/goods?cursor=abc").await), ["cursor"]);
        keeper.get("/api/v1/goods?sort=worst").await.refused(400, "validation.failed");
        keeper.get("/api/v1/goods/gds_x").await.refused(404, "not_found");
        let made = create(&keeper, apples(json!(1))).await;
        let path = format!("/console/api/v1/goods/{}", id(&made));
        keeper.patch(&path, json!({"title": "梨", "version": 1})).await.ok();
        let late = keeper.patch(&path, json!({"title": "桃", "version": 1})).await.refused(409, "goods.changed");
        assert_eq!(late["extra"]["version"], 2);
    }
}

on_both! {
    async fn another_shops_goods_are_nobodys_here(app: TestApp) {
        let keeper = app.operator().await;
        let made = create(&keeper, apples(json!(1))).await;
        let second = app.second_shop("second").await;
        let there = app.anybody().sending("X-App-Id", &second.appid);
        assert!(titles(&there, "").await.is_empty());
        there.get(&format!("/api/v1/goods/{}", id(&made))).await.refused(404, "goods.not_found");
        let here = app.anybody().sending("X-App-Id", &app.shop().appid);
        assert_eq!(titles(&here, "").await.len(), 1);
        app.anybody().get("/api/v1/goods").await.refused(400, "shop.required");
        app.anybody().post("/console/api/v1/goods", apples(json!(1))).await.refused(401, "auth.required");
    }
}

on_both! {
    async fn an_operator_for_orders_alone_reads_goods_and_changes_none(app: TestApp) {
        let keeper = app.operator().await;
        let made = create(&keeper, apples(json!(1))).await;
        let (shop, password) = (app.shop().id, "a long enough password".to_owned());
        operators::create(&app.app, shop, None, "helper", password.clone(), Role::Support).await.unwrap();
        let helper = app.anybody().signs_in_to_console("helper", &password).await;
        let path = format!("/console/api/v1/goods/{}", id(&made));
        assert_eq!(helper.get(&path).await.ok()["skus"], made["skus"]);
        assert_eq!(helper.get("/console/api/v1/goods?q=苹果&on_shelf=true").await.ok()["items"][0]["id"], made["id"]);
        helper.post("/console/api/v1/goods", apples(json!(1))).await.refused(403, "auth.forbidden");
        helper.patch(&path, json!({"title": "x"})).await.refused(403, "auth.forbidden");
        helper.delete(&path).await.refused(403, "auth.forbidden");
        helper.post("/console/api/v1/categories", json!({"name": "x"})).await.refused(403, "auth.forbidden");
        let stock = format!("/console/api/v1/skus/{}/stock", id(&made["skus"][0]));
        helper.post_new(&stock, json!({"delta": 1, "reason": "x"})).await.refused(403, "auth.forbidden");
    }
}
