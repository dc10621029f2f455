#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
//! Both forms of the gate under the same scripts, races and, for Redis, outages.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use kernel::id::{OrderId, ShopId, SkuId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Correction, EmbeddedGate, GateAnswer, Level, RedisGate, StockGate};
use crate::platform::redis::{Redis, Timing};
use crate::platform::test_databases::{eventually, redis_url};

const TTL: Duration = Duration::from_secs(900);

async fn gates() -> Vec<StockGate> {
    let mut gates = vec![StockGate::Embedded(EmbeddedGate::default())];
    if let Some(url) = redis_url() {
        let timing = Timing { connect: Duration::from_secs(5), answer: Duration::from_secs(5), ..Timing::default() };
        gates.push(redis_gate(&url, timing).await);
    }
    gates
}

async fn redis_gate(url: &str, timing: Timing) -> StockGate {
    let redis = Redis::start(url, timing).unwrap();
    redis.connected(Duration::from_secs(10)).await;
    StockGate::Redis(RedisGate::new(redis))
}

async fn filled(gate: &StockGate, levels: &[Level]) -> (ShopId, Vec<SkuId>) {
    let shop = ShopId::new();
    let skus: Vec<SkuId> = levels.iter().map(|_| SkuId::new()).collect();
    let levels: Vec<_> = skus.iter().copied().zip(levels.iter().copied()).collect();
    assert!(gate.rebuild(shop, &levels).await.unwrap());
    (shop, skus)
}

async fn counters(gate: &StockGate, shop: ShopId) -> HashMap<SkuId, Level> {
    gate.snapshot(shop).await.unwrap().unwrap().free
}

#[derive(Clone, Debug)]
enum Step {
    Reserve(usize, Vec<(usize, i64)>),
    Release(usize, Vec<(usize, i64)>),
    Settle(usize),
    Adjust(usize, i64),
    Correct(usize, Option<Level>, Option<Level>),
    Forget,
    Rebuild,
}

const SKUS: usize = 4;

fn step() -> impl Strategy<Value = Step> {
    let order = 0..5_usize;
    // One number beyond the SKUs there are: a SKU the gate never heard of.
    let lines = || prop::collection::vec((0..=SKUS, -1..5_i64), 0..4);
    let counter = || prop::option::of(prop::option::of(0..6_i64));
    prop_oneof![
        8 => (order.clone(), prop::collection::vec((0..SKUS, 1..5_i64), 1..4)).prop_map(|(o, l)| Step::Reserve(o, l)),
        1 => (order.clone(), lines()).prop_map(|(order, lines)| Step::Reserve(order, lines)),
        4 => (order.clone(), prop::collection::vec((0..=SKUS, 1..5_i64), 0..3)).prop_map(|(o, l)| Step::Release(o, l)),
        2 => order.prop_map(Step::Settle),
        2 => (0..=SKUS, -4..5_i64).prop_map(|(sku, delta)| Step::Adjust(sku, delta)),
        1 => (0..=SKUS, counter(), counter()).prop_map(|(sku, seen, wanted)| Step::Correct(sku, seen, wanted)),
        1 => Just(Step::Forget),
        1 => Just(Step::Rebuild),
    ]
}

/// Plays a script and writes down everything the gate says.
async fn transcript(gate: &StockGate, ids: &Ids, script: &[Step]) -> Vec<String> {
    let levels = |skus: &[SkuId]| vec![(skus[0], Some(6)), (skus[1], Some(3)), (skus[2], None), (skus[3], Some(0))];
    let named = |lines: &[(usize, i64)]| lines.iter().map(|(sku, n)| (ids.skus[*sku], *n)).collect::<Vec<_>>();
    let (shop, mut said) = (ids.shop, Vec::new());
    gate.rebuild(shop, &levels(&ids.skus)).await.unwrap();
    for step in script {
        let answer = match step {
            Step::Reserve(order, lines) => {
                format!("{:?}", gate.reserve(shop, ids.orders[*order], &named(lines), TTL).await)
            }
            Step::Release(order, lines) => {
                format!("{:?}", gate.release(shop, ids.orders[*order], &named(lines)).await)
            }
            Step::Settle(order) => format!("{:?}", gate.settle(shop, ids.orders[*order]).await),
            Step::Adjust(sku, delta) => format!("{:?}", gate.adjust(shop, ids.skus[*sku], *delta).await),
            Step::Correct(sku, seen, wanted) => {
                let correction = Correction { sku: ids.skus[*sku], seen: *seen, wanted: *wanted };
                format!("{:?}", gate.correct(shop, &[correction]).await.unwrap())
            }
            Step::Forget => format!("{:?}", gate.forget(shop).await.unwrap()),
            Step::Rebuild => format!("{:?}", gate.rebuild(shop, &levels(&ids.skus)).await.unwrap()),
        };
        let look = gate.snapshot(shop).await.unwrap().map(|snapshot| {
            let mut free: Vec<_> = snapshot.free.into_iter().collect();
            let mut records: Vec<_> =
                snapshot.records.into_iter().map(|record| (record.order, record.lines, record.overdue)).collect();
            free.sort_unstable();
            records.sort_unstable();
            (free, records)
        });
        said.push(format!("{step:?} → {answer}, {look:?}"));
    }
    gate.forget(shop).await.unwrap();
    said
}

struct Ids {
    shop: ShopId,
    skus: Vec<SkuId>,
    orders: Vec<OrderId>,
}

#[test]
fn both_forms_say_the_same_to_the_same_script() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let gates = runtime.block_on(gates());
    let mut runner = TestRunner::new(Config { cases: 128, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&prop::collection::vec(step(), 1..40), |script| {
        let ids = Ids {
            shop: ShopId::new(),
            skus: (0..=SKUS).map(|_| SkuId::new()).collect(),
            orders: (0..5).map(|_| OrderId::new()).collect(),
        };
        let mut said = gates.iter().map(|gate| runtime.block_on(transcript(gate, &ids, &script)));
        let first = said.next().unwrap();
        for other in said {
            prop_assert_eq!(&first, &other);
        }
        Ok(())
    });
    outcome.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_tasks_take_every_unit_once() {
    for gate in gates().await {
        let (shop, skus) = filled(&gate, &[Some(100), Some(70)]).await;
        let mut tasks = JoinSet::new();
        for _ in 0..64 {
            let (gate, lines) = (gate.clone(), [(skus[1], 1), (skus[0], 1)]);
            tasks.spawn(async move {
                let mut held = Vec::new();
                for _ in 0..4 {
                    let order = OrderId::new();
                    // Asked twice, as after an answer that came too late.
                    let answer = gate.reserve(shop, order, &lines, TTL).await;
                    let again = gate.reserve(shop, order, &lines, TTL).await;
                    if answer == GateAnswer::Held {
                        assert_eq!(again, GateAnswer::Held);
                        held.push(order);
                    }
                }
                held
            });
        }
        let held: Vec<OrderId> = tasks.join_all().await.into_iter().flatten().collect();
        assert_eq!(held.len(), 70);
        assert_eq!(counters(&gate, shop).await, HashMap::from([(skus[0], Some(30)), (skus[1], Some(0))]));
        for (n, order) in held.iter().enumerate() {
            for _ in 0..2 {
                if n < 50 { gate.release(shop, *order, &[]).await } else { gate.settle(shop, *order).await }
            }
        }
        assert_eq!(counters(&gate, shop).await, HashMap::from([(skus[0], Some(80)), (skus[1], Some(50))]));
        assert!(gate.snapshot(shop).await.unwrap().unwrap().records.is_empty());
    }
}

#[tokio::test]
async fn the_first_short_sku_is_named_and_nothing_is_taken() {
    for gate in gates().await {
        let (shop, skus) = filled(&gate, &[Some(5), Some(1), Some(0), None]).await;
        let lines = [(skus[3], 7), (skus[2], 1), (skus[1], 1), (skus[1], 1), (skus[0], 1)];
        let answer = gate.reserve(shop, OrderId::new(), &lines, TTL).await;
        assert_eq!(answer, GateAnswer::Short { sku: skus[1] }, "two lines of one SKU count together");
        assert_eq!(counters(&gate, shop).await[&skus[0]], Some(5));
    }
}

#[tokio::test]
async fn a_record_grows_old_and_overdue() {
    for gate in gates().await {
        let (shop, skus) = filled(&gate, &[Some(5)]).await;
        let order = OrderId::new();
        gate.reserve(shop, order, &[(skus[0], 2)], Duration::from_millis(400)).await;
        let record = || async { gate.snapshot(shop).await.unwrap().unwrap().records.remove(0) };
        assert!(!record().await.overdue);
        tokio::time::sleep(Duration::from_millis(450)).await;
        let record = record().await;
        assert!(record.overdue && record.age >= Duration::from_millis(400), "{record:?}");
        assert_eq!((record.order, record.lines), (order, vec![(skus[0], 2)]));
    }
}

/// What stands between a gate and Redis does.
#[derive(Clone, Copy, PartialEq)]
enum Cable {
    Carries,
    Swallows,
    IsCut,
}

async fn cable() -> Option<(String, watch::Sender<Cable>)> {
    let to = redis_url()?.trim_start_matches("redis://").trim_end_matches('/').to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let (switch, state) = watch::channel(Cable::Carries);
    tokio::spawn(async move {
        loop {
            let (mut inner, _) = listener.accept().await.unwrap();
            let (to, mut state) = (to.clone(), state.clone());
            tokio::spawn(async move {
                if *state.borrow() == Cable::Carries {
                    let mut outer = TcpStream::connect(to).await.unwrap();
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut inner, &mut outer) => return,
                        _ = state.wait_for(|state| *state != Cable::Carries) => {}
                    }
                }
                // A swallowing cable keeps its end open and says nothing until it is cut or carries again.
                drop(state.wait_for(|state| *state != Cable::Swallows).await);
            });
        }
    });
    Some((url, switch))
}

#[tokio::test]
async fn an_outage_costs_no_order_more_than_one_wait_and_the_gate_opens_again_after_it() {
    for (outage, waits) in [(Cable::IsCut, 0), (Cable::Swallows, 1)] {
        let Some((url, switch)) = cable().await else { return };
        let answer = Duration::from_secs(1);
        let timing = Timing { connect: answer, answer, look: Duration::from_millis(100) };
        let gate = redis_gate(&url, timing).await;
        let (shop, skus) = filled(&gate, &[Some(1000)]).await;
        let lines = [(skus[0], 1)];
        assert_eq!(gate.reserve(shop, OrderId::new(), &lines, TTL).await, GateAnswer::Held);
        assert!(gate.ready().await.is_ok());

        switch.send(outage).unwrap();
        let began = Instant::now();
        for _ in 0..200 {
            assert_eq!(gate.reserve(shop, OrderId::new(), &lines, TTL).await, GateAnswer::Closed);
        }
        let took = began.elapsed();
        assert!(took < answer * waits + answer / 2, "an absent Redis cost {took:?}");
        assert!(gate.ready().await.is_err());
        assert!(gate.snapshot(shop).await.is_err());
        gate.release(shop, OrderId::new(), &lines).await;

        switch.send(Cable::Carries).unwrap();
        eventually("the gate opens again", async || {
            gate.reserve(shop, OrderId::new(), &lines, TTL).await == GateAnswer::Held
        })
        .await;
    }
}

#[tokio::test]
async fn a_redis_that_was_never_there_costs_nothing_and_does_not_stop_the_start() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let redis = Redis::start(&format!("redis://{gone}"), Timing::default()).unwrap();
    assert!(!redis.connected(Duration::from_millis(200)).await);
    let gate = StockGate::Redis(RedisGate::new(redis));
    let began = Instant::now();
    for _ in 0..200 {
        let answer = gate.reserve(ShopId::new(), OrderId::new(), &[(SkuId::new(), 1)], TTL).await;
        assert_eq!(answer, GateAnswer::Closed);
    }
    assert!(began.elapsed() < Duration::from_millis(400), "it cost {:?}", began.elapsed());
}

#[tokio::test]
async fn scripts_that_redis_forgot_are_loaded_again() {
    let Some(url) = redis_url() else { return };
    let redis = Redis::start(&url, Timing { answer: Duration::from_secs(5), ..Timing::default() }).unwrap();
    assert!(redis.connected(Duration::from_secs(10)).await);
    let gate = StockGate::Redis(RedisGate::new(redis.clone()));
    let (shop, skus) = filled(&gate, &[Some(5)]).await;
    redis.command::<String>(redis::cmd("SCRIPT").arg("FLUSH")).await.unwrap();
    assert_eq!(gate.reserve(shop, OrderId::new(), &[(skus[0], 1)], TTL).await, GateAnswer::Held);
}

#[test]
fn an_address_that_is_none_is_refused_without_repeating_it() {
    for url in ["http://user:secret@host", "redis+cluster://", ""] {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let refused = runtime.block_on(async { Redis::start(url, Timing::default()).err() });
        let text = refused.unwrap_or_else(|| panic!("accepted {url}")).to_string();
        assert!(!text.contains("secret"), "{text}");
    }
}
