# Everything a newcomer needs: `make run` and `make test`. Each sets up what it needs by itself.
SHELL := /bin/bash
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
PY := .venv/bin/python
CASES := $(wildcard ../shared/cases)
export TWINOFFICE_CASES_DIR ?= $(if $(CASES),$(abspath $(CASES)))

.DEFAULT_GOAL := help
.PHONY: help run test check format screenshots transcripts bench train cases einvoices lock migration clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/ready ## Set up what is missing and serve the demo on http://127.0.0.1:8000
	@exec .venv/bin/twinoffice run

test: check .state/test-servers ## Everything: check, then integration, dialogue and browser tests
	@$(PY) -m bot.cli train
	@tests/run_all.sh

check: .venv/ready ## Format, lint, types, architecture, fast tests (before each commit)
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@$(PY) -m pytest -q -n 2 --dist loadfile tests/architecture tests/unit tests/contract

format: .venv/ready ## Format the code and mend what lint can mend
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

train: .venv/ready ## Train the assistant when its config or data changed
	@$(PY) -m bot.cli train

screenshots: .venv/ready .state/test-servers ## Take the pictures of docs/screenshots anew
	@$(PY) -m bot.cli train
	@$(PY) -m tests.browser.screenshots

transcripts: .venv/ready .state/test-servers ## Write down anew the conversations and what connections say
	@$(PY) -m bot.cli train
	@$(PY) -m tests.dialogue.transcripts
	@tests/with_postgres.sh $(PY) -m tests.integration.connection_transcripts

bench: .venv/ready .state/test-servers ## Benchmarks, each beside something to compare with
	@$(PY) -m bot.cli train
	@tests/with_postgres.sh $(PY) -m tests.bench

cases: .venv/ready ## Worked cases of the back office: make cases FILE=path
	@$(PY) -m tests.cases.run $(or $(FILE),tests/cases/back_office_public.json)

einvoices: .venv/ready ## E-invoices against their manifest: make einvoices MANIFEST=path DIR=path
	@$(PY) -m tests.einvoices.run "$(or $(MANIFEST),tests/fixtures/einvoice/manifest.csv)" $(if $(DIR),"$(DIR)")

lock: .venv/ready ## Renew the lock files
	@$(UV) lock
	@$(UV) pip compile -q --python-version 3.10 bot/rasa/requirements.in -o bot/rasa/requirements.lock --no-header
	@$(UV) pip compile -q --generate-hashes tests/tryton/requirements.in -o tests/tryton/requirements.lock --no-header

migration: .venv/ready ## Write a migration for changed models: make migration MESSAGE="what changed"
	@$(PY) -m connectors.database.migrate "$(MESSAGE)"

clean: ## Remove environments, models and run-time state
	@rm -rf .venv .venv-rasa .venv-tryton .tools .state models var

.tools/bin/uv:
	@command -v python3 >/dev/null || { echo "python3 is missing. Get it with: apt-get install python3 python3-venv"; exit 1; }
	@python3 -m venv .tools || { echo "venv is missing. Get it with: apt-get install python3-venv"; exit 1; }
	@.tools/bin/pip install --quiet uv

.venv/ready: pyproject.toml uv.lock | $(filter .tools/bin/uv,$(UV))
	@$(UV) sync --frozen --quiet
	@touch $@

.state/test-servers: tests/install_servers.sh tests/tryton/requirements.lock
	@tests/install_servers.sh
	@mkdir -p .state && touch $@
