//! Messages that the platform pushes.

use gateways::marketplaces::{Capabilities, ErrorClass, HookCall, HookEvent, HookKind};
use sandbox::stores::{Purchase, StoreOrder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::stage::Stage;

/// One request as it was sent.
pub struct Heard {
    /// Path and query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

pub async fn hear(listener: &TcpListener) -> Heard {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut seen = Vec::new();
    loop {
        let mut chunk = [0_u8; 4096];
        let read = stream.read(&mut chunk).await.unwrap();
        seen.extend_from_slice(&chunk[..read]);
        let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&seen[..end]).into_owned();
        let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let headers: Vec<(String, String)> = head.lines().skip(1).filter_map(header).collect();
        let length =
            headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
        if seen.len() >= end + 4 + length {
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\nsuccess";
            stream.write_all(answer.as_bytes()).await.unwrap();
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            return Heard { path, headers, body: seen[end + 4..].to_vec() };
        }
    }
}

pub async fn a_push_is_understood(stage: Stage) {
    let (topic, signs) = (stage.row.paid_topic(), stage.row.signs_messages());
    understands(&stage, signs, |order| order.id.clone(), |said| said.contains(topic)).await;
}

/// Listens until an order was paid, by the topic of that; every message names what it is about, and none
/// stands that was changed on its way.
pub async fn understands(
    stage: &Stage,
    signs: bool,
    order_id: impl Fn(&StoreOrder) -> String,
    is_paid: impl Fn(&str) -> bool,
) {
    let connector = stage.connector();
    let Some(hooks) = connector.hooks() else {
        assert!(!connector.descriptor().capabilities.has(Capabilities::HOOKS));
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hooks", listener.local_addr().unwrap());
    stage.stores().register_push(stage.row.platform, &address);
    let variant = stage.stores().items(&stage.store)[0].variants[0].number;
    let id = stage.stores().buy(&stage.store, &[(variant, 1)], &Purchase::default()).unwrap();
    let number = order_id(&stage.stores().order(&stage.store, &id).unwrap());
    let mut told: Vec<HookEvent> = Vec::new();
    while !told.iter().any(|event| event.kind == HookKind::Orders && is_paid(&event.topic)) {
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
        if signs {
            let forged = [heard.body.as_slice(), b" "].concat();
            assert_eq!(hooks.receive(&call(&forged)).unwrap_err().class, ErrorClass::BadSignature);
        }
    }
    let orders: Vec<&HookEvent> = told.iter().filter(|event| event.kind == HookKind::Orders).collect();
    assert!(orders.iter().all(|event| event.ids == [number.clone()]), "{orders:?}");
    assert!(told.iter().all(|event| event.account_id.as_deref() == Some(stage.row.seller)), "{told:?}");
}
