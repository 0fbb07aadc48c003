# One recipe for people and for CI. `make help` lists what there is.

# The Python that the environment is made of; empty: the first that fits.
PYTHON ?=
# Least branch coverage of the core, in percent.
COV_MIN ?= 100
# How many scenarios `make referee` runs, and the seed of the first, such as SCENARIOS="500 90000".
SCENARIOS ?=
# What `make bench-against` measures against: the kernel before it knew more than one contract.
COMMIT ?= b5b1d39
# Options for `make lock`, such as LOCK=--upgrade.
LOCK ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
# The lock is whole, so nothing is resolved: a release made after it cannot come between.
LOCKED := $(PIP) --no-deps --require-hashes --only-binary :all:
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-build \
	--custom-compile-command "make lock" $(LOCK)
UNCOMPILED := $(wildcard tests/unit tests/property tests/contract)
# A file of tests stays in one process, which makes what its tests share once.
SPREAD := --numprocesses auto --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test vectors lint types imports pages docs uncompiled check bounds bench \
	bench-against referee lock hook audit clean

help: ## List the recipes.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

# Two stamps: what the command needs, and what developing it needs on top.
.venv/.made:
	@python="$$(sh scripts/find-python.sh "$(PYTHON)")" && \
		echo "Making .venv with $$($$python --version)." && $$python -m venv .venv
	@touch $@

.venv/.runtime: requirements/runtime.txt pyproject.toml .venv/.made
	@echo "Installing what steelyard needs to run; the first time takes about a minute."
	@$(LOCKED) -r requirements/runtime.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.runtime
	@echo "Installing what its tests, checks and pages need."
	@$(LOCKED) -r requirements/dev.txt
	@touch $@

install: .venv/.dev ## Make .venv with everything; the command is .venv/bin/steelyard.

demo: .venv/.runtime ## Run the main job on the synthetic market, print the outcome, write the page.
	@$(BIN)/steelyard demo

test: vectors ## Run all tests, doctests and documented snippets.
	$(BIN)/python -m pytest -m "not vectors" $(SPREAD)

# In one process, which counts at its end what was read of them.
vectors: .venv/.dev ## Run the vector tests alone (STEELYARD_VECTORS names another folder).
	$(BIN)/python -m pytest tests -m vectors

lint: .venv/.dev ## Check style and format.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev ## Check types, strictly.
	$(BIN)/mypy

imports: .venv/.dev ## Check that imports point one way.
	$(BIN)/lint-imports

pages: .venv/.dev
	$(BIN)/sphinx-build -W --keep-going -q -b html docs build/docs

docs: pages ## Build the documentation and run its snippets.
	$(BIN)/python -m pytest docs README.md

uncompiled: .venv/.dev ## Run unit, property and contract tests uncompiled, with coverage of the core.
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest $(UNCOMPILED) -m "not real and not slow" $(SPREAD) \
		--cov --cov-report=term --cov-fail-under=$(COV_MIN)

check: export HYPOTHESIS_PROFILE = ci
check: lint types imports pages test uncompiled ## Everything that must hold before a change lands.

bounds: .venv/.dev ## Run unit and property tests with array bounds checked (weekly).
	NUMBA_BOUNDSCHECK=1 STEELYARD_CACHE="$(CURDIR)/build/bounds" $(BIN)/python -m pytest $(UNCOMPILED) $(SPREAD)

referee: .venv/.dev ## Hold the account against the referee in 2,200 random scenarios.
	$(BIN)/python -m tests.referee $(SCENARIOS)

bench: .venv/.dev ## Measure the works of the benchmark; no test fails on time.
	$(BIN)/python scripts/bench.py

bench-against: .venv/.dev ## Measure the kernel against COMMIT, in turns.
	$(BIN)/python scripts/bench_against.py $(COMMIT)

lock: .venv/.dev ## Pin all requirements anew, with hashes (LOCK=--upgrade takes newer versions).
	$(COMPILE) pyproject.toml --extra live --group dev --output-file requirements/dev.txt
	$(COMPILE) pyproject.toml --group build --constraints requirements/dev.txt \
		--output-file requirements/runtime.txt
	$(COMPILE) --group audit --output-file requirements/audit.txt

hook: ## Let every commit run lint, types and imports first.
	@sh scripts/install-hook.sh

audit: .venv/.made ## Ask for known weaknesses of the pinned requirements (needs the network).
	@$(BIN)/python -m venv build/audit
	@build/audit/bin/python -m pip install --quiet --require-hashes -r requirements/audit.txt
	build/audit/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements/dev.txt

clean: ## Remove the environment and everything that was built.
	rm -rf .venv build dist out .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
