//! A circuit breaker: after repeated failures a platform is left alone for a while, then asked once, and
//! asked by everybody again when that goes well. Whoever would have waited for a time-out is told at once.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures in a row that open the circuit. Fewer are what a stumbling network does.
const FAILURES: u32 = 8;
/// The first rest; doubled each time a probe fails.
const FIRST_REST: Duration = Duration::from_secs(5);
/// The longest rest.
const LONGEST_REST: Duration = Duration::from_secs(60);
/// A probe of which nothing is heard for so long was given up by whoever made it.
const PROBE_LOST: Duration = Duration::from_secs(30);

/// The circuit towards one account on one platform.
#[derive(Debug)]
pub struct Breaker {
    platform: &'static str,
    account: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// While the circuit is open: until when nothing is sent, and how long this rest is.
    rest: Option<(Instant, Duration)>,
    /// When the one probe was let through that has not come back.
    probe: Option<Instant>,
}

impl Breaker {
    /// A closed circuit. `platform` and `account` name it in metrics and logs.
    #[must_use]
    pub fn new(platform: &'static str, account: String) -> Self {
        Self { platform, account, state: Mutex::default() }
    }

    /// Leave for one call at `now`, which must be followed by [`Breaker::report`]; else how long the
    /// platform is left alone yet.
    pub fn pass(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((until, _)) = state.rest else { return Ok(()) };
        if now < until {
            return Err(until - now);
        }
        match state.probe {
            Some(since) if now.saturating_duration_since(since) < PROBE_LOST => Err(FIRST_REST),
            _ => {
                state.probe = Some(now);
                Ok(())
            }
        }
    }

    /// How long the platform is left alone yet, if it is; takes no leave.
    pub fn rests(&self, now: Instant) -> Option<Duration> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.rest.and_then(|(until, _)| until.checked_duration_since(now)).filter(|rest| !rest.is_zero())
    }

    /// What came of a call. Any answer but the platform's own trouble closes the circuit.
    pub fn report(&self, now: Instant, answered: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if answered {
            if state.rest.is_some() {
                tracing::info!(platform = self.platform, account = self.account, "answers come again");
                self.show(false);
            }
            *state = State::default();
            return;
        }
        state.failures = state.failures.saturating_add(1);
        // A call that was under way when the circuit opened says nothing new.
        let opens = match state.rest {
            None => state.failures >= FAILURES,
            Some(_) => state.probe.is_some(),
        };
        if opens {
            let rest = state.rest.map_or(FIRST_REST, |(_, last)| (last * 2).min(LONGEST_REST));
            state.rest = Some((now + rest, rest));
            state.probe = None;
            let (platform, account, failures) = (self.platform, &self.account, state.failures);
            tracing::error!(platform, account, failures, ?rest, "ALARM: no answers; nothing is sent for a while");
            metrics::counter!("gateway_circuit_openings_total", "platform" => platform).increment(1);
            self.show(true);
        }
    }

    /// Whether the platform is being left alone, or probed after that.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).rest.is_some()
    }

    fn show(&self, open: bool) {
        let labels = [("platform", self.platform.to_owned()), ("account", self.account.clone())];
        metrics::gauge!("gateway_circuit_open", &labels).set(if open { 1.0 } else { 0.0 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_open_the_circuit_and_one_probe_at_a_time_tries_it() {
        let (breaker, begun) = (Breaker::new("test", "1".to_owned()), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        for _ in 0..FAILURES - 1 {
            breaker.report(at(0), false);
        }
        breaker.report(at(0), true);
        for _ in 0..FAILURES {
            assert!(breaker.pass(at(0)).is_ok(), "an answer in between began the count anew");
            breaker.report(at(0), false);
        }
        assert!(breaker.is_open() && breaker.pass(at(4)).is_err());
        breaker.report(at(4), false);
        assert!(breaker.pass(at(5)).is_ok(), "a straggler does not lengthen the rest");
        assert!(breaker.pass(at(5)).is_err(), "one probe at a time");
        breaker.report(at(6), false);
        assert!(breaker.pass(at(15)).is_err() && breaker.pass(at(16)).is_ok(), "the second rest is longer");
        assert!(breaker.pass(at(47)).is_ok(), "a probe nobody hears of is replaced");
        breaker.report(at(47), true);
        assert!(!breaker.is_open() && breaker.pass(at(47)).is_ok());
    }

    #[test]
    fn a_rest_is_never_longer_than_a_minute() {
        let (breaker, mut now) = (Breaker::new("test", "1".to_owned()), Instant::now());
        (0..FAILURES).for_each(|_| breaker.report(now, false));
        for _ in 0..20 {
            now += LONGEST_REST;
            assert!(breaker.pass(now).is_ok());
            breaker.report(now, false);
        }
    }
}
