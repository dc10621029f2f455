//! Which orders an operator sees: those of stores that are bound to him for orders.

use kernel::Failure;
use kernel::id::{MarketOrderId, StoreId};
use kernel::page::{Page, PageRequest};

use crate::app::App;
use crate::areas::market_orders::MarketOrderError;
use crate::areas::market_orders::entity::{event, line, order, shipment};
use crate::areas::market_orders::query::{self, Wanted};
use crate::areas::stores::StoreError;
use crate::areas::stores::entity::store;
use crate::areas::stores::state::Duty;
use crate::flows::stores::{self, Sight};

/// An order with all that belongs to it.
#[derive(Clone, Debug)]
pub struct Whole {
    /// The order.
    pub order: order::Model,
    /// Its lines.
    pub lines: Vec<line::Model>,
    /// Its timeline.
    pub events: Vec<event::Model>,
    /// Its parcels.
    pub shipments: Vec<shipment::Model>,
}

/// The orders that an operator sees, newest first, each with its lines; `stores` names wishes.
///
/// # Errors
/// `store.not_found` for a store that is not his.
pub async fn list(
    app: &App,
    who: Sight,
    store: Option<StoreId>,
    mut wanted: Wanted,
    page: &PageRequest,
) -> Result<(Page<order::Model>, Vec<store::Model>), Failure> {
    let mut seen = stores::all_of(app, who, Some(Duty::Orders)).await?;
    if let Some(store) = store {
        seen.retain(|row| row.id == store);
        if seen.is_empty() {
            return Err(StoreError::NotFound.into());
        }
    }
    wanted.stores = seen.iter().map(|row| row.id).collect();
    Ok((query::list(app.db.reader(), who.shop, &wanted, page).await?, seen))
}

/// One order, if the operator may see it.
///
/// # Errors
/// `market_order.not_found`, also for one that exists and is not his.
pub async fn one(app: &App, who: Sight, id: MarketOrderId) -> Result<(order::Model, store::Model), Failure> {
    let order = query::by_id(app.db.reader(), who.shop, id).await?;
    match stores::one(app, who, order.store_id, Some(Duty::Orders)).await {
        Ok(store) => Ok((order, store)),
        Err(failure) if failure.code() == kernel::Code::StoreNotFound => Err(MarketOrderError::NotFound.into()),
        Err(failure) => Err(failure),
    }
}

impl Whole {
    /// Everything about an order.
    pub async fn of(conn: &impl sea_orm::ConnectionTrait, order: order::Model) -> Result<Self, Failure> {
        let lines = query::lines(conn, order.id).await?;
        let events = query::events(conn, order.id).await?;
        let shipments = query::shipments(conn, order.id).await?;
        Ok(Self { order, lines, events, shipments })
    }
}
