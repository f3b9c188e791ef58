#!/usr/bin/env bash
# skipped.sh WHAT WHY: says that WHAT is not tested on this machine, and adds a line to the file $SIDENOTE_SKIPPED, whose lines
# `make test` prints at its end. It uses only what every shell has.
set -euo pipefail

echo "SKIPPED: $1 ($2)" >&2
[ -z "${SIDENOTE_SKIPPED:-}" ] || echo "$1 ($2)" >>"$SIDENOTE_SKIPPED"
