"""README's set-up: its literal commands, run as a person would, in a stand-in for an AWS account.

The Sentry is the demo's. What is not README's is named: an address of the stand-in Sentry for `make deploy`, and that the
build is there already (`make deploy` would build what `tools/sam-build.sh` has built before this). On the way the person
mistypes a parameter and pastes a wrong client secret; at the end the function may not use its queue any more.

    walk.py     in SAM's virtual environment, which has boto3; needs .aws-sam/build; SIDENOTE names the command
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
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import boto3

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
TOKEN = "demo-token-of-the-integration"
CLIENT_SECRET = "client-secret-of-the-walk-0123456789"
WRONG_SECRET = "client-secret-of-another-integration"
ISSUE, NEXT_ISSUE = "4711", "4713"
PATIENCE = 120
# The runs of the doctor on a machine that is too busy for Sentry's time limit, as in tests/doctor/bed.rs.
RUNS = 5


def commands():
    """The `make` lines of README's steps."""
    readme = (ROOT / "README.md").read_text()
    section = readme.split("## Set up on AWS\n")[1].split("\n## ")[0]
    return re.findall(r"^    (make .+)$", section, re.M)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextlib.contextmanager
def running(command, **more):
    """A program and its child processes."""
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, **more)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def until(what, *, process):
    """Waits for an effect of a program."""
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


class Person:
    """Runs README's commands in the account's environment."""

    def __init__(self, environment):
        self.environment = environment

    def runs(self, command, *typed, ends=0):
        """Runs a command and returns its output. `typed` is the input for its prompts."""
        print(f"$ {command}", flush=True)
        said, status = self.types(command.split(), list(typed)) if typed else self.starts(command.split())
        assert status == ends, f"{command}: {status}\n{said}"
        return untold(said)

    def finds_all_well(self, doctor):
        """Runs the doctor until no check fails. It runs again only if the time of the answer is the only failure."""
        print(f"$ {doctor}", flush=True)
        for _ in range(RUNS):
            said, status = self.starts(doctor.split())
            failed = [line for line in said.splitlines() if line.startswith("failed ")]
            if status == 0 or not (len(failed) == 1 and "url.speed" in failed[0] and "too late for Sentry" in failed[0]):
                break
        assert status == 0 and " 0 failed" in said, f"{doctor}: {status}\n{said}"
        return untold(said)

    def starts(self, words):
        ended = subprocess.run(words, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        return ended.stdout + ended.stderr, ended.returncode

    def types(self, words, typed):
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(ROOT)
            os.execvpe(words[0], words, self.environment)
        said = ""
        # Reading fails when the last process with the terminal has ended.
        with contextlib.suppress(OSError):
            while True:
                if not select.select([terminal], [], [], PATIENCE)[0]:
                    os.kill(child, signal.SIGKILL)
                    break
                said += os.read(terminal, 4096).decode()
                if typed and re.search(r"(set|it): $", said):
                    os.write(terminal, (typed.pop(0) + "\n").encode())
                    said += "\n"
        assert not typed, f"it did not ask: {said}"
        return said, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def untold(text):
    """Asserts that a text contains no secret."""
    for secret in (TOKEN, CLIENT_SECRET, WRONG_SECRET):
        assert secret not in text, f"a secret leaked: {text.replace(secret, '<secret>')}"
    return text


def resolved(url):
    """Delivers a webhook about the resolved issue, signed with Sentry's copy of the client secret. Returns the status."""
    body = json.dumps({"action": "resolved", "data": {"issue": {"id": ISSUE}}}).encode()
    signature = hmac.new(CLIENT_SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "Sentry-Hook-Resource": "issue", "Sentry-Hook-Signature": signature}
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        return urllib.request.urlopen(request, timeout=30).status
    except urllib.error.HTTPError as error:
        return error.code


def notes(sentry, issue):
    url = f"{sentry}/api/0/organizations/acme/issues/{issue}/comments/"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {TOKEN}"})
    return [note["data"]["text"] for note in json.load(urllib.request.urlopen(request, timeout=30))]


# The prompts of `make secrets` for Telegram, Slack (two), a model and source code, skipped.
OPTIONAL = [""] * 5


def walk(sentry, person):
    deploy, secrets, doctor, first_note, log = commands()
    # A mistyped parameter is named in the error, and nothing is built or deployed.
    for wrong, why in [
        ("SentyOrg=acme", "no parameter SentyOrg"),
        ("SENTRY_ORG=acme", "no parameter SENTRY_ORG"),
        ("Architecture=arm64", "given by ARCH"),
        ("SENTRY_AUTH_TOKEN=x", "make secrets asks for it"),
    ]:
        assert why in person.runs(f"make deploy {wrong}", ends=2)
        assert why in person.runs(f"make deploy-built {wrong}", ends=2)
    assert "there is no stack sidenote" in person.runs(doctor, ends=2)
    built = deploy.replace("make deploy ", f"make deploy-built SentryBaseUrl={sentry} ")
    webhook = re.search(r"^WebhookUrl (http://\S+)$", person.runs(built), re.M)[1]
    # Parameters that are not given again keep their values.
    person.runs("make deploy-built SweepLimit=7")
    assert "SENTRY_CLIENT_SECRET in the secret yet" in person.runs(first_note, ends=2)

    assert "still not set: SENTRY_AUTH_TOKEN, SENTRY_CLIENT_SECRET" in person.runs(secrets, "", "", *OPTIONAL, ends=2)

    # With a wrong client secret the doctor's own samples succeed. Only a webhook from Sentry shows the error.
    assert "starts anew" in person.runs(secrets, TOKEN, WRONG_SECRET, *OPTIONAL)
    person.finds_all_well(doctor)
    assert resolved(webhook) == 401
    assert "delivery_refused reason=invalid signature" in person.runs(log)
    assert "starts anew" in person.runs(secrets, "", CLIENT_SECRET, *OPTIONAL)

    said = person.finds_all_well(doctor)
    assert re.search(r"ok +sentry.organization +acme", said), said
    assert not notes(sentry, ISSUE)
    said = person.runs(first_note)
    assert "202 after" in said and "The note stands on the issue." in said, said
    assert [note.split("\n")[0] for note in notes(sentry, ISSUE)] == ["## AI error analysis"]
    assert "take an issue without a note" in person.runs(first_note, ends=2)
    assert resolved(webhook) == 200
    said = person.runs(log)
    assert "delivery_ignored reason=issue resolved" in said and "sentry_comment_posted" in said, said
    assert "priority_high" in person.runs("make as-function ARGS=approvals")

    # The work is then done before the response, but that does not prove that the role suffices.
    take_queue_away(person.environment)
    said = person.runs(first_note.replace(ISSUE, NEXT_ISSUE), ends=2)
    assert "redelivery_unavailable" in said and "is the function's role enough?" in said, said


def take_queue_away(environment):
    """Simulates a missing permission: for the function the queue does not exist."""
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    sqs = boto3.client("sqs", endpoint_url=environment["AWS_ENDPOINT_URL"], **keys)
    for url in sqs.list_queues(QueueNamePrefix="sidenote-Redelivery")["QueueUrls"]:
        sqs.delete_queue(QueueUrl=url)


def main():
    with tempfile.TemporaryDirectory(prefix="sidenote-walk-") as folder:
        begin(pathlib.Path(folder))
    print("README's set-up was walked to the first note")


def begin(folder):
    port = free_port()
    # SAM's transform is part of SAM.
    site = next((TOOLS / "venv/sam/lib").glob("python3*")) / "site-packages"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", str(folder)),
        "SAM_CLI_TELEMETRY": "0",
        "AWS_ENDPOINT_URL": f"http://localhost:{port}",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(folder / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none"),
        **{name: value for name, value in os.environ.items() if name.startswith(("CARGO_HOME", "RUSTUP_"))},
    }
    account = [TOOLS / "venv/moto/bin/python", ROOT / "tests/setup/account.py", str(port), folder]
    demo = [ROOT / os.environ["SIDENOTE"], "demo", "--idle", "--listen", "127.0.0.1:0"]
    logs = [folder / name for name in ("account.log", "world", "world.log")]
    moto_log, world, world_log = (log.open("w") for log in logs)
    with (
        running(account, env={**environment, "PYTHONPATH": str(site)}, stdout=moto_log, stderr=moto_log) as moto,
        running(demo, stdout=world, stderr=world_log) as sidenote,
    ):
        until(lambda: answers(environment["AWS_ENDPOINT_URL"] + "/moto-api/"), process=moto)
        found = until(lambda: re.search(r"stand-in Sentry +(\S+)", logs[1].read_text()), process=sidenote)
        try:
            walk(found[1], Person(environment))
        except BaseException:
            shutil.copy(logs[0], ROOT / "target/walk.log")
            print("walk.py: the account's log is in target/walk.log", file=sys.stderr)
            raise
    untold(logs[0].read_text())


if __name__ == "__main__":
    main()
