//! The platforms' limits, shared by all processes where Redis is configured.

use std::time::Duration;

use gateways::pace::{Lane, Turn};
use tuanqiao::app::pace;
use tuanqiao::config::StockBackend;
use tuanqiao::platform::redis::{Redis, Timing};

on_both! {
    async fn processes_share_a_limit_where_they_share_a_redis(app: TestApp) {
        let stock = &app.app.config.stock;
        let redis = (stock.backend == StockBackend::Redis).then(|| Redis::start(&stock.redis_url, Timing::default()).unwrap());
        if let Some(redis) = &redis {
            assert!(redis.connected(Duration::from_secs(5)).await);
        }
        let (one, other) = (pace::shared(redis.clone()), pace::shared(redis.clone()));
        let lane = Lane { key: format!("test:{}", uuid::Uuid::new_v4()), per_second: 50 };
        let now = Turn::Within(Duration::ZERO);
        let mut taken = 0;
        for _ in 0..10 {
            taken += usize::from(one.turn(&lane, now).await.is_some());
        }
        // A fifth of a second's worth at once, and perhaps one more for the time that passed meanwhile.
        assert!((10..=11).contains(&taken), "{taken}");
        let mut more = 0;
        for _ in 0..10 {
            more += usize::from(other.turn(&lane, now).await.is_some());
        }
        if redis.is_some() {
            assert!(more < 10, "the other process saw what the first took, and still got {more}");
        } else {
            assert_eq!(more, 10, "without Redis each process counts by itself");
        }
        let later = other.turn(&lane, Turn::Within(Duration::from_secs(5))).await;
        assert!(later.is_some_and(|wait| wait > Duration::ZERO), "{later:?}");
        assert_eq!(other.turn(&lane, Turn::Look(Duration::ZERO)).await, None);
        assert!(other.turn(&lane, Turn::Used).await.is_some());
    }
}
