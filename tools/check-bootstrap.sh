#!/usr/bin/env bash
# check-bootstrap.sh FILE: size and newest glibc symbol of a Lambda binary. Exits with 1 if provided.al2023 (glibc 2.34)
# cannot load it; otherwise this would appear only after the deployment, as a Runtime.ExitError.
set -euo pipefail

file=$1
newest=$(objdump -T "$file" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
printf '%s: %s bytes, needs %s\n' "$file" "$(stat -c %s "$file")" "$newest"
if [ "$(printf '%s\n' "$newest" GLIBC_2.34 | sort -V | tail -n 1)" != GLIBC_2.34 ]; then
    echo "provided.al2023 has glibc 2.34. Build on Debian 12 or Amazon Linux 2023, or install zig and set LAMBDA_COMPILER=cargo-zigbuild." >&2
    exit 1
fi
