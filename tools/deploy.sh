#!/usr/bin/env bash
# deploy.sh ARCHITECTURE: deploys what is built, asking nothing. STACK_NAME names the stack. Parameters of the template are
# the variables of the environment that GIVEN names, and the lines NAME=value of PARAMETERS; a value may hold blanks:
# SweepSchedule=rate(1 hour). A stack keeps the parameters that are not named.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# `  SentryOrg:`, between the template's Parameters and the next section.
known=$(sed -n '/^Parameters:/,/^[A-OQ-Z]/s/^  \([A-Za-z0-9]*\):.*/\1/p' template.yaml)

lines=()
for name in ${GIVEN:-}; do
    # make's own settings (ARCH, STACK_NAME) are in capitals.
    [[ $name =~ [a-z] ]] && lines+=("$name=${!name}")
done
mapfile -t -O "${#lines[@]}" lines <<<"${PARAMETERS:-}"
parameters=("Architecture=$1")
for line in "${lines[@]}"; do
    # As GitHub's settings page hands it over.
    line=${line%$'\r'}
    [ -z "$line" ] && continue
    if [[ ! $line =~ ^[A-Za-z0-9]+= || $line =~ [[:space:]][A-Za-z0-9]+= ]]; then
        echo "deploy.sh: PARAMETERS is not one NAME=value a line, at: ${line%%=*}" >&2
        exit 2
    fi
    if ! grep -qx "${line%%=*}" <<<"$known"; then
        echo "deploy.sh: the template has no parameter ${line%%=*}; it has:" $known >&2
        exit 2
    fi
    # Quoted, because SAM splits an argument at blanks by itself.
    value=${line#*=}
    parameters+=("${line%%=*}=\"${value//\"/\\\"}\"")
done
sam deploy --template-file .aws-sam/build/template.yaml --stack-name "${STACK_NAME:-sidenote}" --resolve-s3 \
    --capabilities CAPABILITY_IAM --no-confirm-changeset --no-fail-on-empty-changeset \
    --parameter-overrides "${parameters[@]}"
