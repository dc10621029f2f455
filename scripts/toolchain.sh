#!/usr/bin/env bash
# Says in one line what is missing before a long build finds out. The arguments are the cargo
# commands that will be used.
#
#   scripts/toolchain.sh fmt clippy
set -euo pipefail

need() {
    printf 'toolchain: %s\n' "$*" >&2
    exit 1
}

command -v cargo >/dev/null ||
    need "cargo not found: install Rust 1.95 or newer with rustup, then open a new shell"
command -v cc >/dev/null ||
    need "no C compiler (SQLite and the TLS library are C): sudo apt-get install -y build-essential"
for command in "$@"; do
    cargo "$command" --version >/dev/null 2>&1 ||
        need "cargo $command not found: rustup component add rustfmt clippy"
done
