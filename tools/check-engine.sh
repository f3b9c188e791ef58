#!/usr/bin/env bash
# Tests of engine.sh, with stubs in place of apt-get, dockerd, docker, busybox and systemctl. Each runs in a mount namespace
# in which /usr/sbin and the units' directories are empty, so that this machine's own are neither seen nor changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ "$(id -u)" != 0 ] || ! unshare --net --mount --pid --fork --kill-child --mount-proc true 2>/dev/null; then
    tools/skipped.sh 'the tests of tools/engine.sh' 'they need root and namespaces'
    exit 0
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin" "$scratch/empty"

stub() {
    printf '#!/bin/sh\n%s\n' "$2" >"$scratch/$1"
    chmod +x "$scratch/$1"
}

fail() {
    echo "check-engine.sh: $1" >&2
    sed 's/^/  /' "$scratch/said" >&2
    exit 1
}

# The commands that engine.sh and its tests use, without dockerd, docker, busybox and apt-get.
for tool in bash basename cat chmod cmp cp dirname env grep id ln mkdir mktemp mount mv printf rm sed sh sleep tail touch tr true unshare; do
    ln -s "$(type -P $tool)" "$scratch/bin/$tool"
done
ln -s "$(type -P true)" "$scratch/bin/ip"

# engine SETUP COMMAND...: sets `result`, and `said`, which is a file.
engine() {
    local setup=$1
    shift
    result=0
    unshare --mount env -i PATH="$scratch/bin" S="$scratch" bash -euc "
        mount -t tmpfs none /usr/sbin
        mount -t tmpfs none /usr/local/sbin
        for units in /lib/systemd/system /etc/systemd/system; do
            mkdir -p \$units
            mount -t tmpfs none \$units
        done
        $setup
        set +e
        bash tools/engine.sh \"\$@\"
        result=\$?
        cat /usr/sbin/policy-rc.d >\"\$S/policy\" 2>/dev/null || rm -f \"\$S/policy\"
        exit \$result" engine "$@" >"$scratch/said" 2>&1 || result=$?
}

is_skipped() {
    [ "$result" = 0 ] && grep -q "^SKIPPED: .*$1" "$scratch/said"
}

# 1. No engine, no apt: skipped.
engine : touch "$scratch/ran"
is_skipped 'no apt-get' && [ ! -e "$scratch/ran" ] || fail 'without an engine and without apt-get nothing is skipped'

# 2. No package starts a service, now or later, nothing is removed, and the machine's own policy is back afterwards.
stub dockerd 'exec sleep 60'
stub docker 'exit 0'
# What stands for Debian: it notes what the policy says, and brings programs and units.
stub bin/apt-get '
echo "$@" >>$S/apt
[ "$1" = install ] || exit 0
code=0; /usr/sbin/policy-rc.d docker start || code=$?
echo "policy $code" >>$S/apt
cp $S/dockerd $S/docker /usr/sbin/
printf "#!/bin/sh\nexit 0\n" >/usr/sbin/busybox; chmod +x /usr/sbin/busybox
touch /lib/systemd/system/docker.service /lib/systemd/system/docker.socket /lib/systemd/system/containerd.service'
stub bin/systemctl 'echo "$@" >>$S/units'
engine 'printf "#!/bin/sh\nexit 0\n#own\n" >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d
        touch /lib/systemd/system/containerd.service' touch "$scratch/ran"
[ "$result" = 0 ] && [ -e "$scratch/ran" ] || fail 'the command does not run with what apt-get brought'
grep -qx 'policy 101' "$scratch/apt" || fail 'a package could start its service'
grep -q -- '--no-remove docker.io iptables busybox-static' "$scratch/apt" || fail 'not what is missing is installed'
grep -q '#own' "$scratch/policy" || fail "the machine's own policy-rc.d is not back"
grep -q 'disable docker.service' "$scratch/units" && grep -q 'disable docker.socket' "$scratch/units" ||
    fail 'dockerd would start at the next boot'
! grep -q containerd "$scratch/units" || fail 'a service that was there before is disabled'

# 3. The policy goes where there was none, also when nothing could be installed. That is skipped.
stub bin/apt-get 'exit 100'
engine : touch "$scratch/none"
is_skipped 'could not install' && [ ! -e "$scratch/none" ] || fail 'what cannot be installed is not skipped'
[ ! -e "$scratch/policy" ] || fail 'policy-rc.d is left behind'

# 4. An engine that does not start is skipped, and a command that fails beside one that does start is not.
there='cp "$S/dockerd" "$S/docker" /usr/sbin/; cp "$S/docker" /usr/sbin/busybox'
engine "$there" sh -c 'exit 7'
[ "$result" = 7 ] || fail "a command that fails ends with $result"
stub dockerd 'echo no overlay here; exit 1'
stub docker 'exit 1'
engine "$there" touch "$scratch/none"
is_skipped 'dockerd does not start' && grep -q 'no overlay here' "$scratch/said" && [ ! -e "$scratch/none" ] ||
    fail 'an engine that does not start is not skipped'

# 5. No namespaces, or only some of them: skipped.
rm "$scratch/bin/unshare"
stub bin/unshare 'case "$*" in *--mount-proc*) exit 1 ;; esac; exit 0'
result=0
env -i PATH="$scratch/bin" bash tools/engine.sh touch "$scratch/none" >"$scratch/said" 2>&1 || result=$?
is_skipped 'no namespaces' && [ ! -e "$scratch/none" ] || fail 'a machine without namespaces is not skipped'

echo 'engine.sh: skips without apt, packages, namespaces and a starting dockerd; fails with its command; starts no service'
