#!/usr/bin/env bash
# release.sh [CARGO ARGUMENT...]: the release programs for this machine, or for TARGET, in target/TRIPLE/release.
#
# `make build`, `sam build` and the image take what is built here, so that the one link-time optimization of each program
# is not repeated. For that, cargo and cargo-lambda need the same flags: cargo-lambda's own would require a CPU with AVX2,
# which not every machine for `serve` has.
set -euo pipefail

# The commit for `sidenote --version`. It is unknown without git or in an archive of the files.
if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$PWD" ]; then
    SIDENOTE_COMMIT=$(git describe --always --dirty --exclude '*' --abbrev=12)
    export SIDENOTE_COMMIT
fi
# The Makefile expects this directory, whatever the caller's settings are.
export CARGO_TARGET_DIR=$PWD/target
export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS='-C target-cpu=x86-64'
if [ "${1:-}" = lambda ]; then
    exec cargo "$@"
fi
exec cargo build --release --target "${TARGET:-$(rustc -vV | sed -n 's/^host: //p')}" "$@"
