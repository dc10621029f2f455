//! What the operators' console calls: one file per resource.

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the console.
pub fn routes(_config: &mut ServiceConfig) {}
