"""README's set-up, walked as a person would: its commands, as they stand there, in an account that is a stand-in.

The Sentry is the demo's. What is not README's is named: an address of the stand-in Sentry for `make deploy`, and that the
build is there already (`make deploy` would build what `tools/sam-build.sh` has built before this).

    walk.py     needs .aws-sam/build; SIDENOTE names the command
"""

import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import pty
import re
import select
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
TOKEN = "demo-token-of-the-integration"
CLIENT_SECRET = "client-secret-of-the-walk-0123456789"
ISSUE = "4711"
# One for each question of `make secrets`.
TYPED = [TOKEN, CLIENT_SECRET, "", ""]
PATIENCE = 120


def commands():
    """The `make` lines of README's steps."""
    readme = (ROOT / "README.md").read_text()
    section = readme.split("## Ten minutes to the first note\n")[1].split("\n## ")[0]
    return re.findall(r"^    (make .+)$", section, re.M)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextlib.contextmanager
def running(command, **more):
    process = subprocess.Popen(command, cwd=ROOT, **more)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def until(what, *, process):
    """Waits for something that a program brings about."""
    end = time.time() + PATIENCE
    while time.time() < end and process.poll() is None:
        if found := what():
            return found
        time.sleep(0.2)
    sys.exit(f"walk.py: {process.args[0]} does not come up")


def answers(url):
    with contextlib.suppress(OSError):
        return urllib.request.urlopen(url, timeout=5).status
    return None


def typed(command, environment, lines):
    """Runs a command in a terminal, where a person types `lines` when asked; what it printed."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execvpe(command[0], command, environment)
    said, waiting = "", list(lines)
    with contextlib.suppress(OSError):
        while select.select([terminal], [], [], PATIENCE)[0]:
            said += os.read(terminal, 4096).decode()
            if waiting and re.search(r"(set|it): $", said):
                os.write(terminal, (waiting.pop(0) + "\n").encode())
                said += "\n"
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == 0 and not waiting, f"{command}: {status}, {said}"
    return said


def run(command, environment):
    """What a command of README prints. It has to end well."""
    print(f"$ {command}", flush=True)
    words = command.split()
    if words[:2] == ["make", "secrets"]:
        said = typed(words, environment, TYPED)
    else:
        ended = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        said = ended.stdout
        assert ended.returncode == 0, f"{command}: {ended.returncode}\n{said}\n{ended.stderr}"
    for secret in (TOKEN, CLIENT_SECRET):
        assert secret not in said, f"{command} prints a secret"
    return said


def resolved(url):
    """Sentry tells that the issue was resolved, signed with its own copy of the client secret."""
    body = json.dumps({"action": "resolved", "data": {"issue": {"id": ISSUE}}}).encode()
    signature = hmac.new(CLIENT_SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "Sentry-Hook-Resource": "issue", "Sentry-Hook-Signature": signature}
    request = urllib.request.Request(url, data=body, headers=headers)
    assert urllib.request.urlopen(request, timeout=30).status == 200


def notes(sentry):
    url = f"{sentry}/api/0/organizations/acme/issues/{ISSUE}/comments/"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {TOKEN}"})
    return [note["data"]["text"] for note in json.load(urllib.request.urlopen(request, timeout=30))]


def walk(sentry, environment):
    deploy, secrets, doctor, first_note, log = commands()
    assert not notes(sentry)
    # A mistyped parameter is named, and nothing is deployed.
    wrong = subprocess.run(
        ["make", "deploy-built", "SentyOrg=acme"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert wrong.returncode and "no parameter SentyOrg" in wrong.stderr, wrong
    built = deploy.replace("make deploy ", f"make deploy-built SentryBaseUrl={sentry} ")
    webhook = re.search(r"http://\S+/api/v1/webhooks/sentry/error", run(built, environment))[0]
    assert "SENTRY_AUTH_TOKEN is not set" in urllib.request.urlopen(webhook.replace("webhooks/sentry/error", "health")).read().decode()
    # What is not named the next time stays.
    run("make deploy-built SweepLimit=7", environment)
    assert "the function starts anew" in run(secrets, environment)
    said = run(doctor, environment)
    assert " 0 failed" in said and re.search(r"ok +sentry.organization +acme", said), said
    said = run(first_note, environment)
    assert "202 after" in said and "The note stands on the issue." in said, said
    assert len(notes(sentry)) == 1 and notes(sentry)[0].startswith("## AI error analysis"), notes(sentry)
    resolved(webhook)
    said = run(log, environment)
    assert "delivery_ignored reason=issue resolved" in said and "sentry_comment_posted" in said, said


def main():
    port = free_port()
    account = [TOOLS / "venv/moto/bin/python", ROOT / "tests/setup/account.py", str(port)]
    # SAM's transform is part of SAM.
    site = next((TOOLS / "venv/sam/lib").glob("python3*")) / "site-packages"
    log = (ROOT / "target/walk.log").open("w")
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": f"http://localhost:{port}",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    world = (ROOT / "target/walk.world").open("w+")
    demo = [ROOT / os.environ["SIDENOTE"], "demo", "--stay", "--listen", f"127.0.0.1:{free_port()}"]
    with (
        running(account, env={**environment, "PYTHONPATH": str(site)}, stdout=log, stderr=log) as moto,
        running(demo, stdout=world, stderr=log) as sidenote,
    ):
        until(lambda: answers(environment["AWS_ENDPOINT_URL"] + "/moto-api/"), process=moto)
        told = lambda: re.search(r"stand-in Sentry +(\S+)", pathlib.Path(world.name).read_text())
        walk(until(told, process=sidenote)[1], environment)
    print("README's set-up was walked to the first note")


if __name__ == "__main__":
    main()
