#!/usr/bin/env bash
# test-sam.sh: `sam local invoke` of every file in events/, inside of engine.sh. Everything is built by now.
set -euo pipefail

image=sidenote-local:1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
# AWS's own image is in a registry, and there is none: this one holds a shell and this machine's C library. SAM adds AWS's
# runtime emulator to it. check-bootstrap.sh has looked at what the real one must have.
tools/rootfs.sh "$root/base" .aws-sam/build/SidenoteFunction/bootstrap busybox
tar -C "$root/base" -c . | docker import -c 'WORKDIR /var/task' - "$image" >/dev/null
# No look-up can succeed in here, so none is waited for.
mount --bind /dev/null /etc/resolv.conf
SIDENOTE_SAM_IMAGE=$image cargo test --quiet --offline --test processes -- --ignored --nocapture sam::
