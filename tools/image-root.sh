#!/usr/bin/env bash
# image-root.sh DIRECTORY: the image's root file system, around a release build for this machine.
set -euo pipefail

tools/release.sh --bin sidenote
tools/rootfs.sh "$1" "target/$(rustc -vV | sed -n 's/^host: //p')/release/sidenote"
