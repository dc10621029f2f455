//! The control API under `/_sandbox/` and the control page at `/`.
//!
//! For developers, the guided tour and tests over HTTP: the user at the phone, the clock, faults and
//! forgeries. It is not part of any platform and is neither signed nor protected: a sandbox listens
//! on a loopback address.

mod abroad;
mod bills;
mod complaints;
mod market;
mod money;
mod notices;
mod overview;
mod payouts;
mod people;
mod stores;

use actix_web::HttpResponse;
use actix_web::web;
use serde_json::json;

/// Adds the control API and its page.
pub(crate) fn routes(service: &mut web::ServiceConfig) {
    service
        .route("/", web::get().to(overview::page))
        .route("/_sandbox/overview", web::get().to(overview::overview))
        .route("/_sandbox/clock", web::get().to(overview::clock))
        .route("/_sandbox/clock", web::post().to(overview::advance))
        .route("/_sandbox/reset", web::post().to(overview::reset))
        .route("/_sandbox/log", web::get().to(overview::log))
        .route("/_sandbox/faults", web::get().to(overview::faults))
        .route("/_sandbox/faults", web::post().to(overview::add_fault))
        .route("/_sandbox/faults", web::delete().to(overview::clear_faults))
        .route("/_sandbox/merchants", web::get().to(people::merchants))
        .route("/_sandbox/users", web::get().to(people::users))
        .route("/_sandbox/login-code", web::post().to(people::login_code))
        .route("/_sandbox/grants", web::post().to(people::grant))
        .route("/_sandbox/messages", web::get().to(people::messages))
        .route("/_sandbox/push", web::post().to(people::push))
        .route("/_sandbox/tokens/expire", web::post().to(people::expire_tokens))
        .route("/_sandbox/shipments", web::get().to(people::shipments))
        .route("/_sandbox/shipments/{transaction_id}/confirm", web::post().to(people::confirm_receipt))
        .route("/_sandbox/orders", web::get().to(money::orders))
        .route("/_sandbox/pay", web::post().to(money::pay))
        .route("/_sandbox/refunds", web::get().to(money::refunds))
        .route("/_sandbox/refunds/{out_refund_no}/settle", web::post().to(money::settle_refund))
        .route("/_sandbox/books", web::get().to(money::books))
        .route("/_sandbox/top-up", web::post().to(money::top_up))
        .route("/_sandbox/transfers", web::get().to(payouts::transfers))
        .route("/_sandbox/transfers/{out_bill_no}/confirm", web::post().to(payouts::confirm))
        .route("/_sandbox/transfers/{out_bill_no}/expire", web::post().to(payouts::expire))
        .route("/_sandbox/transfers/{out_bill_no}/fail", web::post().to(payouts::fail))
        .route("/_sandbox/sharings", web::get().to(payouts::sharings))
        .route("/_sandbox/sharings/{out_order_no}/finish", web::post().to(payouts::finish_sharing))
        .route("/_sandbox/bills/plants", web::get().to(bills::list))
        .route("/_sandbox/bills/plants", web::post().to(bills::plant))
        .route("/_sandbox/bills/plants", web::delete().to(bills::clear))
        .route("/_sandbox/complaints", web::get().to(complaints::list))
        .route("/_sandbox/complaints", web::post().to(complaints::file))
        .route("/_sandbox/complaints/{number}/pictures", web::post().to(complaints::picture))
        .route("/_sandbox/complaints/{number}/words", web::post().to(complaints::write))
        .route("/_sandbox/receivers", web::post().to(payouts::receiver))
        .route("/_sandbox/catalogue", web::get().to(market::catalogue))
        .route("/_sandbox/affiliate/orders", web::get().to(market::orders))
        .route("/_sandbox/affiliate/orders", web::post().to(market::buy))
        .route("/_sandbox/affiliate/orders/{number}", web::post().to(market::advance))
        .route("/_sandbox/affiliate/filing", web::post().to(market::filing))
        .route("/_sandbox/notices", web::get().to(notices::list))
        .route("/_sandbox/notices", web::post().to(notices::send))
        .route("/_sandbox/stores", web::get().to(stores::list))
        .route("/_sandbox/stores", web::post().to(stores::open))
        .route("/_sandbox/stores/pushes", web::get().to(stores::pushes))
        .route("/_sandbox/stores/{platform}", web::post().to(stores::arrange))
        .route("/_sandbox/stores/{platform}/{seller}/items", web::get().to(stores::items))
        .route("/_sandbox/stores/{platform}/{seller}/items", web::post().to(stores::fill))
        .route("/_sandbox/stores/{platform}/{seller}/items/{number}", web::post().to(stores::edit))
        .route("/_sandbox/stores/{platform}/{seller}/stock", web::post().to(stores::stock))
        .route("/_sandbox/stores/{platform}/{seller}/orders", web::get().to(stores::orders))
        .route("/_sandbox/stores/{platform}/{seller}/orders", web::post().to(stores::buy))
        .route("/_sandbox/stores/{platform}/{seller}/orders/{id}", web::post().to(stores::happen))
        .route("/_sandbox/stores/{platform}/{seller}/tokens", web::post().to(stores::tokens))
        .route("/_sandbox/stores/{platform}/{seller}/console-token", web::post().to(abroad::console))
        .route("/_sandbox/buckets", web::post().to(abroad::exhaust))
        .route("/_sandbox/ebay/deletion", web::post().to(abroad::ebay_deletion))
        .route("/_sandbox/ebay/challenge", web::post().to(abroad::ebay_challenge))
        .route("/_sandbox/shopify/privacy", web::post().to(abroad::shopify_privacy));
}

/// The control API's own refusal.
fn refused(status: actix_web::http::StatusCode, why: impl std::fmt::Display) -> HttpResponse {
    HttpResponse::build(status).json(json!({"error": why.to_string()}))
}
