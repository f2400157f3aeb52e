# Parley: every task of the project. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# The lock is the whole of it: nothing is resolved again, so a later release changes nothing.
LOCKED := $(PIP) install --quiet --no-deps --require-hashes -r
# Nothing is missing but what `override-dependencies` in pyproject.toml leaves out.
WHOLE := $(PIP) check >$(VENV)/checked || ! grep -v '^axe-playwright-python [^ ]* requires playwright,' $(VENV)/checked

.DEFAULT_GOAL := help
# Tests wait for processes and sockets more than they compute: twice as many as there are cores.
WORKERS ?= $(shell $(PYTHON) -c "import os; print(2 * (os.cpu_count() or 1))")

# What is compiled once is compiled for every process that the tests start, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install ocr speech run demo test test-postgres check bench accuracy soak mutants docs lock format clean

help: ## list the tasks
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || { echo "Parley needs Python 3.11 to 3.14; this is $$($(PYTHON) --version). Name another one: make PYTHON=python3.12 ..."; exit 2; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/runs: requirements.lock pyproject.toml $(VENV)/made
	$(LOCKED) requirements.lock
	PYTHONWARNINGS=ignore $(PIP) install --quiet --no-build-isolation --no-deps -e .
	@$(WHOLE)
	@touch $@

$(VENV)/tests: requirements-dev.lock $(VENV)/runs
	$(LOCKED) requirements-dev.lock
	@$(WHOLE)
	@touch $@

install: $(VENV)/runs ## set everything up (virtual environment, locked dependencies)

ocr: install ## add the local engine that reads scans without a network
	$(LOCKED) requirements-ocr.lock

speech: install ## add the local engines that read answers aloud and hear voice messages, in English
	$(LOCKED) requirements-speech.lock

run: install ## run the gateway
	@exec $(BIN)/parley run

demo: install ## show the gateway at work in the terminal: no token, no key, no network
	@$(BIN)/parley demo

check: $(VENV)/tests ## format, lint, strict types, import rules, known vulnerabilities in dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -p no:randomly tests/test_architecture.py
	$(BIN)/python -m tests.setup.advisories requirements*.lock

test: check ## every check and every test
	$(BIN)/python -m pytest -n $(WORKERS) --ignore=tests/test_architecture.py

test-postgres: $(VENV)/tests ## every scenario and every crash on PostgreSQL, which the tests bring themselves
	SCENARIOS_ON=postgres $(BIN)/python -m pytest -n $(WORKERS) tests/scenario tests/crash

bench: $(VENV)/tests ## the gateway beside a bare bot on each platform; searching; contexts; files; a crowd; pace; load; voices
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.search
	$(BIN)/python -m tests.bench.erasing
	$(BIN)/python -m tests.bench.context
	$(BIN)/python -m tests.bench.window
	$(BIN)/python -m tests.bench.files
	$(BIN)/python -m tests.bench.crowd
	$(BIN)/python -m tests.bench.pace
	$(BIN)/python -m tests.bench.load
	$(BIN)/python -m tests.bench.schedules
	$(BIN)/python -m tests.bench.tools
	$(BIN)/python -m tests.bench.usage
	$(BIN)/python -m tests.bench.aloud
	$(BIN)/python -m tests.bench.processes

accuracy: $(VENV)/tests speech ## how much of 300 public files arrives, beside independent readers, and of speech (fetches samples; needs pandoc, poppler, antiword, catdoc, libheif, libtiff)
	@missed=0; for part in accuracy accuracy.pictures accuracy.sounds accuracy.scans; do $(BIN)/python -m tests.files.$$part || missed=1; done; $(BIN)/python -m pytest -q tests/voices/test_local_speech.py || missed=1; exit $$missed

soak: $(VENV)/tests ## people talk while the gateway, then one of three on PostgreSQL, is struck again and again
	$(BIN)/python -m tests.crash.soak
	$(BIN)/python -m tests.crash.soak --processes 3 --kills 300

mutants: $(VENV)/tests ## break the rules of access, storage, delivery and layout one by one: tests must see it
	$(BIN)/python -m tests.mutants

format: $(VENV)/tests ## format the code and apply lint fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/tests ## regenerate the tables in docs/ and .env.example
	$(BIN)/python -m bot.operations.manual

lock: $(VENV)/tests ## update the lock files
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group build --extra ocr pyproject.toml -o requirements-ocr.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group build --extra speech pyproject.toml -o requirements-speech.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group build --group dev --extra ocr pyproject.toml -o requirements-dev.lock

clean: ## remove what the tasks made (not your data)
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
