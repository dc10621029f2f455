//! Goods and stock.

use std::collections::BTreeMap;

use gateways::marketplaces::{RemoteGoods, StockChange, StockLine};
use sandbox::stores::{StoreItem, StoreVariant};
use serde_json::Value;

use crate::stage::{GOODS, Stage, all};

pub async fn a_whole_store_is_read(stage: Stage) {
    let taken_down = stage.stores().items(&stage.store)[4].number;
    stage.stores().edit(&stage.store, taken_down, |item| item.on_sale = false).unwrap();
    let (channel, _) = stage.authorised().await;
    let told = all(stage.engine.store_goods(&channel, None, None).unwrap()).await;
    let told: BTreeMap<String, RemoteGoods> =
        told.into_iter().map(|goods| (goods.external_id.clone(), goods)).collect();
    let there = stage.stores().items(&stage.store);
    assert_eq!(there.len(), usize::try_from(GOODS).unwrap());
    for item in &there {
        let shown = item.on_sale || stage.row.tells.goods_off_sale;
        match told.get(&item.number.to_string()) {
            Some(goods) => {
                assert!(shown, "{} is not on sale", item.title);
                compare(&stage, goods, item);
            }
            None => assert!(!shown, "{} was not told", item.title),
        }
    }
    let items = channel.connector().store_items().unwrap();
    let Some(overview) = items.overview(channel.account().unwrap(), None) else { return };
    for goods in all(stage.engine.walk(&channel, overview, None)).await {
        let item = there.iter().find(|item| item.number.to_string() == goods.external_id).unwrap();
        assert_eq!(goods.price.minor, item.prices().0, "{}", item.title);
    }
}

fn compare(stage: &Stage, goods: &RemoteGoods, item: &StoreItem) {
    let tells = &stage.row.tells;
    assert_eq!(goods.title, item.title);
    assert_eq!(goods.hidden, !item.on_sale, "{}", item.title);
    assert_eq!(goods.price.minor, item.prices().0, "{}", item.title);
    assert_eq!(goods.price.currency.code(), stage.row.currency);
    assert!(goods.pictures.iter().all(|picture| picture.starts_with("http")), "{:?}", goods.pictures);
    assert!(!goods.pictures.is_empty(), "{}", item.title);
    assert_eq!(goods.skus.len(), item.variants.len(), "{}", item.title);
    for (sku, variant) in goods.skus.iter().zip(&item.variants) {
        if item.has_choices() || tells.ids_of_plain_goods {
            assert_eq!(sku.external_id.as_deref(), Some(variant.number.to_string().as_str()));
        }
        assert_eq!(sku.sku_code.as_deref(), Some(variant.code.as_str()));
        assert_eq!((sku.price.minor, sku.quantity), (variant.price_minor, Some(variant.quantity)), "{}", item.title);
        if tells.barcodes && sku.barcode.is_some() {
            assert_eq!(sku.barcode.as_deref(), Some(variant.barcode.as_str()));
        }
        let values = |specs: &[(String, String)]| specs.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>();
        match tells.spec_names {
            true => assert_eq!(sku.specs, variant.specs),
            false => assert_eq!(values(&sku.specs), values(&variant.specs)),
        }
    }
}

pub async fn goods_are_read_by_ids(stage: Stage) {
    let (channel, _) = stage.authorised().await;
    let there = stage.stores().items(&stage.store);
    let wanted: Vec<&StoreItem> = there.iter().step_by(11).collect();
    let mut ids: Vec<String> = wanted.iter().map(|item| item.number.to_string()).collect();
    ids.insert(2, "599999999999".to_owned());
    let mut walk = stage.engine.store_goods_by_ids(&channel, &ids, None).unwrap();
    let (mut told, mut missing) = (Vec::new(), Vec::new());
    while let Some(page) = walk.next_page().await.unwrap() {
        told.extend(page.rows);
        missing.extend(page.missing);
        // Where the platform has no word of its own for what is gone, the row is skipped with what it said.
        missing.extend(page.skipped.into_iter().filter_map(|skipped| skipped.external_id));
    }
    assert_eq!(missing, ["599999999999"]);
    let told: BTreeMap<String, RemoteGoods> =
        told.into_iter().map(|goods| (goods.external_id.clone(), goods)).collect();
    assert_eq!(told.len(), wanted.len());
    for item in wanted {
        compare(&stage, &told[&item.number.to_string()], item);
    }
}

fn line(stage: &Stage, item: &StoreItem, variant: &StoreVariant, change: StockChange) -> StockLine {
    let named = item.has_choices() || stage.row.tells.ids_of_plain_goods;
    StockLine {
        external_item_id: item.number.to_string(),
        external_sku_id: named.then(|| variant.number.to_string()),
        sku_code: Some(variant.code.clone()),
        location: None,
        change,
        expected: Some(variant.quantity),
        key: variant.code.clone(),
        extra: Value::Null,
    }
}

pub async fn stock_is_told(stage: Stage) {
    let (channel, _) = stage.authorised().await;
    let there = stage.stores().items(&stage.store);
    let of = |item| move |variant| (item, variant);
    let some = there.iter().take(12).flat_map(|item: &StoreItem| item.variants.iter().map(of(item)));
    let some: Vec<(&StoreItem, &StoreVariant)> = some.collect();
    let lines: Vec<StockLine> = some
        .iter()
        .zip(3..)
        .map(|((item, variant), number)| line(&stage, item, variant, StockChange::Set(number)))
        .collect();
    let pushed = stage.engine.push_stock(&channel, &lines).await.unwrap();
    assert_eq!((pushed.ended_by.clone(), pushed.refused().count()), (None, 0), "{:?}", pushed.results);
    assert_eq!(pushed.results.len(), lines.len());
    for ((_, variant), number) in some.iter().zip(3..) {
        assert_eq!(stage.stores().shown(&stage.store, variant.number), Some(number), "{}", variant.code);
    }
    let rules = &channel.connector().descriptor().store.as_ref().unwrap().stock;
    let (item, variant) = some[0];
    let change = line(&stage, item, variant, StockChange::Add(-2));
    let pushed = stage.engine.push_stock(&channel, &[change]).await.unwrap();
    match rules.delta {
        true => {
            assert_eq!(pushed.refused().count(), 0, "{:?}", pushed.results);
            assert_eq!(stage.stores().shown(&stage.store, variant.number), Some(1));
        }
        false => assert_eq!(pushed.refused().count(), 1),
    }
}

pub async fn unknown_stock_is_refused(stage: Stage) {
    let (channel, _) = stage.authorised().await;
    let there = stage.stores().items(&stage.store);
    let item = there.iter().find(|item| item.has_choices()).unwrap();
    let variant = &item.variants[0];
    let known = line(&stage, item, variant, StockChange::Set(77));
    let unknown = StockLine {
        external_sku_id: Some("599999999999".to_owned()),
        sku_code: Some("no-such-code".to_owned()),
        key: "unknown".to_owned(),
        ..known.clone()
    };
    let pushed = stage.engine.push_stock(&channel, &[unknown, known]).await.unwrap();
    assert_eq!(pushed.ended_by, None);
    let refused: Vec<&str> = pushed.refused().map(|(key, _)| key).collect();
    assert_eq!(refused, ["unknown"], "{:?}", pushed.results);
    assert_eq!(pushed.results.len(), 2);
    assert_eq!(stage.stores().shown(&stage.store, variant.number), Some(77));
}
