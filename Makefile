# Every target makes the environment it needs: Python 3.11 or newer and make are enough.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
JOBS   ?= 0

.PHONY: check test lint format types wheel bench ci clean

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

ci: test lint types check wheel

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

clean:
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
