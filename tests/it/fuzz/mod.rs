//! Throws requests made from the documents at the running product: good ones, and good ones with one
//! thing wrong. No answer may be a fault of ours, and every answer must be a documented one.
//!
//! `SEED=n` repeats a run's choices, `FUZZ_SECONDS=n` makes a longer one.

mod attack;
pub mod dice;
mod make;
mod operation;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;
use tuanqiao::api::document;

use crate::json_schema::Schemas;
use crate::shopper::Client;
use attack::Attack;
use dice::Dice;
use make::Known;
use operation::Operation;

/// How long one run throws requests.
const SECONDS: u64 = 6;
/// How often each operation is tried by each caller at the least.
const ROUNDS_MIN: u64 = 8;

on_both! {
    async fn no_request_finds_a_fault_or_an_undocumented_answer(app: TestApp) {
        let stage = app.stage().await;
        let sku = stage.sku("赣南脐橙", 2_990, 1_000).await;
        let anna = app.member("anna").await;
        let order = stage.orders(&anna, &sku, 2).await;
        app.pays(&anna, &order).await;
        let document = serde_json::to_value(document::miniapp()).unwrap();
        throw(&document, async |_| {
            vec![("nobody", app.anybody()), ("a member", app.member("anna").await), ("a leader", app.member("leo").await)]
        })
        .await;
    }
}

on_both! {
    async fn no_console_request_finds_a_fault_or_an_undocumented_answer(app: TestApp) {
        let document = serde_json::to_value(document::console()).unwrap();
        let stage = app.stage().await;
        let sku = stage.sku("赣南脐橙", 2_990, 1_000).await;
        let order = stage.orders(&app.member("anna").await, &sku, 2).await;
        app.pays(&app.member("anna").await, &order).await;
        throw(&document, async |round| {
            vec![("nobody", app.anybody()), ("an operator", app.operator_called(&format!("keeper-{round}")).await)]
        })
        .await;
    }
}

/// Throws requests for each operation and each caller in turn until the time is over.
///
/// Signing out, and barring an operator, is part of the game: each round begins with callers who
/// have just signed in.
async fn throw(document: &Value, callers: impl AsyncFn(u64) -> Vec<(&'static str, Client)>) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let seed: u64 = number("SEED").unwrap_or_else(rand::random);
    println!("SEED={seed}");
    let schemas = Schemas::of(document);
    let mut operations = Operation::all(document);
    // Whoever has signed out can do little more in a round.
    operations.sort_by_key(Operation::ends_the_session);
    let end = Instant::now() + Duration::from_secs(number("FUZZ_SECONDS").unwrap_or(SECONDS));
    let mut known = Known::default();
    let mut succeeded: BTreeSet<usize> = BTreeSet::new();
    let mut findings: BTreeMap<String, String> = BTreeMap::new();
    let (mut round, mut thrown) = (0, 0);
    // A slow machine gets more time, because what was tried counts and not how fast.
    while (round < ROUNDS_MIN || Instant::now() < end) && !operations.is_empty() {
        let callers = callers(round).await;
        for (place, operation) in operations.iter().enumerate() {
            for (name, caller) in &callers {
                let mut dice = Dice::new(seed, &[round, place as u64, name.len() as u64]);
                let attack = Attack::make(&mut dice, &schemas, operation, &known);
                let answer = attack.send(caller).await;
                thrown += 1;
                known.learn(&answer.body);
                if answer.status < 300 {
                    succeeded.insert(place);
                }
                for finding in attack.judge(&schemas, operation, &answer) {
                    let key = format!("{} {}: {}", operation.method, operation.path, first_words(&finding));
                    findings.entry(key).or_insert_with(|| {
                        format!("{attack}\n  by {name}, answered {} {}\n  {finding}", answer.status, answer.text())
                    });
                }
            }
        }
        round += 1;
    }
    println!("{thrown} requests in {round} rounds over {} operations", operations.len());
    for operation in operations.iter().enumerate().filter(|(place, _)| !succeeded.contains(place)) {
        println!("never succeeded: {} {}", operation.1.method, operation.1.path);
    }
    assert!(succeeded.len() * 3 > operations.len(), "hardly any call succeeded, so hardly anything was tried");
    let all: Vec<String> = findings.into_values().collect();
    assert!(all.is_empty(), "SEED={seed}: {} findings\n\n{}", all.len(), all.join("\n\n"));
}

fn first_words(finding: &str) -> String {
    finding.chars().take(60).filter(|c| !c.is_ascii_digit()).collect()
}
