//! Limits by the second, as each platform tells them.

use std::time::Duration;

use gateways::marketplaces::{ApiError, ErrorClass};

use super::rows::{self, Abroad};
use crate::stage::{Stage, engine, lately};

/// A stage whose platform has just given its last call away.
async fn spent(abroad: Abroad, bucket: &str) -> (Stage, gateways::marketplaces::Channel) {
    let stage = Stage::of(abroad.row);
    let (channel, _) = stage.authorised().await;
    stage.sandbox.state().exhaust(bucket);
    (stage, channel)
}

async fn refused_goods(abroad: Abroad, bucket: &str) -> ApiError {
    let (stage, channel) = spent(abroad, bucket).await;
    let error = stage.engine.store_goods(&channel, None, None).unwrap().next_page().await.unwrap_err();
    // Where no wait is told the engine asks once more and keeps away then.
    assert!(matches!(error.class, ErrorClass::RateLimited | ErrorClass::QuotaSpent), "{error}");
    error
}

#[tokio::test]
async fn shopify_says_how_many_points_are_missing() {
    let error = refused_goods(rows::shopify(), "shopify/mei-tuangou.myshopify.com").await;
    // A question costs some hundred points of which a hundred come back in a second.
    let wait = error.retry_after.unwrap();
    assert!((Duration::from_secs(2)..Duration::from_secs(11)).contains(&wait), "{wait:?}");
}

#[tokio::test]
async fn aliexpress_bans_for_a_second() {
    let error = refused_goods(rows::aliexpress(), "aliexpress").await;
    assert_eq!(error.retry_after, Some(Duration::from_secs(1)));
}

#[tokio::test]
async fn amazon_gives_an_order_search_back_in_three_minutes() {
    let (stage, channel) = spent(rows::amazon(), "amazon/A2SELLER00001/searchOrders").await;
    let window = lately();
    let error = stage.engine.orders(&channel, &window, None).unwrap().next_page().await.unwrap_err();
    assert_eq!((error.class, error.retry_after), (ErrorClass::RateLimited, Some(Duration::from_secs(179))), "{error}");
    // Goods are counted apart; the engine that was refused keeps away from the seller as a whole.
    let engine = engine();
    assert!(engine.store_goods(&channel, None, None).unwrap().next_page().await.unwrap().is_some());
}

#[tokio::test]
async fn wish_says_when_calls_are_free_again() {
    let error = refused_goods(rows::wish(), "wish/58298cbd15abf85958e9f87a").await;
    assert!(error.retry_after.is_some_and(|wait| wait <= Duration::from_secs(1)), "{error}");
}

#[tokio::test]
async fn shoplazza_leaks_and_wanliniu_says_so_in_words() {
    refused_goods(rows::shoplazza(), "shoplazza/mei.myshoplaza.com").await;
    refused_goods(rows::wanliniu(), "wanliniu/3000112233").await;
}
