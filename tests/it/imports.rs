//! Importing from the marketplaces' stand-ins, interrupted in every way, and the jump back to them.

use std::collections::HashSet;

use kernel::id::ImportId;
use sandbox::Fault;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::goods::entity::{goods, sku};
use tuanqiao::areas::market_accounts::entity::{import_run, quota_usage, remote_goods};
use tuanqiao::areas::market_accounts::state::RunState;
use tuanqiao::config::resolve_secret;
use tuanqiao::flows::{import_goods, shop_file};

use crate::app::{TestApp, shop_text};
use crate::shopper::Client;

const IMPORTS: &str = "/console/api/v1/imports";

/// An import of whatever the words find.
fn search(marketplace: &str, words: &str, limit: i64) -> Value {
    json!({"marketplace": marketplace, "query": words, "listing": "affiliate", "limit": limit})
}

async fn started(operator: &Client, order: Value) -> String {
    let run = operator.post(IMPORTS, order).await.ok();
    assert_eq!(run["status"], "running");
    run["id"].as_str().unwrap().to_owned()
}

async fn seen(operator: &Client, id: &str) -> Value {
    operator.get(&format!("{IMPORTS}/{id}")).await.ok()
}

on_both! {
    async fn every_id_is_wanted_unless_a_limit_says_less(app: TestApp) {
        let operator = app.operator().await;
        let ids: Vec<String> = (0..120).map(|n| format!("9{n:011}")).collect();
        let mut order = json!({"marketplace": "taobao_affiliate", "ids": ids, "listing": "affiliate"});
        assert_eq!(operator.post(IMPORTS, order.clone()).await.ok()["limit"], 120);
        order["limit"] = json!(7);
        assert_eq!(operator.post(IMPORTS, order).await.ok()["limit"], 7);
        let search = json!({"marketplace": "taobao_affiliate", "query": "零食", "listing": "affiliate"});
        assert_eq!(operator.post(IMPORTS, search).await.ok()["limit"], 100);
    }
}

/// Works on everything that is due now.
async fn works(app: &TestApp) {
    while import_goods::work(&app.app).await.unwrap() > 0 {}
}

/// Begins an import, works it to its end and looks at it.
async fn imported(app: &TestApp, operator: &Client, order: Value) -> Value {
    let id = started(operator, order).await;
    works(app).await;
    seen(operator, &id).await
}

/// Works on one page, then a process dies with the next page in its hands.
async fn dies_after_a_page(app: &mut TestApp, id: &str) {
    let run: ImportId = id.parse().unwrap();
    let shop = app.shop();
    for page in [true, false] {
        let mine = import_goods::take_up(&app.app, &shop, run).await.unwrap().unwrap();
        if page {
            import_goods::step(&app.app, &shop, mine).await.unwrap();
        }
    }
    app.restart().await;
    works(app).await;
    let row = import_run::Entity::find_by_id(run).one(app.app.db.reader()).await.unwrap().unwrap();
    assert_eq!(row.state, RunState::Running, "the dead worker's lease still holds");
    // The lease ends by time.
    import_run::Entity::update_many()
        .col_expr(import_run::Column::LeaseUntil, Expr::value(app.app.clock.wall()))
        .filter(import_run::Column::Id.eq(run))
        .exec(app.app.db.maintenance())
        .await
        .unwrap();
}

/// The shop again, with more lines in one marketplace's part.
async fn with_settings(app: &TestApp, marketplace: &str, lines: &str) {
    let head = format!("[marketplaces.{marketplace}]\n");
    let text = shop_text("demo", &app.keys().merchant, &app.keys()).replace(&head, &format!("{head}{lines}\n"));
    app.apply_shop(&text).await;
}

fn fault(path: &str, times: u32, body: Value) -> Fault {
    serde_json::from_value(json!({"path_prefix": path, "status": 200, "body": body, "times": times})).unwrap()
}

async fn count_goods(app: &TestApp) -> u64 {
    goods::in_shop(app.shop().id).count(app.app.db.reader()).await.unwrap()
}

/// Every row of what was imported belongs to another, and none was made twice.
async fn assert_no_duplicates(app: &TestApp) {
    let rows = remote_goods::in_shop(app.shop().id).all(app.app.db.reader()).await.unwrap();
    let there: HashSet<_> = rows.iter().map(|row| (&row.marketplace, &row.external_id)).collect();
    let here: HashSet<_> = rows.iter().map(|row| row.goods_id).collect();
    assert_eq!((there.len(), here.len()), (rows.len(), rows.len()));
    assert_eq!(count_goods(app).await, rows.len() as u64);
}

on_both! {
    async fn a_search_fills_the_catalogue_with_affiliate_goods(app: TestApp) {
        let operator = app.operator().await;
        for marketplace in ["pinduoduo_affiliate", "taobao_affiliate"] {
            let run = imported(app, &operator, search(marketplace, "苹果", 20)).await;
            assert_eq!(run["status"], "done", "{run}");
            let created = run["created"].as_i64().unwrap();
            assert!(created > 0, "{run}");
            assert_eq!(run["fetched"].as_i64().unwrap(), created + run["refused"].as_i64().unwrap());
        }
        let found = app.anybody().get("/api/v1/goods?q=苹果&limit=100").await.ok();
        let items = found["items"].as_array().unwrap();
        for marketplace in ["pinduoduo_affiliate", "taobao_affiliate"] {
            let card = items.iter().find(|item| item["marketplace"] == marketplace).unwrap();
            assert_eq!(card["listing"], "affiliate");
            assert_eq!((card["sold_out"].as_bool(), &card["stock"]), (Some(false), &Value::Null));
            assert!(card["price_from_fen"].as_i64().unwrap() > 0);
            let whole = app.anybody().get(&format!("/api/v1/goods/{}", card["id"].as_str().unwrap())).await.ok();
            assert!(whole["pictures"][0].as_str().unwrap().starts_with("http"), "{whole}");
        }
        assert_no_duplicates(app).await;
        let list = operator.get(IMPORTS).await.ok();
        assert_eq!(list["items"][0]["marketplace"], "taobao_affiliate");
        assert_eq!(list["items"].as_array().unwrap().len(), 2);
    }
}

on_both! {
    async fn goods_are_imported_by_id_and_those_gone_leave_the_shelf(app: TestApp) {
        let operator = app.operator().await;
        let run = imported(app, &operator, search("taobao_affiliate", "斤装", 3)).await;
        assert_eq!(run["created"], 3, "{run}");
        let ties = remote_goods::in_shop(app.shop().id).all(app.app.db.reader()).await.unwrap();
        let ids: Vec<&str> = ties.iter().map(|row| row.external_id.as_str()).collect();
        let asked = json!({"marketplace": "taobao_affiliate", "listing": "affiliate",
            "ids": [ids[0], "no-such-goods", ids[0], ids[1]]});
        let run = imported(app, &operator, asked.clone()).await;
        assert_eq!((&run["status"], &run["fetched"], &run["created"]), (&json!("done"), &json!(3), &json!(0)), "{run}");
        assert_eq!(run["refusals"][0]["reason"], "no longer on the marketplace");
        assert_eq!(run["refusals"][0]["examples"], json!(["no-such-goods"]));

        // Goods the platform forgets leave the shelf.
        let nothing = json!({"error_response": {"code": 15, "msg": "Remote service error", "sub_code": "50001",
            "sub_msg": "无结果"}});
        app.wechat().add_fault(fault("/taobao", 1, nothing));
        imported(app, &operator, json!({"marketplace": "taobao_affiliate", "listing": "affiliate", "ids": [ids[0]]})).await;
        let row = goods::Entity::find_by_id(ties[0].goods_id).one(app.app.db.reader()).await.unwrap().unwrap();
        assert!(!row.on_shelf);
        imported(app, &operator, asked).await;
        let row = goods::Entity::find_by_id(ties[0].goods_id).one(app.app.db.reader()).await.unwrap().unwrap();
        assert!(row.on_shelf, "back there, back here");
    }
}

on_both! {
    async fn importing_again_keeps_what_the_merchant_wrote(app: TestApp) {
        let operator = app.operator().await;
        let order = search("pinduoduo_affiliate", "斤装", 5);
        let first = imported(app, &operator, order.clone()).await;
        assert_eq!(first["created"], 5, "{first}");
        let again = imported(app, &operator, order.clone()).await;
        assert_eq!((&again["created"], &again["updated"]), (&json!(0), &json!(0)), "nothing has changed: {again}");

        let conn = app.app.db.maintenance();
        let rows = goods::in_shop(app.shop().id).all(conn).await.unwrap();
        let (edited, priced) = (&rows[0], &rows[1]);
        let edit = goods::Entity::update_many()
            .col_expr(goods::Column::Title, Expr::value("我家的苹果"))
            .col_expr(goods::Column::OnShelf, Expr::value(false));
        edit.filter(goods::Column::Id.eq(edited.id)).exec(conn).await.unwrap();
        let cheaper = sku::Entity::update_many().col_expr(sku::Column::PriceFen, Expr::value(1_i64));
        cheaper.filter(sku::Column::GoodsId.eq(priced.id)).exec(conn).await.unwrap();

        let third = imported(app, &operator, order).await;
        assert_eq!((&third["created"], &third["updated"]), (&json!(0), &json!(1)), "{third}");
        let now = goods::in_shop(app.shop().id).all(conn).await.unwrap();
        let row = now.iter().find(|row| row.id == edited.id).unwrap();
        assert_eq!((row.title.as_str(), row.on_shelf), ("我家的苹果", false));
        let row = now.iter().find(|row| row.id == priced.id).unwrap();
        assert_eq!((row.price_from_fen, row.version), (priced.price_from_fen, priced.version + 1));
        assert_no_duplicates(app).await;
    }
}

on_both! {
    async fn a_killed_import_goes_on_at_its_cursor(app: TestApp) {
        let operator = app.operator().await;
        // One id a call: every one is a page.
        imported(app, &operator, search("pinduoduo_affiliate", "斤装", 4)).await;
        let ties = remote_goods::in_shop(app.shop().id).all(app.app.db.reader()).await.unwrap();
        let ids: Vec<&str> = ties.iter().map(|row| row.external_id.as_str()).collect();
        let conn = app.app.db.maintenance();
        remote_goods::Entity::delete_many().exec(conn).await.unwrap();
        for row in goods::in_shop(app.shop().id).all(conn).await.unwrap() {
            tuanqiao::areas::goods::entity::goods_word::Entity::delete_many().exec(conn).await.unwrap();
            sku::Entity::delete_many().filter(sku::Column::GoodsId.eq(row.id)).exec(conn).await.unwrap();
            goods::Entity::delete_by_id(row.id).exec(conn).await.unwrap();
        }
        let asked = json!({"marketplace": "pinduoduo_affiliate", "listing": "affiliate", "ids": ids});
        let id = started(&operator, asked).await;
        dies_after_a_page(app, &id).await;
        assert_eq!(count_goods(app).await, 1);
        works(app).await;
        let operator = app.operator().await;
        let run = seen(&operator, &id).await;
        let told = (&run["status"], &run["fetched"], &run["created"]);
        assert_eq!(told, (&json!("done"), &json!(4), &json!(4)), "{run}");
        assert_no_duplicates(app).await;
    }
}

on_both! {
    async fn a_spent_budget_pauses_until_the_next_day(app: TestApp) {
        let operator = app.operator().await;
        imported(app, &operator, search("pinduoduo_affiliate", "斤装", 6)).await;
        let ties = remote_goods::in_shop(app.shop().id).all(app.app.db.reader()).await.unwrap();
        let ids: Vec<&str> = ties.iter().map(|row| row.external_id.as_str()).collect();
        quota_usage::Entity::delete_many().exec(app.app.db.maintenance()).await.unwrap();
        // Imports may use nine tenths of the day: three calls of four.
        with_settings(app, "pinduoduo_affiliate", "calls_per_day = 4").await;
        let asked = json!({"marketplace": "pinduoduo_affiliate", "listing": "affiliate", "ids": ids});
        let run = imported(app, &operator, asked).await;
        assert_eq!((&run["status"], &run["fetched"]), (&json!("paused"), &json!(3)), "{run}");
        assert!(run["resume_at"].is_string() && run["last_error"].as_str().unwrap().contains("QuotaSpent"), "{run}");
        works(app).await;
        let id = run["id"].as_str().unwrap();
        assert_eq!(seen(&operator, id).await["fetched"], 3);
        app.advance(86_400);
        works(app).await;
        let run = seen(&operator, id).await;
        assert_eq!((&run["status"], &run["fetched"], &run["last_error"]), (&json!("done"), &json!(6), &Value::Null));
    }
}

on_both! {
    async fn an_operator_stops_a_run_and_lets_it_go_on(app: TestApp) {
        let operator = app.operator().await;
        let id = started(&operator, search("pinduoduo_affiliate", "苹果", 5)).await;
        let path = |verb: &str| format!("{IMPORTS}/{id}/{verb}");
        operator.post(&path("resume"), json!({})).await.refused(409, "import.wrong_state");
        assert_eq!(operator.post(&path("pause"), json!({})).await.ok()["status"], "paused");
        works(app).await;
        assert_eq!(seen(&operator, &id).await["fetched"], 0);
        assert_eq!(operator.post(&path("resume"), json!({})).await.ok()["status"], "running");
        works(app).await;
        assert_eq!(seen(&operator, &id).await["status"], "done");
        operator.post(&path("pause"), json!({})).await.refused(409, "import.wrong_state");
        let nobody = ImportId::new();
        operator.get(&format!("{IMPORTS}/{nobody}")).await.refused(404, "import.not_found");
    }
}

on_both! {
    async fn trouble_at_the_platform_is_told_and_waited_out(app: TestApp) {
        let operator = app.operator().await;
        // As many unreadable answers as the engine has patience for.
        app.wechat().add_fault(fault("/pinduoduo", 3, json!({"surprise": []})));
        let run = imported(app, &operator, search("pinduoduo_affiliate", "苹果", 5)).await;
        assert_eq!(run["status"], "paused", "{run}");
        assert!(run["last_error"].as_str().unwrap().contains("Malformed"), "{run}");
        app.advance(11);
        works(app).await;
        assert_eq!(seen(&operator, run["id"].as_str().unwrap()).await["status"], "done");

        // Risk control: nobody calls any more until an operator lifts it.
        let stop = json!({"error_response": {"error_code": 70034, "error_msg": "风控"}});
        app.wechat().add_fault(fault("/pinduoduo", 1, stop));
        let run = imported(app, &operator, search("pinduoduo_affiliate", "梨", 5)).await;
        assert_eq!(run["status"], "failed", "{run}");
        let other = imported(app, &operator, search("pinduoduo_affiliate", "桃", 5)).await;
        assert_eq!(other["status"], "failed", "{other}");
        let id = run["id"].as_str().unwrap();
        operator.post(&format!("{IMPORTS}/{id}/resume"), json!({})).await.ok();
        works(app).await;
        assert_eq!(seen(&operator, id).await["status"], "done");
    }
}

on_both! {
    async fn what_cannot_be_imported_is_refused_at_once(app: TestApp) {
        let operator = app.operator().await;
        let asks = async |body: Value| operator.post(IMPORTS, body).await;
        asks(search("ebay_of_the_moon", "苹果", 5)).await.refused(422, "marketplace.unknown");
        let mut own = search("pinduoduo_affiliate", "苹果", 5);
        own["listing"] = "own".into();
        asks(own).await.refused(422, "marketplace.listing_not_offered");
        let mut other = search("pinduoduo_affiliate", "苹果", 5);
        other["account"] = "somebody-else".into();
        asks(other).await.refused(422, "marketplace.not_configured");
        let mut sorted = search("pinduoduo_affiliate", "苹果", 5);
        sorted["category_id"] = kernel::id::CategoryId::new().to_string().into();
        asks(sorted).await.refused(400, "validation.failed");
        for (key, value) in [("query", json!("")), ("limit", json!(0)), ("limit", json!(10_001)), ("ids", json!(["a"])),
            ("query", json!("a\0b")), ("query", Value::Null), ("sort", json!("x"))] {
            let mut body = search("pinduoduo_affiliate", "苹果", 5);
            body[key] = value;
            asks(body).await.refused(400, "validation.failed");
        }
        let bare = shop_text("bare", &app.keys().merchant, &app.keys());
        let bare = bare.split("[marketplaces.taobao_affiliate]").next().unwrap();
        app.apply_shop(&bare.replace("\"bare\"", "\"demo\"")).await;
        asks(search("taobao_affiliate", "苹果", 5)).await.refused(422, "marketplace.not_configured");
        assert_eq!(operator.get(IMPORTS).await.ok()["items"], json!([]));
    }
}

on_both! {
    async fn a_shop_file_is_judged_whole_before_anything_is_written(app: TestApp) {
        let good = shop_text("demo", &app.keys().merchant, &app.keys());
        let faulty = good.replace("client_id =", "client =").replace("site_id = \"", "site_id = \"x")
            + "calls_per_day = \"many\"\nuinon_id = \"1\"\n[marketplaces.ebay_of_the_moon]\nkey = \"x\"\n";
        let refused = shop_file::apply(&app.app, &faulty, resolve_secret).await.unwrap_err();
        let fields: HashSet<String> = refused.coded().fields().into_iter().map(|fault| fault.field).collect();
        for field in ["pinduoduo_affiliate.client", "pinduoduo_affiliate.client_id", "taobao_affiliate.site_id",
            "jd_affiliate.calls_per_day", "jd_affiliate.uinon_id", "ebay_of_the_moon"]
        {
            assert!(fields.contains(&format!("marketplaces.{field}")), "{field} is not named: {fields:?}");
        }
        assert_eq!(app.shop().secrets.marketplaces.len(), 3, "nothing was written");
        // A store's app is kept for the day an account is bound.
        let app_of = "[marketplaces.shoplazza]\nclient_id = \"1\"\nclient_secret = \"2\"\n";
        let shop = app.apply_shop(&format!("{good}{app_of}")).await;
        assert_eq!(shop.secrets.marketplaces["shoplazza"], json!({"client_id": "1", "client_secret": "2"}));
    }
}

on_both! {
    async fn sandbox_mode_calls_no_marketplace_that_has_no_stand_in(setup: Setup) {
        let real = "https://api.jd.com/routerjson";
        let app = TestApp::with(setup, |config| config.platforms.jd = real.to_owned()).await;
        let operator = app.operator().await;
        let in_english = operator.clone().sending("Accept-Language", "en");
        let refused = in_english.post(IMPORTS, search("jd_affiliate", "苹果", 5)).await;
        let told = refused.refused(422, "marketplace.not_configured");
        assert!(told["detail"].as_str().unwrap().contains("platforms.jd"), "{told}");
        assert_eq!(imported(&app, &operator, search("taobao_affiliate", "苹果", 2)).await["created"], 2);
        app.stop().await;
    }
}

on_both! {
    async fn jd_goods_are_imported_by_words_and_by_number_and_jumped_to(app: TestApp) {
        let operator = app.operator().await;
        let run = imported(app, &operator, search("jd_affiliate", "斤装", 40)).await;
        let told = (&run["status"], &run["fetched"], &run["created"]);
        assert_eq!(told, (&json!("done"), &json!(40), &json!(39)), "two pages: {run}");
        assert_eq!(run["refusals"][0]["reason"], "cannot be bought from within WeChat");
        let ties = remote_goods::in_shop(app.shop().id).all(app.app.db.reader()).await.unwrap();
        let ids: Vec<&str> = ties.iter().map(|row| row.external_id.as_str()).take(25).collect();
        let and_one_unknown = [ids.as_slice(), &["1"]].concat();
        let asked = json!({"marketplace": "jd_affiliate", "listing": "affiliate", "ids": and_one_unknown});
        let run = imported(app, &operator, asked).await;
        assert_eq!((&run["fetched"], &run["created"]), (&json!(26), &json!(0)), "{run}");
        assert_eq!(run["refusals"][0]["examples"], json!(["1"]));

        let anna = app.member("anna").await;
        let items = anna.get("/api/v1/goods?q=斤装&limit=1").await.ok();
        let path = format!("/api/v1/goods/{}/link", items["items"][0]["id"].as_str().unwrap());
        let jump = anna.post(&path, json!({})).await.ok();
        assert_eq!(jump["we_app"]["app_id"], "wx91d27dbf599dff74");
        let page = jump["we_app"]["page_path"].as_str().unwrap();
        assert!(page.starts_with("pages/union/proxy/proxy?spreadUrl=https%3A%2F%2Fu.jd."), "{jump}");
        let ben = app.member("ben").await;
        assert_ne!(ben.post(&path, json!({})).await.ok()["we_app"], jump["we_app"], "another member, another mark");
        with_settings(app, "jd_affiliate", "miniprogram_appid = \"wx1\"\nminiprogram_path = \"pages/x?to=\"").await;
        let moved = app.member("carl").await.post(&path, json!({})).await.ok();
        assert_eq!(moved["we_app"]["app_id"], "wx1");
        assert!(moved["we_app"]["page_path"].as_str().unwrap().starts_with("pages/x?to=https"), "{moved}");
    }
}

on_both! {
    async fn the_same_key_begins_one_import(app: TestApp) {
        let operator = app.operator().await;
        let order = search("pinduoduo_affiliate", "苹果", 5);
        let first = operator.post_once("k1", IMPORTS, order.clone()).await.ok();
        assert_eq!(operator.post_once("k1", IMPORTS, order).await.ok(), first);
        assert_eq!(operator.get(IMPORTS).await.ok()["items"].as_array().unwrap().len(), 1);
    }
}

on_both! {
    async fn affiliate_goods_are_jumped_to_and_never_ordered(app: TestApp) {
        let operator = app.operator().await;
        for marketplace in ["pinduoduo_affiliate", "taobao_affiliate"] {
            imported(app, &operator, search(marketplace, "苹果", 5)).await;
        }
        let anna = app.member("anna").await;
        let items = anna.get("/api/v1/goods?q=苹果&limit=100").await.ok();
        let card = |marketplace: &str| {
            let items = items["items"].as_array().unwrap();
            items.iter().find(|item| item["marketplace"] == marketplace).unwrap().clone()
        };
        let link = async |card: &Value| anna.post(&format!("/api/v1/goods/{}/link", card["id"].as_str().unwrap()), json!({})).await;

        let pinduoduo = card("pinduoduo_affiliate");
        let jump = link(&pinduoduo).await.ok();
        assert!(jump["we_app"]["app_id"].as_str().unwrap().starts_with("wx"), "{jump}");
        let page = jump["we_app"]["page_path"].as_str().unwrap();
        assert!(page.contains("customParameters=%7B%22uid%22"), "the member's mark is in {page}");
        assert!(jump["short_url"].is_string() && jump["filing"] == false);
        assert_eq!(link(&pinduoduo).await.ok(), jump);
        let other = app.member("ben").await;
        let theirs = other.post(&format!("/api/v1/goods/{}/link", pinduoduo["id"].as_str().unwrap()), json!({})).await.ok();
        assert_ne!(theirs["we_app"], jump["we_app"], "another member, another mark");

        let taobao = card("taobao_affiliate");
        let jump = link(&taobao).await.ok();
        assert!(jump["tpwd"].as_str().is_some_and(|text| !text.is_empty()) && jump["we_app"].is_null(), "{jump}");

        let line = json!({"quantity": 1, "sku_id": taobao["skus"][0]["id"]});
        let quote = json!({"lines": [line], "fulfilment": {"kind": "pickup"}});
        let refused = anna.post("/api/v1/checkout/quote", quote).await;
        assert_eq!(refused.code(), "goods.affiliate_only", "{}", refused.text());
        let nothing = kernel::id::GoodsId::new();
        anna.post(&format!("/api/v1/goods/{nothing}/link"), json!({})).await.refused(404, "goods.not_found");
        let id = taobao["id"].as_str().unwrap();
        app.anybody().post(&format!("/api/v1/goods/{id}/link"), json!({})).await.refused(401, "auth.required");
        app.wechat().add_fault(fault("/taobao", 9, json!({"surprise": []})));
        let late = other.post(&format!("/api/v1/goods/{id}/link"), json!({})).await;
        late.refused(503, "marketplace.unavailable");
    }
}

on_both! {
    async fn a_filing_comes_before_the_goods(app: TestApp) {
        let operator = app.operator().await;
        imported(app, &operator, search("pinduoduo_affiliate", "苹果", 1)).await;
        let anna = app.member("anna").await;
        let items = anna.get("/api/v1/goods?q=苹果").await.ok();
        let path = format!("/api/v1/goods/{}/link", items["items"][0]["id"].as_str().unwrap());
        let unfiled = json!({"error_response": {"error_code": 60001, "error_msg": "推广位未备案"}});
        app.wechat().add_fault(fault("/pinduoduo", 1, unfiled));
        let first = anna.post(&path, json!({})).await.ok();
        assert_eq!(first["filing"], true);
        assert!(first["we_app"]["page_path"].as_str().unwrap().contains("auth"), "{first}");
        assert_eq!(anna.post(&path, json!({})).await.ok()["filing"], false);
    }
}

on_both! {
    async fn imports_of_a_shop_are_its_own(setup: Setup) {
        let app = TestApp::with(setup, |_| {}).await;
        let operator = app.operator().await;
        let id = started(&operator, search("pinduoduo_affiliate", "苹果", 2)).await;
        let second = app.second_shop("second").await;
        let theirs = tuanqiao::areas::market_accounts::query::run(app.app.db.reader(), second.id, id.parse().unwrap()).await;
        assert!(theirs.is_err());
        works(&app).await;
        assert_eq!(goods::in_shop(second.id).count(app.app.db.reader()).await.unwrap(), 0);
        app.stop().await;
    }
}
