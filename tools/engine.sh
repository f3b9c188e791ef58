#!/usr/bin/env bash
# engine.sh COMMAND [ARGUMENT...]: runs COMMAND beside a container engine of its own, and leaves nothing behind.
#
# dockerd runs in its own network, mount and process namespaces: whatever runs in there ends with this script, the host's
# network and a Docker that may be installed already are not touched, and there is no way to any registry. COMMAND finds
# the engine by DOCKER_HOST, its own loopback, and containers reach it at $SIDENOTE_ENGINE.
#
# Needs root, and apt where dockerd is missing. Without them it says so in one line and ends with 0.
set -euo pipefail

bridge=172.31.250.1
command=$*

skip() {
    echo "==== SKIPPED, because no container engine can be had here ($1): $command ====" >&2
    exit 0
}

install_engine() {
    if [ -x /usr/sbin/dockerd ] || [ -x /usr/bin/dockerd ]; then
        command -v busybox >/dev/null && return
    fi
    command -v apt-get >/dev/null || skip 'dockerd and busybox are not installed, and there is no apt-get'
    echo 'installing docker.io and busybox-static' >&2
    local log
    log=$(mktemp)
    for _ in once 'after apt-get update'; do
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends docker.io busybox-static iptables \
            >"$log" 2>&1 && rm "$log" && return
        apt-get update -q >>"$log" 2>&1 || true
    done
    tail -n 5 "$log" >&2
    rm "$log"
    skip 'apt-get could not install docker.io'
}

# Inside the namespaces: the engine, then the command.
within() {
    local home=$1 tries=0
    shift
    ip link set lo up 2>/dev/null || busybox ip link set lo up
    # A container's own control groups need a writable tree; a namespace of its own keeps them off the host's.
    export DOCKER_HOST=unix://$home/d.sock SIDENOTE_ENGINE=$bridge
    dockerd --host "$DOCKER_HOST" --data-root "$home/data" --exec-root "$home/exec" --pidfile "$home/d.pid" \
        --bip "$bridge/24" >"$home/log" 2>&1 &
    until docker info >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -gt 150 ] || ! kill -0 $! 2>/dev/null; then
            tail -n 20 "$home/log" >&2
            echo 'engine.sh: dockerd does not start' >&2
            exit 1
        fi
        sleep 0.2
    done
    "$@"
}

if [ "${1:-}" = --within ]; then
    within "${@:2}"
    exit
fi

[ "$(id -u)" = 0 ] || skip 'not root'
install_engine
unshare -n true 2>/dev/null || skip 'no namespaces'
home=$(mktemp -d /tmp/sidenote-engine.XXXXXX)
# What the engine mounted went with its namespace; what it wrote goes here.
trap 'rm -rf --one-file-system "$home"' EXIT
unshare --net --mount --pid --fork --kill-child --mount-proc "$BASH" "${BASH_SOURCE[0]}" --within "$home" "$@"
