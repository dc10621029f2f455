//! The platforms' limits over all processes: the mark of each lane is in Redis where that is configured.
//! Without it, or while it is away, each process keeps to the limits by itself.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use gateways::pace::{InProcess, Lane, Pace, Turn};
use redis::Script;

use crate::platform::redis::Redis;

/// Gives the microseconds to wait, or -1 when the turn comes too late. The time is Redis's own, so that
/// processes with different clocks agree.
const TURN: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local between, at_once, most, takes = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1'
local mark = tonumber(redis.call('GET', KEYS[1]) or '0')
if mark < now then mark = now end
local wait = mark + between - at_once * between - now
if wait < 0 then wait = 0 end
if most >= 0 and wait > most then return -1 end
if takes then
    local next = mark + between
    redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000) + 1000)
end
return wait
";

/// A turn for whoever asks: stand-ins on this machine have no limits to keep to.
pub fn unlimited() -> Arc<dyn Pace> {
    Arc::new(Unlimited)
}

struct Unlimited;

#[async_trait]
impl Pace for Unlimited {
    async fn turn(&self, _: &Lane, _: Turn) -> Option<Duration> {
        Some(Duration::ZERO)
    }
}

/// Turns of all processes.
struct SharedPace {
    redis: Option<Redis>,
    script: Script,
    here: InProcess,
}

/// Turns shared through `redis`, where there is one.
pub fn shared(redis: Option<Redis>) -> Arc<dyn Pace> {
    Arc::new(SharedPace { redis, script: Script::new(TURN), here: InProcess::default() })
}

#[async_trait]
impl Pace for SharedPace {
    async fn turn(&self, lane: &Lane, turn: Turn) -> Option<Duration> {
        let Some(redis) = &self.redis else { return self.here.turn(lane, turn).await };
        let (between, at_once) = lane.spacing();
        let most = match turn {
            Turn::Within(most) | Turn::Look(most) => i64::try_from(most.as_micros()).unwrap_or(i64::MAX),
            Turn::Used => -1,
        };
        let mut call = self.script.key(format!("pace:{}", lane.key));
        call.arg(between).arg(at_once).arg(most).arg(i32::from(!matches!(turn, Turn::Look(_))));
        match redis.script::<i64>(&call).await {
            Ok(wait) => u64::try_from(wait).ok().map(Duration::from_micros),
            Err(error) => {
                tracing::debug!(%error, "the limits are kept by this process alone meanwhile");
                self.here.turn(lane, turn).await
            }
        }
    }
}
