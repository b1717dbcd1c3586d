# Everything here works in a fresh clone with Python 3.11+ and pip; no compiler is needed.
# Another interpreter: make run PYTHON=python3.13

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETTINGS := pyproject.toml setup.cfg

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test lint bench reliability oracles docs clean

help:  ## say what there is to make
	@awk -F ':.*## *' '/^[a-z]+:.*##/ { printf "%-11s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.ready  ## simulate what_when; prints its metrics and where its figure is
	$(BIN)/neurogate run what_when

test: $(VENV)/.ready-test  ## run the tests and the examples in the docstrings
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

lint: $(VENV)/.ready-lint  ## ruff (errors and format) and mypy (strict)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(VENV)/.ready  ## measure the simulator's speed on this machine
	$(BIN)/neurogate bench

reliability: $(VENV)/.ready-test  ## kill, damage, fill and fuzz at full count (two hours); writes benchmarks/results/
	$(BIN)/python -m benchmarks.reliability

oracles: $(VENV)/.ready-test  ## measure how far the gates are from stored arrays; `neurogate list gates` shows it
	$(BIN)/python -m benchmarks.oracles

docs: $(VENV)/.ready-docs  ## build docs/_build/html; a warning is an error
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet -b html docs docs/_build/html
	@echo "The documentation is in docs/_build/html/index.html."

clean:  ## remove what make has made, except .venv and runs
	rm -rf build dist neurogate.egg-info docs/_build docs/api .coverage htmlcov
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find benchmarks docs experiments neurogate tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is not Python 3.11 or later, which neurogate needs; name one: make PYTHON=python3.12"; exit 2; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.ready: EXTRAS :=
$(VENV)/.ready-test: EXTRAS := [test]
$(VENV)/.ready-lint: EXTRAS := [lint]
$(VENV)/.ready-docs: EXTRAS := [docs]
$(VENV)/.ready $(VENV)/.ready-test $(VENV)/.ready-lint $(VENV)/.ready-docs: $(SETTINGS) | $(VENV)/.python
	@echo "Installing neurogate$(EXTRAS) into $(VENV) (a minute or two, once)."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.$(EXTRAS)'
	@touch $@
