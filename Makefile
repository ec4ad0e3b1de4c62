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
	$(BIN)/python tests/guarantees.py

guarantees-check: $(READY) ## fail when docs/guarantees.* are not what the program prints
	$(BIN)/python tests/guarantees.py --check

ci: test lint types check guarantees-check wheel

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

clean:
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
