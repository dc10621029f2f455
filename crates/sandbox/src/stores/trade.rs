//! What buyers do in stores, and the one thing that merchants do through the application: sending.

use super::hooks::Happening;
use super::keep::{StoreRefusal, Stores};
use super::orders::{OrderStage, ParcelNote, ParcelRefused, RefundStage, StoreOrder, StoreOrderLine};
use super::{StoreRef, people};
use crate::state::SandboxState;

/// How something is bought.
#[derive(Debug, Clone, Default)]
pub struct Purchase {
    /// Leaves the order unpaid.
    pub unpaid: bool,
    /// What the buyer writes.
    pub note: String,
    /// Postage in minor units.
    pub postage_minor: i64,
    /// Taken off the whole order.
    pub discount_minor: i64,
}

impl Stores {
    /// A buyer of the platform buys variants; they leave the store's own stock at once. Answers the
    /// order's number. Whether the merchant still has them elsewhere is nothing the platform knows.
    pub fn buy(&self, store: &StoreRef, basket: &[(u64, i64)], purchase: &Purchase) -> Result<String, StoreRefusal> {
        let now = self.0.clock().wall();
        let (id, items) = {
            let mut world = self.0.world();
            let seq = world.next_number();
            let found = world.stores.store_mut(store).ok_or(StoreRefusal::NoStore)?;
            let mut lines: Vec<StoreOrderLine> = Vec::new();
            for (place, (variant, quantity)) in (1..).zip(basket) {
                let (item, sold) = found.shelf.variant(*variant).ok_or(StoreRefusal::NoItem)?;
                let earlier: i64 = lines.iter().filter(|line| line.variant == *variant).map(|line| line.quantity).sum();
                if *quantity <= 0 || sold.quantity - earlier < *quantity || !item.on_sale || !sold.on_sale {
                    return Err(StoreRefusal::SoldOut);
                }
                lines.push(StoreOrderLine {
                    key: store.platform.first_item() / 10 + seq * 100 + place,
                    item: item.number,
                    variant: *variant,
                    code: sold.code.clone(),
                    title: item.title.clone(),
                    specs: sold.specs.clone(),
                    picture: item.pictures.first().copied().unwrap_or(1),
                    quantity: *quantity,
                    price_minor: sold.price_minor,
                    shipped: 0,
                });
            }
            if lines.is_empty() {
                return Err(StoreRefusal::NoItem);
            }
            for line in &lines {
                let taken = found.shelf.add_quantity(line.variant, -line.quantity, now);
                taken.map_err(|_| StoreRefusal::SoldOut)?;
            }
            let (buyer, receiver) = people::buyer(seq, store.platform.is_chinese());
            let items: Vec<u64> = lines.iter().map(|line| line.item).collect();
            let order = StoreOrder {
                id: store.platform.order_id(seq, now),
                seq,
                stage: OrderStage::Unpaid,
                refund: RefundStage::None,
                held: false,
                site: store.site.clone(),
                buyer,
                note: purchase.note.clone(),
                receiver,
                lines,
                currency: found.currency.clone(),
                postage_minor: purchase.postage_minor,
                discount_minor: purchase.discount_minor,
                parcels: Vec::new(),
                created_at: now,
                paid_at: None,
                shipped_at: None,
                ended_at: None,
                changed_at: now,
            };
            let id = order.id.clone();
            found.orders.insert(id.clone(), order);
            (id, items)
        };
        self.tell(store, Happening::OrderPlaced, &id);
        for item in items {
            self.tell(store, Happening::StockChanged, &item.to_string());
        }
        if !purchase.unpaid {
            self.pay(store, &id)?;
        }
        Ok(id)
    }

    /// The buyer pays.
    pub fn pay(&self, store: &StoreRef, id: &str) -> Result<(), StoreRefusal> {
        self.moves(store, id, Happening::OrderPaid, |order, now| {
            if order.stage != OrderStage::Unpaid {
                return Err(StoreRefusal::WrongState);
            }
            order.moves(OrderStage::Paid, now);
            Ok(false)
        })
    }

    /// The order is cancelled before it is sent; its pieces go back into the store's stock.
    pub fn cancel(&self, store: &StoreRef, id: &str) -> Result<(), StoreRefusal> {
        self.moves(store, id, Happening::OrderCancelled, |order, now| {
            if !matches!(order.stage, OrderStage::Unpaid | OrderStage::Paid) {
                return Err(StoreRefusal::WrongState);
            }
            if order.stage == OrderStage::Paid {
                order.refund = RefundStage::Refunded;
            }
            order.moves(OrderStage::Cancelled, now);
            Ok(true)
        })
    }

    /// The buyer confirms that he has it.
    pub fn receive(&self, store: &StoreRef, id: &str) -> Result<(), StoreRefusal> {
        self.moves(store, id, Happening::OrderDone, |order, now| {
            if order.stage != OrderStage::Shipped {
                return Err(StoreRefusal::WrongState);
            }
            order.moves(OrderStage::Done, now);
            Ok(false)
        })
    }

    /// The buyer asks for his money.
    pub fn ask_refund(&self, store: &StoreRef, id: &str) -> Result<(), StoreRefusal> {
        self.moves(store, id, Happening::RefundAsked, |order, now| {
            if matches!(order.stage, OrderStage::Unpaid | OrderStage::Cancelled) {
                return Err(StoreRefusal::WrongState);
            }
            order.refund = RefundStage::Asked;
            order.changed_at = now.max(order.changed_at);
            Ok(false)
        })
    }

    /// The buyer gets his money, whole, or his asking ends without it.
    pub fn end_refund(&self, store: &StoreRef, id: &str, granted: bool) -> Result<(), StoreRefusal> {
        let what = if granted { Happening::OrderCancelled } else { Happening::OrderChanged };
        self.moves(store, id, what, |order, now| {
            if order.refund != RefundStage::Asked {
                return Err(StoreRefusal::WrongState);
            }
            let unsent = order.stage == OrderStage::Paid;
            order.refund = if granted { RefundStage::Refunded } else { RefundStage::None };
            order.changed_at = now.max(order.changed_at);
            if granted {
                order.moves(OrderStage::Cancelled, now);
            }
            Ok(granted && unsent)
        })
    }

    /// The platform's risk control holds an order, or lets it go.
    pub fn hold(&self, store: &StoreRef, id: &str, held: bool) -> Result<(), StoreRefusal> {
        self.moves(store, id, Happening::OrderChanged, |order, now| {
            order.held = held;
            order.changed_at = now.max(order.changed_at);
            Ok(false)
        })
    }

    /// Changes an order; `change` says whether its pieces go back into stock.
    fn moves(
        &self,
        store: &StoreRef,
        id: &str,
        what: Happening,
        change: impl FnOnce(&mut StoreOrder, i64) -> Result<bool, StoreRefusal>,
    ) -> Result<(), StoreRefusal> {
        let now = self.0.clock().wall();
        {
            let mut world = self.0.world();
            let found = world.stores.store_mut(store).ok_or(StoreRefusal::NoStore)?;
            let order = found.orders.get_mut(id).ok_or(StoreRefusal::NoOrder)?;
            if change(order, now)? {
                for line in &order.lines {
                    // An item that is gone meanwhile takes nothing back.
                    let _ = found.shelf.add_quantity(line.variant, line.quantity, now);
                }
            }
        }
        self.tell(store, what, id);
        Ok(())
    }
}

impl SandboxState {
    /// A merchant's parcel, as his application reports it.
    pub(crate) fn store_ships(&self, store: &StoreRef, id: &str, note: &ParcelNote<'_>) -> Result<(), ParcelRefused> {
        let now = self.clock().wall();
        {
            let mut world = self.world();
            let found = world.stores.store_mut(store).ok_or(ParcelRefused::NoOrder)?;
            found.orders.get_mut(id).ok_or(ParcelRefused::NoOrder)?.ship(note, now)?;
        }
        self.stores().tell(store, Happening::OrderSent, id);
        Ok(())
    }

    /// A merchant's stock, as his application sets it (`full`) or changes it.
    pub(crate) fn store_stocks(
        &self,
        store: &StoreRef,
        variant: u64,
        quantity: i64,
        full: bool,
    ) -> Result<i64, super::goods::StockRefused> {
        let now = self.clock().wall();
        let item = {
            let mut world = self.world();
            let found = world.stores.store_mut(store).ok_or(super::goods::StockRefused::NoVariant)?;
            match full {
                true => found.shelf.set_quantity(variant, quantity, now)?,
                false => found.shelf.add_quantity(variant, quantity, now)?,
            };
            found.shelf.item_of_variant(variant).map_or(0, |item| item.number)
        };
        self.stores().tell(store, Happening::StockChanged, &item.to_string());
        Ok(self.stores().shown(store, variant).unwrap_or(0))
    }
}
