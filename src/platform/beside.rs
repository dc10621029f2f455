//! Waiting for one thing while another goes on.

use std::pin::Pin;

/// Waits for `awaited` while `going` goes on; answers what that came to, if it came to its end meanwhile.
///
/// What is not polled stands still with all it holds. Of two futures of one task that need the same
/// database, the one that stands still may hold the very connection that the other waits for.
pub async fn beside<A, G: Future>(awaited: impl Future<Output = A>, mut going: Pin<&mut G>) -> (A, Option<G::Output>) {
    let mut awaited = std::pin::pin!(awaited);
    tokio::select! {
        biased;
        came = &mut awaited => (came, None),
        ended = going.as_mut() => (awaited.await, Some(ended)),
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn what_goes_on_gives_back_what_the_other_waits_for() {
        let connections = Semaphore::new(1);
        let mut going = pin!(async {
            let held = connections.acquire().await;
            tokio::task::yield_now().await;
            drop(held);
            "went on"
        });
        assert!(futures::poll!(going.as_mut()).is_pending(), "it holds the connection");
        let waits = async { connections.acquire().await.is_ok() };
        assert_eq!(beside(waits, going).await, (true, Some("went on")));
        let endless = pin!(std::future::pending::<()>());
        assert_eq!(beside(async { 7 }, endless).await, (7, None));
    }
}
