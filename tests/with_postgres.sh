#!/usr/bin/env bash
# Runs a command with a PostgreSQL of its own on loopback, named in TWINOFFICE_TEST_POSTGRES_URL; it ends with the command.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
postgres_bin=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)")
port=$(.venv/bin/python -c "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])")
as_postgres=()
if [ "$(id -u)" -eq 0 ]; then
  # PostgreSQL refuses to run as root.
  as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups env HOME="$work")
  chown postgres "$work"
fi
stop() {
  (cd / && "${as_postgres[@]}" "$postgres_bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1) || true
  rm -rf "$work"
}
trap stop EXIT
cd "$work"
"${as_postgres[@]}" "$postgres_bin/initdb" -D "$work/data" -U twinoffice --auth=trust -E UTF8 --locale=C.UTF-8 >/dev/null
"${as_postgres[@]}" "$postgres_bin/pg_ctl" -D "$work/data" -w -l "$work/log" \
  -o "-p $port -h 127.0.0.1 -k $work -c fsync=off -c max_connections=300" start >/dev/null
cd - >/dev/null

TWINOFFICE_TEST_POSTGRES_URL="postgresql://twinoffice@127.0.0.1:$port/postgres" "$@"
