//! The units that platforms have sold, as the platforms themselves tell it.

use std::collections::BTreeMap;

use kernel::id::SkuId;
use sandbox::stores::{OrderStage, StoreOrder, StoreOrderLine, StorePlatform as P};
use tuanqiao::areas::market_orders::entity::{line, order, shipment};
use tuanqiao::areas::market_orders::shipments::packed;
use tuanqiao::areas::market_orders::state::{EndedBy, RemoteState};

use super::walk::Day;

/// The shop's own view of all orders of stores.
pub struct Here {
    pub orders: Vec<order::Model>,
    pub lines: Vec<line::Model>,
    pub shipments: Vec<shipment::Model>,
}

impl Here {
    pub async fn read(day: &Day) -> Self {
        let (conn, shop) = (day.app.app.db.reader(), day.app.shop().id);
        Self {
            orders: order::in_shop(shop).all(conn).await.unwrap(),
            lines: line::in_shop(shop).all(conn).await.unwrap(),
            shipments: shipment::in_shop(shop).all(conn).await.unwrap(),
        }
    }

    pub fn lines_of(&self, order: &order::Model) -> impl Iterator<Item = &line::Model> {
        let id = order.id;
        self.lines.iter().filter(move |row| row.order_id == id)
    }

    /// The parcels of an order, without corrections.
    pub fn parcels_of(&self, order: &order::Model) -> impl Iterator<Item = &shipment::Model> {
        let id = order.id;
        self.shipments.iter().filter(move |row| row.order_id == id && row.corrects.is_none())
    }

    /// Pieces that operators sent, by SKU.
    fn sent(&self, order: &order::Model) -> BTreeMap<SkuId, i64> {
        let mut sent: BTreeMap<_, i64> = BTreeMap::new();
        for parcel in self.parcels_of(order) {
            for piece in packed(parcel).unwrap() {
                let row = self.lines_of(order).find(|row| row.line_key == piece.line_key).unwrap();
                *sent.entry(row.sku_id.unwrap()).or_default() += piece.quantity;
            }
        }
        sent
    }
}

/// Pieces by SKU of an order as its platform has it.
pub fn pieces(
    there: &StoreOrder,
    ties: &BTreeMap<u64, SkuId>,
    of: impl Fn(&StoreOrderLine) -> i64,
) -> BTreeMap<SkuId, i64> {
    let mut pieces: BTreeMap<_, i64> = BTreeMap::new();
    for row in &there.lines {
        *pieces.entry(ties[&row.variant]).or_default() += of(row);
    }
    pieces
}

/// Units that an order shall hold in the end: what was paid and neither given back before it was sent nor
/// ended by an operator.
pub fn held(
    platform: P,
    there: &StoreOrder,
    ties: &BTreeMap<u64, SkuId>,
    here: &Here,
    order: Option<&order::Model>,
) -> BTreeMap<SkuId, i64> {
    let ended_here = order.is_some_and(|order| order.ended_by == Some(EndedBy::Operator));
    let unknown = order.is_some_and(|order| order.remote_state == RemoteState::Unknown);
    let sold = match there.stage {
        OrderStage::Unpaid => false,
        // Unless the account says so, the ERP's number of a paid order is unknown, and it holds nothing.
        OrderStage::Paid if platform == P::Wanliniu && unknown => false,
        OrderStage::Paid | OrderStage::PartShipped | OrderStage::Shipped | OrderStage::Done => !ended_here,
        OrderStage::Cancelled => false,
    };
    if sold {
        return pieces(there, ties, |row| row.quantity);
    }
    let mut gone = pieces(there, ties, |row| row.shipped);
    if let Some(order) = order {
        for (sku, units) in here.sent(order) {
            let most = gone.entry(sku).or_default();
            *most = units.max(*most);
        }
    }
    gone
}
