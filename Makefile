# Everything a fresh machine needs: Python 3.11+, make. `make run`, `make test`, `make check`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help setup run test check lint format types imports lock docker-lint clean

help:
	@echo "make run     the demo; with TELEGRAM_BOT_TOKEN set, the real bot"
	@echo "make test    all tests"
	@echo "make check   lint, types, import order, rules and tests"
	@echo "make setup   only build $(VENV) with $(BIN)/wirewatch"

setup: $(VENV)/ready

$(VENV)/ready: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Wirewatch needs Python 3.11 or newer: set PYTHON=python3.12, say")'
	@echo "Setting up $(VENV) (once) …"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.lock
	@$(PIP) install -r requirements-dev.lock
	@touch $@

run: setup
	@if [ -n "$$TELEGRAM_BOT_TOKEN" ]; then exec $(BIN)/wirewatch run; else exec $(BIN)/wirewatch demo; fi

test: $(VENV)/ready-dev
	$(BIN)/python -m pytest -q

check: lint types imports rules-check test

lint: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/hadolint Dockerfile

format: $(VENV)/ready-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/ready-dev
	$(BIN)/mypy

imports: $(VENV)/ready-dev
	$(BIN)/lint-imports

.PHONY: rules-check
rules-check: setup
	$(BIN)/wirewatch rules check
	$(BIN)/wirewatch rules test

# The lock in requirements form, for every Python from 3.11 on and every platform.
lock: $(VENV)/ready-dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header --upgrade pyproject.toml --group lock -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header --upgrade --group dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) data .pytest_cache .mypy_cache .ruff_cache .hypothesis
