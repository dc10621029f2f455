//! What platforms call: raw body, signature first.

mod wechat_pay;

use actix_web::web::ServiceConfig;

/// Every callback.
pub fn routes(config: &mut ServiceConfig) {
    config.service(wechat_pay::notified);
}
