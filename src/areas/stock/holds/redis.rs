//! The gate in Redis: three keys a shop, one script a question. The keys of a shop share a hash
//! tag, because a cluster runs a script on one slot and an order never spans shops.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use kernel::id::{OrderId, ShopId, SkuId};
use redis::{Script, ScriptInvocation};

use super::{Correction, GateAnswer, Level, OVERDUE_MAX, Record, Snapshot};
use crate::platform::redis::{Redis, RedisFault};

/// Keys nobody visited for this long vanish. A running shop is visited every few seconds; what a
/// day of silence left behind is better rebuilt than believed.
const UNVISITED_MS: u64 = 24 * 3600 * 1000;

/// What stands for a SKU without a count.
const UNLIMITED: &str = "*";

/// The field of the counters that says they are complete.
const EPOCH: &str = "epoch";

/// What `snapshot.lua` returns: counters, records, the time in ms, overdue orders.
type Look = (Vec<String>, Vec<String>, i64, Vec<String>);

/// The gate in Redis. Cheap to clone.
#[derive(Clone)]
pub struct RedisGate {
    redis: Redis,
    scripts: Arc<Scripts>,
}

struct Scripts {
    reserve: Script,
    release: Script,
    settle: Script,
    adjust: Script,
    rebuild: Script,
    snapshot: Script,
    correct: Script,
}

impl RedisGate {
    /// A gate over `redis`.
    pub fn new(redis: Redis) -> Self {
        let scripts = Scripts {
            reserve: Script::new(include_str!("reserve.lua")),
            release: Script::new(include_str!("release.lua")),
            settle: Script::new(include_str!("settle.lua")),
            adjust: Script::new(include_str!("adjust.lua")),
            rebuild: Script::new(include_str!("rebuild.lua")),
            snapshot: Script::new(include_str!("snapshot.lua")),
            correct: Script::new(include_str!("correct.lua")),
        };
        Self { redis, scripts: Arc::new(scripts) }
    }

    pub(super) async fn reserve(
        &self,
        shop: ShopId,
        order: OrderId,
        lines: &[(SkuId, i64)],
        ttl: Duration,
    ) -> Result<GateAnswer, RedisFault> {
        let mut call = self.call(&self.scripts.reserve, shop);
        call.arg(order.to_string()).arg(u64::try_from(ttl.as_millis()).unwrap_or(UNVISITED_MS));
        for (sku, units) in lines {
            call.arg(sku.to_string()).arg(*units);
        }
        let answer: i64 = self.redis.script(&call).await?;
        Ok(match usize::try_from(answer) {
            Ok(0) => GateAnswer::Held,
            Ok(line) => lines.get(line - 1).map_or(GateAnswer::Closed, |(sku, _)| GateAnswer::Short { sku: *sku }),
            Err(_) => GateAnswer::Closed,
        })
    }

    pub(super) async fn release(
        &self,
        shop: ShopId,
        order: OrderId,
        given_back: &[(SkuId, i64)],
    ) -> Result<(), RedisFault> {
        let mut call = self.call(&self.scripts.release, shop);
        call.arg(order.to_string());
        for (sku, units) in given_back {
            call.arg(sku.to_string()).arg(*units);
        }
        self.redis.script::<i64>(&call).await.map(drop)
    }

    pub(super) async fn settle(&self, shop: ShopId, order: OrderId) -> Result<(), RedisFault> {
        let mut call = self.call(&self.scripts.settle, shop);
        self.redis.script::<i64>(call.arg(order.to_string())).await.map(drop)
    }

    pub(super) async fn adjust(&self, shop: ShopId, sku: SkuId, delta: i64) -> Result<(), RedisFault> {
        let mut call = self.call(&self.scripts.adjust, shop);
        self.redis.script::<i64>(call.arg(sku.to_string()).arg(delta)).await.map(drop)
    }

    pub(super) async fn rebuild(&self, shop: ShopId, levels: &[(SkuId, Level)]) -> Result<bool, RedisFault> {
        let mut call = self.call(&self.scripts.rebuild, shop);
        call.arg(UNVISITED_MS);
        for (sku, level) in levels {
            call.arg(sku.to_string()).arg(word(Some(*level)));
        }
        Ok(self.redis.script::<i64>(&call).await? == 1)
    }

    pub(super) async fn snapshot(&self, shop: ShopId) -> Result<Option<Snapshot>, RedisFault> {
        let mut call = self.call(&self.scripts.snapshot, shop);
        call.arg(UNVISITED_MS).arg(OVERDUE_MAX);
        let look: Option<Look> = self.redis.script(&call).await?;
        Ok(look.map(|(free, held, now_ms, overdue)| {
            let overdue: HashSet<&str> = overdue.iter().map(String::as_str).collect();
            Snapshot {
                free: pairs(&free).filter_map(|(sku, units)| Some((sku.parse().ok()?, level(units)?))).collect(),
                records: pairs(&held).filter_map(|(order, text)| record(order, text, now_ms, &overdue)).collect(),
            }
        }))
    }

    pub(super) async fn correct(&self, shop: ShopId, corrections: &[Correction]) -> Result<Vec<bool>, RedisFault> {
        let mut call = self.call(&self.scripts.correct, shop);
        for correction in corrections {
            call.arg(correction.sku.to_string()).arg(word(correction.seen)).arg(word(correction.wanted));
        }
        let answers: Vec<i64> = self.redis.script(&call).await?;
        Ok(answers.into_iter().map(|answer| answer == 1).collect())
    }

    pub(super) async fn forget(&self, shop: ShopId) -> Result<(), RedisFault> {
        let mut command = redis::cmd("DEL");
        for key in keys(shop) {
            command.arg(key);
        }
        self.redis.command::<i64>(&command).await.map(drop)
    }

    pub(super) async fn ready(&self) -> Result<(), RedisFault> {
        self.redis.ready().await
    }

    fn call<'a>(&self, script: &'a Script, shop: ShopId) -> ScriptInvocation<'a> {
        let mut call = script.prepare_invoke();
        for key in keys(shop) {
            call.key(key);
        }
        call
    }
}

/// The keys of a shop, as `reserve.lua` describes them.
fn keys(shop: ShopId) -> [String; 3] {
    ["free", "held", "due"].map(|name| format!("stock:{{{shop}}}:{name}"))
}

/// A counter as it stands in Redis; nothing for no counter.
fn word(counter: Option<Level>) -> String {
    match counter {
        None => String::new(),
        Some(None) => UNLIMITED.to_owned(),
        Some(Some(units)) => units.to_string(),
    }
}

/// Reads what [`word`] wrote.
fn level(word: &str) -> Option<Level> {
    if word == UNLIMITED { Some(None) } else { word.parse().ok().map(Some) }
}

/// Field and value of a hash, which Redis sends as one flat list.
fn pairs(flat: &[String]) -> impl Iterator<Item = (&str, &str)> {
    flat.chunks_exact(2).filter_map(|pair| match pair {
        [field, value] if field != EPOCH => Some((field.as_str(), value.as_str())),
        _ => None,
    })
}

fn record(order: &str, text: &str, now_ms: i64, overdue: &HashSet<&str>) -> Option<Record> {
    let mut words = text.split(' ');
    let since_ms: i64 = words.next()?.parse().ok()?;
    let line = |word: &str| {
        let (sku, units) = word.split_once('=')?;
        Some((sku.parse().ok()?, units.parse().ok()?))
    };
    Some(Record {
        order: order.parse().ok()?,
        lines: words.filter_map(line).collect(),
        age: Duration::from_millis(u64::try_from(now_ms - since_ms).unwrap_or(0)),
        overdue: overdue.contains(order),
    })
}
