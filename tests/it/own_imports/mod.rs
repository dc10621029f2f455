//! Goods of merchants' stores come in: priced, tied, recognised, previewed, matched, with their pictures.

mod command;
mod consent;
mod heavy;
mod platforms;

use std::collections::{BTreeMap, HashSet};

use sandbox::stores::{Filling, StorePlatform, StoreRef};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tuanqiao::areas::goods::entity::{goods, sku};
use tuanqiao::areas::market_accounts::entity::{picture_copy, remote_goods};
use tuanqiao::areas::stock::query::imbalances;
use tuanqiao::areas::stores::entity::store_sku;
use tuanqiao::flows::import_goods;

use crate::app::{TestApp, shop_text};
use crate::shopper::Client;
use crate::stores::scene::{Bound, store_apps};

const IMPORTS: &str = "/console/api/v1/imports";

fn pinduoduo() -> StoreRef {
    StoreRef::new(StorePlatform::Pinduoduo, "700001")
}

/// An import of the whole store.
fn whole(bound: &Bound) -> Value {
    json!({"marketplace": bound.of.platform.id(), "account": bound.id, "listing": "own", "whole": true})
}

fn and(mut body: Value, more: Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn works(app: &TestApp) {
    while import_goods::work(&app.app).await.unwrap() > 0 {}
}

/// Begins an import, works it to its end and looks at it.
async fn imported(app: &TestApp, operator: &Client, order: Value) -> Value {
    let run = operator.post(IMPORTS, order).await.ok();
    works(app).await;
    operator.get(&format!("{IMPORTS}/{}", run["id"].as_str().unwrap())).await.ok()
}

/// Every row of a table of the first shop.
async fn all_goods(app: &TestApp) -> Vec<goods::Model> {
    goods::in_shop(app.shop().id).all(app.app.db.reader()).await.unwrap()
}

async fn all_skus(app: &TestApp) -> Vec<sku::Model> {
    sku::in_shop(app.shop().id).all(app.app.db.reader()).await.unwrap()
}

async fn all_listed(app: &TestApp) -> Vec<store_sku::Model> {
    store_sku::in_shop(app.shop().id).all(app.app.db.reader()).await.unwrap()
}

/// Nothing was made twice, and the books of stock balance.
async fn assert_sound(app: &TestApp) {
    let ties = remote_goods::in_shop(app.shop().id).all(app.app.db.reader()).await.unwrap();
    let there: HashSet<_> = ties.iter().map(|row| (&row.account, &row.external_id)).collect();
    let here: HashSet<_> = ties.iter().map(|row| row.goods_id).collect();
    assert_eq!((there.len(), here.len()), (ties.len(), ties.len()));
    assert_eq!(imbalances(app.app.db.reader(), app.shop().id).await.unwrap(), []);
}

on_both! {
    async fn a_whole_store_becomes_goods_of_the_shop_with_its_stock(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 12).await;
        // The gate counts from the first reconciliation on.
        app.run_due_jobs().await;
        let run = imported(app, &bound.operator, and(whole(&bound), json!({"on_shelf": true}))).await;
        let told = (&run["status"], &run["fetched"], &run["created"], &run["refused"]);
        assert_eq!(told, (&json!("done"), &json!(12), &json!(12), &json!(0)), "{run}");
        assert_eq!((&run["store_id"], &run["whole"]), (&json!(bound.id), &json!(true)));

        let items = app.wechat().stores().items(&bound.of);
        let variants: BTreeMap<String, _> =
            items.iter().flat_map(|item| &item.variants).map(|variant| (variant.number.to_string(), variant)).collect();
        let (skus, listed) = (all_skus(app).await, all_listed(app).await);
        assert_eq!((skus.len(), listed.len()), (variants.len(), variants.len()));
        for row in &listed {
            let there = variants[&row.external_sku_id];
            let here = skus.iter().find(|sku| Some(sku.id) == row.sku_id).unwrap();
            assert_eq!((here.price_fen.fen(), here.free), (there.price_minor, Some(there.quantity)));
            assert_eq!(here.cost_fen.map(kernel::Fen::fen), Some(there.price_minor));
            assert_eq!(row.sku_code.as_deref(), Some(there.code.as_str()));
        }
        assert_sound(app).await;

        // They are sold here like any other.
        let found = app.anybody().get("/api/v1/goods?limit=100").await.ok();
        assert_eq!(found["items"].as_array().unwrap().len(), 12);
        assert_eq!(found["items"][0]["listing"], "own");
        let snapshot = app.app.gate.snapshot(app.shop().id).await.unwrap().unwrap();
        assert!(skus.iter().all(|sku| snapshot.free[&sku.id] == sku.free));
    }
}

on_both! {
    async fn importing_again_renews_and_keeps_what_the_merchant_wrote_and_never_touches_stock(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 5).await;
        let operator = &bound.operator;
        imported(app, operator, whole(&bound)).await;
        let again = imported(app, operator, whole(&bound)).await;
        assert_eq!((&again["created"], &again["updated"]), (&json!(0), &json!(0)), "nothing has changed: {again}");

        let stores = app.wechat().stores();
        let first = stores.items(&bound.of).remove(0);
        let listed = all_listed(app).await;
        let row = listed.iter().find(|row| row.external_sku_id == first.variants[0].number.to_string()).unwrap();
        let mine = all_skus(app).await.into_iter().find(|sku| Some(sku.id) == row.sku_id).unwrap();
        operator.patch(&format!("/console/api/v1/goods/{}", mine.goods_id), json!({"title": "我家的好货"})).await.ok();
        stores
            .edit(&bound.of, first.number, |item| {
                item.title = "平台改了标题".to_owned();
                item.variants[0].price_minor += 500;
                item.variants[0].quantity = 1;
            })
            .unwrap();
        let third = imported(app, operator, whole(&bound)).await;
        assert_eq!((&third["created"], &third["updated"]), (&json!(0), &json!(1)), "{third}");
        let now = all_skus(app).await.into_iter().find(|sku| sku.id == mine.id).unwrap();
        assert_eq!((now.price_fen.fen(), now.free), (mine.price_fen.fen() + 500, mine.free));
        let titles: Vec<String> = all_goods(app).await.into_iter().map(|row| row.title).collect();
        assert!(titles.contains(&"我家的好货".to_owned()), "{titles:?}");
        let shown = all_listed(app).await.into_iter().find(|seen| seen.id == row.id).unwrap();
        assert_eq!((shown.shown, shown.title.as_str()), (Some(1), "平台改了标题"));
        assert_sound(app).await;
    }
}

on_both! {
    async fn goods_come_by_number_by_address_and_by_words(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 9).await;
        let operator = &bound.operator;
        let items = app.wechat().stores().items(&bound.of);
        let name = bound.seen().await["name"].clone();
        let order = |more: Value| {
            let base = json!({"marketplace": "pinduoduo", "account": name, "listing": "own"});
            and(base, more)
        };
        let ids = json!([items[0].number.to_string(), "999999999"]);
        let run = imported(app, operator, order(json!({"ids": ids}))).await;
        assert_eq!((&run["created"], &run["refused"]), (&json!(1), &json!(1)), "{run}");
        let link = format!("https://mobile.yangkeduo.com/goods.html?goods_id={}", items[1].number);
        let run = imported(app, operator, order(json!({"links": [link]}))).await;
        assert_eq!((&run["created"], &run["ids"]), (&json!(1), &json!(1)), "{run}");
        let words: String = items[2].title.chars().take(2).collect();
        let fitting = items.iter().filter(|item| item.title.contains(&words)).count();
        let run = imported(app, operator, order(json!({"query": words}))).await;
        assert_eq!(run["fetched"], json!(fitting), "{run}");

        let bad = operator.post(IMPORTS, order(json!({"links": ["https://example.com/x", "nothing"]}))).await;
        let fields = bad.refused(400, "validation.failed");
        assert_eq!(fields["errors"].as_array().map_or(0, Vec::len), 2, "{fields}");
        let two = operator.post(IMPORTS, order(json!({"links": ["https://a.test/?goods_id=1"], "whole": true}))).await;
        two.refused(400, "validation.failed");
        let elsewhere = and(order(json!({"whole": true})), json!({"marketplace": "taobao"}));
        operator.post(IMPORTS, elsewhere).await.refused(400, "validation.failed");
    }
}

on_both! {
    async fn affiliate_goods_come_by_address_too(app: TestApp) {
        let operator = app.operator().await;
        let search = json!({"marketplace": "jd_affiliate", "listing": "affiliate", "query": "斤装", "limit": 1});
        imported(app, &operator, search).await;
        let tie = remote_goods::in_shop(app.shop().id).one(app.app.db.reader()).await.unwrap().unwrap();
        let link = format!("https://item.jd.com/{}.html", tie.external_id);
        let asked = json!({"marketplace": "jd_affiliate", "listing": "affiliate", "links": [link, "https://x.test/"]});
        operator.post(IMPORTS, asked).await.refused(400, "validation.failed");
        let asked = json!({"marketplace": "jd_affiliate", "listing": "affiliate", "links": [link]});
        let looked = operator.post(&format!("{IMPORTS}/preview"), asked.clone()).await.ok();
        assert_eq!(looked["items"][0]["external_id"], tie.external_id, "{looked}");
        let run = imported(app, &operator, asked).await;
        assert_eq!((&run["status"], &run["fetched"], &run["created"]), (&json!("done"), &json!(1), &json!(0)), "{run}");
        let whole = json!({"marketplace": "jd_affiliate", "listing": "affiliate", "whole": true});
        operator.post(IMPORTS, whole).await.refused(400, "validation.failed");
    }
}

on_both! {
    async fn a_price_rule_of_the_store_or_of_the_import_makes_the_price(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 4).await;
        let operator = &bound.operator;
        assert_eq!(operator.get(&bound.path("/price-rule")).await.ok()["markup_bp"], 0);
        let rule = json!({"markup_bp": 1_000, "plus_fen": 30, "ends_in_nine": true, "minimum_fen": 500});
        let set = operator.put(&bound.path("/price-rule"), rule).await.ok();
        assert_eq!((&set["markup_bp"], &set["fixed_fen"]), (&json!(1_000), &Value::Null));
        operator.put(&bound.path("/price-rule"), json!({"markup_bp": 100_001})).await.refused(400, "validation.failed");
        imported(app, operator, whole(&bound)).await;
        for sku in all_skus(app).await {
            let cost = sku.cost_fen.unwrap().fen();
            let plain = ((cost * 11 + 5) / 10 + 30).max(500);
            let expected = plain + (90 - plain).rem_euclid(100);
            assert_eq!(sku.price_fen.fen(), expected, "of {cost}");
        }
        // The import's own word stands above the store's.
        let run = imported(app, operator, and(whole(&bound), json!({"price_rule": {"fixed_fen": 1234}}))).await;
        assert_eq!(run["updated"], 4, "{run}");
        assert!(all_skus(app).await.iter().all(|sku| sku.price_fen.fen() == 1234));
    }
}

on_both! {
    async fn another_stores_goods_are_recognised_by_barcode_or_code(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 6).await;
        imported(app, &bound.operator, whole(&bound)).await;
        let mine = all_skus(app).await.len();
        let other = StoreRef::new(StorePlatform::Taobao, "800001");
        let taobao = app.binds_store(&other, 8).await;
        let look = and(whole(&taobao), json!({"duplicates": "skip"}));
        let seen = taobao.operator.post(&format!("{IMPORTS}/preview"), look.clone()).await.ok();
        let duplicates = seen["items"].as_array().unwrap().iter().filter(|item| item["duplicate"] == true).count();
        assert_eq!(duplicates, 6, "{seen}");
        let skipped = imported(app, &taobao.operator, look).await;
        assert_eq!((&skipped["created"], &skipped["refused"]), (&json!(2), &json!(6)), "{skipped}");
        assert_eq!(skipped["refusals"][0]["reason"], "the shop has them already");

        let linked = imported(app, &taobao.operator, whole(&taobao)).await;
        let told = (&linked["created"], &linked["linked"], &linked["refused"]);
        assert_eq!(told, (&json!(0), &json!(6), &json!(0)), "{linked}");
        assert_eq!(all_goods(app).await.len(), 8);
        let rows = all_listed(app).await;
        let of_taobao: Vec<_> = rows.iter().filter(|row| row.store_id.to_string() == taobao.id).collect();
        assert!(of_taobao.iter().all(|row| row.sku_id.is_some()), "{of_taobao:?}");
        let shared: HashSet<_> = of_taobao.iter().filter_map(|row| row.sku_id).collect();
        assert!(shared.len() >= mine, "one pool: the same SKU behind both");
        // They are made anew where that is asked for.
        let third = StoreRef::new(StorePlatform::Pinduoduo, "700009");
        let third = app.binds_store(&third, 3).await;
        let fresh = imported(app, &third.operator, and(whole(&third), json!({"duplicates": "new"}))).await;
        assert_eq!((&fresh["created"], &fresh["linked"]), (&json!(3), &json!(0)), "{fresh}");
        assert_sound(app).await;
    }
}

on_both! {
    async fn a_store_is_matched_without_making_goods_and_by_hand(app: TestApp) {
        let bound = app.binds_store(&StoreRef::new(StorePlatform::Taobao, "800001"), 3).await;
        imported(app, &bound.operator, whole(&bound)).await;
        // In dollars without a rate: nothing is priced, so that none is missed.
        let other = StoreRef::new(StorePlatform::Shoplazza, "cha.myshoplaza.com");
        let second = app.binds_store(&other, 5).await;
        let operator = &second.operator;
        let run = operator.post(&second.path("/skus/match"), json!({})).await.ok();
        works(app).await;
        let run = operator.get(&format!("{IMPORTS}/{}", run["id"].as_str().unwrap())).await.ok();
        assert_eq!((&run["status"], &run["created"], &run["linked"]), (&json!("done"), &json!(0), &json!(3)), "{run}");
        assert_eq!(run["own"]["makes"], false);
        assert_eq!(all_goods(app).await.len(), 3);

        let left = operator.get(&second.path("/skus?unmatched=true&limit=100")).await.ok();
        let left = left["items"].as_array().unwrap().clone();
        assert!(!left.is_empty() && left.iter().all(|row| row["sku_id"].is_null()));
        let all = operator.get(&second.path("/skus?limit=100")).await.ok();
        let matched = all["items"].as_array().unwrap().iter().find(|row| !row["sku_id"].is_null()).unwrap().clone();
        assert_eq!(matched["matched_by"], "barcode");

        let path = |row: &Value| second.path(&format!("/skus/{}", row["id"].as_str().unwrap()));
        let tied = operator.put(&path(&left[0]), json!({"sku_id": matched["sku_id"]})).await.ok();
        assert_eq!((&tied["sku_id"], &tied["matched_by"]), (&matched["sku_id"], &json!("hand")));
        let freed = operator.put(&path(&matched), json!({"sku_id": null})).await.ok();
        assert_eq!((&freed["sku_id"], &freed["matched_by"]), (&Value::Null, &json!("hand")));
        // What an operator has said stands against the next matching and the next import.
        operator.post(&second.path("/skus/match"), json!({})).await.ok();
        works(app).await;
        let now = operator.get(&second.path("/skus?limit=100")).await.ok();
        let row = |id: &Value| now["items"].as_array().unwrap().iter().find(|row| row["id"] == *id).unwrap().clone();
        assert_eq!(row(&matched["id"])["sku_id"], Value::Null);
        assert_eq!(row(&left[0]["id"])["sku_id"], matched["sku_id"]);

        operator.put(&path(&left[0]), json!({})).await.refused(400, "validation.failed");
        let unknown = json!({"sku_id": kernel::id::SkuId::new()});
        operator.put(&path(&left[0]), unknown).await.refused(404, "sku.not_found");
        let foreign = bound.path(&format!("/skus/{}", left[0]["id"].as_str().unwrap()));
        operator.put(&foreign, json!({"sku_id": null})).await.refused(404, "store.not_found");
    }
}

on_both! {
    async fn a_foreign_currency_is_imported_at_a_rate_of_the_day_or_refused(app: TestApp) {
        let other = StoreRef::new(StorePlatform::Shoplazza, "tea.myshoplaza.com");
        let bound = app.binds_store(&other, 4).await;
        let operator = &bound.operator;
        let run = imported(app, operator, whole(&bound)).await;
        assert_eq!((&run["created"], &run["refused"]), (&json!(0), &json!(4)), "{run}");
        assert_eq!(run["refusals"][0]["reason"], "no exchange rate for USD of the last 7 days");
        let day = |ago: i64| {
            let then = app.app.clock.now() - chrono::Duration::days(ago);
            kernel::clock::beijing_day(then).to_string()
        };
        let rates = "/console/api/v1/exchange-rates";
        operator.put(rates, json!({"currency": "USD", "day": day(8), "rate": "9"})).await.ok();
        assert_eq!(imported(app, operator, whole(&bound)).await["refused"], 4, "a rate of eight days ago is too old");
        operator.put(rates, json!({"currency": "USD", "day": day(3), "rate": "7.1234"})).await.ok();
        operator.put(rates, json!({"currency": "USD", "day": day(3), "rate": "7.2"})).await.ok();
        let run = imported(app, operator, whole(&bound)).await;
        assert_eq!((&run["created"], &run["refused"]), (&json!(4), &json!(0)), "{run}");
        let items = app.wechat().stores().items(&bound.of);
        let mut expected: Vec<i64> =
            items.iter().flat_map(|item| &item.variants).map(|variant| (variant.price_minor * 72 + 5) / 10).collect();
        let mut made: Vec<i64> = all_skus(app).await.iter().map(|sku| sku.price_fen.fen()).collect();
        expected.sort_unstable();
        made.sort_unstable();
        assert_eq!(made, expected);
        let told = operator.get(rates).await.ok();
        assert_eq!(told["items"].as_array().unwrap().len(), 2, "one was replaced: {told}");
        assert_eq!((&told["items"][0]["currency"], &told["items"][0]["rate"]), (&json!("USD"), &json!("7.2")));
        for bad in [json!({"currency": "CNY", "rate": "1"}), json!({"currency": "XXQ", "rate": "1"}),
            json!({"currency": "USD", "rate": "0"}), json!({"currency": "USD", "rate": "7", "day": "2999-01-01"})] {
            operator.put(rates, bad).await.refused(400, "validation.failed");
        }
    }
}

on_both! {
    async fn categories_of_the_marketplace_become_ours(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 8).await;
        let operator = &bound.operator;
        let category = |name: &str| {
            let body = json!({"name": name});
            async move { operator.post_new("/console/api/v1/categories", body).await.ok()["id"].clone() }
        };
        let (mapped, rest) = (category("水果").await, category("其他").await);
        let items = app.wechat().stores().items(&bound.of);
        let theirs = items[0].category_id.to_string();
        let path = "/console/api/v1/category-mappings";
        let body = json!({"marketplace": "pinduoduo",
            "mappings": [{"external_category": theirs, "category_id": mapped}]});
        operator.put(path, body.clone()).await.ok();
        assert_eq!(operator.get(&format!("{path}?marketplace=pinduoduo")).await.ok(), body);
        operator.get(&format!("{path}?marketplace=nowhere")).await.refused(422, "marketplace.unknown");
        let unknown = json!({"marketplace": "pinduoduo",
            "mappings": [{"external_category": "1", "category_id": kernel::id::CategoryId::new()}]});
        operator.put(path, unknown).await.refused(400, "validation.failed");
        imported(app, operator, and(whole(&bound), json!({"category_id": rest}))).await;
        let expected = items.iter().filter(|item| item.category_id.to_string() == theirs).count();
        let rows = all_goods(app).await;
        let inside = |id: &Value| rows.iter().filter(|row| row.category_id.map(|c| json!(c)).as_ref() == Some(id)).count();
        assert_eq!((inside(&mapped), inside(&rest)), (expected, items.len() - expected));
    }
}

on_both! {
    async fn pictures_are_copied_behind_the_import_and_failures_are_told(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 3).await;
        let operator = &bound.operator;
        let run = imported(app, operator, whole(&bound)).await;
        let remote: Vec<String> = all_goods(app).await.iter().map(|row| row.pictures.to_string()).collect();
        let here = format!("http://{}", app.address);
        assert!(remote.iter().all(|pictures| !pictures.contains(&here)), "{remote:?}");
        let path = format!("{IMPORTS}/{}/pictures", run["id"].as_str().unwrap());
        let waiting = operator.get(&path).await.ok();
        assert!(waiting["waiting"].as_u64().unwrap() >= 3 && waiting["stored"] == 0, "{waiting}");
        // One that leads to a private address is given up at once.
        let bad = picture_copy::Entity::update_many()
            .col_expr(picture_copy::Column::Address, sea_orm::sea_query::Expr::value("http://169.254.169.254/x.png"));
        let one = picture_copy::in_shop(app.shop().id).one(app.app.db.reader()).await.unwrap().unwrap();
        bad.filter(picture_copy::Column::Id.eq(one.id)).exec(app.app.db.maintenance()).await.unwrap();
        while import_goods::copy_due(&app.app).await.unwrap().1 {}
        let done = operator.get(&path).await.ok();
        assert_eq!((&done["waiting"], &done["failed"]), (&json!(0), &json!(1)), "{done}");
        assert_eq!(done["failures"][0]["trouble"], "not a public address");
        let rows = all_goods(app).await;
        let ours: Vec<String> = rows
            .iter()
            .flat_map(|row| serde_json::from_value::<Vec<String>>(row.pictures.clone()).unwrap())
            .filter(|address| address.starts_with(&app.app.config.server.public_url))
            .collect();
        assert!(!ours.is_empty());
        let file = ours[0].strip_prefix(&app.app.config.server.public_url).unwrap();
        let picture = app.anybody().get(file).await;
        assert_eq!((picture.status, picture.header("content-type")), (200, "image/png"));
        // The next import sees that they are what it wrote.
        let again = imported(app, operator, whole(&bound)).await;
        assert_eq!(again["updated"], 0, "{again}");
        assert_eq!(operator.post(&path, json!({})).await.ok()["waiting"], 1);
    }
}

on_both! {
    async fn a_preview_writes_nothing_and_refusals_come_as_a_workbook(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 30).await;
        let operator = &bound.operator;
        let order = and(whole(&bound), json!({"price_rule": {"ends_in_nine": true}}));
        let seen = operator.post(&format!("{IMPORTS}/preview"), order).await.ok();
        let items = seen["items"].as_array().unwrap();
        assert_eq!((items.len(), &seen["more"]), (20, &json!(true)), "{seen}");
        let variant = &items[0]["variants"][0];
        assert_eq!(variant["price_fen"].as_i64().unwrap() % 100, 90);
        assert_eq!((&variant["currency"], &variant["sku_id"]), (&json!("CNY"), &Value::Null));
        assert_eq!(operator.get(IMPORTS).await.ok()["items"], json!([]));
        assert!(all_goods(app).await.is_empty() && all_listed(app).await.is_empty());

        let ids: Vec<String> = (0..7).map(|n| format!("99999999{n}")).collect();
        let order = json!({"marketplace": "pinduoduo", "listing": "own", "account": bound.id, "ids": ids});
        let run = imported(app, operator, order).await;
        assert_eq!(run["refused"], 7, "{run}");
        let path = format!("{IMPORTS}/{}/refusals.xlsx", run["id"].as_str().unwrap());
        let file = operator.get(&path).await;
        assert_eq!(file.status, 200);
        use calamine::Reader;
        let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(file.bytes)).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        assert_eq!(sheet.height(), 8, "a heading and every refusal, not some examples");
        assert_eq!(sheet.get((1, 0)).unwrap().to_string(), "999999990");
    }
}

on_both! {
    async fn a_store_that_does_not_work_fails_the_run_until_it_works_again(app: TestApp) {
        let bound = app.binds_store(&pinduoduo(), 3).await;
        let operator = &bound.operator;
        operator.post(&bound.path("/pause"), json!({})).await.ok();
        let run = imported(app, operator, whole(&bound)).await;
        assert_eq!(run["status"], "failed", "{run}");
        operator.post(&bound.path("/resume"), json!({})).await.ok();
        let id = run["id"].as_str().unwrap();
        works(app).await;
        assert_eq!(operator.get(&format!("{IMPORTS}/{id}")).await.ok()["created"], 3);
        let nobody = json!({"marketplace": "pinduoduo", "listing": "own", "account": "no_such_store", "whole": true});
        operator.post(IMPORTS, nobody).await.refused(404, "store.not_found");
    }
}
