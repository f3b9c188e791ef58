#!/usr/bin/env bash
# test-image.sh ROOTFS: builds the image and runs the tests of `serve` against it, inside of engine.sh.
set -euo pipefail

export SIDENOTE_IMAGE=sidenote-test:1 SIDENOTE_SERVE
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Debian's engine has the old builder only, and says so.
docker build --quiet --file Dockerfile --tag "$SIDENOTE_IMAGE" "$1" 2>&1 >/dev/null |
    { grep -vE 'DEPRECATED|buildx|BuildKit|^$' >&2 || true; }
docker images --format 'image: {{.Repository}} {{.Size}}' "$SIDENOTE_IMAGE"

# What the tests start in place of `sidenote`, with the variables and arguments that they would give it. The engine's network
# is this namespace's own, so that container, stand-ins and tests share one loopback. A secrets file is not root's, because
# the program is not.
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
cargo test --quiet --offline --test processes -- --ignored image::
cargo test --quiet --offline --test processes -- serve::
