//! What the leader's pages of the mini-program call: one file per resource.

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route for leaders.
pub fn routes(_config: &mut ServiceConfig) {}
