#!/usr/bin/env bash
# Runs the tests of the whole workspace; arguments are passed on, a plain word filters by name.
#
#   scripts/services.sh run scripts/test.sh          everything
#   scripts/test.sh order                            tests whose name has "order"
#   TUANQIAO_TEST_ONLY=sqlite scripts/test.sh        without those that need PostgreSQL and Redis
#
# A story runs on both set-ups, as NAME::sqlite_embedded and NAME::postgres_redis. Without servers the
# latter fail and say so: only TUANQIAO_TEST_ONLY=sqlite, which is `make test-fast`, leaves them out.
#
# Always the whole workspace: a selection of packages resolves features anew and rebuilds the
# dependencies. cargo-nextest runs the tests when it is there (a process each, heavy ones alone, a
# limit on time). It is not installed on the way, because compiling it takes longer than the tests
# take; plain cargo runs the same test binaries.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

locked=()
if [ -n "${CI:-}" ]; then locked=(--locked); fi

if cargo nextest --version >/dev/null 2>&1; then
    only=()
    if [ "${TUANQIAO_TEST_ONLY:-}" = sqlite ]; then only=(-E 'not test(postgres_redis)'); fi
    exec cargo nextest run --workspace ${locked[@]+"${locked[@]}"} ${only[@]+"${only[@]}"} "$@"
fi
echo "test: cargo-nextest is not installed, plain cargo test runs the same tests (a little slower)" >&2
only=()
if [ "${TUANQIAO_TEST_ONLY:-}" = sqlite ]; then only=(--skip postgres_redis); fi
cargo_test() { cargo test --workspace --lib --bins --tests --no-fail-fast ${locked[@]+"${locked[@]}"} "$@"; }
code=0
cargo_test "$@" -- --skip heavy:: ${only[@]+"${only[@]}"} || code=$?
# Races, crashes and loads measure little beside other tests and disturb them: they come last, one at a time.
mapfile -t heavy < <(cargo_test --quiet "$@" -- --list ${only[@]+"${only[@]}"} | sed -n 's/^\(.*heavy::.*\): test$/\1/p')
if [ "${#heavy[@]}" -gt 0 ]; then
    cargo_test -- --exact --test-threads=1 "${heavy[@]}" || code=$?
fi
exit "$code"
