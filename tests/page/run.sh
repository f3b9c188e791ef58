#!/usr/bin/env bash
# The page's tests in a real browser: node's own test runner, playwright-core and axe-core from .tools/ (the Makefile
# fetches them), and Debian's chromium. What cannot be had is said loudly; then nothing is tested, and nothing fails.
#
#   run.sh                        the tests
#   run.sh screenshots [FILE...]  the pictures of the docs, anew; without FILE all of them
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

skip() {
    tools/skipped.sh "the page's tests in a browser" "$1"
    exit 0
}

why=$(tools/node.sh) || skip "$why"

chromium=${CHROMIUM:-$(command -v chromium || true)}
if [ -z "$chromium" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo 'installing chromium' >&2
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium \
        fonts-dejavu-core fonts-noto-cjk fonts-noto-color-emoji; } >/dev/null 2>&1 || true
    chromium=$(command -v chromium || true)
fi
[ -d .tools/npm/browser/node_modules ] || skip 'playwright-core and axe-core could not be fetched (no npm?)'
[ -n "$chromium" ] || skip 'there is no chromium (Debian: apt-get install chromium, as root)'
export CHROMIUM=$chromium

if [ "${1:-}" = screenshots ]; then
    exec node tests/page/screenshots.mjs "${@:2}"
fi
exec node --test --test-concurrency=1 --test-timeout=180000 tests/page/*.test.mjs
