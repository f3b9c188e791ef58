#!/usr/bin/env bash
# What the local page costs the function. Two proofs, and both have to hold:
#
# 1. What is linked into the function: neither a crate of the page's nor a text of its files is among it.
# 2. The release build of the function with and without the page. A package's features are part of the names of its
#    symbols, and so of the order in which the optimizer inlines: either build may come out some kilobytes smaller (11 KB
#    of 9 MB were seen, in favour of the one with the page). Growth with the page beyond noise is what fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

noise=1024
target=target/$(rustc -vV | sed -n 's/^host: //p')

fail() {
    echo "page-cost.sh: $1" >&2
    exit 1
}

# What is fresh is not linked again, and then says nothing.
cargo clean --quiet --package sidenote --target-dir target/page-cost
linked=$(cargo rustc --quiet --bin "${1:-sidenote-lambda}" --target-dir target/page-cost -- --print=link-args)
[[ $linked == *libsidenote-* ]] || fail 'the linker was not asked for anything'
for crate in maud pulldown_cmark; do
    [[ $linked != *lib$crate-* ]] || fail "$crate is linked into the function"
done
echo 'linked into sidenote-lambda: no crate of the page'

size() {
    tools/release.sh --bin sidenote-lambda "$@" >&2
    stat -c %s "$target/release/sidenote-lambda"
}

# Without first, so that what is left there is what is shipped.
without=$(size --no-default-features)
with=$(size)
printf 'sidenote-lambda with the page     %9d bytes\nsidenote-lambda without the page  %9d bytes\n' "$with" "$without"
if grep -q -a -e 'page/page.css' -e 'data-progress' "$target/release/sidenote-lambda"; then
    fail 'something of the page is in the function'
fi
difference=$((with - without))
[ "$difference" -le "$noise" ] || fail 'the page costs the function something'
