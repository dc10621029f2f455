//! One page or one call: permitted, signed, sent, judged, repeated.

use std::time::Duration;

use super::super::account::Access;
use super::super::budget::{BudgetKey, Permit, Priority};
use super::super::connector::Feed;
use super::super::error::{ApiError, ErrorClass};
use super::super::exchange::{HttpReply, HttpRequest};
use super::super::model::{Cursor, Page};
use super::super::wire;
use super::channel::Channel;
use super::{Engine, breakers};

impl Engine {
    /// One page, repeated while that may help.
    pub(super) async fn page<T>(
        &self,
        channel: &Channel,
        feed: &dyn Feed<T>,
        at: Option<&Cursor>,
    ) -> Result<Page<T>, ApiError> {
        let request = feed.request(at)?;
        match self.call(channel, &request, |reply| feed.read(at, reply)).await {
            Ok(page) => Ok(page),
            Err(error) => feed.instead(at, &error).ok_or(error),
        }
    }

    /// One call read by `read`, repeated while that may help. A token that has run out, or that the platform
    /// takes no more, is renewed once: the platform has not carried the call out, so even a write may be sent
    /// again. Where the renewal is refused too, the keeper knows that the merchant must help.
    pub(super) async fn call<T>(
        &self,
        channel: &Channel,
        request: &HttpRequest,
        read: impl Fn(&HttpReply) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let key = channel.budget_key(request.operation);
        let keeper = channel.keeper.as_ref().filter(|_| !request.complete);
        let mut access = match keeper {
            Some(keeper) => Some(keeper.access().await?),
            None => None,
        };
        let (mut failed, mut renewed) = (0, false);
        loop {
            let outcome = self.attempt(channel, &key, request, access.as_ref()).await;
            let error = match outcome.and_then(|reply| read(&reply)) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if let (Some(keeper), Some(refused)) = (keeper, &access)
                && matches!(error.class, ErrorClass::TokenExpired | ErrorClass::ReauthorizeNeeded)
                && !renewed
            {
                access = Some(keeper.renewed(refused).await?);
                renewed = true;
                continue;
            }
            failed += 1;
            let Some(pause) = self.retry.pause(failed, &error, request.repeatable) else {
                return Err(error);
            };
            tracing::debug!(operation = key.operation, failed, ?pause, class = ?error.class, "asking again");
            tokio::time::sleep(pause).await;
        }
    }

    /// One call: permitted, signed, sent and judged. A complete one judges its answer itself.
    async fn attempt(
        &self,
        channel: &Channel,
        key: &BudgetKey,
        request: &HttpRequest,
        access: Option<&Access>,
    ) -> Result<HttpReply, ApiError> {
        let breaker = self.breakers.of(key, channel.address(request)?.host_str().unwrap_or_default());
        // A call that is not going to be made is not counted either.
        breakers::check(&breaker)?;
        self.be_permitted(key, channel.priority).await?;
        breakers::pass(&breaker)?;
        let now = (self.clock)();
        let signed = match request.complete {
            true => request.clone(),
            false => channel.connector.sign(request.clone(), access, now),
        };
        let url = channel.address(&signed)?;
        let sent = wire::send(key.marketplace, &self.client, url, signed, self.retry.timeout).await;
        let outcome = sent.and_then(|answer| {
            let reply = answer.received_at((self.clock)());
            match request.complete {
                true => Ok(reply),
                false => channel.connector.classify(&reply).map(|()| reply),
            }
        });
        breakers::report(&breaker, &outcome);
        let word = outcome.as_ref().map_or_else(|error| format!("{:?}", error.class), |_| "Ok".to_owned());
        let labels =
            [("marketplace", key.marketplace.to_owned()), ("operation", key.operation.to_owned()), ("outcome", word)];
        metrics::counter!("marketplace_calls_total", &labels).increment(1);
        if let Err(error) = &outcome {
            tracing::warn!(marketplace = key.marketplace, operation = key.operation, %error, "marketplace call failed");
            self.budget.report(key, error, (self.clock)()).await;
        }
        outcome
    }

    /// Waits for the budget's permission, but not longer than the policy allows.
    async fn be_permitted(&self, key: &BudgetKey, priority: Priority) -> Result<(), ApiError> {
        let mut waited = Duration::ZERO;
        loop {
            let wait = match self.budget.ask(key, priority, (self.clock)()).await {
                Permit::Go => return Ok(()),
                Permit::Stopped => {
                    let said = "calls are stopped until an operator lifts it";
                    return Err(ApiError::new(ErrorClass::Stopped, "stopped_here", said));
                }
                // A wait of nothing would spin.
                Permit::Later(wait) => wait.max(Duration::from_millis(5)),
            };
            waited += wait;
            if waited > self.retry.longest_wait {
                let error = ApiError::new(ErrorClass::QuotaSpent, "budget", "our own budget is spent");
                return Err(error.after(Some(wait)));
            }
            tokio::time::sleep(wait).await;
        }
    }
}
