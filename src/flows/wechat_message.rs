//! What WeChat pushes about the mini-program is kept once, and what follows from it is written with it.

use gateways::wechat::PushMessage;
use kernel::Failure;
use kernel::crypto::digest::sha256_hex;

use crate::app::App;
use crate::areas::payments::service::{self, Kept};
use crate::areas::shops::query::Shop;
use crate::flows::shipping;

/// A key longer than this, or of odd characters, is kept by its digest: an index takes no more.
const KEY_MAX: usize = 200;

/// Keeps the message, once however often it is delivered, and writes down what follows from it. What
/// is to be sent because of it is left to the outbox, because WeChat waits five seconds at most.
pub async fn keep(app: &App, shop: &Shop, message: &PushMessage) -> Result<(), Failure> {
    let plain = message.key.len() <= KEY_MAX && !message.key.chars().any(char::is_control);
    let key = if plain { message.key.clone() } else { sha256_hex(message.key.as_bytes()) };
    let fresh = app
        .db
        .write(async |tx| {
            let detail = Some(message.content.to_string());
            let kept = Kept { kind: "message", key: key.clone(), platform_id: "", outcome: "received", detail };
            let fresh = service::keep_notice(tx, shop.id, kept, app.clock.wall()).await?;
            if fresh {
                shipping::heard(tx, shop, message, (app.clock.now(), app.clock.wall())).await?;
            }
            Ok(fresh)
        })
        .await?;
    app.bell.ring();
    tracing::info!(shop = %shop.id, fresh, kind = message.msg_type, event = ?message.event, "a message was pushed");
    Ok(())
}
