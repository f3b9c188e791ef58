"""A stand-in for kubectl and the cluster behind it, for the commands of the runbook. It rejects every other command.

The folder in CLUSTER contains the secrets, the volumes, the pod's logs, `deployments.json`, and `images`, which are the imported
ones. `apply` reads the manifest, runs the pod's init containers to their end, and starts `sidenote serve`, each with the environment
and the files of its container. A file or an image that the manifest names, and that the cluster does not have, is an error.
"""

import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request

import yaml

cluster = pathlib.Path(os.environ["CLUSTER"])
sidenote = os.environ["SIDENOTE"]
port = os.environ["POD_PORT"]
listed = cluster / "deployments.json"


def fail(why):
    sys.exit(f"error: {why}")


def create_secret(name, option):
    kind, _, file = option.partition("=")
    if kind != "--from-file" or "/" in file:
        fail(f"unknown flag: {option}")
    (cluster / "secrets" / name).mkdir(parents=True)
    (cluster / "secrets" / name / file).write_bytes(pathlib.Path(file).read_bytes())


def place(pod, container, inner):
    """The path outside of the container for a path in it."""
    for mount in container["volumeMounts"]:
        if inner.startswith(mount["mountPath"] + "/"):
            volume = next(it for it in pod["volumes"] if it["name"] == mount["name"])
            if "secret" in volume:
                folder = cluster / "secrets" / volume["secret"]["secretName"]
                if not folder.is_dir():
                    fail(f"secret {volume['secret']['secretName']} not found")
            else:
                folder = cluster / "volumes" / volume["persistentVolumeClaim"]["claimName"]
                folder.mkdir(parents=True, exist_ok=True)
            return folder / inner.removeprefix(mount["mountPath"] + "/")
    fail(f"{inner} is on no volume, and the root file system is read-only")


def environment(objects, pod, container):
    maps = {it["metadata"]["name"]: it["data"] for it in objects if it["kind"] == "ConfigMap"}
    settings = {}
    for source in container["envFrom"]:
        settings |= maps[source["configMapRef"]["name"]]
    # The image sets STATE_PATH.
    own = {"STATE_PATH": "/data/sidenote.db"} | {it["name"]: it["value"] for it in container["env"]}
    return settings | {name: str(place(pod, container, path)) for name, path in own.items()}


def pull(container):
    if container["image"] not in (cluster / "images").read_text().splitlines():
        fail(f"ErrImageNeverPull: {container['image']}")


def initialize(objects, pod, container):
    """Runs an init container. The pod does not start if it fails."""
    pull(container)
    settings = environment(objects, pod, container)
    with open(cluster / f"log-{container['name']}", "wb") as log:
        command = [sidenote, *container["args"]]
        ended = subprocess.run(command, env=settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=cluster)
    if ended.returncode != 0:
        fail(f"Init:Error: {container['name']} ended with {ended.returncode}")


def apply(manifest):
    objects = list(yaml.safe_load_all(pathlib.Path(manifest).read_text()))
    deployment = next(it for it in objects if it["kind"] == "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    for container in pod["initContainers"]:
        initialize(objects, pod, container)
    (container,) = pod["containers"]
    pull(container)
    settings = environment(objects, pod, container)
    log = open(cluster / "log", "ab")
    serve = [sidenote, "serve", "--listen", f"127.0.0.1:{port}"]
    # On a busy machine, the answer may take longer than Sentry waits.
    process = subprocess.Popen(
        serve, env=settings | {"ANSWER_WITHIN_MS": "20000"}, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=cluster,
        start_new_session=True,
    )
    (cluster / "pid").write_text(str(process.pid))
    probes = {name: container[name]["httpGet"]["path"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}
    deployments = json.loads(listed.read_text())
    deployments[deployment["metadata"]["name"]] = {"settings": settings, "probes": probes, "replicas": 1}
    listed.write_text(json.dumps(deployments))


def deployment(name):
    deployments = json.loads(listed.read_text())
    kind, _, name = name.partition("/")
    if kind not in ("deploy", "deployment") or name not in deployments:
        fail(f"deployments.apps {name!r} not found")
    return deployments, name


def is_ready(path):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).status == 200
    except (urllib.error.URLError, OSError):
        return False


def wait_for_rollout(name, timeout):
    deployments, name = deployment(name)
    limit = time.monotonic() + int(timeout.removeprefix("--timeout=").removesuffix("s"))
    for path in deployments[name]["probes"].values():
        while not is_ready(path):
            if time.monotonic() > limit:
                fail("timed out waiting for the condition")
            time.sleep(0.05)


def execute(name, *command):
    deployments, name = deployment(name)
    separator, program, *arguments = command
    if separator != "--" or program != "sidenote":
        fail(f"{program}: executable file not found in $PATH")
    arguments = [it.replace("127.0.0.1:8000", f"127.0.0.1:{port}") for it in arguments]
    sys.exit(subprocess.run([sidenote, *arguments], env=deployments[name]["settings"], cwd=cluster).returncode)


def scale(name, option):
    deployments, name = deployment(name)
    deployments[name]["replicas"] = int(option.removeprefix("--replicas="))
    listed.write_text(json.dumps(deployments))


def logs(name, file):
    deployment(name)
    if not (cluster / file).is_file():
        fail(f"container is not valid for pod: no {file}")
    print((cluster / file).read_text())


match sys.argv[1:]:
    case ["create", "secret", "generic", name, option]:
        create_secret(name, option)
    case ["apply", "-f", manifest]:
        apply(manifest)
    case ["rollout", "status", name, timeout] if timeout.startswith("--timeout="):
        wait_for_rollout(name, timeout)
    case ["exec", name, *command]:
        execute(name, *command)
    case ["scale", name, option] if option.startswith("--replicas="):
        scale(name, option)
    case ["logs", name, "--since=10m"]:
        logs(name, "log")
    case ["logs", name, "-c", container]:
        logs(name, f"log-{container}")
    case other:
        fail(f"unknown command {other}")
