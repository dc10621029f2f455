//! Pictures of listings: a coloured square with a symbol and the name.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path};

use super::{Dice, listing};
use crate::state::SandboxState;
use crate::wechat::png;

/// Adds `/pictures/{number}.svg`.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service
        .route("/pictures/{number}.svg", web::get().to(picture))
        .route("/pictures/{number}.png", web::get().to(photograph));
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

/// The picture of a store's goods: of a kind that every shop takes, and of every listing there could be.
async fn photograph(number: Path<u64>) -> HttpResponse {
    let Some(listing) = listing(*number) else {
        return HttpResponse::NotFound().finish();
    };
    HttpResponse::Ok()
        .content_type("image/png")
        .insert_header(("Cache-Control", "public, max-age=86400"))
        .body(painted(listing.category.colour, *number))
}

/// A square in `colour` (`#rrggbb`) with a lighter disc whose place the number decides.
fn painted(colour: &str, number: u64) -> Vec<u8> {
    const SIDE: u32 = 160;
    let part = |from: usize| u8::from_str_radix(colour.get(from..from + 2).unwrap_or("80"), 16).unwrap_or(0x80);
    let ground = [part(1), part(3), part(5)];
    let disc = ground.map(|part| part.saturating_add(60));
    let mut dice = Dice::of(number);
    let (x, y, radius) = (dice.between(50, 110), dice.between(50, 110), dice.between(25, 60));
    let is_in = move |column: i64, row: i64| (column - x).pow(2) + (row - y).pow(2) < radius.pow(2);
    png::painted(SIDE, |column, row| if is_in(column, row) { disc } else { ground })
}

impl SandboxState {
    /// The whole address of a picture of a store's goods.
    pub(crate) fn photograph_url(&self, number: u64) -> String {
        let base = self.0.base_url.get().map_or("http://127.0.0.1", String::as_str);
        format!("{base}/pictures/{number}.png")
    }

    /// `//host:port/pictures/{number}.svg`, without a scheme.
    pub(crate) fn picture_url(&self, number: u64) -> String {
        let base = self.0.base_url.get().map_or("//127.0.0.1", String::as_str);
        format!("{}/pictures/{number}.svg", base.trim_start_matches("http:"))
    }
}
