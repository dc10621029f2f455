//! The carrier of a parcel in the platform's own words.

use chrono::Duration;
use gateways::marketplaces::{COMMON_CARRIERS, Priority, RemoteCarrier, carrier_of};
use kernel::Failure;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::app::{App, Store};
use crate::areas::market_accounts::MarketError;
use crate::areas::market_accounts::rules::storable;
use crate::areas::market_orders::entity::order;
use crate::areas::market_orders::{MarketOrderError, query, shipments};

/// How long a platform's list is good.
const LIFE: Duration = Duration::days(1);

/// A carrier as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    id: String,
    code: Option<String>,
    name: String,
}

/// The platform's carrier for the word an operator gave.
///
/// # Errors
/// `market_order.carrier_unknown` with the platform's list; `marketplace.unavailable` when it cannot be had.
pub(super) async fn resolve(
    app: &App,
    store: &Store,
    order: &order::Model,
    carrier: &str,
) -> Result<RemoteCarrier, Failure> {
    let known = match known(app, store, order).await? {
        // It takes the codes everybody knows, and names too.
        none if none.is_empty() => common(),
        known => known,
    };
    // A platform's own id is clear enough.
    let exact = known.iter().find(|one| one.id == carrier);
    exact.or_else(|| carrier_of(carrier, &known)).cloned().ok_or_else(|| {
        let list: Vec<_> = known.iter().map(|one| json!({ "id": one.id, "name": one.name })).collect();
        MarketOrderError::CarrierUnknown(json!(list)).into()
    })
}

/// A carrier for a parcel that no platform hears of: as the operator says.
pub(super) fn as_said(carrier: &str) -> RemoteCarrier {
    let said = RemoteCarrier { id: carrier.to_owned(), code: None, name: carrier.to_owned() };
    carrier_of(carrier, &common()).cloned().unwrap_or(said)
}

fn common() -> Vec<RemoteCarrier> {
    let one = |code: &str, name: &str| RemoteCarrier {
        id: code.to_owned(),
        code: Some(code.to_owned()),
        name: name.to_owned(),
    };
    COMMON_CARRIERS.iter().map(|carrier| one(carrier.code, carrier.names.first().unwrap_or(&carrier.code))).collect()
}

/// What the platform knows: as kept for a day, and longer while it cannot be asked.
async fn known(app: &App, store: &Store, order: &order::Model) -> Result<Vec<RemoteCarrier>, Failure> {
    let wall = app.clock.wall();
    let row = query::carriers(app.db.reader(), order.store_id).await?;
    let kept = row.as_ref().and_then(|row| serde_json::from_value::<Vec<Kept>>(row.carriers.clone()).ok());
    let kept = kept.map(|list| list.into_iter().map(remote).collect::<Vec<_>>());
    if let (Some(row), Some(kept)) = (&row, &kept)
        && row.read_at + LIFE > wall
    {
        return Ok(kept.clone());
    }
    let channel = store.channel.clone().with_priority(Priority::Person);
    match store.market.hurried.carriers(&channel).await {
        Ok(told) => {
            let list: Vec<Kept> = told.iter().map(keep).collect();
            app.db.write(async |tx| Ok(shipments::keep_carriers(tx, order, json!(list), wall).await?)).await?;
            Ok(told)
        }
        Err(error) => {
            tracing::warn!(store = %order.store_id, %error, "a platform's carriers could not be read");
            let marketplace = store.market.descriptor.id.to_owned();
            Ok(kept.ok_or(MarketError::Unavailable { marketplace })?)
        }
    }
}

fn keep(carrier: &RemoteCarrier) -> Kept {
    let word = |text: &str| storable(text, 200);
    Kept { id: word(&carrier.id), code: carrier.code.as_deref().map(word), name: word(&carrier.name) }
}

fn remote(kept: Kept) -> RemoteCarrier {
    RemoteCarrier { id: kept.id, code: kept.code, name: kept.name }
}
