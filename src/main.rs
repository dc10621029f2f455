//! The command line; each command is a file of `cli/`.

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    use_small_pages();
    tuanqiao::cli::run(tuanqiao::cli::Cli::parse())
}

/// Huge pages would keep some eighty megabytes resident for what was touched once at the start.
/// Only Linux has them; a refusal changes nothing but that.
fn use_small_pages() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
