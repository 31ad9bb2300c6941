#!/usr/bin/env bash
# Runs the tests that need servers, first those inside Rasa's environment; with names of tests only these of ours.
set -euo pipefail
cd "$(dirname "$0")/.."

.venv-rasa/bin/python -m pytest -q -p no:cacheprovider -c tests/rasa_env/pytest.ini tests/rasa_env
if [ $# -gt 0 ]; then
  exec tests/with_postgres.sh .venv/bin/python -m pytest -q "$@"
fi
# Two processes, each with a product of its own; a file's tests stay together. The browser's tests run by themselves:
# Playwright leaves an event loop running, which the engine refuses to start beside.
tests/with_postgres.sh .venv/bin/python -m pytest -q -n 2 --dist loadfile tests/contract tests/integration tests/dialogue
.venv/bin/python -m pytest -q tests/browser
