#!/usr/bin/env bash
# test-image.sh ROOTFS: builds the image and runs the tests of `serve` against it, inside of engine.sh.
set -euo pipefail

export SIDENOTE_IMAGE=sidenote-test:1 SIDENOTE_SERVE DOCKER_CONFIG=$SIDENOTE_TOOLS/docker
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Debian's engine has only the old builder and prints a warning.
docker build --quiet --file Dockerfile --tag "$SIDENOTE_IMAGE" "$1" 2>&1 >/dev/null |
    { grep -vE 'DEPRECATED|buildx|BuildKit|^$' >&2 || true; }
docker images --format 'image: {{.Repository}} {{.Size}}' "$SIDENOTE_IMAGE"

# The tests start this script instead of `sidenote`, with the same variables and arguments. Container, stand-ins and tests share
# the loopback of this network namespace. A secrets file does not belong to root, because the program does not run as root.
SIDENOTE_SERVE=$scratch/sidenote
cat >"$SIDENOTE_SERVE" <<SCRIPT
#!$BASH
set -euo pipefail
PATH=$PATH
settings=()
for name in \$(compgen -e); do
    case \$name in PWD | OLDPWD | SHLVL | _ | PATH) ;; *) settings+=(--env "\$name") ;; esac
done
if [ -e "\${SECRETS_FILE:-}" ]; then
    chmod 755 "\$(dirname "\$SECRETS_FILE")"
    settings+=(--volume "\$(dirname "\$SECRETS_FILE"):\$(dirname "\$SECRETS_FILE"):ro")
fi
export DOCKER_HOST=$DOCKER_HOST
exec docker run --rm --network host --read-only --cap-drop ALL --security-opt no-new-privileges \\
    "\${settings[@]}" $SIDENOTE_IMAGE "\$@"
SCRIPT
chmod +x "$SIDENOTE_SERVE"
without=()
docker compose version || {
    tools/skipped.sh 'the test of deploy/compose.yaml' 'docker compose cannot be had here'
    without=(--skip compose::)
}
cargo test --quiet --offline --test processes -- --ignored "${without[@]}" image::
cargo test --quiet --offline --test processes -- serve::
