# Entente. Two commands matter: `make demo` and `make test`.

ARGS ?=
CARGO ?= cargo

.PHONY: demo test check-tools lint unit docs api sim demo-once test-faults test-large bench bench-cedar fuzz twin help

help:            ## what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: check-tools ## the driving case with three nodes; ARGS=--once stops them at the end
	@$(CARGO) build --quiet --locked --bin entente
	@./target/debug/entente demo $(ARGS)

test: check-tools lint unit docs api sim demo-once ## everything that CI checks

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked --quiet -- -D warnings

# nextest where it is installed, for its speed; the tests are the same without it. It does not run doctests.
unit:
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
	  $(CARGO) nextest run --workspace --locked && $(CARGO) test --workspace --doc --locked --quiet; \
	else \
	  echo "cargo-nextest is not installed: running the same tests with cargo test"; \
	  $(CARGO) test --workspace --locked --quiet; \
	fi

docs:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked --quiet

api: check-tools ## the API against what schemathesis makes of its description (EXAMPLES each, default 15); OpenID Connect
	EXAMPLES=$(or $(EXAMPLES),15) $(CARGO) test --locked --quiet -p entente-cli --test schemathesis --test openid -- \
	  --ignored --nocapture

demo-once:
	@$(CARGO) build --quiet --locked --bin entente
	./target/debug/entente demo --once

sim: ## many nodes in one process with everything going wrong: SEEDS seeds (default 150) from FROM, or the one SEED
	@$(CARGO) run --quiet --locked -p entente-sim -- $(if $(SEED),seed $(SEED),$(or $(SEEDS),150) $(FROM))

test-faults: check-tools ## three real processes: kill -9, partitions, a full disk, syncs; RELEASES (10000), SEED; as root
	RELEASES=$(or $(RELEASES),10000) $(if $(SEED),SEED=$(SEED)) $(CARGO) test --locked --quiet -p entente-cli --test faults -- \
	  --include-ignored --nocapture --test-threads=1

test-large: check-tools ## a content of 1 GiB between two processes that are killed in the middle (MIB=1024; 5 GiB of disk)
	LARGE_MIB=$(or $(MIB),1024) $(CARGO) test --locked --quiet -p entente-cli --test large -- --nocapture kills_of_either_side

bench: check-tools ## measurements, side by side in one run (release build; a few minutes); ONLY=exchange or whatif
	$(CARGO) build --release --locked --quiet --bin entente
	$(CARGO) run --release --locked --quiet -p entente-benches $(ONLY)

bench-cedar: check-tools ## the decision beside the same policy in Cedar (minutes to build; see benches/cedar/README.md)
	CARGO_TARGET_DIR=$(CURDIR)/target/cedar $(CARGO) run --release --locked --quiet --manifest-path benches/cedar/Cargo.toml

fuzz: ## each fuzz target for SECONDS (default 60); needs a nightly toolchain and cargo-fuzz
	@./fuzz/run $(or $(SECONDS),60)

twin: ## the decision against its independent twin: WORLDS random worlds (default a million), and all small ones
	ENTENTE_WORLDS=$(or $(WORLDS),1000000) $(CARGO) test --release --locked --quiet -p entente-formats \
	  --test decisions --test small -- --ignored --nocapture

check-tools:
	@command -v $(CARGO) >/dev/null || { echo "Rust is missing: install the stable toolchain (1.89 or later) with rustup"; exit 1; }
	@command -v cc >/dev/null || { echo "a C compiler is missing: install one, such as gcc or clang (Debian: apt-get install gcc)"; exit 1; }
