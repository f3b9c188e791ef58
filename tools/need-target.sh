#!/usr/bin/env bash
# need-target.sh TRIPLE: exits with 1 and a remedy if rustc has no standard library for TRIPLE. Otherwise `cargo lambda` would
# download it without asking.
set -euo pipefail

target=$1
if ! [ -d "$(rustc --print target-libdir --target "$target")" ]; then
    cat >&2 <<END
The Rust target $target is not installed. To build for it:
  rustup target add $target
  and a linker and C compiler for it. Debian:
    apt-get install gcc-aarch64-linux-gnu
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
Or install zig and set LAMBDA_COMPILER=cargo-zigbuild instead of the linker.
END
    exit 1
fi
