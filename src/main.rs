//! The command line; each command is a file of `cli/`.

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tuanqiao::cli::run(tuanqiao::cli::Cli::parse())
}
