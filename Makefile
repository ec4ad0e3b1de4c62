# Every target makes the environment it needs: Python 3.11 or newer and make are enough.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
JOBS   ?= 0

.PHONY: check test lint format types wheel bench self-check guarantees guarantees-check ci clean

check: $(READY)            ## the main job: every shipped test against what it expects
	$(BIN)/litmus check litmus --jobs $(JOBS)

test: $(READY)             ## the project's own tests
	$(BIN)/pytest -n auto

lint: $(READY)             ## linter and formatter check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(READY)           ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(READY)            ## the strict type checker
	$(BIN)/mypy

wheel: $(READY)            ## build a wheel, and use it in an empty environment
	$(BIN)/python tests/wheel.py

bench: $(READY)            ## cold start, throughput and scaling, as ratios
	$(BIN)/python bench/run.py
	$(BIN)/python bench/scaling.py

self-check: $(READY)       ## the data against itself: features take nothing away, code keeps contracts
	$(BIN)/litmus compare --self --jobs $(JOBS)

guarantees: $(READY)       ## write docs/guarantees.* anew
	$(BIN)/litmus table --features --format markdown -o docs/guarantees.md
	$(BIN)/litmus table --features --format rst -o docs/guarantees.rst

guarantees-check: $(READY) ## fail when docs/guarantees.* are not what the program prints
	$(BIN)/litmus table --features --format markdown | diff -q docs/guarantees.md - || \
		{ echo "docs/guarantees.md is stale: run make guarantees"; exit 1; }
	$(BIN)/litmus table --features --format rst | diff -q docs/guarantees.rst - || \
		{ echo "docs/guarantees.rst is stale: run make guarantees"; exit 1; }

ci: test lint types check guarantees-check wheel

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

clean:
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
