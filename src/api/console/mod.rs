//! What the operators' console calls: one file per resource.

mod leader_applications;
mod leader_levels;
mod leaders;
mod operators;
mod pickup_points;
mod session;
mod settings;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the console.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(leader_applications::routes)
        .configure(leader_levels::routes)
        .configure(leaders::routes)
        .configure(operators::routes)
        .configure(pickup_points::routes)
        .configure(session::routes)
        .configure(settings::routes);
}
