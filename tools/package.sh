#!/usr/bin/env bash
# package.sh TARGET TAG: what a release holds for the machines of TARGET, in target/package. TAG is the version with a `v`
# before it, or this ends with 1.
#
#   sidenote-TARGET.tar.gz           both programs; `cargo binstall` insists on the function, too
#   sidenote-lambda-TARGET.zip       the function as Lambda takes it: `bootstrap` in a zip. On Linux only
set -euo pipefail

target=$1 tag=$2
export TARGET=$target
version=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"name":"sidenote","version":"\([^"]*\)".*/\1/')
if [ "$tag" != "v$version" ]; then
    echo "package.sh: this is version $version, and not what the tag $tag says" >&2
    exit 1
fi
built=target/$target/release
out=target/package
rm -rf "$out"
mkdir -p "$out"

tools/release.sh --bin sidenote
tools/release.sh --bin sidenote-lambda --no-default-features --features aws
tar -czf "$out/sidenote-$target.tar.gz" -C "$built" sidenote sidenote-lambda
if [[ $target == *-linux-* ]]; then
    tools/check-bootstrap.sh "$built/sidenote-lambda"
    cp "$built/sidenote-lambda" "$out/bootstrap"
    (cd "$out" && python3 -m zipfile -c "sidenote-lambda-$target.zip" bootstrap && rm bootstrap)
fi
ls -l "$out"
