//! What must hold after every step: no unit is lost, doubled or made, no order is here twice, and no parcel
//! was told more often than it was sent.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use tuanqiao::areas::market_orders::entity::{line, order, shipment};
use tuanqiao::areas::orders::entity::{line as own_line, order as own_order};
use tuanqiao::areas::orders::state::OrderStatus;
use tuanqiao::areas::stock::query::imbalances;

use super::walk::Day;

impl Day {
    pub async fn always_holds(&self) {
        let (conn, shop) = (self.app.app.db.reader(), self.app.shop().id);
        assert_eq!(imbalances(conn, shop).await.unwrap(), [], "{}", self.story());
        self.every_unit_is_accounted_for().await;

        let orders = order::in_shop(shop).all(conn).await.unwrap();
        let numbers: BTreeSet<_> = orders.iter().map(|row| (row.store_id, &row.external_id)).collect();
        assert_eq!(numbers.len(), orders.len(), "an order is here twice\n{}", self.story());

        let rows = shipment::in_shop(shop).all(conn).await.unwrap();
        let sent: BTreeMap<&str, _> = rows.iter().map(|row| (row.tracking_no.as_str(), row)).collect();
        let mut seen = BTreeSet::new();
        for stall in &self.stalls {
            for there in self.app.wechat().stores().orders(stall.of()) {
                for parcel in &there.parcels {
                    assert!(sent.contains_key(parcel.number.as_str()), "{parcel:?} of {there:?}\n{}", self.story());
                    let first = seen.insert(parcel.number.clone());
                    assert!(first, "{} was told twice: {there:?}\n{}", parcel.number, self.story());
                }
                for row in &there.lines {
                    assert!(row.shipped <= row.quantity, "{there:?}\n{}", self.story());
                }
            }
        }
    }

    /// The pool is what came in, less what was sold here and what the stores' orders hold.
    async fn every_unit_is_accounted_for(&self) {
        let (conn, shop) = (self.app.app.db.reader(), self.app.shop().id);
        let mut left = self.brought.clone();
        for (sku, units) in self.sold_here().await {
            *left.entry(sku).or_default() -= units;
        }
        for row in line::in_shop(shop).all(conn).await.unwrap() {
            let whole = row.given_back >= 0 && row.given_back <= row.taken && row.taken - row.given_back <= row.wants;
            assert!(whole, "{row:?}\n{}", self.story());
            let Some(sku) = row.sku_id else { continue };
            *left.entry(sku).or_default() -= row.taken - row.given_back;
        }
        let free = self.free().await;
        assert!(free.values().all(|units| *units >= 0), "{free:?}");
        assert_eq!(free, left, "{}", self.story());
    }

    /// Units that the shop's own orders hold.
    pub async fn sold_here(&self) -> BTreeMap<kernel::id::SkuId, i64> {
        let (conn, shop) = (self.app.app.db.reader(), self.app.shop().id);
        let open = own_order::in_shop(shop).filter(own_order::Column::Status.ne(OrderStatus::Closed));
        let open: BTreeSet<_> = open.all(conn).await.unwrap().into_iter().map(|row| row.id).collect();
        let lines = own_line::Entity::find().filter(own_line::Column::ShopId.eq(shop)).all(conn).await.unwrap();
        let mut sold: BTreeMap<_, i64> = BTreeMap::new();
        for row in lines.iter().filter(|row| open.contains(&row.order_id)) {
            // What is given back is on sale again before the order is closed.
            *sold.entry(row.sku_id).or_default() += row.quantity - row.refunded_quantity;
        }
        sold
    }
}
