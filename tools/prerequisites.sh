#!/usr/bin/env bash
# prerequisites.sh          fails at once if something is missing that `make test` needs, instead of after minutes
# prerequisites.sh skipped  prints one line: what `make test` has left out on this machine, and why, by the file
#                           $SIDENOTE_SKIPPED, which the first call empties
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

has() { command -v "$1" >/dev/null; }

# Each test that cannot run has added a line to the file.
skipped() {
    if [ -s "$SIDENOTE_SKIPPED" ]; then
        printf 'SKIPPED: %s\n' "$(sort -u "$SIDENOTE_SKIPPED" | paste -sd ';' | sed 's/;/; /g')"
    else
        echo 'Nothing was skipped.'
    fi
}

# The version of cargo is compared by its numbers.
is_new_enough() {
    [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

required() {
    local missing=()
    for program in cargo cc git make; do
        has "$program" || missing+=("$program")
    done
    if has cargo; then
        rust=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
        found=$(cargo --version | cut -d ' ' -f 2)
        is_new_enough "$rust" "$found" || missing+=("Rust $rust or newer, and this is $found (rustup update stable)")
        # rustup's minimal profile has neither of them.
        cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 ||
            missing+=('rustfmt and clippy (rustup component add rustfmt clippy)')
    fi
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || missing+=('python3, version 3.11 or newer')
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=('the venv module of Python (Debian: apt-get install python3-venv)')
    for what in "${missing[@]}"; do
        echo "make test needs $what" >&2
    done
    [ ${#missing[@]} = 0 ] || exit 1
    if [ -n "${SIDENOTE_SKIPPED:-}" ]; then
        mkdir -p "$(dirname "$SIDENOTE_SKIPPED")"
        : >"$SIDENOTE_SKIPPED"
    fi
    free=$(df --output=avail -k . | tail -n 1)
    # `target` is 5.2 GB after `make test`, `.tools` 1.6 GB with Node's tools, and the caches of cargo and npm are 0.8 GB.
    ((free > 8000000)) || echo "make test needs 8 GB of disk, and only $((free / 1000)) MB are free" >&2
    why=$(tools/node.sh) || echo "!!! NO TOOL FROM NPM IS USED: $why" >&2
}

case ${1:-} in
skipped) skipped ;;
*) required ;;
esac
