//! The stock gate in Redis against `redis-benchmark` with the same script and arguments.

use std::process::Command;
use std::time::{Duration, Instant};

use kernel::id::{OrderId, ShopId, SkuId};
use tuanqiao::areas::stock::StockGate;
use tuanqiao::areas::stock::holds::{GateAnswer, RedisGate};
use tuanqiao::platform::redis::{Redis, Timing};

use crate::cpu;
use crate::load::Outcome;
use crate::place::redis_url;
use crate::report::{Figure, Run};

const TASKS: usize = 64;
const RESERVATIONS: usize = 100_000;
const TTL: Duration = Duration::from_secs(1_500);

/// Reservations of two lines each.
pub async fn measure(rounds: usize) -> Figure {
    let mut figure = Figure {
        what: format!("Gate: reservations, {TASKS} at once"),
        floor_is: "gate: `redis-benchmark` with the same script and arguments, as many connections as tasks",
        aim: Some(70),
        product: Vec::new(),
        floor: Vec::new(),
    };
    let (shop, skus) = (ShopId::new(), [SkuId::new(), SkuId::new()]);
    let gate = StockGate::Redis(RedisGate::new(Redis::start(&redis_url(), Timing::default()).unwrap()));
    while gate.ready().await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..rounds {
        refill(&gate, shop, skus).await;
        let product = reserve(&gate, shop, skus).await;
        refill(&gate, shop, skus).await;
        figure.add(product, redis_benchmark(shop, skus).await);
    }
    gate.forget(shop).await.unwrap();
    figure
}

/// Levels so high that nobody is ever short.
async fn refill(gate: &StockGate, shop: ShopId, skus: [SkuId; 2]) {
    gate.forget(shop).await.unwrap();
    gate.rebuild(shop, &skus.map(|sku| (sku, Some(1_000_000_000)))).await.unwrap();
}

async fn reserve(gate: &StockGate, shop: ShopId, skus: [SkuId; 2]) -> Run {
    let (start, before) = (Instant::now(), cpu::own());
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let gate = gate.clone();
            tokio::spawn(async move {
                let mut latencies = Vec::with_capacity(RESERVATIONS / TASKS);
                for _ in 0..RESERVATIONS / TASKS {
                    let begun = Instant::now();
                    let answer = gate.reserve(shop, OrderId::new(), &[(skus[0], 1), (skus[1], 2)], TTL).await;
                    assert_eq!(answer, GateAnswer::Held);
                    latencies.push(u32::try_from(begun.elapsed().as_micros()).unwrap());
                }
                latencies
            })
        })
        .collect();
    let mut outcome = Outcome::default();
    for task in tasks {
        outcome.latencies.extend(task.await.unwrap());
    }
    outcome.elapsed = start.elapsed();
    outcome.done = outcome.latencies.len();
    outcome.latencies.sort_unstable();
    Run { outcome, cpu: cpu::own() - before }
}

async fn redis_benchmark(shop: ShopId, skus: [SkuId; 2]) -> Run {
    let url = redis_url();
    let client = redis::Client::open(url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let script = include_str!("../../src/areas/stock/holds/reserve.lua");
    let sha: String = redis::cmd("SCRIPT").arg("LOAD").arg(script).query_async(&mut connection).await.unwrap();
    // As long as an order's id, and another one each time.
    let order = format!("{}__rand_int__", &OrderId::new().to_string()[..18]);
    let mut command = Command::new("redis-benchmark");
    command
        .args(["-u", &url, "-c", &TASKS.to_string(), "-n", &RESERVATIONS.to_string(), "-r", "1000000000"])
        .args(["--csv", "EVALSHA", &sha, "3"])
        .args(["free", "held", "due"].map(|name| format!("stock:{{{shop}}}:{name}")))
        .args([order, TTL.as_millis().to_string()])
        .args([skus[0].to_string(), "1".to_owned(), skus[1].to_string(), "2".to_owned()]);
    let output =
        tokio::task::spawn_blocking(move || command.output()).await.unwrap().expect("redis-benchmark is needed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    read_csv(&text).unwrap_or_else(|| panic!("redis-benchmark said: {text}"))
}

/// Columns: test, requests a second, then latencies in milliseconds: average, least, p50, p95, p99, most.
fn read_csv(text: &str) -> Option<Run> {
    let line = text.lines().last()?;
    let numbers: Vec<f64> = line.rsplit(',').filter_map(|cell| cell.trim_matches('"').parse().ok()).collect();
    // From the right: most, p99, p95, p50, least, average, requests a second.
    let (p99, per_second) = (numbers.get(1)?, numbers.get(6)?);
    let outcome = Outcome {
        done: RESERVATIONS,
        elapsed: Duration::from_secs_f64(RESERVATIONS as f64 / per_second),
        latencies: vec![(p99 * 1e3) as u32],
        ..Outcome::default()
    };
    // Its CPU time is not seen from here; zero is shown as none.
    Some(Run { outcome, cpu: Duration::ZERO })
}
