//! The benchmark of the purchase story: the shipped binary in a process of its own, each figure
//! beside its floor in the same run. `docs/benchmarks.md` says how to read it.
//!
//! `cargo bench --bench story [-- sqlite | postgres | gate | reads | import | idle …]`, or `make bench`, which
//! also starts PostgreSQL and Redis. `BENCH_REQUESTS` and `BENCH_ROUNDS` make it longer or shorter;
//! with no rounds it counts statements alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod children;
mod cpu;
mod gate;
mod import;
mod load;
mod place;
mod purchase;
mod reads;
mod record;
mod replay;
mod report;
mod world;

use std::time::Duration;

use place::Setup;
use report::Report;

/// Connections of the load, and tasks of the floor.
const CONNECTIONS: usize = 32;
/// Unmeasured requests before the measured ones.
const WARM_UP: usize = 300;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["stand-in", address] => return children::run_stand_in(address),
        ["static", address, file] => return children::run_static(address, file),
        _ => {}
    }
    let wanted: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    let wants = |part: &str| wanted.is_empty() || wanted.iter().any(|wanted| *wanted == part);
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (requests, rounds) = (number("BENCH_REQUESTS", 3_000), number("BENCH_ROUNDS", 3));
    let folder = place::folder();
    let mut report = Report::default();
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(async {
        for (part, setup) in [("sqlite", Setup::Sqlite), ("postgres", Setup::Postgres)] {
            if wants(part) {
                purchase::measure(setup, &folder, requests, rounds, &mut report).await;
            }
        }
        if wants("gate") {
            report.figures.push(gate::measure(rounds).await);
        }
        if wants("reads") {
            reads::measure(&folder, rounds, &mut report).await;
        }
        if wants("import") {
            import::measure(&folder, &mut report).await;
        }
        if wants("idle") {
            idle(&folder, &mut report).await;
        }
    });
    std::fs::remove_dir_all(folder).unwrap();
    report.print();
}

/// Memory of a server that nobody asks anything, and how soon it is there.
async fn idle(folder: &std::path::Path, report: &mut Report) {
    let keys = world::Keys::generate();
    let stand_in = children::stand_in(&keys);
    let place = place::Place::empty(Setup::Sqlite, folder, "idle.db").await;
    record::inside(record::config(&place, stand_in.address), async |app| world::World::fill(app, &keys).await).await;
    let server = children::serve(&place, stand_in.address);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let resident = cpu::resident_kib(server.pid());
    report.facts.push(format!(
        "`tuanqiao serve` on SQLite: {:.0} ms from start to ready, {:.1} MB resident after ten idle seconds (aim ≤ 60 MB).",
        server.ready_after.as_secs_f64() * 1e3,
        resident as f64 * 1024.0 / 1e6,
    ));
    server.stop();
    place.remove(folder).await;
}

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
