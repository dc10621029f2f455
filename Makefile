# `make` alone lists what there is. Set-up happens inside the targets that need it.

# Demo and tests share one set of artefacts, so nothing is built twice. Cargo resolves the features
# of dependencies differently once a test or an example is asked for; `--examples` (there are none)
# makes the demo's build resolve them as the tests do, without building the tests.
BUILD   = cargo build --workspace --bins --examples $(LOCKED)
LOCKED  = $(if $(CI),--locked)
TARGET  = $(or $(CARGO_TARGET_DIR),target)
BINARY  = $(TARGET)/debug/tuanqiao
FIRST   = "the first time takes some ten minutes on two cores"

.PHONY: help demo tour build contract test test-fast soak bench check fmt lint audit clean-data
.NOTPARALLEL:
.DEFAULT_GOAL = help

help: ## This list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: build ## Build and run the product on its embedded default, with a seeded shop and the sandbox.
	@exec $(BINARY) demo $(ARGS)

tour: build ## Play the whole story against the running demo (start `make demo` in another terminal).
	@exec $(BINARY) tour $(ARGS)

build: ## Build the debug binary that demo, tour and tests share.
	@scripts/toolchain.sh
	@echo "== build ("$(FIRST)")"
	@$(BUILD)

contract: build ## Write miniapp-api.yaml, console-api.yaml and docs/error-codes.md from the code.
	@$(BINARY) contract export

test: ## All that must hold: format, lints, every test on SQLite and on PostgreSQL + Redis.
	@scripts/toolchain.sh fmt clippy
	@echo "== 1/4 format"
	@cargo fmt --all --check
	@echo "== 2/4 PostgreSQL and Redis for the tests"
	@scripts/services.sh install
	@echo "== 3/4 lints, warnings are errors ("$(FIRST)")"
	@cargo clippy --workspace --all-targets $(LOCKED) -- -D warnings
	@echo "== 4/4 tests ("$(FIRST)" to build)"
	@scripts/services.sh run scripts/test.sh
	@echo "== all passed"

test-fast: ## The tests on SQLite and the in-process stock store alone; needs no server.
	@scripts/toolchain.sh
	@TUANQIAO_TEST_ONLY=sqlite scripts/test.sh $(ARGS)

MINUTES ?= 5
soak: ## Walk randomly through the whole money system and through days of the stores on all platforms, MINUTES each on both set-ups; SEED= repeats a walk.
	@WALK_MINUTES=$(MINUTES) scripts/services.sh run cargo test --workspace --test it -- money_walk bridge_day --nocapture --test-threads=1

bench: ## Measure the purchase story, each figure beside its floor (PARTS="sqlite gate"); builds for release.
	@scripts/toolchain.sh
	@echo "== build for release (the first time takes some twenty minutes on two cores)"
	@scripts/bench.sh $(PARTS)

check: ## Type-check everything, the quickest answer while writing.
	@cargo check --workspace --all-targets

fmt: ## Format the code.
	@cargo fmt --all

lint: ## Clippy over everything, warnings are errors.
	@scripts/toolchain.sh clippy
	@cargo clippy --workspace --all-targets $(LOCKED) -- -D warnings

audit: ## Licences, bans, sources and advisories of all dependencies (needs the internet).
	@cargo deny --version >/dev/null 2>&1 || { \
	    echo "== installing cargo-deny (once, some minutes)"; cargo install cargo-deny --locked; }
	@cargo deny --workspace check

clean-data: ## Throw away what the demo keeps in data/: its shop, its keys, its orders.
	@rm -rf data
