#!/usr/bin/env bash
# engine.sh COMMAND [ARGUMENT...]: runs COMMAND with its own container engine, and leaves no process running.
#
# dockerd runs in its own network, mount and process namespaces: every process in them ends with this script, the host's
# network and an installed Docker are not changed, and no registry is reachable. COMMAND finds the engine by DOCKER_HOST;
# containers reach COMMAND's loopback at $SIDENOTE_ENGINE.
#
# Needs root, namespaces, and dockerd, docker and busybox, which apt installs if they are missing; they stay installed,
# but their services are not started, not even at the next boot. An empty control group, `docker`, also remains. Without an
# engine the script prints a line and exits with 0. After COMMAND has started, its result is this script's.
# tools/check-engine.sh tests all this.
set -euo pipefail

bridge=172.31.250.1
policy=/usr/sbin/policy-rc.d
units=(docker.socket docker.service containerd.service)
PATH=$PATH:/usr/sbin:/sbin
command=$*

skip() {
    "$(dirname "${BASH_SOURCE[0]}")/skipped.sh" "$command" "no container engine can be had here: $1"
    exit 0
}

# The missing packages. A program that is already there, for example another vendor's dockerd, is not replaced.
missing() {
    local packages=()
    type -P dockerd >/dev/null && type -P docker >/dev/null || packages+=(docker.io iptables)
    type -P busybox >/dev/null || packages+=(busybox-static)
    echo "${packages[*]}"
}

has_unit() {
    [ -e "/lib/systemd/system/$1" ] || [ -e "/etc/systemd/system/$1" ]
}

# With this policy no package starts a service (invoke-rc.d and deb-systemd-invoke consult it).
forbid_services() {
    if [ -e "$policy" ]; then mv "$policy" "$policy.sidenote"; fi
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
}

allow_services() {
    rm -f "$policy"
    if [ -e "$policy.sidenote" ]; then mv "$policy.sidenote" "$policy"; fi
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --no-remove "$@"
}

install_engine() {
    local wanted fresh=() unit log
    read -ra wanted <<<"$(missing)"
    [ ${#wanted[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || skip "${wanted[*]}: not installed, and there is no apt-get"
    echo "installing ${wanted[*]}" >&2
    for unit in "${units[@]}"; do has_unit "$unit" || fresh+=("$unit"); done
    log=$(mktemp)
    trap 'allow_services; rm -f "$log"' EXIT
    forbid_services
    apt_install "${wanted[@]}" >"$log" 2>&1 ||
        { apt-get update -q && apt_install "${wanted[@]}"; } >"$log" 2>&1 || tail -n 5 "$log" >&2
    # Otherwise the packages' services would start at the next boot.
    for unit in "${fresh[@]}"; do
        if has_unit "$unit" && command -v systemctl >/dev/null; then systemctl --quiet disable "$unit" >&2 || true; fi
    done
    allow_services
    rm -f "$log"
    trap - EXIT
    [ -z "$(missing)" ] || skip "apt-get could not install $(missing)"
}

# Inside the namespaces: the engine, then the command.
within() {
    local home=$1 tries=0
    shift
    ip link set lo up 2>/dev/null || busybox ip link set lo up
    export DOCKER_HOST=unix://$home/d.sock SIDENOTE_ENGINE=$bridge
    dockerd --host "$DOCKER_HOST" --data-root "$home/data" --exec-root "$home/exec" --pidfile "$home/d.pid" \
        --bip "$bridge/24" >"$home/log" 2>&1 &
    until docker info >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -gt 150 ] || ! kill -0 $! 2>/dev/null; then
            tail -n 20 "$home/log" >&2
            exit 1
        fi
        sleep 0.2
    done
    touch "$home/ready"
    "$@"
}

if [ "${1:-}" = --within ]; then
    within "${@:2}"
    exit
fi

[ "$(id -u)" = 0 ] || skip 'not root'
apart=(unshare --net --mount --pid --fork --kill-child --mount-proc)
"${apart[@]}" true 2>/dev/null || skip 'no namespaces'
install_engine
home=$(mktemp -d /tmp/sidenote-engine.XXXXXX)
# The engine's mounts ended with its namespace; its files are deleted here.
trap 'rm -rf --one-file-system "$home"' EXIT
result=0
"${apart[@]}" "$BASH" "${BASH_SOURCE[0]}" --within "$home" "$@" || result=$?
[ -e "$home/ready" ] || skip 'dockerd does not start'
exit "$result"
