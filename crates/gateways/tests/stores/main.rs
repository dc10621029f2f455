//! Every store connector against the sandbox's platform, over HTTP: the two were written apart from the
//! same facts, so what one of them has misread the other notices.
//!
//! A platform is a row in `platforms.rs` and a name in the list below; the behaviour is the same for all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod abroad;
mod goods;
mod messages;
mod orders;
mod platforms;
mod stage;
mod tokens;

/// The behaviour that every platform must show, as tests of each.
macro_rules! on_every_platform {
    ($($platform:ident),* $(,)?) => {
        $(mod $platform {
            use crate::{goods, messages, orders, platforms, stage::Stage, tokens};

            fn stage() -> Stage {
                Stage::of(platforms::$platform())
            }

            #[tokio::test]
            async fn a_merchant_consents_and_his_store_is_known() {
                tokens::a_merchant_consents(stage()).await;
            }

            #[tokio::test]
            async fn the_consent_of_another_merchant_is_noticed() {
                tokens::another_merchant_is_noticed(stage()).await;
            }

            #[tokio::test]
            async fn a_token_that_ran_out_is_renewed_on_the_way() {
                tokens::a_token_is_renewed(stage()).await;
            }

            #[tokio::test]
            async fn a_consent_taken_back_ends_the_account() {
                tokens::a_consent_is_taken_back(stage()).await;
            }

            #[tokio::test]
            async fn a_wrong_secret_is_refused() {
                tokens::a_wrong_secret_is_refused(stage()).await;
            }

            #[tokio::test]
            async fn a_days_calls_come_to_an_end() {
                tokens::the_quota_ends(stage()).await;
            }

            #[tokio::test]
            async fn a_whole_store_is_read_page_by_page() {
                goods::a_whole_store_is_read(stage()).await;
            }

            #[tokio::test]
            async fn goods_are_read_by_their_ids_and_missed_when_gone() {
                goods::goods_are_read_by_ids(stage()).await;
            }

            #[tokio::test]
            async fn stock_that_is_told_is_what_the_store_shows() {
                goods::stock_is_told(stage()).await;
            }

            #[tokio::test]
            async fn stock_of_what_is_not_there_is_refused() {
                goods::unknown_stock_is_refused(stage()).await;
            }

            #[tokio::test]
            async fn orders_of_a_window_are_told_as_they_stand() {
                orders::a_window_is_read(stage()).await;
            }

            #[tokio::test]
            async fn many_orders_come_page_by_page_and_each_is_told() {
                orders::many_orders_are_read(stage()).await;
            }

            #[tokio::test]
            async fn a_parcel_that_is_told_stands_on_the_order_once() {
                orders::a_parcel_is_told(stage()).await;
            }

            #[tokio::test]
            async fn what_the_platform_pushes_is_understood() {
                messages::a_push_is_understood(stage()).await;
            }
        })*
    };
}

on_every_platform!(pinduoduo, taobao, jd, youzan, youzan_own, weimob, weimob_own);
