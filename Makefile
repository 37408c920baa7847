# `make demo` and `make test` need Python 3.11 or newer and nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help setup demo test test-slow check clean

help:
	@echo "make setup      a virtual environment with everything in it ($(VENV))"
	@echo "make demo       run the main job on the embedded cohort (some five minutes on two cores)"
	@echo "make test       the tests"
	@echo "make test-slow  the long tests"
	@echo "make check      lint, types, layers"
	@echo "make clean      remove the environment and what was built"

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) --version 2>&1); try make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(READY)
	@echo "ready: . $(BIN)/activate"

demo: $(READY)
	$(BIN)/bench run no-proxy reid-msssim --preset quick
	$(BIN)/bench run mixup-learned-tta reid-msssim --preset quick
	$(BIN)/bench leaderboard build runs/phantom-quick --out site

test: $(READY)
	$(BIN)/python -m pytest -n 2 -m "not slow" $(ARGS)

test-slow: $(READY)
	$(BIN)/python -m pytest -m slow $(ARGS)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV) build dist *.egg-info
