//! What operators read about channels.

use std::collections::HashMap;

use kernel::Failure;
use kernel::clock::beijing;
use kernel::id::{ShopId, SkuId, StoreId};
use kernel::words::wire;

use crate::app::App;
use crate::areas::channels::entity::{channel, line};
use crate::areas::channels::{drifts, lines};
use crate::areas::stores::entity::store;
use crate::areas::stores::query as stores;
use crate::flows::tables::{self, Rows};

/// The columns that hold numbers; none is an amount.
const AMOUNTS: [u16; 0] = [];

const HEADINGS: [&str; 9] = ["商品", "规格", "商家编码", "平台商品", "平台规格", "平台显示", "应显示", "差异", "处理"];

/// The differences that the last reading of a store found, as a workbook.
pub async fn drift_xlsx(app: &App, store: &store::Model, channel: &channel::Model) -> Result<Vec<u8>, Failure> {
    let found = match channel.reconcile_began_at {
        Some(run) => drifts::of_run(app.db.reader(), store.shop_id, store.id, run).await?,
        None => Vec::new(),
    };
    let ids: Vec<_> = found.iter().map(|row| row.store_sku_id).collect();
    let of = lines::by_ids(app.db.reader(), store.shop_id, &ids).await?;
    let mut rows: Rows = vec![HEADINGS.map(str::to_owned).to_vec()];
    for row in &found {
        let line = of.get(&row.store_sku_id);
        let text = |pick: &dyn Fn(&line::Model) -> Option<String>| line.and_then(pick).unwrap_or_default();
        rows.push(vec![
            text(&|line| Some(line.title.clone())),
            text(&|line| line.spec.clone()),
            text(&|line| line.sku_code.clone()),
            text(&|line| Some(line.external_item_id.clone())),
            text(&|line| Some(line.external_sku_id.clone())),
            row.shown.to_string(),
            row.wanted.to_string(),
            row.shown.saturating_sub(row.wanted).to_string(),
            wire(&row.mending),
        ]);
    }
    if let Some(at) = channel.reconciled_at {
        let said = at.with_timezone(&beijing()).format("%Y-%m-%d %H:%M").to_string();
        rows.push(vec![format!("核对时间 {said}")]);
    }
    tables::xlsx(rows, &AMOUNTS).await
}

/// A store that shows a SKU.
#[derive(Clone, Debug)]
pub struct ShownAt {
    /// The store.
    pub store: StoreId,
    /// Its name for people.
    pub name: String,
    /// The marketplace it is at.
    pub marketplace: String,
    /// What it shows, as far as is known.
    pub shown: Option<i64>,
}

/// Where each of some SKUs is shown.
pub async fn shown_where(app: &App, shop: ShopId, skus: &[SkuId]) -> Result<HashMap<SkuId, Vec<ShownAt>>, Failure> {
    let rows = lines::of_skus(app.db.reader(), shop, skus).await?;
    let mut found: HashMap<SkuId, Vec<ShownAt>> = HashMap::new();
    if rows.is_empty() {
        return Ok(found);
    }
    let known = stores::list(app.db.reader(), shop).await?;
    let known: HashMap<StoreId, store::Model> = known.into_iter().map(|row| (row.id, row)).collect();
    for row in rows {
        let (Some(sku), Some(store)) = (row.sku_id, known.get(&row.store_id)) else { continue };
        found.entry(sku).or_default().push(ShownAt {
            store: store.id,
            name: store.display_name.clone(),
            marketplace: store.marketplace.clone(),
            shown: row.shown,
        });
    }
    Ok(found)
}
