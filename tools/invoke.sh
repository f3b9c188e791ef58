#!/usr/bin/env bash
# invoke.sh EVENT [SECRETS_FILE]: runs the release build on one event under `cargo lambda watch`. The response goes to stdout,
# the function's log to stderr. Settings come from the environment, as for the function itself. FUNCTION contains the
# function's build flags.
set -euo pipefail

event=$1
if [ -n "${2:-}" ] && [ -z "${SECRETS_FILE:-}" ]; then export SECRETS_FILE=$PWD/$2; fi
address=127.0.0.1

free_port() {
    local port
    while port=$((20000 + RANDOM % 12000)) && (: <"/dev/tcp/$address/$port") 2>/dev/null; do :; done
    echo "$port"
}

port=${PORT:-$(free_port)}
# shellcheck disable=SC2086 # several flags
cargo lambda watch --release --ignore-changes --quiet $FUNCTION \
    --invoke-address "$address" --invoke-port "$port" >&2 &
emulator=$!
trap 'kill "$emulator" 2>/dev/null || true; wait "$emulator" 2>/dev/null || true' EXIT

for _ in {1..100}; do
    (: <"/dev/tcp/$address/$port") 2>/dev/null && break
    kill -0 "$emulator" || exit 1
    sleep 0.1
done

cargo lambda invoke --invoke-address "$address" --invoke-port "$port" --data-file "$event"

# The response precedes the end of the work. The emulator handles one event at a time, so the response to a second event shows
# that the first is complete.
exec 3<>"/dev/tcp/$address/$port"
printf 'GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
timeout 120 cat <&3 >/dev/null
