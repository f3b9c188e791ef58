#!/usr/bin/env bash
# deploy.sh ARCHITECTURE: deploys what is built, asking nothing. STACK_NAME names the stack; PARAMETERS holds further
# parameters as NAME=value, separated by blanks. A stack keeps the parameters that are not named.
set -euo pipefail

read -ra parameters <<<"${PARAMETERS:-}"
sam deploy --template-file .aws-sam/build/template.yaml --stack-name "${STACK_NAME:-sidenote}" --resolve-s3 \
    --capabilities CAPABILITY_IAM --no-confirm-changeset --no-fail-on-empty-changeset \
    --parameter-overrides "Architecture=$1" "${parameters[@]}"
