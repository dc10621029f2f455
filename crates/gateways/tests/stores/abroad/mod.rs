//! The platforms outside the great three. Their words for one thing differ more: a variant may be an item
//! of its own, an order a line. So what is told is laid flat, by the merchant's own codes, and compared.

mod goods;
mod limits;
mod messages;
mod orders;
mod rows;
mod special;
mod tokens;

use rows::Abroad;

/// The behaviour that every platform must show, as tests of each.
macro_rules! on_every_platform_abroad {
    ($($platform:ident),* $(,)?) => {
        $(mod $platform {
            use super::{Abroad, goods, messages, orders, rows, tokens};

            fn abroad() -> Abroad {
                rows::$platform()
            }

            #[tokio::test]
            async fn a_merchant_consents_and_his_store_is_known() {
                crate::tokens::a_merchant_consents(abroad().stage()).await;
            }

            #[tokio::test]
            async fn the_consent_of_another_merchant_is_noticed() {
                tokens::another_merchant_is_noticed(abroad()).await;
            }

            #[tokio::test]
            async fn a_token_that_ran_out_is_renewed_on_the_way() {
                tokens::a_token_is_renewed(abroad()).await;
            }

            #[tokio::test]
            async fn a_consent_taken_back_ends_the_account() {
                crate::tokens::a_consent_is_taken_back(abroad().stage()).await;
            }

            #[tokio::test]
            async fn a_wrong_secret_is_refused() {
                tokens::a_wrong_secret_is_refused(abroad()).await;
            }

            #[tokio::test]
            async fn a_days_calls_come_to_an_end() {
                crate::tokens::the_quota_ends(abroad().stage()).await;
            }

            #[tokio::test]
            async fn a_whole_store_is_read_page_by_page() {
                goods::a_whole_store_is_read(abroad()).await;
            }

            #[tokio::test]
            async fn goods_are_read_by_their_ids_and_missed_when_gone() {
                goods::goods_are_read_by_ids(abroad()).await;
            }

            #[tokio::test]
            async fn stock_that_is_told_is_what_the_store_shows() {
                goods::stock_is_told(abroad()).await;
            }

            #[tokio::test]
            async fn stock_of_what_is_not_there_is_refused() {
                goods::unknown_stock_is_refused(abroad()).await;
            }

            #[tokio::test]
            async fn orders_of_a_window_are_told_as_they_stand() {
                orders::a_window_is_read(abroad()).await;
            }

            #[tokio::test]
            async fn many_orders_come_page_by_page_and_each_is_told() {
                orders::many_orders_are_read(abroad()).await;
            }

            #[tokio::test]
            async fn a_parcel_that_is_told_stands_on_the_order_once() {
                orders::a_parcel_is_told(abroad()).await;
            }

            #[tokio::test]
            async fn what_the_platform_pushes_is_understood() {
                messages::a_push_is_understood(abroad()).await;
            }
        })*
    };
}

on_every_platform_abroad!(
    shopify,
    shopify_own,
    aliexpress,
    ebay,
    amazon,
    amazon_own,
    dhgate,
    wish,
    wanliniu,
    wanliniu_b2c,
    shoplazza
);
