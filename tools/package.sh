#!/usr/bin/env bash
# package.sh TARGET TAG: builds the files of a release for TARGET in target/package. It exits with 1 unless TAG is the version
# with the prefix `v`.
#
#   sidenote-TARGET.tar.gz           both programs; `cargo binstall` requires the function too
#   sidenote-lambda-TARGET.zip       the function for Lambda: `bootstrap` in a zip. On Linux only
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
