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
