# Entente. Two commands matter: `make demo` and `make test`.

ARGS ?=
CARGO ?= cargo

.PHONY: demo test check-tools chromium lint unit postgres docs api browser sim demo-once test-faults test-large bench bench-cedar fuzz twin help sim-many

help:            ## what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: check-tools ## the driving case with three nodes; ARGS=--once stops them at the end
	@$(CARGO) build --quiet --locked --bin entente
	@./target/debug/entente demo $(ARGS)

test: check-tools chromium lint unit postgres docs api browser sim demo-once ## everything that CI checks

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

# The scripts of the store as they are, on the other engine; those about the file of SQLite say that they are.
# What restarts the server has one to itself.
postgres: check-tools ## the store on PostgreSQL, and a node on it as a process: a server of their own, which is started and killed
	@$(CARGO) test --workspace --locked --quiet --no-run --bins --tests
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
	  ./crates/store/tests/postgres/server $(CARGO) nextest run --workspace --locked --run-ignored all \
	    -E 'package(entente-store)' && \
	  ./crates/store/tests/postgres/server $(CARGO) nextest run --workspace --locked --run-ignored all \
	    -E 'package(entente-cli) and binary(postgres)'; \
	else \
	  ./crates/store/tests/postgres/server $(CARGO) test --workspace --locked --quiet --test postgres -- --include-ignored && \
	  ./crates/store/tests/postgres/server $(CARGO) test -p entente-store --locked --quiet --tests; \
	fi

docs:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked --quiet

api: check-tools ## the API against what schemathesis makes of its description (EXAMPLES each, default 15); OpenID Connect; MISP; clients of TAXII
	EXAMPLES=$(or $(EXAMPLES),15) $(CARGO) test --workspace --locked --quiet --test schemathesis --test openid \
	  --test taxii_clients --test misp --test taxii_client --test escalation --test commitments -- \
	  --ignored --nocapture

browser: check-tools chromium web/node_modules/.package-lock.json ## the driving case through the pages of three nodes, with Chromium; SCREENSHOTS=FOLDER
	SCREENSHOTS=$(or $(SCREENSHOTS),$(CURDIR)/target/screenshots) $(CARGO) test --workspace --locked --quiet --test browser -- \
	  --ignored --nocapture

# What the browser tests need besides; the build itself fetches what the console serves.
web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	npm ci --prefix web
	@touch $@

chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; \
	  else \
	    echo "Chromium is missing, with which the console's pages are tested: install it (Debian: apt-get install chromium fonts-noto-cjk)"; exit 1; \
	  fi; }

# Built as the tests build them: what has run before them has compiled it already.
demo-once:
	@$(CARGO) build --quiet --locked --workspace --bins --tests
	./target/debug/entente demo --once

sim: ## many nodes in one process with everything going wrong: SEEDS seeds (default 1000) from FROM, or the one SEED
	@$(CARGO) build --quiet --locked --workspace --bins --tests
	@./target/debug/entente-sim $(if $(SEED),seed $(SEED),$(or $(SEEDS),1000) $(FROM))

sim-many: ## the same with optimisation and all checks: SEEDS seeds (default 10000) from FROM; a build of its own
	@$(CARGO) run --quiet --locked --profile sim -p entente-sim -- $(or $(SEEDS),10000) $(FROM)

test-faults: check-tools ## three real processes: kill -9, partitions, a full disk, syncs; RELEASES (10000), SEED; as root
	RELEASES=$(or $(RELEASES),10000) $(if $(SEED),SEED=$(SEED)) $(CARGO) test --workspace --locked --quiet --test faults -- \
	  --include-ignored --nocapture --test-threads=1

test-large: check-tools ## a content of 1 GiB between two processes that are killed in the middle (MIB=1024; 5 GiB of disk)
	LARGE_MIB=$(or $(MIB),1024) $(CARGO) test --workspace --locked --quiet --test large -- --nocapture kills_of_either_side

bench: check-tools ## measurements, side by side in one run (release build; a few minutes); ONLY=exchange, alert, store, stix, whatif, "console N" or "backlog N"
	$(CARGO) build --release --locked --quiet --bin entente
	$(if $(filter store,$(ONLY)),PLACE=$${TMPDIR:-/tmp} ./crates/store/tests/postgres/server) $(CARGO) run --release --locked --quiet -p entente-benches $(ONLY)

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
	@command -v npm >/dev/null || { echo "npm is missing, through which the console's browser libraries come: install it (Debian: apt-get install npm)"; exit 1; }
