//! The world of stores, without any platform's wire.

use sandbox::stores::{Filling, OrderStage, Purchase, RefundStage, StorePlatform, StoreRef, StoreRefusal};
use sandbox::{SandboxConfig, SandboxKeys, SandboxState};

fn world() -> (SandboxState, StoreRef) {
    let state = SandboxState::new(SandboxConfig::new(SandboxKeys::generate().unwrap())).unwrap();
    let store = StoreRef::new(StorePlatform::Pinduoduo, "880012345");
    state.stores().open(&store, "邻里鲜生");
    state.stores().fill(&store, &Filling::of(20)).unwrap();
    (state, store)
}

#[test]
fn what_a_buyer_buys_leaves_the_stores_stock_and_a_cancellation_brings_it_back() {
    let (state, store) = world();
    let stores = state.stores();
    let variant = stores.items(&store)[2].variants[0].number;
    stores.set_quantity(&store, variant, 5).unwrap();
    let id = stores.buy(&store, &[(variant, 3)], &Purchase::default()).unwrap();
    assert_eq!(stores.shown(&store, variant), Some(2));
    assert_eq!(stores.order(&store, &id).unwrap().stage, OrderStage::Paid);
    assert_eq!(stores.buy(&store, &[(variant, 3)], &Purchase::default()), Err(StoreRefusal::SoldOut));
    assert_eq!(stores.buy(&store, &[(variant, 1), (variant, 2)], &Purchase::default()), Err(StoreRefusal::SoldOut));
    assert_eq!(stores.receive(&store, &id), Err(StoreRefusal::WrongState));
    stores.cancel(&store, &id).unwrap();
    assert_eq!(stores.shown(&store, variant), Some(5));
    assert_eq!(stores.cancel(&store, &id), Err(StoreRefusal::WrongState));
}

#[test]
fn an_asked_refund_is_granted_or_refused_once() {
    let (state, store) = world();
    let stores = state.stores();
    let variant = stores.items(&store)[3].variants[0].number;
    let id = stores.buy(&store, &[(variant, 1)], &Purchase::default()).unwrap();
    stores.ask_refund(&store, &id).unwrap();
    stores.end_refund(&store, &id, false).unwrap();
    assert_eq!(stores.end_refund(&store, &id, true), Err(StoreRefusal::WrongState));
    stores.ask_refund(&store, &id).unwrap();
    stores.end_refund(&store, &id, true).unwrap();
    let order = stores.order(&store, &id).unwrap();
    assert_eq!((order.stage, order.refund), (OrderStage::Cancelled, RefundStage::Refunded));
}

#[test]
fn stores_are_found_again_after_a_restart() {
    let folder = std::env::temp_dir().join(format!("sandbox-stores-{}", std::process::id()));
    let keys = SandboxKeys::generate().unwrap();
    let config = || SandboxConfig { data_file: Some(folder.join("world.json")), ..SandboxConfig::new(keys.clone()) };
    let store = StoreRef::new(StorePlatform::Amazon, "A1SELLER").on("US");
    let (id, items) = {
        let state = SandboxState::new(config()).unwrap();
        state.stores().open(&store, "Neighbours");
        state.stores().fill(&store, &Filling::of(1_000)).unwrap();
        let variant = state.stores().items(&store)[7].variants[0].number;
        let id = state.stores().buy(&store, &[(variant, 1)], &Purchase::default()).unwrap();
        state.save().unwrap();
        (id, state.stores().items(&store))
    };
    let state = SandboxState::new(config()).unwrap();
    assert!(state.stores().items(&store) == items);
    assert_eq!(state.stores().order(&store, &id).unwrap().currency, "USD");
    std::fs::remove_dir_all(folder).unwrap();
}
