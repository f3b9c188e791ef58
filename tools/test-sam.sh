#!/usr/bin/env bash
# test-sam.sh: `sam local invoke` of every file in events/, inside of engine.sh. Everything must be built before.
set -euo pipefail

image=sidenote-local:1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
# No registry is reachable for AWS's own image. This image contains a shell and this machine's C library; SAM adds AWS's
# runtime emulator to it. check-bootstrap.sh has checked the compatibility with the real image.
tools/rootfs.sh "$root/base" .aws-sam/build/SidenoteFunction/bootstrap busybox
tar -C "$root/base" -c . | docker import -c 'WORKDIR /var/task' - "$image" >/dev/null
# DNS cannot work here, so requests must fail at once.
mount --bind /dev/null /etc/resolv.conf
SIDENOTE_SAM_IMAGE=$image cargo test --quiet --offline --test processes -- --ignored --nocapture sam::
