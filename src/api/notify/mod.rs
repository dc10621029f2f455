//! What platforms call: raw body, signature first.

use actix_web::web::ServiceConfig;

/// Every callback.
pub fn routes(_config: &mut ServiceConfig) {}
