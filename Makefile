# `make demo` shows Bartizan at work, `make test` runs the tests; each makes its own .venv.
PYTHON ?= python3
BIN := .venv/bin
DEMO := data/demo

# Commands are started again and again by tests: their compiled modules are kept.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo serve test test-slow fuzz seeds check bench lock format clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# The server's own dependencies: enough to run it. The stamp holds the lock's digest, so a changed lock installs again.
.venv/server.stamp: requirements/server.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/server.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/server.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

.venv/bench.stamp: requirements/bench.txt .venv/dev.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

demo: .venv/server.stamp ## simulated AWS logs with an attack in them: ingest, detect, then serve on loopback
	$(BIN)/bartizan demo --data $(DEMO)

serve: .venv/server.stamp ## the API on loopback
	$(BIN)/bartizan serve

# In their own order: by the number of tests, the few long ones of detection would come last, on one core.
test: .venv/dev.stamp ## the unit suite and the flows
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder -m "not slow"

test-slow: .venv/dev.stamp ## kill -9, large and hostile input, every function with every value
	$(BIN)/pytest -n auto --dist loadfile -m slow tests/query
	$(BIN)/pytest -m slow --ignore tests/query

fuzz: .venv/dev.stamp ## a million hostile inputs for each parser of queries; INPUTS=n for another number
	$(BIN)/python -m tests.query.fuzzing --inputs $(or $(INPUTS),1000000)

seeds: .venv/dev.stamp ## random histories of arrivals, kills and clocks for the rules, two hundred; SEEDS=n for another number
	BARTIZAN_SEEDS=$(or $(SEEDS),200) $(BIN)/pytest -n auto --dist load -m slow tests/detect/test_completeness.py

check: .venv/dev.stamp ## format, lint, types, import contracts, integrations, rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/bartizan integrations check
	$(BIN)/bartizan rules check

format: .venv/dev.stamp ## rewrite the code's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/bench.stamp ## measure, and write docs/benchmarks.md
	$(BIN)/python -m benchmarks

lock: ## renew the locked requirements
	tools/lock.sh

clean: ## remove the environment and the demo's data
	rm -rf .venv $(DEMO)
