#!/usr/bin/env bash
# What the local page costs the function: the release build of sidenote-lambda with and without it. Fails unless nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

binary=${CARGO_TARGET_DIR:-target}/release/sidenote-lambda
size() {
    cargo build --release --bin sidenote-lambda "$@" >&2
    stat -c %s "$binary"
}

with=$(size)
without=$(size --no-default-features)
printf 'sidenote-lambda with the page     %9d bytes\nsidenote-lambda without the page  %9d bytes\n' "$with" "$without"
if grep -q -a -e 'page/page.css' -e 'data-progress' "$binary"; then
    echo 'page-cost.sh: something of the page is in the function' >&2
    exit 1
fi
[ "$with" = "$without" ] || { echo 'page-cost.sh: the page costs the function something' >&2; exit 1; }
