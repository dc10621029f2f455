//! Goods and stock.

use std::collections::BTreeMap;

use gateways::marketplaces::{Capabilities, ErrorClass, RemoteGoods, RemoteSku, StockChange, StockLine};
use sandbox::stores::StoreItem;

use super::rows::{Abroad, Shape};
use crate::stage::{GOODS, Stage, all};

/// What was told, by the merchant's codes.
type Flat = BTreeMap<String, (RemoteGoods, RemoteSku)>;

fn flat(told: Vec<RemoteGoods>) -> Flat {
    let mut flat = Flat::new();
    for goods in told {
        for sku in &goods.skus {
            let code = sku.sku_code.clone().unwrap();
            assert!(flat.insert(code.clone(), (goods.clone(), sku.clone())).is_none(), "{code} is told twice");
        }
    }
    flat
}

pub async fn a_whole_store_is_read(abroad: Abroad) {
    let (shape, stage) = abroad.set();
    let taken_down = stage.stores().items(&stage.store)[4].number;
    stage.stores().edit(&stage.store, taken_down, |item| item.on_sale = false).unwrap();
    let (channel, _) = stage.authorised().await;
    let told = flat(all(stage.engine.store_goods(&channel, None, None).unwrap()).await);
    let there = stage.stores().items(&stage.store);
    assert_eq!(there.len(), usize::try_from(GOODS).unwrap());
    let mut shown = 0;
    for item in there.iter().filter(|item| item.on_sale || stage.row.tells.goods_off_sale) {
        compare(&shape, &stage, &told, item);
        shown += item.variants.len();
    }
    assert_eq!(told.len(), shown);
    let items = channel.connector().store_items().unwrap();
    let Some(overview) = items.overview(channel.account().unwrap(), None) else { return };
    for goods in all(stage.engine.walk(&channel, overview, None)).await {
        let item = there.iter().find(|item| (shape.goods_ids)(item).contains(&goods.external_id)).unwrap();
        assert_eq!(goods.price.minor, item.prices().0, "{}", item.title);
    }
}

fn compare(shape: &Shape, stage: &Stage, told: &Flat, item: &StoreItem) {
    let tells = &stage.row.tells;
    for variant in &item.variants {
        let (goods, sku) = told.get(&variant.code).unwrap_or_else(|| panic!("{} was not told", variant.code));
        assert!(goods.title.starts_with(&item.title), "{}", goods.title);
        assert_eq!(goods.hidden, !item.on_sale, "{}", item.title);
        assert!((shape.goods_ids)(item).contains(&goods.external_id), "{}", goods.external_id);
        assert!(!goods.pictures.is_empty() && goods.pictures.iter().all(|picture| picture.starts_with("http")));
        assert_eq!((sku.price.minor, sku.price.currency.code()), (variant.price_minor, stage.row.currency));
        assert_eq!(sku.quantity, shape.counts.then_some(variant.quantity), "{}", variant.code);
        if tells.barcodes {
            assert_eq!(sku.barcode.as_deref(), Some(variant.barcode.as_str()));
        }
        let values: Vec<&String> = sku.specs.iter().map(|(_, value)| value).collect();
        let there: Vec<&String> = variant.specs.iter().map(|(_, value)| value).collect();
        assert!(!tells.spec_names || values == there, "{values:?} {there:?}");
    }
}

pub async fn goods_are_read_by_ids(abroad: Abroad) {
    let (shape, stage) = abroad.set();
    let (channel, _) = stage.authorised().await;
    let there = stage.stores().items(&stage.store);
    let wanted: Vec<&StoreItem> = there.iter().step_by(11).collect();
    let mut ids: Vec<String> = wanted.iter().flat_map(|item| (shape.goods_ids)(item)).collect();
    ids.insert(2, shape.unknown_id.to_owned());
    let mut walk = stage.engine.store_goods_by_ids(&channel, &ids, None).unwrap();
    let (mut told, mut missing) = (Vec::new(), Vec::new());
    while let Some(page) = walk.next_page().await.unwrap() {
        told.extend(page.rows);
        missing.extend(page.missing);
        // Where the platform has no word of its own for what is gone, the row is skipped with what it said.
        missing.extend(page.skipped.into_iter().filter_map(|skipped| skipped.external_id));
    }
    assert_eq!(missing, [shape.unknown_id]);
    let told = flat(told);
    wanted.iter().for_each(|item| compare(&shape, &stage, &told, item));
    assert_eq!(told.len(), wanted.iter().map(|item| item.variants.len()).sum::<usize>());
}

/// A push of what was told.
fn line(goods: &RemoteGoods, sku: &RemoteSku, change: StockChange) -> StockLine {
    StockLine {
        external_item_id: goods.external_id.clone(),
        external_sku_id: sku.external_id.clone(),
        sku_code: sku.sku_code.clone(),
        location: None,
        change,
        expected: sku.quantity,
        key: sku.sku_code.clone().unwrap(),
        extra: sku.extra.clone(),
    }
}

async fn told_first(stage: &Stage, channel: &gateways::marketplaces::Channel) -> Flat {
    flat(all(stage.engine.store_goods(channel, None, None).unwrap()).await)
}

/// What the store shows under a code.
fn shown(stage: &Stage, code: &str) -> i64 {
    stage.stores().variant_by_code(&stage.store, code).unwrap().quantity
}

/// Whether the platform takes stock at all; one that does not says so.
async fn takes_stock(stage: &Stage, channel: &gateways::marketplaces::Channel) -> bool {
    let takes = channel.connector().descriptor().capabilities.has(Capabilities::STOCK);
    if !takes {
        let refused = stage.engine.push_stock(channel, &[]).await.unwrap_err();
        assert_eq!(refused.class, ErrorClass::Unsupported);
    }
    takes
}

pub async fn stock_is_told(abroad: Abroad) {
    let (_, stage) = abroad.set();
    let (channel, _) = stage.authorised().await;
    if !takes_stock(&stage, &channel).await {
        return;
    }
    let told = told_first(&stage, &channel).await;
    let some: Vec<&(RemoteGoods, RemoteSku)> = told.values().take(60).collect();
    let lines: Vec<StockLine> =
        some.iter().zip(3..).map(|((goods, sku), number)| line(goods, sku, StockChange::Set(number))).collect();
    let pushed = stage.engine.push_stock(&channel, &lines).await.unwrap();
    assert_eq!((pushed.ended_by.clone(), pushed.refused().count()), (None, 0), "{:?}", pushed.results);
    assert_eq!(pushed.results.len(), lines.len());
    for (line, number) in lines.iter().zip(3..) {
        assert_eq!(shown(&stage, &line.key), number, "{}", line.key);
    }
    let (goods, sku) = some[0];
    let difference = line(goods, sku, StockChange::Add(-2));
    let pushed = stage.engine.push_stock(&channel, &[difference]).await.unwrap();
    assert_eq!(pushed.refused().count(), 1, "stock is set on these platforms");
}

pub async fn unknown_stock_is_refused(abroad: Abroad) {
    let (shape, stage) = abroad.set();
    let (channel, _) = stage.authorised().await;
    if !takes_stock(&stage, &channel).await {
        return;
    }
    let told = told_first(&stage, &channel).await;
    let (goods, sku) = told.values().next().unwrap();
    let known = line(goods, sku, StockChange::Set(77));
    let unknown = StockLine {
        external_item_id: shape.unknown_id.to_owned(),
        external_sku_id: Some(shape.unknown_id.to_owned()),
        sku_code: Some("no-such-code".to_owned()),
        key: "unknown".to_owned(),
        extra: shape.unknown_stock.clone(),
        ..known.clone()
    };
    let pushed = stage.engine.push_stock(&channel, &[unknown, known.clone()]).await.unwrap();
    assert_eq!(pushed.ended_by, None);
    let refused: Vec<&str> = pushed.refused().map(|(key, _)| key).collect();
    assert_eq!(pushed.results.len(), 2);
    match shape.all_or_none {
        true => assert_eq!(refused, ["unknown", &known.key], "{:?}", pushed.results),
        false => {
            assert_eq!(refused, ["unknown"], "{:?}", pushed.results);
            assert_eq!(shown(&stage, &known.key), 77);
        }
    }
}
