//! Where WeChat's shipping messages and its order centre lead. Set once, when a shop goes live.

use gateways::wechat::WechatError;

use crate::app::App;
use crate::areas::shops::query::Shop;
use crate::flows::wechat_tokens;

/// Sets the page of messages, and of orders in the order centre; what is not given stays.
pub async fn set_pages(
    app: &App,
    shop: &Shop,
    messages: Option<&str>,
    orders: Option<&str>,
) -> Result<(), WechatError> {
    let clients = app.clients.of(shop);
    if let Some(path) = messages {
        let call = async |token: String| clients.miniprogram.set_message_page(&token, path).await;
        wechat_tokens::with_token(app, shop, call).await?;
    }
    if let Some(path) = orders {
        let call = async |token: String| clients.miniprogram.set_order_page(&token, path).await;
        wechat_tokens::with_token(app, shop, call).await?;
    }
    Ok(())
}
