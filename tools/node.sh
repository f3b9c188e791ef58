#!/usr/bin/env bash
# node.sh: succeeds if node and npm are new enough for every tool from npm. Otherwise it prints why not; an older node counts
# as none, because its npm installs the tools without an error and they then fail.
set -euo pipefail

command -v node >/dev/null && command -v npm >/dev/null || { echo 'there is no node with npm' && exit 1; }
IFS=. read -r major minor _ <<<"$(node -p process.versions.node)"
((major > 20 || (major == 20 && minor >= 15))) || { echo "it needs Node 20.15 or newer, and this is $major.$minor" && exit 1; }
