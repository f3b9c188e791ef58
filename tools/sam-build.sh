#!/usr/bin/env bash
# sam-build.sh ARCHITECTURE: `sam build` for x86_64 or arm64, into .aws-sam/build/.
set -euo pipefail

case $1 in
    x86_64) tools/need-target.sh x86_64-unknown-linux-gnu ;;
    # `sam build` always runs rustup, so the target must be installed before.
    arm64) tools/need-target.sh aarch64-unknown-linux-gnu ;;
    *) echo "ARCH is x86_64 or arm64, not '$1'" >&2 && exit 2 ;;
esac
# The flags of release.sh, for the same reason.
export CARGO_TARGET_DIR=$PWD/target
CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS='-C target-cpu=x86-64' \
    sam build --template-file template.yaml --parameter-overrides "Architecture=$1"
tools/check-bootstrap.sh .aws-sam/build/SidenoteFunction/bootstrap
