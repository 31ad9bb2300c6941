#!/usr/bin/env bash
# Installs what the tests need: PostgreSQL, Chromium, a Persian font, docker-compose from the system; axe-core from npm.
set -euo pipefail
cd "$(dirname "$0")/.."
axe=4.14.1

missing=()
[ -n "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || missing+=(postgresql)
command -v chromium >/dev/null || missing+=(chromium)
command -v docker-compose >/dev/null || missing+=(docker-compose)
command -v openssl >/dev/null || missing+=(openssl)
fc-list 2>/dev/null | grep -qi "NotoSansArabic\|Noto Sans Arabic" || missing+=(fonts-noto-core fontconfig)
[ -x /usr/sbin/sshd ] || missing+=(openssh-server)
[ -x /usr/sbin/dovecot ] || missing+=(dovecot-imapd)
command -v npm >/dev/null || missing+=(nodejs npm)

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests need: ${missing[*]}. Get them with: sudo apt-get install ${missing[*]}" >&2
    exit 1
  fi
  echo "Installing ${missing[*]} …" >&2
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
fi

# The checker of accessibility runs inside the page; the registry's package is the only form it comes in.
if ! grep -qs "\"version\": \"$axe\"" .state/axe/node_modules/axe-core/package.json; then
  echo "Installing axe-core $axe …" >&2
  mkdir -p .state/axe
  npm install --prefix .state/axe --no-save --ignore-scripts --no-audit --no-fund --loglevel=error "axe-core@$axe" >/dev/null
fi

# Tryton lives in an environment of its own, made from pinned and hashed packages.
if ! cmp -s tests/tryton/requirements.lock .venv-tryton/made-from; then
  echo "Installing Tryton 8.2 …" >&2
  uv=$(command -v uv || echo .tools/bin/uv)
  "$uv" venv --quiet --clear --python .venv/bin/python .venv-tryton
  "$uv" pip sync --quiet --require-hashes --python .venv-tryton/bin/python tests/tryton/requirements.lock
  cp tests/tryton/requirements.lock .venv-tryton/made-from
fi
# Half a minute of work that no test has to wait for.
.venv/bin/python -m tests.fixtures.tryton_server
