//! What operators say about a store's stock.

use kernel::Failure;
use kernel::id::{OperatorId, StoreSkuId};
use serde_json::json;

use super::{open_one, takes_stock};
use crate::app::App;
use crate::areas::channels::entity::{channel, line};
use crate::areas::channels::{ChannelError, PushRule, channels, lines};
use crate::areas::operators::audit;
use crate::areas::stores::entity::store;

/// A store's channel, opened if nobody told the store anything yet; `None`: its platform takes no stock.
pub async fn channel_of(app: &App, row: &store::Model) -> Result<Option<channel::Model>, Failure> {
    if !takes_stock(&row.marketplace) {
        return Ok(None);
    }
    if let Some(known) = channels::of_store(app.db.reader(), row.id).await? {
        return Ok(Some(known));
    }
    open_one(app, row).await?;
    Ok(channels::of_store(app.db.reader(), row.id).await?)
}

/// Gives a store another rule; it is told within seconds.
///
/// # Errors
/// `channel.no_stock`; `validation.failed`.
pub async fn set_rule(
    app: &App,
    by: OperatorId,
    row: &store::Model,
    rule: &PushRule,
) -> Result<channel::Model, Failure> {
    rule.check("")?;
    let none = || ChannelError::NoStock(row.marketplace.clone());
    channel_of(app, row).await?.ok_or_else(none)?;
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            channels::set_rule(tx, row.id, rule, now).await?;
            audit::note(tx, row.shop_id, by, "stock_rule.set", row.id, rule.stored(), now).await?;
            Ok(())
        })
        .await?;
    let known = channels::of_store(app.db.reader(), row.id).await?;
    Ok(known.ok_or_else(none)?)
}

/// Gives one variant a rule of its own, or with `None` the store's again.
///
/// # Errors
/// `channel.line_not_found`; `validation.failed`.
pub async fn set_line_rule(
    app: &App,
    by: OperatorId,
    row: &store::Model,
    id: StoreSkuId,
    rule: Option<&PushRule>,
) -> Result<line::Model, Failure> {
    if let Some(rule) = rule {
        rule.check("rule.")?;
    }
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let line = lines::one(tx, row.shop_id, row.id, id).await?;
            lines::set_rule(tx, &line, rule, now).await?;
            let said = json!({ "store_sku_id": id, "rule": rule.map(PushRule::stored) });
            audit::note(tx, row.shop_id, by, "stock_rule.set_line", row.id, said, now).await?;
            Ok(lines::one(tx, row.shop_id, row.id, id).await?)
        })
        .await
}

/// Tells refused and given up lines again: all of a store's, or those named. Says how many.
pub async fn replay(
    app: &App,
    by: OperatorId,
    row: &store::Model,
    named: Option<&[StoreSkuId]>,
) -> Result<u64, Failure> {
    let now = app.clock.now();
    app.db
        .write(async |tx| {
            let count = lines::replay(tx, row.shop_id, row.id, named, now).await?;
            audit::note(tx, row.shop_id, by, "stock.replay", row.id, json!({ "lines": count }), now).await?;
            Ok(count)
        })
        .await
}
