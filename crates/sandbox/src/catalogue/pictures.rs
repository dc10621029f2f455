//! Pictures of listings: a coloured square with a symbol and the name.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path};

use crate::state::SandboxState;

/// Adds `/pictures/{number}.svg`.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service.route("/pictures/{number}.svg", web::get().to(picture));
}

async fn picture(state: Data<SandboxState>, number: Path<u64>) -> HttpResponse {
    let found = state.0.catalogue.iter().find(|listing| listing.number == *number);
    let Some(listing) = found else {
        return HttpResponse::NotFound().finish();
    };
    let svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400">
<rect width="400" height="400" fill="{colour}"/><circle cx="200" cy="170" r="120" fill="#ffffff" opacity="0.16"/>
<text x="200" y="215" font-size="130" text-anchor="middle">{symbol}</text>
<text x="200" y="345" font-size="34" fill="#ffffff" text-anchor="middle" font-family="sans-serif">{name}</text></svg>"##,
        colour = listing.category.colour,
        symbol = listing.category.symbol,
        name = listing.kind_name(),
    );
    HttpResponse::Ok().content_type("image/svg+xml").insert_header(("Cache-Control", "public, max-age=86400")).body(svg)
}

impl SandboxState {
    /// `//host:port/pictures/{number}.svg`, without a scheme.
    pub(crate) fn picture_url(&self, number: u64) -> String {
        let base = self.0.base_url.get().map_or("//127.0.0.1", String::as_str);
        format!("{}/pictures/{number}.svg", base.trim_start_matches("http:"))
    }
}
