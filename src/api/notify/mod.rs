//! What platforms call: raw body, signature first.

mod market;
mod wechat_message;
mod wechat_pay;

use actix_web::web::ServiceConfig;

/// Every callback.
pub fn routes(config: &mut ServiceConfig) {
    config.service(wechat_pay::notified).service(wechat_message::verified).service(wechat_message::pushed);
    config.service(market::asked).service(market::pushed);
}
