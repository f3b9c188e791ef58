#!/usr/bin/env bash
# deploy.sh ARCHITECTURE         deploys the build without prompts
# deploy.sh ARCHITECTURE check   only checks the parameters, before minutes go into a build
#
# STACK_NAME is the stack. The template's parameters are the environment variables listed in GIVEN, and the lines NAME=value of
# PARAMETERS; a value may contain blanks: SweepSchedule=rate(1 hour). A stack keeps the values of other parameters.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# `  SentryOrg:`, between the template's Parameters and the next section.
known=$(sed -n '/^Parameters:/,/^[A-OQ-Z]/s/^  \([A-Za-z0-9]*\):.*/\1/p' template.yaml)

refuse() {
    echo "deploy.sh: $*" >&2
    exit 2
}

lines=()
for name in ${GIVEN:-}; do
    case $name in
        ARCH | STACK_NAME | PARAMETERS) ;;
        *) lines+=("$name=${!name}") ;;
    esac
done
mapfile -t -O "${#lines[@]}" lines <<<"${PARAMETERS:-}"
parameters=("Architecture=$1")
for line in "${lines[@]}"; do
    # The line ends of GitHub's settings page.
    line=${line%$'\r'}
    [ -z "$line" ] && continue
    if [[ ! $line =~ ^[A-Za-z0-9_]+= || $line =~ [[:space:]][A-Za-z0-9]+= ]]; then
        refuse "PARAMETERS is not one NAME=value a line, at: ${line%%=*}"
    fi
    case ${line%%=*} in
        Architecture) refuse 'the architecture is given by ARCH, which also builds for it' ;;
        *_TOKEN | *_SECRET | *_KEY) refuse "${line%%=*} is a secret: make secrets asks for it" ;;
    esac
    grep -qx "${line%%=*}" <<<"$known" || refuse "the template has no parameter ${line%%=*}; it has:" $known
    # Quoted, because SAM splits an argument at blanks by itself.
    value=${line#*=}
    parameters+=("${line%%=*}=\"${value//\"/\\\"}\"")
done
[ "${2:-}" = check ] && exit
# A samconfig.toml of an earlier `sam deploy --guided` may contain another region, so it is ignored.
config=$(mktemp --suffix .toml)
trap 'rm -f "$config"' EXIT
sam deploy --config-file "$config" --template-file .aws-sam/build/template.yaml --stack-name "${STACK_NAME:-sidenote}" --resolve-s3 \
    --capabilities CAPABILITY_IAM --no-confirm-changeset --no-fail-on-empty-changeset \
    --parameter-overrides "${parameters[@]}"
