//! Messages that the platforms push.

use gateways::marketplaces::{Capabilities, ErrorClass, HookCall, HookEvent, HookKind};
use sandbox::stores::{Purchase, StorePlatform};
use tokio::net::TcpListener;

use super::rows::Abroad;
use crate::messages::hear;

pub async fn a_push_is_understood(abroad: Abroad) {
    let (shape, stage) = abroad.set();
    let connector = stage.connector();
    let Some(hooks) = connector.hooks() else {
        assert!(!connector.descriptor().capabilities.has(Capabilities::HOOKS));
        return;
    };
    // eBay tells of accounts and consents alone; that is tested apart.
    if stage.row.platform == StorePlatform::Ebay {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hooks", listener.local_addr().unwrap());
    stage.stores().register_push(stage.row.platform, &address);
    let variant = stage.stores().items(&stage.store)[0].variants[0].number;
    let id = stage.stores().buy(&stage.store, &[(variant, 1)], &Purchase::default()).unwrap();
    let number = (shape.order_ids)(&stage.stores().order(&stage.store, &id).unwrap()).remove(0);
    let mut told: Vec<HookEvent> = Vec::new();
    while !told.iter().any(|event| event.kind == HookKind::Orders && event.topic == shape.paid_topic) {
        let heard = hear(&listener).await;
        let call = |body| HookCall {
            method: "POST",
            address: &address,
            query: &[],
            headers: &heard.headers,
            body,
            key: None,
            received_at: chrono::Utc::now(),
        };
        told.push(hooks.receive(&call(&heard.body)).unwrap());
        if shape.signs_messages {
            let forged = [heard.body.as_slice(), b" "].concat();
            assert_eq!(hooks.receive(&call(&forged)).unwrap_err().class, ErrorClass::BadSignature);
        }
    }
    let orders: Vec<&HookEvent> = told.iter().filter(|event| event.kind == HookKind::Orders).collect();
    assert!(orders.iter().all(|event| event.ids == [number.clone()]), "{orders:?}");
    assert!(told.iter().all(|event| event.account_id.as_deref() == Some(stage.row.seller)), "{told:?}");
}
