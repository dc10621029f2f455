#!/usr/bin/env bash
# Builds the release binary and the benchmark, and runs it with a private PostgreSQL and Redis.
#
#   scripts/bench.sh [PART…]    PART: sqlite, postgres, gate, reads, import, idle; all when left out
#
# The table goes to the standard output as Markdown, what happens meanwhile to the standard error.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v redis-benchmark >/dev/null; then
    scripts/services.sh install
fi
command -v redis-benchmark >/dev/null || {
    echo "bench: redis-benchmark is missing; it comes with redis-tools (Debian) or redis" >&2
    exit 1
}
scripts/services.sh run cargo bench --workspace --bench story ${CI:+--locked} -- "$@"
