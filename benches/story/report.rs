//! Figures beside their floors, as lines while the run goes on and as a table at its end.

use std::time::Duration;

use crate::load::Outcome;

/// One measurement of one side.
#[derive(Clone, Debug)]
pub struct Run {
    pub outcome: Outcome,
    /// CPU time of the process that did the work: the product's server, or the floor's process.
    pub cpu: Duration,
}

impl Run {
    fn per_second(&self) -> f64 {
        self.outcome.done as f64 / self.outcome.elapsed.as_secs_f64().max(1e-9)
    }

    fn per_cpu_second(&self) -> f64 {
        self.outcome.done as f64 / self.cpu.as_secs_f64().max(1e-9)
    }
}

/// What was measured, in rounds of product and floor.
#[derive(Debug)]
pub struct Figure {
    pub what: String,
    /// What the floor is.
    pub floor_is: &'static str,
    /// The least share of the floor, in percent; nothing where none is promised.
    pub aim: Option<u32>,
    pub product: Vec<Run>,
    pub floor: Vec<Run>,
}

impl Figure {
    /// Tells of a round as soon as it is over.
    pub fn add(&mut self, product: Run, floor: Run) {
        let (p, f) = (&product.outcome, &floor.outcome);
        eprintln!(
            "  {}: {:.0}/s (p50 {:?}, p99 {:?}, cpu {:.0} %), floor {:.0}/s (p99 {:?}, cpu {:.0} %), failed {}",
            self.what,
            product.per_second(),
            p.percentile(50),
            p.percentile(99),
            product.cpu.as_secs_f64() / p.elapsed.as_secs_f64() * 100.0,
            floor.per_second(),
            f.percentile(99),
            floor.cpu.as_secs_f64() / f.elapsed.as_secs_f64() * 100.0,
            p.failed,
        );
        if let Some(complaint) = &p.complaint {
            eprintln!("    the first refusal: {complaint}");
        }
        self.product.push(product);
        self.floor.push(floor);
    }

    fn row(&self) -> String {
        let product = median(&self.product, Run::per_second);
        let floor = median(&self.floor, Run::per_second);
        let (product_cpu, floor_cpu) =
            (median(&self.product, Run::per_cpu_second), median(&self.floor, Run::per_cpu_second));
        let p99 = median(&self.product, |run| run.outcome.percentile(99).as_secs_f64() * 1e3);
        let p50 = median(&self.product, |run| run.outcome.percentile(50).as_secs_f64() * 1e3);
        let share = |part: f64, whole: f64| {
            if whole.is_finite() && whole < 1e8 { format!("{:.0} %", part / whole * 100.0) } else { "–".to_owned() }
        };
        let aim = self.aim.map_or("–".to_owned(), |aim| format!("≥ {aim} %"));
        let failed: usize = self.product.iter().map(|run| run.outcome.failed).sum();
        let failed = if failed == 0 { String::new() } else { format!(" ({failed} failed)") };
        format!(
            "| {}{failed} | {product:.0} | {p50:.1} / {p99:.1} | {floor:.0} | {} | {} | {aim} |",
            self.what,
            share(product, floor),
            share(product_cpu, floor_cpu),
        )
    }
}

/// The middle one of an odd number of rounds, so that a neighbour's noise in one does not count.
fn median(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    let mut values: Vec<f64> = runs.iter().map(of).collect();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// All of a run.
#[derive(Debug, Default)]
pub struct Report {
    pub figures: Vec<Figure>,
    /// What is no rate: memory, times, counts.
    pub facts: Vec<String>,
}

impl Report {
    /// Prints the report as Markdown.
    pub fn print(&self) {
        println!("| | per second | p50 / p99 ms | floor per second | of the floor | per CPU second | aim |");
        println!("|---|--:|--:|--:|--:|--:|--:|");
        for figure in self.figures.iter().filter(|figure| !figure.product.is_empty()) {
            println!("{}", figure.row());
        }
        println!();
        let mut floors: Vec<&str> = self.figures.iter().map(|figure| figure.floor_is).collect();
        floors.dedup();
        for fact in floors.iter().map(|floor| format!("Floor: {floor}.")).chain(self.facts.iter().cloned()) {
            println!("- {fact}");
        }
    }
}
