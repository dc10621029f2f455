//! What a process costs: its CPU time and its memory, as Linux counts them.

use std::time::Duration;

/// Kernel ticks a second in `/proc`; the same on every Linux a user sees.
const TICKS_PER_S: u64 = 100;

/// CPU time of a process so far, all threads, in user and kernel mode.
pub fn used(pid: u32) -> Duration {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return Duration::ZERO };
    // The name stands in brackets and may hold anything; fields are counted after it.
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or("").split(' ').collect();
    let ticks = |field: usize| fields.get(field).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(11) + ticks(12)) * 1000 / TICKS_PER_S)
}

/// CPU time of this process so far.
pub fn own() -> Duration {
    used(std::process::id())
}

/// Resident memory of a process, in KiB.
pub fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
