#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use kernel::failure::Invalid;
use kernel::id::{CategoryId, GoodsId, PickupPointId, ShopId, SkuId};
use kernel::page::PageRequest;
use kernel::{Code, Coded, Fen, Time};

use super::batch;
use super::categories::{self, CategoryDraft};
use super::draft::{GoodsDraft, SkuDraft};
use super::entity::goods;
use super::listing::{self, Managed, Sort, Wanted};
use super::service::{self, Saved};
use super::skus::Recount;
use super::{GoodsError, query, words};
use crate::platform::db::Db;
use crate::platform::test_databases::TestDatabase;

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

fn now() -> Time {
    at("2026-11-23T04:00:00Z")
}

fn draft(title: &str) -> GoodsDraft {
    GoodsDraft { title: title.to_owned(), on_shelf: true, ..GoodsDraft::default() }
}

fn sku(spec: &str, price: i64, stock: Option<i64>) -> SkuDraft {
    let specs = BTreeMap::from([("规格".to_owned(), spec.to_owned())]);
    SkuDraft { specs, price_fen: Fen::from_fen(price), stock: Some(stock), ..SkuDraft::default() }
}

async fn create(db: &Db, shop: ShopId, draft: &GoodsDraft, skus: &[SkuDraft]) -> Saved {
    db.write(async |tx| Ok(service::create(tx, shop, draft, skus, now()).await?)).await.unwrap()
}

async fn change(
    db: &Db,
    shop: ShopId,
    id: GoodsId,
    version: Option<i64>,
    edit: impl Fn(&mut GoodsDraft),
    skus: Option<&[SkuDraft]>,
) -> Result<Saved, kernel::Failure> {
    db.write(async |tx| {
        let before = query::by_id(tx, shop, id).await?.ok_or(GoodsError::NotFound(id))?;
        let mut draft = GoodsDraft::of(&before, query::points_of(tx, shop, id).await?)?;
        edit(&mut draft);
        Ok(service::change(tx, &before, version, &draft, skus, now()).await?)
    })
    .await
}

async fn titles(db: &Db, shop: ShopId, wanted: &Wanted) -> Vec<String> {
    titles_at(db, shop, wanted, now()).await
}

async fn titles_at(db: &Db, shop: ShopId, wanted: &Wanted, now: Time) -> Vec<String> {
    let page = listing::on_sale(db.reader(), shop, wanted, &PageRequest::default(), now).await.unwrap();
    page.items.into_iter().map(|row: goods::Model| row.title).collect()
}

fn search(text: &str) -> Wanted {
    Wanted { words: Some(words::asked(text)), ..Wanted::default() }
}

#[tokio::test]
async fn goods_come_back_as_described() {
    for database in TestDatabase::all().await {
        let (db, shop) = (&database.db, ShopId::new());
        let point = PickupPointId::new();
        let described = GoodsDraft {
            subtitle: Some("产地直发".to_owned()),
            pictures: vec!["https://example.com/1.jpg".to_owned()],
            detail: "<p>甜</p>".to_owned(),
            tags: vec!["水果".to_owned()],
            pickup_point_ids: Some(vec![point, point]),
            ..draft("红富士苹果")
        };
        let skus = [sku("10 kg", 4990, None), sku("5 kg", 2990, Some(7))];
        let saved = create(db, shop, &described, &skus).await;
        let read = query::by_id(db.reader(), shop, saved.goods.id).await.unwrap().unwrap();
        assert_eq!(read, saved.goods);
        assert_eq!(read.price_from_fen, Fen::from_fen(2990));
        let points = query::points_of(db.reader(), shop, read.id).await.unwrap();
        assert_eq!(points, [point]);
        let again = GoodsDraft::of(&read, points).unwrap();
        assert_eq!(again, GoodsDraft { pickup_point_ids: Some(vec![point]), ..described });
        let rows = &query::skus_of(db.reader(), shop, &[read.id]).await.unwrap()[&read.id];
        let counts: Vec<_> = rows.iter().map(|row| (row.specs_key.as_str(), row.free)).collect();
        assert_eq!(counts, [("规格\u{1f}10 kg", None), ("规格\u{1f}5 kg", Some(7))]);
        assert_eq!(saved.skus.opened, rows.iter().map(|row| (row.id, row.free)).collect::<Vec<_>>());
        assert!(query::by_id(db.reader(), ShopId::new(), read.id).await.unwrap().is_none(), "another shop's");
    }
}

#[tokio::test]
async fn a_change_keeps_counts_and_takes_skus_off_sale() {
    for database in TestDatabase::all().await {
        let (db, shop) = (&database.db, ShopId::new());
        let saved = create(db, shop, &draft("苹果"), &[sku("5 kg", 2990, Some(7)), sku("10 kg", 4990, Some(3))]).await;
        let id = saved.goods.id;
        let five = saved.skus.opened[0].0;
        let kept = SkuDraft { stock: None, ..sku("5 kg", 1990, None) };
        let after = change(db, shop, id, Some(1), |_| {}, Some(&[kept, sku("20 kg", 9990, Some(1))])).await.unwrap();
        assert_eq!((after.goods.version, after.goods.price_from_fen), (2, Fen::from_fen(1990)));
        assert_eq!((after.skus.opened.len(), after.skus.recounted.len()), (1, 0));
        let rows = &query::skus_of(db.reader(), shop, &[id]).await.unwrap()[&id];
        let sold: Vec<_> = rows.iter().map(|row| (row.price_fen.fen(), row.free)).collect();
        assert_eq!(sold, [(1990, Some(7)), (9990, Some(1))]);
        assert_eq!(rows[0].id, five);
        assert_eq!(query::all_skus(db.reader(), shop, id).await.unwrap().len(), 3);

        let overwrite = change(db, shop, id, None, |_| {}, Some(&[sku("5 kg", 1990, Some(9))])).await.unwrap_err();
        assert_eq!(overwrite.coded().fields()[0].field, "skus[0].stock");
        let unlimited = change(db, shop, id, None, |_| {}, Some(&[sku("5 kg", 1990, None)])).await.unwrap();
        assert_eq!(unlimited.skus.recounted, [Recount { sku: five, had: Some(7), wanted: None }]);
        // A SKU that was taken off comes back as itself.
        let back = change(db, shop, id, None, |_| {}, Some(&[sku("10 kg", 4990, Some(5))])).await.unwrap();
        let ten = saved.skus.opened[1].0;
        assert_eq!(back.skus.recounted, [Recount { sku: ten, had: Some(3), wanted: Some(5) }]);
        let stranger = SkuDraft { id: Some(SkuId::new()), ..sku("x", 1, Some(1)) };
        let unknown = change(db, shop, id, None, |_| {}, Some(&[stranger])).await.unwrap_err();
        assert_eq!(unknown.code(), Code::SkuNotFound);
    }
}

#[tokio::test]
async fn of_two_editors_the_second_is_told() {
    let database = TestDatabase::sqlite().await;
    let (db, shop) = (&database.db, ShopId::new());
    let id = create(db, shop, &draft("苹果"), &[sku("5 kg", 2990, None)]).await.goods.id;
    change(db, shop, id, Some(1), |draft| draft.title = "梨".to_owned(), None).await.unwrap();
    let late = change(db, shop, id, Some(1), |draft| draft.title = "桃".to_owned(), None).await.unwrap_err();
    assert_eq!(late.code(), Code::GoodsChanged);
    assert_eq!(late.coded().extra().unwrap()["version"], 2);
}

#[tokio::test]
async fn a_list_shows_what_is_on_sale_now_and_here() {
    for database in TestDatabase::all().await {
        let (db, shop) = (&database.db, ShopId::new());
        let (here, there) = (PickupPointId::new(), PickupPointId::new());
        let one = [sku("一份", 100, Some(1))];
        create(db, shop, &draft("总在售"), &one).await;
        create(db, shop, &GoodsDraft { on_shelf: false, ..draft("下架") }, &one).await;
        let window = GoodsDraft {
            sale_from: Some(at("2026-11-24T00:00:00Z")),
            sale_until: Some(at("2026-11-25T00:00:00Z")),
            ..draft("限时")
        };
        create(db, shop, &window, &one).await;
        create(db, shop, &GoodsDraft { pickup_point_ids: Some(vec![here]), ..draft("限地") }, &one).await;
        create(db, shop, &GoodsDraft { new_buyer_only: true, ..draft("新人") }, &one).await;
        let removed = create(db, shop, &draft("删除"), &one).await.goods.id;
        db.write(async |tx| Ok(service::remove(tx, shop, removed, now()).await?)).await.unwrap();
        create(db, ShopId::new(), &draft("别家"), &one).await;

        assert_eq!(titles(db, shop, &Wanted::default()).await, ["总在售", "新人"]);
        let local = Wanted { point: Some(here), ..Wanted::default() };
        assert_eq!(titles(db, shop, &local).await, ["总在售", "限地", "新人"]);
        let elsewhere = Wanted { point: Some(there), without_new_buyer_goods: true, ..Wanted::default() };
        assert_eq!(titles(db, shop, &elsewhere).await, ["总在售"]);
        // The window is [from, until).
        let any = Wanted { without_new_buyer_goods: true, ..Wanted::default() };
        assert_eq!(titles_at(db, shop, &any, at("2026-11-24T00:00:00Z")).await, ["总在售", "限时"]);
        assert_eq!(titles_at(db, shop, &any, at("2026-11-24T23:59:59.999999Z")).await, ["总在售", "限时"]);
        assert_eq!(titles_at(db, shop, &any, at("2026-11-25T00:00:00Z")).await, ["总在售"]);
        let again = db.write(async |tx| Ok(service::remove(tx, shop, removed, now()).await?)).await.unwrap_err();
        assert_eq!(again.code(), Code::GoodsNotFound);
    }
}

#[tokio::test]
async fn pages_follow_on_in_every_order() {
    for database in TestDatabase::all().await {
        let (db, shop) = (&database.db, ShopId::new());
        // Same prices and places, so that the id has to decide.
        for (title, price, position) in [("a", 300, 2), ("b", 100, 1), ("c", 200, 1), ("d", 100, 2), ("e", 200, 0)] {
            create(db, shop, &GoodsDraft { position, ..draft(title) }, &[sku("一份", price, None)]).await;
        }
        let expected =
            [(Sort::Default, "ebcad"), (Sort::Newest, "edcba"), (Sort::PriceAsc, "bdcea"), (Sort::PriceDesc, "aecdb")];
        for (sort, order) in expected {
            let wanted = Wanted { sort, ..Wanted::default() };
            let (mut seen, mut cursor) = (String::new(), None);
            loop {
                let request = PageRequest { limit: 2, cursor };
                let page = listing::on_sale(db.reader(), shop, &wanted, &request, now()).await.unwrap();
                assert!(page.items.len() <= 2);
                seen.extend(page.items.iter().map(|row| row.title.as_str()));
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(seen, order, "{sort:?} on {}", database.kind());
        }
        let first = PageRequest { limit: 1, cursor: None };
        let other = listing::on_sale(db.reader(), shop, &Wanted::default(), &first, now()).await.unwrap();
        let newest = Wanted { sort: Sort::Newest, ..Wanted::default() };
        let foreign = PageRequest { limit: 1, cursor: other.next_cursor };
        let refused = listing::on_sale(db.reader(), shop, &newest, &foreign, now()).await.unwrap_err();
        assert_eq!(refused.code(), Code::ValidationFailed);
    }
}

#[tokio::test]
async fn goods_are_found_by_chinese_words_and_by_half_a_latin_one() {
    for database in TestDatabase::all().await {
        let (db, shop) = (&database.db, ShopId::new());
        let one = [sku("一份", 100, Some(1))];
        let apple = GoodsDraft { subtitle: Some("烟台5kg".to_owned()), ..draft("红富士苹果 Apple") };
        let id = create(db, shop, &apple, &one).await.goods.id;
        create(db, shop, &GoodsDraft { tags: vec!["水果".to_owned()], ..draft("海南香蕉") }, &one).await;
        create(db, shop, &draft("青苹醋 500ml"), &one).await;
        let found = async |text: &str| titles(db, shop, &search(text)).await;
        assert_eq!(found("富士苹果").await, ["红富士苹果 Apple"]);
        assert_eq!(found("苹").await, ["红富士苹果 Apple", "青苹醋 500ml"]);
        assert_eq!(found("果").await, ["红富士苹果 Apple", "海南香蕉"]);
        assert_eq!(found("水果 海南").await, ["海南香蕉"]);
        assert_eq!(found("app").await, ["红富士苹果 Apple"]);
        assert_eq!(found("ＡＰＰＬＥ 5").await, ["红富士苹果 Apple"]);
        assert_eq!(found("50").await, Vec::<String>::new());
        assert_eq!(found("苹醋苹果").await, Vec::<String>::new());
        assert_eq!(found("%").await, Vec::<String>::new());
        assert_eq!(found("' OR 1=1 --").await, Vec::<String>::new());

        change(db, shop, id, None, |draft| draft.title = "鸭梨".to_owned(), None).await.unwrap();
        assert_eq!(found("苹").await, ["青苹醋 500ml"]);
        assert_eq!(found("鸭梨").await, ["鸭梨"]);
        let managed = Managed { words: Some(words::asked("鸭")), ..Managed::default() };
        let page = listing::managed(db.reader(), shop, &managed, &PageRequest::default()).await.unwrap();
        assert_eq!(page.items.len(), 1);
    }
}

#[tokio::test]
async fn a_search_uses_the_index() {
    use sea_orm::{ConnectionTrait, DbBackend, Statement};
    let database = TestDatabase::sqlite().await;
    let plan =
        "EXPLAIN QUERY PLAN SELECT goods_id FROM goods_words WHERE shop_id = x'00' AND word >= 'a' AND word < 'b'";
    let rows = database.db.reader().query_all_raw(Statement::from_string(DbBackend::Sqlite, plan)).await.unwrap();
    let detail: String = rows[0].try_get("", "detail").unwrap();
    assert!(detail.contains("USING") && detail.contains("word>"), "{detail}");
}

#[tokio::test]
async fn categories_have_two_levels_and_one_in_use_stays() {
    for database in TestDatabase::all().await {
        let (db, shop) = (&database.db, ShopId::new());
        let named = |name: &str, parent_id: Option<CategoryId>| CategoryDraft {
            parent_id,
            name: name.to_owned(),
            ..CategoryDraft::default()
        };
        let add = async |draft: CategoryDraft| {
            db.write(async |tx| Ok(categories::create(tx, shop, &draft, now()).await?)).await.map(|row| row.id)
        };
        let remove = async |id| db.write(async |tx| Ok(categories::remove(tx, shop, id).await?)).await;
        let fruit = add(named("水果", None)).await.unwrap();
        let citrus = add(named("柑橘", Some(fruit))).await.unwrap();
        let third = add(named("橙", Some(citrus))).await.unwrap_err();
        assert_eq!(third.coded().fields()[0].field, "parent_id");
        assert_eq!(add(named("x", Some(CategoryId::new()))).await.unwrap_err().code(), Code::CategoryNotFound);

        let one = [sku("一份", 100, Some(1))];
        let id = create(db, shop, &GoodsDraft { category_id: Some(citrus), ..draft("脐橙") }, &one).await.goods.id;
        let in_fruit = categories::with_children(db.reader(), shop, fruit).await.unwrap();
        let wanted = Wanted { categories: Some(in_fruit), ..Wanted::default() };
        assert_eq!(titles(db, shop, &wanted).await, ["脐橙"]);

        let refused = remove(citrus).await.unwrap_err();
        assert_eq!(
            (refused.code(), refused.coded().extra().unwrap()["goods"].as_u64()),
            (Code::CategoryInUse, Some(1))
        );
        assert_eq!(remove(fruit).await.unwrap_err().coded().extra().unwrap()["categories"], 1);
        db.write(async |tx| Ok(service::remove(tx, shop, id, now()).await?)).await.unwrap();
        remove(citrus).await.unwrap();
        remove(fruit).await.unwrap();
        assert_eq!(remove(fruit).await.unwrap_err().code(), Code::CategoryNotFound);
    }
}

#[tokio::test]
async fn goods_in_an_unknown_category_are_refused() {
    let database = TestDatabase::sqlite().await;
    let unknown = GoodsDraft { category_id: Some(CategoryId::new()), ..draft("苹果") };
    let one = [sku("一份", 100, Some(1))];
    let refused = database
        .db
        .write(async |tx| Ok(service::create(tx, ShopId::new(), &unknown, &one, now()).await?))
        .await
        .map(drop)
        .unwrap_err();
    assert_eq!(refused.coded().fields(), Invalid::field("category_id", "unknown", "no such category").0);
}

#[tokio::test]
async fn many_goods_made_at_once_are_as_if_made_one_by_one() {
    for database in TestDatabase::all().await {
        let (db, shop) = (&database.db, ShopId::new());
        let new = |number: usize| batch::NewGoods {
            id: GoodsId::new(),
            draft: GoodsDraft { tags: vec!["水果".to_owned()], ..draft(&format!("红富士苹果 {number}号")) },
            skus: vec![
                (SkuId::new(), sku("大", 300, Some(5))),
                (SkuId::new(), SkuDraft { barcode: Some(format!("69{number}")), ..sku("小", 200, None) }),
            ],
        };
        let many: Vec<_> = (0..450).map(new).collect();
        assert!(many.iter().all(|new| new.check().is_ok()));
        db.write(async |tx| Ok(batch::create(tx, shop, &many, now()).await?)).await.unwrap();
        let alone = create(db, shop, &many[7].draft, &[sku("大", 300, Some(5)), sku("小", 200, None)]).await;
        let rows = query::by_ids(db.reader(), shop, &[many[7].id, alone.goods.id]).await.unwrap();
        let plain = |id: &GoodsId| {
            let row = rows[id].clone();
            (row.title, row.price_from_fen, row.version, row.on_shelf, row.tags)
        };
        assert_eq!(plain(&many[7].id), plain(&alone.goods.id), "{}", database.kind());
        let found = listing::on_sale(db.reader(), shop, &search("富士 7号"), &PageRequest::default(), now()).await;
        let found: Vec<GoodsId> = found.unwrap().items.into_iter().map(|row| row.id).collect();
        assert!(found.contains(&many[7].id) && found.contains(&alone.goods.id));
        let skus = query::skus_of(db.reader(), shop, &[many[449].id]).await.unwrap().remove(&many[449].id).unwrap();
        assert_eq!(
            skus.iter().map(|sku| (sku.price_fen.fen(), sku.free)).collect::<Vec<_>>(),
            [(300, Some(5)), (200, None)]
        );
        let by = batch::by_barcodes(db.reader(), shop, &["69449", "x"]).await.unwrap();
        assert_eq!(
            by.into_iter().map(|(code, row)| (code, row.id)).collect::<Vec<_>>(),
            [("69449".to_owned(), skus[1].id)]
        );
    }
}

#[tokio::test]
async fn a_picture_takes_the_place_of_another_unless_somebody_edited_meanwhile() {
    for database in TestDatabase::all().await {
        let (db, shop) = (&database.db, ShopId::new());
        let pictures = vec!["https://there.test/1.jpg".to_owned(), "https://there.test/2.jpg".to_owned()];
        let shown = GoodsDraft { pictures, ..draft("苹果") };
        let one = [SkuDraft { picture: Some("https://there.test/2.jpg".to_owned()), ..sku("大", 300, Some(5)) }];
        let saved = create(db, shop, &shown, &one).await;
        let skus = query::skus_of(db.reader(), shop, &[saved.goods.id]).await.unwrap().remove(&saved.goods.id).unwrap();
        let by = std::collections::HashMap::from([("https://there.test/2.jpg".to_owned(), "/files/b.jpg".to_owned())]);
        let replace =
            async || db.write(async |tx| Ok(batch::replace_pictures(tx, &saved.goods, &skus, &by, now()).await?)).await;
        assert!(replace().await.unwrap(), "{}", database.kind());
        let row = query::by_id(db.reader(), shop, saved.goods.id).await.unwrap().unwrap();
        assert_eq!(row.pictures, serde_json::json!(["https://there.test/1.jpg", "/files/b.jpg"]));
        let skus = query::skus_of(db.reader(), shop, &[row.id]).await.unwrap().remove(&row.id).unwrap();
        assert_eq!(skus[0].picture.as_deref(), Some("/files/b.jpg"));
        assert_eq!(replace().await.unwrap_err().code(), Code::GoodsChanged, "the version is another now");
    }
}
