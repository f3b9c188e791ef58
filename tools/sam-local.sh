#!/usr/bin/env bash
# sam-local.sh ARCHITECTURE EVENT SECRETS_FILE [SAM OPTION...]: one event through the function in SAM's container.
# If SECRETS_FILE is empty, the function has no secrets and rejects signed requests.
set -euo pipefail

architecture=$1 event=$2 secrets=$3
built=.aws-sam/build/SidenoteFunction

if ! docker info >/dev/null 2>&1; then
    cat >&2 <<'END'
`sam local` needs a container engine, and none answers (`docker info` fails). Start Docker, or set DOCKER_HOST.
Without one: `make invoke EVENT=...` runs the same binary under `cargo lambda`.
END
    exit 1
fi

tools/sam-build.sh "$architecture"

# The container sees only the build directory and the template's variables. Variables that would lead to AWS are emptied, and
# the secrets are beside the binary.
[ -z "$secrets" ] || install -m 644 "$secrets" "$built/secrets.json"
settings=$(mktemp)
trap 'rm -f "$settings" "$built/secrets.json"' EXIT
{
    printf '{"SidenoteFunction": {"SECRET_ID": "", "STATE_TABLE": "", "REDELIVERY_QUEUE_URL": ""'
    [ -z "$secrets" ] || printf ', "SECRETS_FILE": "/var/task/secrets.json"'
    printf '}}\n'
} >"$settings"

AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-us-east-1} \
    sam local invoke SidenoteFunction --event "$event" --env-vars "$settings" "${@:4}"
