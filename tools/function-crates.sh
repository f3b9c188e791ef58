#!/usr/bin/env bash
# function-crates.sh: checks that the function is built without the command. Exits with 1 if one of the function's crates is
# needed only by the command, or if cargo-lambda would build the function with the feature that includes them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

features=$(sed -n '/^\[package.metadata.lambda.build\]/,/^$/s/^features = \["\(.*\)"\]/\1/p' Cargo.toml)
if [ -z "$features" ] || [[ $features == *cli* ]]; then
    echo "function-crates.sh: cargo-lambda builds the function with the features '$features'" >&2
    exit 1
fi
crates=$(cargo tree --package sidenote --no-default-features --features "${features//\", \"/,}" \
    --edges normal --prefix none --format '{p}' | cut -d' ' -f1 | sort -u)
for crate in axum clap clap_complete maud pulldown-cmark rusqlite sidenote-standins; do
    if grep -qx "$crate" <<<"$crates"; then
        echo "function-crates.sh: $crate is among the function's crates" >&2
        exit 1
    fi
done
printf 'the function is built from %s crates, none of them the command'\''s\n' "$(wc -l <<<"$crates")"
