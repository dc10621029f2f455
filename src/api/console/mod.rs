//! What the operators' console calls: one file per resource.

mod session;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the console.
pub fn routes(config: &mut ServiceConfig) {
    config.configure(session::routes);
}
